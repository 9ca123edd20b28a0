package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/aed"
	"tqmap/examples/taxii"
)

// stixWorld is an AED appliance without alerts, with its TAXII server, and a library of 60 indicators.
type stixWorld struct {
	*aedWorld
	taxii *taxii.Simulator
}

func newStixWorld(t *testing.T, change ...func(*taxii.Options)) *stixWorld {
	t.Helper()
	w := &stixWorld{aedWorld: newAEDWorld(t, func(o *aed.Options) { o.Alerts = -1 })}
	opts := taxii.Options{Now: w.clock.Now}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if w.taxii, err = taxii.New(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.taxii.Close() })
	mux := http.NewServeMux()
	mux.Handle("/", w.aedWorld.aed.Handler())
	for _, prefix := range w.taxii.Prefixes() {
		mux.Handle(prefix, w.taxii.Handler())
	}
	w.addr = w.serve(mux)
	if err := w.library.Stock(context.Background(), 60); err != nil {
		t.Fatal(err)
	}
	w.params["collection"], w.params["stix_collection"], w.params["relationship_depth"] = "Block List", taxii.DefaultTitle, "2"
	w.params["stix_username"], w.params["stix_password"], w.params["threatq_url"] = taxii.DefaultUsername, taxii.DefaultPassword, "https://threatq.example.com"
	return w
}

// export runs with the outcome that is expected, and returns the report of the export.
func (w *stixWorld) export(want engine.Outcome) *engine.FlowReport {
	w.t.Helper()
	report := w.run()
	f := flowOf(report, "stix")
	if report.Outcome != want {
		w.t.Fatalf("outcome %s, want %s: %+v\n%s", report.Outcome, want, f, w.log)
	}
	return f
}

// posts counts the requests that gave objects to the server since the last call.
func (w *stixWorld) posts() (n int) {
	for _, c := range w.taxii.Journal() {
		if c.Route == "post" {
			n++
		}
	}
	w.taxii.ResetJournal()
	return n
}

type stixObject struct {
	ID, Type, Name, Pattern, Modified string
	Labels                            []string
	Types                             []string `json:"indicator_types"`
	Marks                             []string `json:"object_marking_refs"`
	Revoked                           bool
}

// given are the latest versions of the objects on the server, by id.
func (w *stixWorld) given() map[string]stixObject {
	w.t.Helper()
	out := map[string]stixObject{}
	for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
		var got stixObject
		if err := json.Unmarshal(o.JSON, &got); err != nil {
			w.t.Fatal(err)
		}
		if old, ok := out[got.ID]; !ok || old.Modified < got.Modified {
			out[got.ID] = got
		}
	}
	return out
}

// of counts the objects on the server by their types.
func (w *stixWorld) of() map[string]int {
	out := map[string]int{}
	for _, o := range w.given() {
		out[o.Type]++
	}
	return out
}

// named is the one object of a name.
func (w *stixWorld) named(name string) stixObject {
	w.t.Helper()
	var out []stixObject
	for _, o := range w.given() {
		if o.Name == name {
			out = append(out, o)
		}
	}
	if len(out) != 1 {
		w.t.Fatalf("%d objects are called %q", len(out), name)
	}
	return out[0]
}

// add puts an indicator into the data collection.
func (w *stixWorld) add(value, tlp string, attributes ...string) {
	w.t.Helper()
	attrs := []any{}
	for i := 0; i < len(attributes); i += 2 {
		attrs = append(attrs, map[string]any{"name": attributes[i], "value": attributes[i+1]})
	}
	w.call("POST", "/api/indicators/consume", []any{map[string]any{
		"value": value, "type": "FQDN", "status": "Active", "tags": []any{map[string]any{"name": "block"}}, "attributes": attrs,
		"sources": []any{map[string]any{"name": "test", "tlp": tlp}},
	}})
}

func TestAEDExportTwice(t *testing.T) {
	for version, speaks := range map[string][]string{"2.0": {"2.0", "2.1"}, "2.1": {"2.0", "2.1"}, "auto": {"2.0"}} {
		t.Run(version, func(t *testing.T) {
			w := newStixWorld(t, func(o *taxii.Options) { o.Versions = speaks })
			w.params["taxii_version"] = version
			first := w.export(engine.Ok)
			n := len(w.given())
			if first.Created < 30 || first.Dead != 0 || n <= first.Created || w.posts() == 0 {
				t.Errorf("%d objects: %+v", n, first)
			}
			second := w.export(engine.Ok)
			if got := w.posts(); second.Created != 0 || second.Updated != 0 || got != 0 || len(w.given()) != n {
				t.Errorf("%d requests the second time: %+v", got, second)
			}
			if log := w.log.String(); strings.Contains(log, taxii.DefaultPassword) {
				t.Error("the password is in the log")
			}
		})
	}
}

func TestAEDExportDepth(t *testing.T) {
	var before int
	for depth := range 4 {
		w := newStixWorld(t)
		w.params["relationship_depth"] = fmt.Sprint(depth)
		w.export(engine.Ok)
		of := w.of()
		if alone := of["malware"]+of["threat-actor"]+of["report"] == 0; alone != (depth == 0) {
			t.Errorf("depth %d: %v", depth, of)
		}
		n := len(w.given())
		if n < before || depth < 3 && n == before {
			t.Errorf("depth %d: %d objects, %d before", depth, n, before)
		}
		before = n
	}
}

// Default labels stand in for labels that STIX does not know, and the strictest TLP counts.
func TestAEDExportLabels(t *testing.T) {
	w := newStixWorld(t)
	w.params["indicator_labels"], w.params["malware_labels"], w.params["threat_actor_labels"] = "Compromised, benign", "ransomware", "Nation State"
	w.add("labelled.example", "AMBER", "Label", "Anomalous Activity", "label", "anonymization")
	w.add("unlabelled.example", "RED", "Label", "something else", "Labels", "more of it")
	w.export(engine.Ok)
	if o := w.named("FQDN: labelled.example"); !slices.Equal(o.Labels, []string{"anomalous-activity", "anonymization"}) || o.Pattern != "[domain-name:value = 'labelled.example']" ||
		!slices.Equal(o.Marks, []string{"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"}) {
		t.Errorf("%+v", o)
	}
	if o := w.named("FQDN: unlabelled.example"); !slices.Equal(o.Labels, []string{"compromised", "benign"}) || !slices.Equal(o.Marks, []string{"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"}) {
		t.Errorf("%+v", o)
	}
	if o := w.named("SandLoader"); o.Type != "malware" || !slices.Equal(o.Labels, []string{"ransomware"}) {
		t.Errorf("%+v", o)
	}
	if o := w.named("Paper Heron"); o.Type != "threat-actor" || !slices.Equal(o.Labels, []string{"nation-state"}) {
		t.Errorf("%+v", o)
	}
}

// What changes is sent as another version of the same object; what leaves is kept, or revoked.
func TestAEDExportChanges(t *testing.T) {
	for _, policy := range []string{"keep", "revoke"} {
		t.Run(policy, func(t *testing.T) {
			w := newStixWorld(t)
			w.params["left_policy"] = policy
			w.add("moving.example", "GREEN")
			w.export(engine.Ok)
			was := w.named("FQDN: moving.example")
			w.posts()
			w.clock.advance(time.Hour)
			w.add("moving.example", "GREEN", "Label", "compromised")
			if f := w.export(engine.Ok); f.Created != 0 || f.Updated != 1 || w.posts() != 1 {
				t.Errorf("%+v", f)
			}
			now := w.named("FQDN: moving.example")
			if now.ID != was.ID || now.Modified <= was.Modified || !slices.Equal(now.Labels, []string{"compromised"}) {
				t.Errorf("%+v, then %+v", was, now)
			}
			found := w.call("GET", "/api/indicators?value=moving.example", nil)["data"].([]any)
			w.call("DELETE", fmt.Sprintf("/api/indicators/%v", found[0].(map[string]any)["id"]), nil)
			w.export(engine.Ok)
			if gone := w.named("FQDN: moving.example"); gone.Revoked != (policy == "revoke") {
				t.Errorf("%+v", gone)
			}
		})
	}
}

func TestAEDExportFaults(t *testing.T) {
	for _, tc := range []struct {
		fault   string
		outcome engine.Outcome
		says    string
	}{
		{"unavailable", engine.Ok, "503"},
		{"error on=post", engine.Ok, "500"},
		{"drop-after on=post", engine.Ok, "no answer"},
		{"error-after on=post", engine.Ok, "500"},
		{"too-large", engine.Ok, ""},
		{"expired times=forever", engine.Failed, "401"},
		{"not-json on=discovery", engine.Failed, "TAXII"},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			w := newStixWorld(t)
			f, err := taxii.ParseFault(tc.fault)
			if err != nil {
				t.Fatal(err)
			}
			w.taxii.Inject(f)
			report := w.run()
			got := flowOf(report, "stix")
			if heard := w.log.String() + got.Error; report.Outcome != tc.outcome || !strings.Contains(heard, tc.says) {
				t.Errorf("outcome %s, want %s and %q: %s\n%s", report.Outcome, tc.outcome, tc.says, got.Error, heard)
			}
			w.taxii.ClearFaults()
			w.export(engine.Ok)
			seen := map[string]bool{}
			for _, o := range w.taxii.Objects(taxii.DefaultCollection) {
				if at := o.ID + "@" + o.Version; seen[at] {
					t.Errorf("%s is there twice", at)
				} else {
					seen[at] = true
				}
			}
			if w.of()["indicator"] < 20 {
				t.Errorf("%v", w.of())
			}
		})
	}
}

// What the server does not take is a dead letter, and all else is there.
func TestAEDExportRejected(t *testing.T) {
	w := newStixWorld(t, func(o *taxii.Options) {
		o.Reject = func(id string) string {
			if strings.HasPrefix(id, "malware--") {
				return "not this one"
			}
			return ""
		}
	})
	f := w.export(engine.Partial)
	if f.Dead == 0 || !strings.Contains(w.log.String(), "not this one") || w.of()["malware"] != 0 || w.of()["indicator"] < 20 {
		t.Errorf("%v: %+v", w.of(), f)
	}
}

// What keeps an export from working is told before anything is sent.
func TestAEDExportRefusals(t *testing.T) {
	for _, tc := range []struct{ name, param, value, says string }{
		{"collection of the appliance", "stix_collection", "No Such Collection", "ThreatQ Indicators"}, // the titles that there are
		{"password", "stix_password", "not-the-one", "401"},
		{"data collection", "collection", "No Such List", "No Such List"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newStixWorld(t)
			w.params[tc.param] = tc.value
			if f := w.export(engine.Failed); !strings.Contains(f.Error, tc.says) || w.posts() != 0 {
				t.Errorf("%s", f.Error)
			}
			if strings.Contains(w.log.String(), "not-the-one") {
				t.Error("the password is in the log")
			}
		})
	}
	w := newStixWorld(t)
	w.params["collection"] = ""
	if f := w.export(engine.Ok); !f.LeftOut || len(w.taxii.Journal()) != 0 {
		t.Errorf("without a data collection nothing is exported: %+v", f)
	}
}

// The two ways do not keep each other from working.
func TestAEDBothWays(t *testing.T) {
	w := newStixWorld(t)
	w.params["api_token"] = "not-the-one"
	report := w.run()
	if a, s := flowOf(report, "alerts"), flowOf(report, "stix"); a.Error == "" || s.Error != "" || s.Created == 0 {
		t.Errorf("%+v, %+v", a, s)
	}
}
