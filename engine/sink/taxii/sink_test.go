package taxii

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tqmap/engine/export"
	"tqmap/engine/request"
	"tqmap/engine/stix"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func contentOf(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}

func target() *Sink {
	return &Sink{
		setting: Setting{Now: noon, Remake: func(it *export.Item, body any) { it.Body = body }}, about: map[string][]any{},
		stix: stix.Config{Version: stix.V21, ThreatQ: "https://threatq.example.com", Has: func(string) bool { return true }},
	}
}

func item(modified string) map[string]any {
	return map[string]any{"object": "indicator", "type": "FQDN", "value": "a.example", "created": "2026-01-01T00:00:00Z", "modified": modified}
}

// Each version is later than the one before, and the same content is sent as the same version.
func TestTAXIIObjectVersions(t *testing.T) {
	const id = "indicator--x"
	old, now := "2026-01-01T08:00:00Z", noon.UTC().Format(time.RFC3339)
	ahead := noon.Add(time.Hour).UTC()
	sent := func(modified string) *export.Memory { return &export.Memory{Sent: contentOf(item(modified))} }
	for _, c := range []struct {
		name    string
		op      export.Op
		it      export.Item
		want    string
		revoked bool
	}{
		{"new", export.Request, export.Item{Body: item(old)}, old, false},
		{"modified before it was created", export.Request, export.Item{Body: item("2025-01-01T00:00:00Z")}, "2026-01-01T00:00:00Z", false},
		{"changed and touched", export.Request, export.Item{Body: item("2026-01-01T09:00:00Z"), ID: id + "@" + old, Before: sent(old)}, "2026-01-01T09:00:00Z", false},
		{"changed, not touched", export.Request, export.Item{Body: item(old), ID: id + "@" + old, Before: &export.Memory{Sent: []byte(`{"other":1}`)}}, now, false},
		{"changed, not touched, and the last version is of the future", export.Request, export.Item{Body: item(old), ID: id + "@" + ahead.Format(time.RFC3339), Before: &export.Memory{Sent: []byte(`{}`)}}, ahead.Add(time.Millisecond).Format(time.RFC3339Nano), false},
		{"again, as an answer was lost", export.Request, export.Item{Body: item(old), ID: id + "@" + now, Before: sent(old)}, now, false},
		{"revoked", export.Expire, export.Item{ID: id + "@" + old, Before: sent(old)}, now, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.it.Body != nil {
				c.it.Sent = contentOf(c.it.Body)
			}
			o, err := target().object(c.op, &c.it)
			if err != nil || o.Modified.UTC().Format(time.RFC3339Nano) != c.want || o.Revoked != c.revoked {
				t.Errorf("%s, revoked %v, %v; want %s", o.Modified.UTC().Format(time.RFC3339Nano), o.Revoked, err, c.want)
			}
		})
	}
	if _, err := target().object(export.Expire, &export.Item{Before: &export.Memory{Sent: []byte("{")}}); err == nil {
		t.Error("what was delivered cannot be read, and is revoked")
	}
}

func TestTAXIICheck(t *testing.T) {
	for _, c := range []struct {
		name string
		body any
		skip string
		err  string
	}{
		{"good", item("2026-01-01T08:00:00Z"), "", ""},
		{"no pattern", map[string]any{"object": "indicator", "type": "Password", "value": "x", "created": noon}, "indicator of type Password: no STIX pattern", ""},
		{"no type of STIX", map[string]any{"object": "event", "value": "x", "created": noon}, "event: no STIX type", ""},
		{"an address that is none", map[string]any{"object": "indicator", "type": "IP Address", "value": "x", "created": noon}, "indicator of type IP Address: value does not fit the type", ""},
		{"no value", map[string]any{"object": "indicator", "type": "FQDN", "created": noon}, "", "value: "},
		{"an unknown field", map[string]any{"object": "indicator", "type": "FQDN", "value": "x", "created": noon, "colour": "red"}, "", "colour: "},
		{"no object", "x", "", "must be an object"},
	} {
		skip, err := target().Check(&export.Item{Body: c.body})
		if skip != c.skip || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.name, skip, err)
		}
	}
}

func TestTAXIIClass(t *testing.T) {
	for err, want := range map[error]export.Class{
		&PendingError{}: export.Unavailable,
		fmt.Errorf("x: %w", request.ErrUnavailable): export.Unavailable,
		request.ErrUnauthorized:                     export.Fatal, request.ErrForbidden: export.Fatal, ErrCollection: export.Fatal,
		ErrNotTAXII: export.Fatal, context.Canceled: export.Fatal,
	} {
		if got := target().Class(export.Request, err); got != want {
			t.Errorf("%v: %d", err, got)
		}
	}
}

// What becomes of a relation is put down to the items at its ends; what becomes of the producer, to none.
func TestTAXIIJudge(t *testing.T) {
	relation := stix.Encoded{ID: "relationship--1", JSON: []byte(`{"source_ref":"indicator--1","target_ref":"malware--9"}`)}
	objects := []stix.Encoded{{ID: "identity--0"}, {ID: "indicator--1"}, {ID: "indicator--2"}, relation}
	for _, c := range []struct {
		name          string
		out           map[string]Outcome
		errs, retries string
	}{
		{"all is well", map[string]Outcome{"identity--0": {Kind: Failed}, "indicator--1": {Kind: Created}, "indicator--2": {Kind: Unchanged}, "relationship--1": {Kind: Created}}, "[false false]", "[false false]"},
		{"one fails", map[string]Outcome{"identity--0": {Kind: Created}, "indicator--1": {Kind: Created}, "indicator--2": {Kind: Failed, Message: "no"}, "relationship--1": {Kind: Created}}, "[false true]", "[false false]"},
		{"its relation fails", map[string]Outcome{"identity--0": {Kind: Created}, "indicator--1": {Kind: Created}, "indicator--2": {Kind: Created}, "relationship--1": {Kind: Failed}}, "[true false]", "[false false]"},
		{"nothing is said", nil, "[true true]", "[true true]"},
	} {
		s := sending{results: make([]export.Result, 2), of: map[string][]int{"indicator--1": {0}, "indicator--2": {1}}}
		s.judge(objects, c.out)
		var errs, retries []bool
		for _, r := range s.results {
			errs, retries = append(errs, r.Err != nil), append(retries, r.Retry)
		}
		if fmt.Sprint(errs) != c.errs || fmt.Sprint(retries) != c.retries {
			t.Errorf("%s: %v, again %v", c.name, errs, retries)
		}
	}
}
