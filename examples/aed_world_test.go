package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/aed"
	"tqmap/examples/threatq"
	"tqmap/mappings"
	"tqmap/runtime"
)

// aedWorld is a simulated AED appliance beside a library, and a clock for both.
type aedWorld struct {
	*world
	aed  *aed.Simulator
	addr string
	edit []string // of the mapping
}

func newAEDWorld(t *testing.T, change ...func(*aed.Options)) *aedWorld {
	t.Helper()
	w := &aedWorld{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), params: map[string]string{}, log: &syncBuffer{}}}
	opts := aed.Options{Alerts: 36, Epoch: start.Add(-time.Hour), Now: w.clock.Now}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if w.aed, err = aed.New(opts); err != nil {
		t.Fatal(err)
	}
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: w.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.library.Close() })
	w.addr, w.host = w.serve(w.aed.Handler()), w.serve(w.library.Handler())
	return w
}

// run runs netscout_aed.hcl once, without its waits, and lets a minute pass.
func (w *aedWorld) run() *engine.Report {
	w.t.Helper()
	src, err := fs.ReadFile(mappings.FS, "netscout_aed.hcl")
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.NewReplacer(append([]string{`retry_wait = "2s"`, `retry_wait = "1ms"`}, w.edit...)...).Replace(string(src))
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}, Fallback: mappings.FS}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	given := map[string]dsl.Given{}
	for k, v := range map[string]string{"hostname": w.addr, "api_token": aed.DefaultToken, "rate": "100000/s"} {
		given[k] = dsl.Text(v, "test")
	}
	for k, v := range w.params {
		given[k] = dsl.Text(v, "test")
	}
	job := &runtime.Job{
		Mapping: m, Instance: "netscout_aed", Dir: w.dir, Now: w.clock.Now(), Clock: w.clock.Now,
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), OnSecret: func(string) {},
	}
	report, err := job.Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.advance(time.Minute)
	return report
}

// alerts runs with the outcome that is expected, and returns the report of the import.
func (w *aedWorld) alerts(want engine.Outcome) *engine.FlowReport {
	w.t.Helper()
	report := w.run()
	if report.Outcome != want {
		text, _ := json.Marshal(report)
		w.t.Fatalf("outcome %s, want %s: %s\n%s", report.Outcome, want, text, w.log)
	}
	return flowOf(report, "alerts")
}

// queries are those of the requests for alerts.
func (w *aedWorld) queries() []url.Values {
	w.t.Helper()
	var out []url.Values
	for _, c := range w.aed.Journal() {
		q, err := url.ParseQuery(c.Query)
		if err != nil || c.Path != "/api/aed/v3/alerts/" {
			w.t.Errorf("%s?%s: %v", c.Path, c.Query, err)
		}
		out = append(out, q)
	}
	return out
}

// window is the part of time that a query asks for, from the start of the world.
func (w *aedWorld) window(q url.Values) string {
	w.t.Helper()
	var out []string
	for _, name := range []string{"startTime", "endTime"} {
		at, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, time.Unix(at, 0).Sub(start).String())
	}
	return strings.Join(out, "..")
}

// complete says that there is one event for each alert that holds, and no other.
func (w *aedWorld) complete(holds func(alert map[string]any) bool) {
	w.t.Helper()
	want := map[string]bool{}
	for _, a := range w.aed.Alerts() {
		if holds(a) {
			want[fmt.Sprint(a["id"])] = true
		}
	}
	got := map[string]bool{}
	for _, e := range w.events() {
		id := e.Attributes["Alert ID"]
		if got[id] || !want[id] {
			w.t.Errorf("%q (alert %s) must not be there, or not twice", e.Title, id)
		}
		got[id] = true
	}
	if len(got) != len(want) || len(want) == 0 {
		w.t.Errorf("%d events, want %d", len(got), len(want))
	}
}

func every(map[string]any) bool { return true }

// serveTLS serves the appliance with a certificate that nobody has signed.
func (w *aedWorld) serveTLS() string {
	srv := httptest.NewTLSServer(w.aed.Handler())
	w.t.Cleanup(srv.Close)
	return srv.URL
}
