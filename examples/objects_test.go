package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	tq "tqmap/engine/threatq"
	"tqmap/examples/threatq"
	"tqmap/runtime"
)

// gallery is a vendor with records, a library, and a mapping that makes objects of them.
type gallery struct {
	*world
	items []map[string]any
	text  string
}

const custom = "malware_family"

func newGallery(t *testing.T, rules string) *gallery {
	t.Helper()
	g := &gallery{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), log: &syncBuffer{}}}
	var err error
	g.library, err = threatq.Open(context.Background(), threatq.Options{
		Now: g.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true,
		Custom: []threatq.CustomObject{{Code: custom, Name: "Malware Family"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.library.Close() })
	g.host = g.serve(g.library.Handler())
	g.url = g.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"items": g.items})
	}))
	g.text = fmt.Sprintf(`
connector "gallery" {
  title  = "Gallery"
  source = "Gallery"
  tlp    = "GREEN"
}
client "api" { base_url = %q }
flow "all" {
  source "http" {
    client = client.api
    request { path = "/items" }
  }
  record "r" {
    extract = jq(".items[]")
    key     = expr("r.id")
  }
%s
}
`, g.url, rules)
	return g
}

// run runs the mapping once and lets a minute pass.
func (g *gallery) run(want engine.Outcome) *engine.FlowReport {
	g.t.Helper()
	m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(g.text)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		g.t.Fatalf("%s\n%s", diags, g.text)
	}
	job := &runtime.Job{
		Mapping: m, Instance: "gallery", Dir: g.dir, Now: g.clock.Now(),
		Settings: runtime.Settings{ThreatQ: runtime.ThreatQ{
			Host: g.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})), OnSecret: func(string) {},
	}
	report, err := job.Run(context.Background())
	if err != nil {
		g.t.Fatal(err)
	}
	g.clock.advance(time.Minute)
	f := report.Flows[0]
	if report.Outcome != want {
		g.t.Fatalf("outcome %s: %+v\n%s", report.Outcome, f, g.log)
	}
	return f
}

func counted(f *engine.FlowReport) string {
	return fmt.Sprintf("+%d ~%d =%d", f.Created, f.Updated, f.Unchanged)
}

// objects are the objects of a collection with everything that hangs on them.
func (g *gallery) objects(c tq.Collection) []map[string]any {
	g.t.Helper()
	with := "attributes,sources,tags"
	if c == tq.Indicators {
		with += ",score"
	}
	var out []map[string]any
	for _, r := range g.call("GET", fmt.Sprintf("/api/%s?with=%s&limit=1000&sort=id", c, with), nil)["data"].([]any) {
		out = append(out, r.(map[string]any))
	}
	return out
}

// sample is a value for a field of a kind, and what the library is then to show.
func sample(k tq.Kind, field string) (value, shown any) {
	switch {
	case strings.HasSuffix(field, "_at"):
		return "2024-05-01T10:00:00+02:00", "2024-05-01 08:00:00"
	case field == "type":
		typ := map[string]any{"indicator": "FQDN", "signature": "YARA", "event": "Incident"}[k.Code]
		return typ, nil
	case field == "status":
		return map[string]any{"indicator": "Review", "signature": "Review", "task": "In Progress"}[k.Code], nil
	case field == "score":
		return 7, nil
	}
	return k.Code + ".example", k.Code + ".example"
}

// rule is a block that takes every field of k out of the record, and the record.
func ruleOf(k tq.Kind, block string) (string, map[string]any) {
	record := map[string]any{"id": "r-" + k.Code, "description": "first", "score": 7, "severity": 5, "tags": []string{"one"}}
	var b strings.Builder
	fmt.Fprintf(&b, "%s \"x\" {\n", block)
	if block == "custom" {
		fmt.Fprintf(&b, "  object = %q\n", custom)
	}
	if k.Identity != tq.ByValueAndType {
		fmt.Fprintf(&b, "  key = expr(\"r.id\")\n")
	}
	for _, f := range k.Fields {
		record[f.Name], _ = sample(k, f.Name)
		fmt.Fprintf(&b, "  %s = expr(\"r.%s\")\n", f.Name, f.Name)
	}
	b.WriteString(`  description = expr("r.description")
  tags        = expr("r.tags")
  tlp         = "AMBER"
  attributes = {
    "Severity" = expr("r.severity")
    "Record"   = fixed(expr("r.id"))
  }
}
`)
	return b.String(), record
}

func everyKind() map[string]tq.Kind {
	out := map[string]tq.Kind{"custom": tq.CustomKind(custom)}
	for _, k := range tq.Kinds() {
		out[k.Code] = k
	}
	return out
}

// An object of every type is created with all its fields, costs nothing in the
// next run, is found again without any state and is brought up to date in place.
func TestEveryTypeOfObject(t *testing.T) {
	for block, k := range everyKind() {
		t.Run(block, func(t *testing.T) {
			rule, record := ruleOf(k, block)
			g := newGallery(t, rule)
			g.items = []map[string]any{record}

			if got := counted(g.run(engine.Ok)); got != "+1 ~0 =0" {
				t.Fatalf("first run %s\n%s", got, g.log)
			}
			made := g.only(k)
			g.shows(made, k, record)

			g.library.ResetJournal()
			if got := counted(g.run(engine.Ok)); got != "+0 ~0 =1" {
				t.Errorf("second run %s", got)
			}
			for _, c := range g.library.Journal() {
				if strings.Contains(c.Path, string(k.Collection)) {
					t.Errorf("%s %s for an object that has not changed", c.Method, c.Path)
				}
			}

			g.dir = t.TempDir() // the state is lost
			want := "+0 ~0 =1"
			if block == "adversary" {
				want = "+0 ~1 =0" // no answer shows its description, so it is written again
			}
			if got := counted(g.run(engine.Ok)); got != want {
				t.Errorf("run without state %s, want %s\n%s", got, want, g.log)
			}

			record["description"], record["severity"], record["tags"] = "second", 6, []string{"two"}
			record["ended_at"], record["expires_at"] = "2024-06-01T00:00:00Z", "2024-06-01T00:00:00Z"
			if record["score"] = 3; k.Identity != tq.ByValueAndType {
				record[k.Collection.NameField()] = "renamed"
			}
			if got := counted(g.run(engine.Ok)); got != "+0 ~1 =0" {
				t.Errorf("run after a change %s\n%s", got, g.log)
			}
			again := g.only(k)
			g.shows(again, k, record)
			if again["id"] != made["id"] {
				t.Errorf("id %v, was %v", again["id"], made["id"])
			}
		})
	}
}

func (g *gallery) only(k tq.Kind) map[string]any {
	g.t.Helper()
	all := g.objects(k.Collection)
	if len(all) != 1 {
		g.t.Fatalf("%d objects in %s, want 1: %v", len(all), k.Collection, all)
	}
	return all[0]
}

// shows compares an object of the library with the record it is made of.
func (g *gallery) shows(o map[string]any, k tq.Kind, record map[string]any) {
	g.t.Helper()
	check := func(what string, got, want any) {
		g.t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			g.t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	for _, f := range k.Fields {
		at, isTime := record[f.Name].(string)
		isTime = isTime && strings.HasSuffix(f.Name, "_at")
		switch {
		case f.Name == "published_at", f.Name == "type", f.Name == "status": // not in this form
		case f.Name == "score":
			check("score", o["score"].(map[string]any)["manual_score"], record["score"])
		case isTime:
			instant, err := time.Parse(time.RFC3339, at)
			if err != nil {
				g.t.Fatal(err)
			}
			check(f.Name, o[f.Name], instant.UTC().Format(time.DateTime))
		default:
			check(f.Name, o[f.Name], record[f.Name])
		}
	}
	if k.Code != "adversary" {
		check("description", o["description"], record["description"])
	}
	attrs := map[string]string{}
	for _, a := range o["attributes"].([]any) {
		a := a.(map[string]any)
		attrs[a["name"].(string)] += a["value"].(string)
	}
	check("attributes", attrs, map[string]string{"Severity": fmt.Sprint(record["severity"]), "Record": fmt.Sprint(record["id"])})
	source := o["sources"].([]any)[0].(map[string]any)
	check("source", []any{source["name"], source["tlp_id"]}, []any{"Gallery", 2})
	tags := fmt.Sprint(o["tags"])
	if !strings.Contains(tags, "name:"+record["tags"].([]string)[0]) {
		g.t.Errorf("tags %s", tags)
	}
}

// Types and statuses arrive by name; a status is an analyst's once it is there.
func TestTypesAndStatuses(t *testing.T) {
	kinds := everyKind()
	for block, want := range map[string][2]string{"indicator": {"FQDN", "Review"}, "signature": {"YARA", "Review"}, "task": {"", "In Progress"}} {
		t.Run(block, func(t *testing.T) {
			k := kinds[block]
			rule, record := ruleOf(k, block)
			g := newGallery(t, rule)
			g.items = []map[string]any{record}
			g.run(engine.Ok)
			path := fmt.Sprintf("/api/%s/1", k.Collection)
			seen := func() [2]string {
				o := g.call("GET", path+"?with=type,status", nil)["data"].(map[string]any)
				typ, _ := o["type"].(map[string]any)
				status, _ := o["status"].(map[string]any)
				name, _ := typ["name"].(string)
				return [2]string{name, status["name"].(string)}
			}
			if got := seen(); got != want {
				t.Errorf("%v, want %v", got, want)
			}
			g.call("PUT", path, map[string]any{"status_id": 1})
			record["severity"] = 9
			g.run(engine.Ok)
			if got := seen(); got == want {
				t.Errorf("the analyst's status was taken back: %v", got)
			}
		})
	}
}

// One record makes an object of every type, each of them related to the event and
// to the malware, whichever of the two is written first.
func TestRelatedAcrossTypes(t *testing.T) {
	kinds := everyKind()
	var rules strings.Builder
	record := map[string]any{}
	for _, block := range slices.Sorted(maps.Keys(kinds)) {
		rule, one := ruleOf(kinds[block], block)
		maps.Copy(record, one)
		rule = strings.TrimSuffix(rule, "}\n") + "  related = [event.x, malware.x]\n}\n"
		for name, value := range one { // each its own type and status
			if name == "type" || name == "status" {
				rule = strings.ReplaceAll(rule, fmt.Sprintf(`expr("r.%s")`, name), fmt.Sprintf("%q", or(value)))
			}
		}
		rules.WriteString(strings.ReplaceAll(rule, "= \"\"", "= null"))
	}
	record["id"] = "r-all"
	g := newGallery(t, rules.String())
	g.items = []map[string]any{record}
	n := len(kinds)
	if got := counted(g.run(engine.Ok)); got != fmt.Sprintf("+%d ~0 =0", n) {
		t.Fatalf("first run %s\n%s", got, g.log)
	}
	if got := counted(g.run(engine.Ok)); got != fmt.Sprintf("+0 ~0 =%d", n) {
		t.Errorf("second run %s", got)
	}
	g.dir = t.TempDir()
	if got := counted(g.run(engine.Ok)); got != fmt.Sprintf("+0 ~1 =%d", n-1) { // the adversary's description
		t.Errorf("run without state %s\n%s", got, g.log)
	}
	for block, k := range kinds {
		for _, hub := range []tq.Collection{tq.Events, "malware"} {
			if hub == k.Collection {
				continue
			}
			linked := g.call("GET", fmt.Sprintf("/api/%s/1/%s", hub, k.Collection), nil)["data"].([]any)
			if len(linked) != 1 {
				t.Errorf("%s has %d links to %s, want 1", hub, len(linked), block)
			}
		}
	}
}

func or(v any) any {
	if v == nil {
		return ""
	}
	return v
}

// The table of kinds and the library, which share no code, agree on every kind.
func TestKindsAreThoseOfThePlatform(t *testing.T) {
	g := newGallery(t, "  malware \"x\" { value = expr(\"r.id\") }\n")
	listed := map[string]map[string]any{}
	for _, r := range g.call("GET", "/api/objects", nil)["data"].([]any) {
		row := r.(map[string]any)
		listed[row["collection"].(string)] = row
	}
	for _, k := range tq.Kinds() {
		row := listed[string(k.Collection)]
		if row == nil || row["name"] != k.Code || row["display_name"] != k.Title {
			t.Errorf("%s: the platform says %v", k.Code, row)
			continue
		}
		if fields := fmt.Sprint(row["fields"]); !strings.HasPrefix(fields, "["+k.Collection.NameField()+" ") {
			t.Errorf("%s: fields %s", k.Code, fields)
		}
		delete(listed, string(k.Collection))
	}
	for _, left := range []string{"attachments", "investigations", "objectlinks", custom} {
		delete(listed, left)
	}
	for c := range listed {
		t.Errorf("no kind for %s", c)
	}
}
