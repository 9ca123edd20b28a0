package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordedAlerts maps the recorded answers of the reference material that fit a pattern.
func recordedAlerts(t *testing.T, flow, pattern string) map[string]map[string]any {
	t.Helper()
	dir := filepath.Join(shared(t), "fixtures", "darktrace")
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Skipf("left out: the reference material has no %s", pattern)
	}
	events := map[string]map[string]any{}
	for _, file := range files {
		stdout, stderr, code := tqmap(t, "preview", "darktrace", "--flow", flow, "--format", "json", "--limit", "0", "--from", file,
			"--param", "host=darktrace.example.com", "--param", "public_token=p", "--param", "private_token=q")
		var all []map[string]any
		if err := json.Unmarshal([]byte(stdout), &all); err != nil || code != 0 || strings.Contains(stderr, "dead") {
			t.Fatalf("%s: exit %d, %v: %s", filepath.Base(file), code, err, stderr)
		}
		n := 0
		for _, o := range all {
			if o["object"] == "event" {
				o["assets"] = assetsOf(all, o["key"])
				events[filepath.Base(file)+" "+o["key"].(string)] = o
				n++
			}
		}
		if want := recordsIn(t, file); n != want {
			t.Errorf("%s: %d events of %d records", filepath.Base(file), n, want)
		}
	}
	return events
}

func assetsOf(all []map[string]any, key any) []any {
	var out []any
	for _, o := range all {
		if o["object"] == "asset" && o["key"] == key {
			out = append(out, o["value"], o["attributes"])
		}
	}
	return out
}

func recordsIn(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []any
	if json.Unmarshal(text, &list) != nil {
		return 1 // one object
	}
	return len(list)
}

// facts are the parts of an event that the reference's worked examples name.
func facts(event map[string]any, attributes ...string) map[string]any {
	out := map[string]any{"title": event["title"], "happened_at": event["happened_at"], "indicators": event["indicators"], "assets": event["assets"]}
	for _, a := range event["attributes"].([]any) {
		pair := a.([]any)
		if name := pair[0].(string); slices.Contains(attributes, name) {
			have, _ := out[name].(string)
			out[name] = strings.TrimPrefix(have+"|"+pair[1].(string), "|")
		}
	}
	return out
}

func TestRecordedIncidents(t *testing.T) {
	events := recordedAlerts(t, "ai_analyst", "aianalyst_incidentevents_*.json")
	if len(events) != 13 {
		t.Errorf("%d events, want 13", len(events))
	}
	got := facts(events["aianalyst_incidentevents_sekoia.json 244590d8-4908-4ee2-b89c-4274e388d99e"],
		"Category", "Score", "Incident Score", "Attack Phase", "MITRE Tactic", "Start Time", "End Time", "Related Model Breach ID")
	want := map[string]any{
		"title": "Unusual External Data Transfer: #37641895.erebus.local", "happened_at": "2023-09-08 10:32:36", "indicators": []any{},
		"Category": "Critical", "Score": "98", "Incident Score": "60.97", "Attack Phase": "6", "MITRE Tactic": "Exfiltration",
		"Start Time": "2023-09-08 09:59:31", "End Time": "2023-09-08 09:59:31", "Related Model Breach ID": "34380|34381",
		"assets": []any{"#37641895.erebus.local", []any{
			[]any{"Device ID", "81"}, []any{"Hostname", "#37641895.erebus.local"}, []any{"IP Address", "10.0.0.#28445"}, []any{"Subnet ID", "25"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- worked example, + mapped:\n%s", diff)
	}
}

func TestRecordedBreaches(t *testing.T) {
	events := recordedAlerts(t, "model_breaches", "modelbreaches_*.json")
	if len(events) != 9 {
		t.Errorf("%d events, want 9", len(events))
	}
	got := facts(events["modelbreaches_dns_mac_demisto.json 95"], "Score", "Category", "MAC Address")
	want := map[string]any{
		"title": "Testing::Test DNS: ip-10-0-0-1", "happened_at": "2020-08-17 18:18:24", "Score": "73", "Category": "Informational",
		"indicators": []any{[]any{"IP Address", "10.0.0.1"}},
		"assets": []any{"ip-10-0-0-1", []any{
			[]any{"Device ID", "823"}, []any{"Hostname", "ip-10-0-0-1"}, []any{"IP Address", "10.0.0.1"}, []any{"Device Type", "Server"}, []any{"Subnet ID", "114"},
			[]any{"First Seen", "2020-08-07 00:06:40"}, []any{"Last Seen", "2020-08-19 18:04:08"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- worked example, + mapped:\n%s", diff)
	}
}
