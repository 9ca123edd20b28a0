package stix_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

func TestTLP(t *testing.T) {
	const statement = "marking-definition--8ba1e5f2-cb38-47d5-b263-eed4290e72fc"
	tlp10 := map[string]any{"white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
		"amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}
	tlp20 := map[string]any{"clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
		"red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"}
	for _, row := range []struct {
		labels       []string
		want20       []any
		want21       any
		count20, n21 int
	}{
		{[]string{"WHITE"}, []any{tlp10["white"]}, tlp20["clear"], 1, 1},
		{[]string{"Clear", ""}, []any{tlp10["white"]}, tlp20["clear"], 1, 1},
		{[]string{"clear", "TLP:GREEN"}, []any{tlp10["green"]}, tlp20["green"], 1, 1},
		{[]string{"AMBER", "green", "WHITE"}, []any{tlp10["amber"]}, tlp20["amber"], 1, 1},
		{[]string{"Amber+Strict", "AMBER"}, []any{tlp10["amber"], statement}, tlp20["strict"], 2, 1},
		{[]string{"amber strict"}, []any{tlp10["amber"], statement}, tlp20["strict"], 2, 1},
		{[]string{"AMBER+STRICT", "RED"}, []any{tlp10["red"]}, tlp20["red"], 1, 1},
	} {
		for v, want := range map[stix.Version][]any{stix.V20: row.want20, stix.V21: {row.want21}} {
			g := graph(t, stix.Config{Version: v})
			add(t, g, stix.Object{Object: "malware", Value: "M", TLP: row.labels})
			if diff := cmp.Diff(any(want), decoded(t, g, "malware")[0]["object_marking_refs"]); diff != "" {
				t.Errorf("%s %v: %s", v, row.labels, diff)
			}
			if m := decoded(t, g, "marking-definition"); len(m) != len(want) {
				t.Errorf("%s %v: %d markings come along", v, row.labels, len(m))
			}
		}
	}
	for _, none := range [][]string{nil, {}, {"", " "}} {
		m := one(t, stix.Config{}, stix.Object{Object: "malware", Value: "M", TLP: none})
		if m["object_marking_refs"] != nil {
			t.Errorf("%q: %v", none, m)
		}
	}
}

func TestLabels(t *testing.T) {
	list := func(words ...any) any { return words }
	for _, row := range []struct {
		name         string
		object       stix.Object
		defaults     map[string][]string
		prop         string // of 2.1
		want20, want any
	}{
		{"of the vocabulary, in order, once", stix.Object{Object: "malware", Labels: []string{" Worm", "remote_access trojan", "WORM", "nonsense"}}, nil,
			"malware_types", list("worm", "remote-access-trojan"), list("worm", "remote-access-trojan")},
		{"2.1 knows more", stix.Object{Object: "malware", Labels: []string{"wiper", "Unknown"}}, nil, "malware_types", list("bot"), list("wiper", "unknown")},
		{"not of reports", stix.Object{Object: "report", Labels: []string{"unknown"}, Related: []stix.Ref{ref("tool", "", "T")}}, nil, "report_types", list("threat-report"), nil},
		{"defaults", stix.Object{Object: "adversary", Labels: []string{"worm"}}, map[string][]string{"threat-actor": {"Nation State, own_word", "spy"}},
			"threat_actor_types", list("nation-state", "own-word", "spy"), list("nation-state", "own-word", "spy")},
		{"defaults of the object come first", stix.Object{Object: "adversary", DefaultLabels: []string{"Spy"}}, map[string][]string{"threat-actor": {"hacker"}},
			"threat_actor_types", list("spy"), list("spy")},
		{"empty defaults", stix.Object{Object: "adversary"}, map[string][]string{"threat-actor": {" , "}}, "threat_actor_types", list("hacker"), nil},
		{"defaults of other types", stix.Object{Object: "tool"}, map[string][]string{"malware": {"worm"}}, "tool_types", list("remote-access"), nil},
		{"indicator", stix.Object{Object: "indicator", Type: "URL"}, nil, "indicator_types", list("malicious-activity"), nil},
		{"report", stix.Object{Object: "report", Related: []stix.Ref{ref("tool", "", "T")}}, nil, "report_types", list("threat-report"), nil},
		{"no labels of campaigns", stix.Object{Object: "campaign", Labels: []string{"worm"}, DefaultLabels: []string{"worm"}}, nil, "campaign_types", nil, nil},
	} {
		for v, want := range map[stix.Version]any{stix.V20: row.want20, stix.V21: row.want} {
			g := graph(t, stix.Config{Version: v, DefaultLabels: row.defaults})
			row.object.Value = "x"
			id := add(t, g, row.object)
			add(t, g, stix.Object{Object: "tool", Value: "T"})
			prop := "labels"
			if v == stix.V21 {
				prop = row.prop
			}
			for _, typ := range []string{"malware", "report", "threat-actor", "tool", "indicator", "campaign"} {
				for _, m := range decoded(t, g, typ) {
					if m["id"] != id {
						continue
					}
					if diff := cmp.Diff(want, m[prop]); diff != "" {
						t.Errorf("%s %s: %s", v, row.name, diff)
					}
				}
			}
		}
	}
}

func TestConfidence(t *testing.T) {
	for text, want := range map[string]any{"80": 80.0, " 0 ": 0.0, "100": 100.0, "None": 0.0, "low": 15.0, "Med": 50.0, "MEDIUM": 50.0, "High": 85.0,
		"": nil, "101": nil, "-1": nil, "sure": nil, "7.5": nil} {
		o := stix.Object{Object: "malware", Value: "M", Confidence: text}
		if got := one(t, stix.Config{}, o)["confidence"]; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		if got := one(t, stix.Config{Version: stix.V20}, o)["confidence"]; got != nil {
			t.Errorf("%q: %v in 2.0", text, got)
		}
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("", 3600)
	m := one(t, stix.Config{}, stix.Object{Object: "indicator", Type: "URL", Value: "http://a", Created: time.Date(2026, 1, 2, 0, 30, 0, 123_999_999, zone),
		Modified: time.Date(2026, 1, 3, 0, 0, 0, 0, zone), ValidUntil: time.Date(2026, 1, 1, 23, 30, 0, 123_999_999, time.UTC)})
	for name, want := range map[string]any{"created": "2026-01-01T23:30:00.123Z", "modified": "2026-01-02T23:00:00.000Z", "valid_from": "2026-01-01T23:30:00.123Z", "valid_until": nil} {
		if m[name] != want {
			t.Errorf("%s: %v, want %v", name, m[name], want)
		}
	}
	for _, row := range []struct {
		change   func(*stix.Object)
		from, to any
	}{
		{func(o *stix.Object) { o.Published = day.Add(-time.Hour) }, "2026-11-01T07:00:00.000Z", nil},
		{func(o *stix.Object) { o.Published, o.ValidFrom = day.Add(-time.Hour), day.Add(time.Hour) }, "2026-11-01T09:00:00.000Z", nil},
		{func(o *stix.Object) { o.ValidUntil = day.Add(time.Millisecond) }, "2026-11-01T08:00:00.000Z", "2026-11-01T08:00:00.001Z"},
		{func(o *stix.Object) { o.ValidUntil = day.Add(-time.Second) }, "2026-11-01T08:00:00.000Z", nil},
		{func(o *stix.Object) { o.Modified = day.Add(-time.Hour) }, "2026-11-01T08:00:00.000Z", nil},
	} {
		o := stix.Object{Object: "indicator", Type: "URL", Value: "http://a", Created: day}
		row.change(&o)
		m := one(t, stix.Config{}, o)
		if m["valid_from"] != row.from || m["valid_until"] != row.to || m["modified"] != "2026-11-01T08:00:00.000Z" {
			t.Errorf("%v", m)
		}
	}
}

func TestVulnerability(t *testing.T) {
	for _, row := range []struct {
		object, typ, value string
		own                []stix.Reference
		want               any
	}{
		{"indicator", "CVE", "CVE-2026-0001", nil, []any{map[string]any{"source_name": "cve", "external_id": "CVE-2026-0001"}}},
		{"vulnerability", "", "cve-2026-123456", nil, []any{map[string]any{"source_name": "cve", "external_id": "CVE-2026-123456"}}},
		{"indicator", "CVE", "CVE-2026-1", nil, nil},
		{"vulnerability", "", "Log4Shell", []stix.Reference{{SourceName: "nvd", URL: "https://nvd.example/1"}}, []any{map[string]any{"source_name": "nvd", "url": "https://nvd.example/1"}}},
		{"vulnerability", "", "CVE-2026-0001", []stix.Reference{{SourceName: "cve", ExternalID: "CVE-2026-0001"}, {SourceName: "cve", ExternalID: "CVE-2026-0002"}},
			[]any{map[string]any{"source_name": "cve", "external_id": "CVE-2026-0001"}, map[string]any{"source_name": "cve", "external_id": "CVE-2026-0002"}}},
	} {
		m := one(t, stix.Config{}, stix.Object{Object: row.object, Type: row.typ, Value: row.value, References: row.own})
		if diff := cmp.Diff(row.want, m["external_references"]); diff != "" || m["type"] != "vulnerability" || m["name"] != row.value || m["pattern"] != nil {
			t.Errorf("%s: %v %s", row.value, m, diff)
		}
	}
}

// What is revoked says so, in both versions; what is not does not speak of it.
func TestRevoked(t *testing.T) {
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		for _, revoked := range []bool{false, true} {
			g, err := stix.New(stix.Config{Version: v, ThreatQ: "https://threatq.example.com"})
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			if _, err := g.Add(stix.Object{Object: "malware", Value: "Wiper", Created: at, Modified: at.Add(time.Hour), Revoked: revoked}); err != nil {
				t.Fatal(err)
			}
			all := slices.Collect(g.Objects())
			if got := strings.Contains(string(all[len(all)-1].JSON), `"revoked":true`); got != revoked {
				t.Errorf("%s, revoked %v: %s", v, revoked, all[len(all)-1].JSON)
			}
		}
	}
}
