package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/darktrace"
	"tqmap/examples/threatq"
	"tqmap/mappings"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// darkWorld is a simulated Darktrace appliance beside a library, and a clock for all.
type darkWorld struct {
	*world
	dark *darktrace.Simulator
	addr string
	edit []string // of the mapping
}

func newDarkWorld(t *testing.T, change ...func(*darktrace.Options)) *darkWorld {
	t.Helper()
	w := &darkWorld{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), params: map[string]string{}, log: &syncBuffer{}}}
	opts := darktrace.Options{Incidents: -1, Breaches: -1, Epoch: start.Add(-time.Hour), Now: w.clock.Now, FQDN: "darktrace.example.com", Counters: true}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if w.dark, err = darktrace.New(opts); err != nil {
		t.Fatal(err)
	}
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: w.clock.Now, TokenLife: 10_000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.dark.Close(); w.library.Close() })
	w.addr, w.host = w.serve(w.dark.Handler()), w.serve(w.library.Handler())
	w.params["console"] = "darktrace.example.com"
	return w
}

// job is one run of darktrace.hcl without its waits.
func (w *darkWorld) job() *runtime.Job {
	w.t.Helper()
	src, err := fs.ReadFile(mappings.FS, "darktrace.hcl")
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.NewReplacer(append([]string{`retry_wait    = "3s"`, `retry_wait    = "1ms"`}, w.edit...)...).Replace(string(src))
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}, Fallback: mappings.FS}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	given := map[string]dsl.Given{}
	for k, v := range map[string]string{"host": w.addr, "public_token": darktrace.DefaultPublicToken, "private_token": darktrace.DefaultPrivateToken, "rate": "100000/s"} {
		given[k] = dsl.Text(v, "test")
	}
	for k, v := range w.params {
		given[k] = dsl.Text(v, "test")
	}
	return &runtime.Job{
		Mapping: m, Instance: "darktrace", Dir: w.dir, Now: w.clock.Now(), Clock: w.clock.Now,
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), OnSecret: func(string) {},
	}
}

// run runs once, and lets a minute pass.
func (w *darkWorld) run() *engine.Report {
	w.t.Helper()
	report, err := w.job().Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.advance(time.Minute)
	return report
}

func (w *darkWorld) mustRun(want engine.Outcome) *engine.Report {
	w.t.Helper()
	report := w.run()
	if report.Outcome != want {
		text, _ := json.Marshal(report)
		w.t.Fatalf("outcome %s, want %s: %s\n%s", report.Outcome, want, text, w.log)
	}
	return report
}

// flow is the report of one flow.
func flowOf(r *engine.Report, name string) *engine.FlowReport {
	for _, f := range r.Flows {
		if f.Name == name {
			return f
		}
	}
	return &engine.FlowReport{}
}

// watch runs the export alone with an outcome that is expected.
func (w *darkWorld) watch(want engine.Outcome) *engine.FlowReport {
	w.t.Helper()
	w.dark.ResetJournal()
	report := w.run()
	f := flowOf(report, "watched")
	if report.Outcome != want {
		w.t.Fatalf("outcome %s, want %s: %+v\n%s", report.Outcome, want, f, w.log)
	}
	return f
}

// posts are the bodies that were sent to the list of watched domains.
func (w *darkWorld) posts() []map[string]string {
	var out []map[string]string
	for _, c := range w.dark.Journal() {
		if c.Method != "POST" {
			continue
		}
		body := map[string]string{}
		if err := json.Unmarshal([]byte(c.Body), &body); err != nil || c.Query != "" {
			w.t.Errorf("POST %s?%s %s: %v", c.Path, c.Query, c.Body, err)
		}
		out = append(out, body)
	}
	return out
}

// watched are the entries of a source, with their expiry where they have one.
func (w *darkWorld) watched(source string) string {
	var out []string
	for _, e := range w.dark.Watched(source) {
		text := e.Name
		if e.Expiry != nil {
			text += "@" + e.Expiry.Format("02T15:04")
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// collect makes a data collection of what has a tag.
func (w *darkWorld) collect(name string) {
	w.t.Helper()
	w.call("POST", "/api/search/query", map[string]any{"name": name, "json": map[string]any{"api_query": map[string]any{"criteria": map[string]any{}, "filters": map[string]any{"tags": name}}}})
}

// put adds indicators to data collections.
func (w *darkWorld) put(typ string, values []string, collections ...string) {
	w.t.Helper()
	tags := []any{}
	for _, c := range collections {
		tags = append(tags, map[string]any{"name": c})
	}
	for len(values) > 0 {
		n := min(200, len(values))
		var items []any
		for _, v := range values[:n] {
			items = append(items, map[string]any{"value": v, "type": typ, "status": "Active", "tags": tags, "sources": []any{map[string]any{"name": "test"}}})
		}
		w.post("/api/indicators/consume", items)
		values = values[n:]
	}
}

// post is call for a body that is a list.
func (w *darkWorld) post(path string, body []any) map[string]any {
	w.t.Helper()
	return w.call("POST", path, body)
}

// drop deletes an indicator.
func (w *darkWorld) drop(value string) {
	w.t.Helper()
	found := w.call("GET", "/api/indicators?value="+url.QueryEscape(value), nil)["data"].([]any)
	if len(found) != 1 {
		w.t.Fatalf("%d indicators are called %s", len(found), value)
	}
	w.call("DELETE", fmt.Sprintf("/api/indicators/%v", found[0].(map[string]any)["id"]), nil)
}

func (w *darkWorld) letters() []string {
	w.t.Helper()
	store, err := state.Open(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	dead, err := store.Instance("darktrace").DeadLetters(context.Background(), state.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, d := range dead {
		out = append(out, d.Key)
	}
	return out
}
