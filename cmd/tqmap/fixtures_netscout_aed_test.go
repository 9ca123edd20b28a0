package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The events that the reference expects come out of its three pages.
func TestWorkedAlerts(t *testing.T) {
	dir := filepath.Join(shared(t), "fixtures", "netscout_aed")
	text, err := os.ReadFile(filepath.Join(dir, "expected-threatq-events-synthetic.json"))
	if err != nil {
		t.Skip("left out: the reference material has no alerts")
	}
	var want, got []map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for page := 1; page <= 3; page++ {
		file := filepath.Join(dir, fmt.Sprintf("aed-alerts-synthetic-page%d.json", page))
		stdout, stderr, code := tqmap(t, "preview", "netscout_aed", "--format", "json", "--limit", "0", "--from", file, "--param", "hostname=aed.example.com", "--param", "api_token=t")
		var all []map[string]any
		if err := json.Unmarshal([]byte(stdout), &all); err != nil || code != 0 {
			t.Fatalf("page %d: exit %d, %v: %s", page, code, err, stderr)
		}
		for _, o := range all {
			if o["object"] == "event" {
				got = append(got, worked(o))
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- worked examples, + mapped:\n%s", diff)
	}
}

// worked writes an event as the reference does.
func worked(event map[string]any) map[string]any {
	named := func(list any, name string) []any {
		out := []any{}
		for _, e := range list.([]any) {
			pair := e.([]any)
			out = append(out, map[string]any{name: pair[0], "value": pair[1]})
		}
		return out
	}
	return map[string]any{
		"title": event["title"], "type": event["type"], "happened_at": event["happened_at"], "description": event["description"],
		"sources": []any{event["source"]}, "attributes": named(event["attributes"], "name"), "indicators": named(event["indicators"], "type"),
	}
}
