package examples

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/ctia"
)

func TestCTIAFirstAndSecondRun(t *testing.T) {
	list := fqdns(5)
	list[1].Sources = []map[string]any{{"name": "Feed A", "tlp": "GREEN"}, {"name": "Feed B", "tlp": "RED"}}
	list[2].Type, list[2].Value = "CVE", "CVE-2021-44228"
	list[3].Status = "Review"
	w := newExportWorld(t, list)
	w.run(engine.Ok, "created 4, skipped 1")
	if got := w.writes(); got != "import 9" { // the feed, and a relationship for each
		t.Errorf("writes %q", got)
	}
	j := w.judgement("host-1.bad.example")
	for key, want := range map[string]any{
		"disposition_name": "Malicious", "confidence": "Medium", "severity": "Medium", "tlp": "amber", "source": "ThreatQ",
		"reason": "ThreatQ indicator 1 (Active), sources: Feed A; collection: CTR Export", "reason_uri": "https://tq.example.com/indicators/1/details",
	} {
		if j[key] != want {
			t.Errorf("%s is %v, want %v", key, j[key], want)
		}
	}
	if got := span(j); got != "2026-01-31T12:00:00.000Z 2026-02-28T12:00:00.000Z" {
		t.Errorf("valid %s", got)
	}
	if red := w.judgement("host-2.bad.example"); red["tlp"] != "red" {
		t.Errorf("tlp %v of an indicator with a red source", red["tlp"])
	}
	w.linked(1, 4)

	w.now = w.now.Add(24 * time.Hour)
	w.run(engine.Ok, "unchanged 4, skipped 1")
	if n := len(w.sim.Journal()); n != 0 {
		t.Errorf("%d requests to Cisco without any change: %v", n, w.sim.Requests())
	}
}

func span(j map[string]any) string {
	valid := j["valid_time"].(map[string]any)
	return fmt.Sprint(valid["start_time"], " ", valid["end_time"])
}

// linked checks how many feeds and links there are, and that each link ends in a feed.
func (w *exportWorld) linked(feeds, links int) {
	w.t.Helper()
	var ids []any
	for _, i := range w.sim.Entities("indicator", "") {
		ids = append(ids, i["id"])
	}
	all := w.sim.Entities("relationship", "")
	for _, r := range all {
		if r["relationship_type"] != "element-of" || !slices.Contains(ids, r["target_ref"]) {
			w.t.Errorf("a link that leads to no feed: %v", r)
		}
	}
	if len(ids) != feeds || len(all) != links {
		w.t.Errorf("%d feeds and %d links, want %d and %d", len(ids), len(all), feeds, links)
	}
}

// U33: a change adds nothing at the other side, and what is gone is dealt with.
func TestCTIAChangeAddRemove(t *testing.T) {
	w := newExportWorld(t, fqdns(5))
	w.run(engine.Ok, "created 5")
	before := w.judgement("host-1.bad.example")
	w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Severity", "value": "High"})
	w.inThreatQ("POST", "/api/indicators/consume", []seeded{{Type: "MD5", Value: "D41D8CD98F00B204E9800998ECF8427E", Status: "Active", Sources: []map[string]any{{"name": "Feed B"}}}})
	w.inThreatQ("DELETE", "/api/indicators/5", nil)
	w.run(engine.Ok, "created 1, updated 1, unchanged 3, kept 1")
	if got := w.writes(); got != "import 5, bulk-update 1" {
		t.Errorf("writes %q", got)
	}
	j := w.judgement("host-1.bad.example")
	if j["severity"] != "High" || j["id"] != before["id"] || span(j) != span(before) {
		t.Errorf("changed to %v, was %v", j, before)
	}
	if w.judgement("d41d8cd98f00b204e9800998ecf8427e")["tlp"] != "amber" {
		t.Error("the new one is not amber")
	}
	w.linked(1, 6)
	w.run(engine.Ok, "unchanged 5, kept 1")
}

func TestCTIAWithoutFeed(t *testing.T) {
	w := newExportWorld(t, fqdns(3))
	w.params["indicator_feed"] = ""
	w.run(engine.Ok, "created 3")
	w.linked(0, 0)

	w.params["indicator_feed"] = "Later"
	w.run(engine.Ok, "unchanged 3") // as they were, but linked
	w.linked(1, 3)
	w.params["indicator_feed"] = "Renamed"
	w.run(engine.Ok, "unchanged 3")
	w.linked(2, 6)
	if got := w.writes(); got != "import 7" {
		t.Errorf("writes %q", got)
	}
	w.run(engine.Ok, "unchanged 3")
}

func TestCTIAFeedIsMadeOnce(t *testing.T) {
	w := newExportWorld(t, fqdns(7))
	w.params["batch_size"] = "2"
	w.run(engine.Ok, "created 7")
	w.linked(1, 7)
	feed := w.sim.Entities("indicator", "")[0]
	if feed["title"] != "ThreatQ Blocklist" || feed["producer"] != "ThreatQ" || feed["tlp"] != "amber" {
		t.Errorf("feed %v", feed)
	}
}

// The ledger is lost: everything exists, is compared, and nothing is written but what differs.
func TestCTIALedgerLost(t *testing.T) {
	w := newExportWorld(t, fqdns(5))
	w.run(engine.Ok, "created 5")
	w.forget()
	w.run(engine.Ok, "unchanged 5")
	if got := w.writes(); got != "import 11" {
		t.Errorf("writes %q", got)
	}
	w.run(engine.Ok, "unchanged 5")
	if n := len(w.sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}

	w.forget()
	start := span(w.judgement("host-3.bad.example"))
	w.inThreatQ("POST", "/api/indicators/3/attributes", map[string]any{"name": "Disposition", "value": "3"})
	w.run(engine.Ok, "updated 1, unchanged 4")
	if j := w.judgement("host-3.bad.example"); j["disposition_name"] != "Suspicious" || span(j) != start {
		t.Errorf("changed to %v", j)
	}
	w.linked(1, 5)
}

// forget loses all that is remembered between runs.
func (w *exportWorld) forget() {
	w.t.Helper()
	for _, name := range []string{"tqmap.db", "tqmap.db-wal", "tqmap.db-shm"} {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil && !os.IsNotExist(err) {
			w.t.Fatal(err)
		}
	}
}

func TestCTIATimes(t *testing.T) {
	w := newExportWorld(t, fqdns(2))
	w.run(engine.Ok, "created 2")
	w.inThreatQ("PUT", "/api/indicators/2", map[string]any{"expires_at": "2026-03-15 08:30:00"})
	w.run(engine.Ok, "updated 1, unchanged 1")
	if got := span(w.judgement("host-2.bad.example")); got != "2026-01-31T12:00:00.000Z 2026-03-15T08:30:00.000Z" {
		t.Errorf("valid %s", got)
	}
	t.Run("the default does not roll on", func(t *testing.T) {
		w.now = time.Date(2026, 2, 20, 12, 0, 0, 0, time.UTC)
		w.run(engine.Ok, "unchanged 2")
	})
	t.Run("what has run out begins anew", func(t *testing.T) {
		w.now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		w.run(engine.Ok, "updated 1, unchanged 1")
		if got := span(w.judgement("host-1.bad.example")); got != "2026-03-01T12:00:00.000Z 2026-04-01T12:00:00.000Z" {
			t.Errorf("valid %s", got)
		}
	})
	t.Run("past its expiration in ThreatQ", func(t *testing.T) {
		w.now = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
		w.run(engine.Ok, "unchanged 1, skipped 1")
		if got := w.writes(); got != "" {
			t.Errorf("writes %q about a judgement that has run out by itself", got)
		}
		if got := span(w.judgement("host-2.bad.example")); got != "2026-01-31T12:00:00.000Z 2026-03-15T08:30:00.000Z" {
			t.Errorf("valid %s", got)
		}
	})
}

func TestCTIAOutOfUse(t *testing.T) {
	for policy, want := range map[string]struct{ counts, writes string }{
		"expire": {"unchanged 2, removed 1, skipped 1", "judgement-expire 0"},
		"remove": {"unchanged 2, removed 1, skipped 1", "bulk-delete 1"},
		"keep":   {"unchanged 2, skipped 1", ""},
	} {
		t.Run(policy, func(t *testing.T) {
			w := newExportWorld(t, fqdns(3))
			w.params["skipped_policy"] = policy
			w.run(engine.Ok, "created 3")
			w.inThreatQ("PUT", "/api/indicators/1", map[string]any{"status": "Whitelisted"})
			w.run(engine.Ok, want.counts)
			if got := w.writes(); got != want.writes {
				t.Errorf("writes %q, want %q", got, want.writes)
			}
			if policy == "expire" {
				j := w.judgement("host-1.bad.example")
				if span(j) != "2026-01-31T12:00:00.000Z 2026-01-31T13:00:00.000Z" || !strings.HasSuffix(j["reason"].(string), "gone in ThreatQ") {
					t.Errorf("expired %v", j)
				}
			}
			w.run(engine.Ok, "unchanged 2, skipped 1")
		})
	}
}

func TestCTIALeftTheCollection(t *testing.T) {
	for policy, want := range map[string]struct{ counts, writes string }{
		"expire": {"unchanged 2, removed 1", "judgement-expire 0"},
		"remove": {"unchanged 2, removed 1", "bulk-delete 1"},
		"keep":   {"unchanged 2, kept 1", ""},
	} {
		t.Run(policy, func(t *testing.T) {
			w := newExportWorld(t, fqdns(3))
			w.params["left_policy"] = policy
			w.run(engine.Ok, "created 3")
			w.inThreatQ("DELETE", "/api/indicators/1", nil)
			w.run(engine.Ok, want.counts)
			if got := w.writes(); got != want.writes {
				t.Errorf("writes %q, want %q", got, want.writes)
			}
		})
	}
	t.Run("a judgement that somebody deleted is gone already", func(t *testing.T) {
		for _, policy := range []string{"expire", "remove"} {
			w := newExportWorld(t, fqdns(2))
			w.params["left_policy"] = policy
			w.run(engine.Ok, "created 2")
			w.inThreatQ("DELETE", "/api/indicators/1", nil)
			if err := w.sim.Forget(); err != nil {
				t.Fatal(err)
			}
			w.run(engine.Ok, "unchanged 1, removed 1")
			w.run(engine.Ok, "unchanged 1")
		}
	})
	t.Run("an empty collection takes nothing back", func(t *testing.T) {
		w := newExportWorld(t, fqdns(2))
		w.params["left_policy"] = "remove"
		w.run(engine.Ok, "created 2")
		w.inThreatQ("DELETE", "/api/indicators/1", nil)
		w.inThreatQ("DELETE", "/api/indicators/2", nil)
		report := w.run(engine.Partial, "")
		if got := w.writes(); got != "" || !strings.Contains(strings.Join(report.Flows[0].Notes, " "), "empty") {
			t.Errorf("writes %q, notes %v", got, report.Flows[0].Notes)
		}
	})
}

// A judgement that was deleted at Cisco comes back when its indicator changes.
func TestCTIADeletedThere(t *testing.T) {
	w := newExportWorld(t, fqdns(2))
	w.run(engine.Ok, "created 2")
	if err := w.sim.Forget(); err != nil {
		t.Fatal(err)
	}
	w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Priority", "value": "55"})
	w.run(engine.Ok, "updated 1, unchanged 1")
	if j := w.judgement("host-1.bad.example"); fmt.Sprint(j["priority"]) != "55" {
		t.Errorf("made anew as %v", j)
	}
	w.linked(1, 1)
}

func TestCTIADuplicates(t *testing.T) {
	list := []seeded{
		{Type: "IP Address", Value: "2001:db8::1", Status: "Active", Sources: []map[string]any{{"name": "Feed A"}}, Attributes: []map[string]string{{"name": "Severity", "value": "Low"}}},
		{Type: "IPv6 Address", Value: "2001:DB8:0::1", Status: "Active", Sources: []map[string]any{{"name": "Feed B"}}, Attributes: []map[string]string{{"name": "Severity", "value": "High"}}},
	}
	w := newExportWorld(t, list)
	w.run(engine.Ok, "created 1, skipped 1")
	if j := w.judgement("2001:db8::1"); j["severity"] != "High" { // touched at the same time: the higher id
		t.Errorf("made of the older one: %v", j)
	}
}

func TestCTIAInstances(t *testing.T) {
	w := newExportWorld(t, fqdns(1))
	w.params["indicator_feed"] = ""
	w.run(engine.Ok, "created 1")
	for _, j := range w.sim.Entities("judgement", "") {
		if want := []any{"threatq-judgement-" + xidOf("judgement", "cisco-ctia", "domain", "host-1.bad.example")}; fmt.Sprint(j["external_ids"]) != fmt.Sprint(want) {
			t.Errorf("external ids %v, want %v", j["external_ids"], want)
		}
	}
}

func TestCTIAHistorical(t *testing.T) {
	w := newExportWorld(t, fqdns(3))
	w.now = w.now.Add(10 * 24 * time.Hour)
	w.inThreatQ("POST", "/api/indicators/2/attributes", map[string]any{"name": "Severity", "value": "High"})
	w.now = w.now.Add(24 * time.Hour)
	w.params["historical"], w.params["left_policy"] = "2", "remove"
	w.run(engine.Ok, "created 1")
	if w.judgement("host-2.bad.example")["severity"] != "High" {
		t.Error("another one")
	}
	w.params["historical"] = "0"
	w.run(engine.Ok, "created 2, unchanged 1")
	w.params["historical"] = "2"
	w.run(engine.Ok, "unchanged 1") // what was not looked at has not left
	if j, _, _ := w.sim.Counts(); j != 3 {
		t.Errorf("%d judgements", j)
	}
}

// Something is made of every kind of indicator.
func TestCTIAKinds(t *testing.T) {
	w := newExportWorld(t, exported(48))
	report := w.run(engine.Ok, "created 35, skipped 13")
	if by := report.Flows[0].SkippedBy; by["unsupported type: CVE"] == 0 || by["Expired"] == 0 || by["Whitelisted"] == 0 {
		t.Errorf("skipped %v", by)
	}
	seen := map[string]bool{}
	for _, j := range w.sim.Entities("judgement", "") {
		for _, key := range []string{"tlp", "severity", "confidence", "disposition_name"} {
			seen[key+" "+j[key].(string)] = true
		}
		seen[j["observable"].(map[string]any)["type"].(string)] = true
	}
	for _, want := range []string{"tlp red", "tlp amber", "severity High", "severity Critical", "confidence High", "disposition_name Suspicious", "ip", "ipv6", "url", "sha256", "mac_address"} {
		if !seen[want] {
			t.Errorf("nothing has %s; there is %v", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}

func limited(n int) func(*ctia.Options) { return func(o *ctia.Options) { o.MaxEntities = n } }
