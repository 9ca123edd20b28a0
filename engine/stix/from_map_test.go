package stix_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

func TestFromMap(t *testing.T) {
	at := day.Add(time.Minute)
	want := stix.Object{Object: "indicator", Type: "URL", Value: "http://a", Created: day, Modified: at, Published: at, ValidFrom: at, ValidUntil: at,
		Description: "text", Labels: []string{"a", "b"}, DefaultLabels: []string{"c"}, TLP: []string{"RED"}, Confidence: "80",
		References: []stix.Reference{{SourceName: "s", Description: "d", URL: "https://a", ExternalID: "7"}},
		Related:    []stix.Ref{{Object: "malware", Value: "M", Created: day}, {Object: "indicator", Type: "ASN", Value: "64500"}}}
	for name, m := range map[string]map[string]any{
		"values of the engine": {"object": "indicator", "type": "URL", "value": "http://a", "created": day, "modified": &at, "published": at, "valid_from": at, "valid_until": at,
			"description": "text", "labels": []any{"a", nil, "b"}, "default_labels": "c", "tlp": []string{"RED", ""}, "confidence": 80,
			"external_references": map[string]any{"source_name": "s", "description": "d", "url": "https://a", "external_id": 7},
			"related":             []any{map[string]any{"object": "malware", "value": "M", "created": day}, nil, map[string]any{"object": "indicator", "type": "ASN", "value": 64500}}},
		"values of JSON": {"object": "indicator", "type": "URL", "value": "http://a", "created": "2026-11-01T09:00:00+01:00", "modified": "2026-11-01T08:01:00Z",
			"published": "2026-11-01T08:01:00.000Z", "valid_from": at, "valid_until": at, "description": "text", "labels": []string{"a", "b"}, "default_labels": []any{"c"},
			"tlp": "RED", "confidence": []any{json.Number("80"), "Low"},
			"external_references": []map[string]any{{"source_name": "s", "description": "d", "url": "https://a", "external_id": big.NewInt(7)}},
			"related":             []map[string]any{{"object": "malware", "value": "M", "created": "2026-11-01T08:00:00Z", "modified": nil}, {"object": "indicator", "type": "ASN", "value": 64500.0}}},
	} {
		got, err := stix.FromMap(m)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	got, err := stix.FromMap(map[string]any{"object": "tool", "value": "T", "type": nil, "created": nil, "modified": "", "published": (*time.Time)(nil), "labels": nil, "tlp": []any{nil}, "related": nil})
	if diff := cmp.Diff(stix.Object{Object: "tool", Value: "T"}, got); err != nil || diff != "" {
		t.Errorf("what is left out: %v %s", err, diff)
	}
}

// An error says which field is wrong and what to do, and never what the value is.
func TestFromMapErrors(t *testing.T) {
	for want, change := range map[string]func(map[string]any){
		"object: it is missing or empty":                 func(m map[string]any) { delete(m, "object") },
		"value: it is missing or empty":                  func(m map[string]any) { m["value"] = "" },
		"value: it is a list; give a text":               func(m map[string]any) { m["value"] = []any{"hunter2"} },
		"type: it is true or false; give a text":         func(m map[string]any) { m["type"] = true },
		"description: it is an instant":                  func(m map[string]any) { m["description"] = day },
		"description: it is an object":                   func(m map[string]any) { m["description"] = map[string]any{"hunter2": 1} },
		"lables: there is no such field; there are obje": func(m map[string]any) { m["lables"], m["value"] = nil, "hunter2" },
		"created: it is a text that is no instant; give": func(m map[string]any) { m["created"] = "hunter2" },
		"created: it is a text that is no instant":       func(m map[string]any) { m["created"] = "2026-11-01 08:00:00" },
		"modified: it is a number; give an instant":      func(m map[string]any) { m["modified"] = 7 },
		"labels[1]: it is a list":                        func(m map[string]any) { m["labels"] = []any{"a", []any{"hunter2"}} },
		"tlp[0]: it is an object":                        func(m map[string]any) { m["tlp"] = map[string]any{"name": "hunter2"} },
		"confidence[0]: it is true or false":             func(m map[string]any) { m["confidence"] = true },
		"related[0]: it is a text; give an object of":    func(m map[string]any) { m["related"] = "hunter2" },
		"related[1].value: it is missing":                func(m map[string]any) { m["related"] = []any{nil, map[string]any{"object": "tool"}} },
		"related[0].name: there is no such field":        func(m map[string]any) { m["related"] = []any{map[string]any{"object": "tool", "name": "hunter2"}} },
		"related[0].created: it is a number":             func(m map[string]any) { m["related"] = map[string]any{"object": "tool", "value": "x", "created": 1} },
		"external_references[0].url: it is a list":       func(m map[string]any) { m["external_references"] = map[string]any{"url": []any{"hunter2"}} },
	} {
		m := map[string]any{"object": "tool", "value": "T", "created": day}
		change(m)
		_, err := stix.FromMap(m)
		var invalid *stix.Invalid
		if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error holds a value: %v", err)
		}
	}
}
