package stix_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine/stix"
)

// required are the properties that each type must have besides the common ones.
var required = map[stix.Version]map[string][]string{
	stix.V20: {
		"indicator": {"pattern", "valid_from", "labels"}, "threat-actor": {"name", "labels"}, "malware": {"name", "labels"}, "tool": {"name", "labels"},
		"report": {"name", "labels", "published", "object_refs"}, "identity": {"name", "identity_class"}, "relationship": {"relationship_type", "source_ref", "target_ref"},
		"attack-pattern": {"name"}, "campaign": {"name"}, "intrusion-set": {"name"}, "course-of-action": {"name"}, "vulnerability": {"name"},
		"marking-definition": {"definition_type", "definition"},
	},
	stix.V21: {
		"indicator": {"pattern", "pattern_type", "valid_from"}, "threat-actor": {"name"}, "malware": {"is_family", "name"}, "tool": {"name"},
		"report": {"name", "published", "object_refs"}, "identity": {"name"}, "relationship": {"relationship_type", "source_ref", "target_ref"},
		"attack-pattern": {"name"}, "campaign": {"name"}, "intrusion-set": {"name"}, "course-of-action": {"name"}, "vulnerability": {"name"},
		"marking-definition": {"extensions"},
	},
}

var (
	millis = regexp.MustCompile(`^\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$`)
	ids    = map[stix.Version]*regexp.Regexp{
		stix.V20: regexp.MustCompile(`^[a-z][a-z-]+[a-z]--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
		stix.V21: regexp.MustCompile(`^[a-z][a-z-]+[a-z]--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
	}
)

// structure checks what the schemas of STIX do, and the order, where these are not at hand.
func structure(t testing.TB, v stix.Version, objects []stix.Encoded) {
	t.Helper()
	seen := map[string]bool{}
	var last []string
	for i, e := range objects {
		var m map[string]any
		if err := json.Unmarshal(e.JSON, &m); err != nil {
			t.Fatalf("%s: %v", e.JSON, err)
		}
		typ, _ := m["type"].(string)
		id, _ := m["id"].(string)
		bad := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s %s: "+format, append([]any{v, e.JSON}, args...)...)
		}
		if id != e.ID || !ids[v].MatchString(id) || !strings.HasPrefix(id, typ+"--") || seen[id] {
			bad("id %s", e.ID)
		}
		version := m["modified"]
		if version == nil {
			version = m["created"]
		}
		if version != e.Modified {
			bad("modified %s", e.Modified)
		}
		for _, name := range required[v][typ] {
			if m[name] == nil {
				bad("%s is missing", name)
			}
		}
		if required[v][typ] == nil {
			bad("no such type")
		}
		for name, value := range m {
			property(bad, v, name, value)
		}
		if (m["spec_version"] == "2.1") != (v == stix.V21) {
			bad("spec_version")
		}
		if s, ok := m["modified"].(string); typ != "marking-definition" && (!ok || s < m["created"].(string)) {
			bad("modified before it was created")
		}
		if (m["created_by_ref"] == nil) != (typ == "identity" || typ == "marking-definition") {
			bad("created_by_ref")
		}
		for _, ref := range refsOf(m) {
			if !seen[ref] {
				bad("%s does not come before", ref)
			}
		}
		seen[id] = true
		at := []string{place(typ, i), id}
		if slices.Compare(last, at) > 0 {
			bad("is out of order")
		}
		last = at
	}
}

// place is where a type comes in the order of objects.
func place(typ string, i int) string {
	switch {
	case i == 0 && typ == "identity":
		return "0"
	case typ == "marking-definition":
		return "1"
	case typ == "relationship":
		return "3"
	case typ == "report":
		return "4"
	}
	return "2"
}

func property(bad func(string, ...any), v stix.Version, name string, value any) {
	switch value := value.(type) {
	case nil:
		bad("%s is null", name)
	case string:
		if slices.Contains([]string{"created", "modified", "valid_from", "valid_until", "published"}, name) {
			if _, err := time.Parse(time.RFC3339, value); err != nil || !millis.MatchString(value) {
				bad("%s is no time", name)
			}
		}
		if value == "" {
			bad("%s is empty", name)
		}
	case []any:
		if len(value) == 0 || slices.Contains(value, any("")) {
			bad("%s is empty", name)
		}
	}
	only21 := []string{"confidence", "extensions", "spec_version", "is_family", "pattern_type", "pattern_version"}
	if v == stix.V20 && (slices.Contains(only21, name) || strings.HasSuffix(name, "_types")) || v == stix.V21 && name == "labels" {
		bad("%s is of the other version", name)
	}
}

func refsOf(m map[string]any) []string {
	var out []string
	for name, value := range m {
		switch value := value.(type) {
		case string:
			if strings.HasSuffix(name, "_ref") {
				out = append(out, value)
			}
		case []any:
			for _, ref := range value {
				if s, ok := ref.(string); ok && strings.HasSuffix(name, "_refs") {
					out = append(out, s)
				}
			}
		}
	}
	return out
}
