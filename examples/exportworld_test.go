package examples

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/ctia"
	"tqmap/examples/threatq"
	"tqmap/mappings"
	"tqmap/runtime"
)

// exportWorld is a library with a data collection, a simulated instance, and a clock that both
// share with the connector.
type exportWorld struct {
	t       *testing.T
	now     time.Time
	sim     *ctia.Simulator
	library *threatq.Library
	url     string // of the instance
	host    string // of the library
	dir     string
	params  map[string]string
	edits   []string // replacements in the mapping
	log     *bytes.Buffer
	client  libraryClient

	spoiled bool // bodies are not as the schema wants them

	mu     sync.Mutex
	bodies []sentBody
}

type sentBody struct {
	method, path string
	body         []byte
}

const exportCollection = "CTR Export"

// newExportWorld has the indicators of list in its data collection.
func newExportWorld(t *testing.T, list []seeded, change ...func(*ctia.Options)) *exportWorld {
	t.Helper()
	w := &exportWorld{t: t, now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), dir: t.TempDir(), params: map[string]string{}, log: &bytes.Buffer{}}
	clock := func() time.Time { return w.now }
	opts := ctia.Options{Now: clock, OnRequest: w.note}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if w.sim, err = ctia.New(opts); err != nil {
		t.Fatal(err)
	}
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: clock, TokenLife: 100000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	w.url, w.host = w.serve(w.sim.Handler()), w.serve(w.library.Handler())
	t.Cleanup(func() { w.sim.Close(); w.library.Close() })
	t.Cleanup(w.checkBodies)
	if err := seedCollection(context.Background(), w.library, exportCollection, list); err != nil {
		t.Fatal(err)
	}
	w.client = libraryClient{ctx: context.Background(), handler: w.library.Handler()}
	w.client.token = w.login()
	return w
}

func (w *exportWorld) login() string {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	w.client.call("POST", "/api/token?grant_type=password&client_id="+threatq.DefaultClientID,
		map[string]string{"email": threatq.DefaultUsername, "password": threatq.DefaultPassword}, &token)
	if w.client.err != nil {
		w.t.Fatal(w.client.err)
	}
	return token.AccessToken
}

func (w *exportWorld) serve(h http.Handler) string {
	srv := httptest.NewServer(h)
	w.t.Cleanup(srv.Close)
	return srv.URL
}

func (w *exportWorld) note(method, path string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bodies = append(w.bodies, sentBody{method, path, body})
}

// inThreatQ speaks to the library as its web interface would.
func (w *exportWorld) inThreatQ(method, path string, in any) {
	w.t.Helper()
	if w.client.call(method, path, in, nil); w.client.err != nil {
		w.t.Fatal(w.client.err)
	}
}

// exporter is the mapping without waits.
func (w *exportWorld) exporter() *dsl.Mapping {
	w.t.Helper()
	return loadMapping(w.t, "cisco_threat_response.hcl", append([]string{"  max_wait = param", "  retry_wait = \"1ms\"\n  max_wait = param"}, w.edits...)...)
}

// loadMapping loads a built-in mapping with replacements, of which each must be found.
func loadMapping(t *testing.T, name string, edits ...string) *dsl.Mapping {
	t.Helper()
	src, err := fs.ReadFile(mappings.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for pair := range slices.Chunk(edits, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("%s has no %q to replace", name, pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}, Fallback: mappings.FS}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return m
}

func (w *exportWorld) job() *runtime.Job {
	texts := map[string]string{
		"client_id": ctia.DefaultClientID, "api_password": ctia.DefaultPassword, "base_url": w.url, "token_url": w.url + "/iroh/oauth2/token",
		"data_collection": exportCollection, "threatq_host": "tq.example.com", "indicator_feed": "ThreatQ Blocklist",
	}
	maps.Copy(texts, w.params)
	given := map[string]dsl.Given{}
	for k, v := range texts {
		given[k] = dsl.Text(v, "test")
	}
	return &runtime.Job{
		Mapping: w.exporter(), Instance: "cisco_threat_response", Dir: w.dir, Now: w.now,
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), OnSecret: func(string) {},
	}
}

// run runs the connector once, expects the outcome and the counts of a report, such as "created
// 3, unchanged 2", and lets an hour pass.
func (w *exportWorld) run(want engine.Outcome, counts string) *engine.Report {
	w.t.Helper()
	w.sim.ResetJournal()
	report, err := w.job().Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	if got := countsOf(report); report.Outcome != want || got != counts {
		b, _ := json.MarshalIndent(report, "", " ")
		w.t.Fatalf("%s: %s\nwant %s: %s\n%s\n%s", report.Outcome, got, want, counts, b, w.log)
	}
	w.now = w.now.Add(time.Hour)
	return report
}

func countsOf(r *engine.Report) string {
	f := r.Flows[0]
	var out []string
	for _, row := range []struct {
		name string
		n    int
	}{
		{"created", f.Created}, {"updated", f.Updated}, {"unchanged", f.Unchanged}, {"removed", f.Removed}, {"kept", f.Kept},
		{"skipped", f.Skipped}, {"dead", f.Dead}, {"failed", f.Failed},
	} {
		if row.n > 0 {
			out = append(out, fmt.Sprintf("%s %d", row.name, row.n))
		}
	}
	return strings.Join(out, ", ")
}

// writes are the calls of a run that change something at Cisco, in order.
func (w *exportWorld) writes() string {
	var out []string
	for _, c := range w.sim.Journal() {
		if slices.Contains([]string{"import", "bulk-update", "bulk-delete", "judgement-expire"}, c.Route) {
			out = append(out, fmt.Sprintf("%s %d", c.Route, c.Entities))
		}
	}
	return strings.Join(out, ", ")
}

// judgement is the one of an observable's value.
func (w *exportWorld) judgement(value string) map[string]any {
	w.t.Helper()
	var found []map[string]any
	for _, j := range w.sim.Entities("judgement", "") {
		if j["observable"].(map[string]any)["value"] == value {
			found = append(found, j)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d judgements of %s: %v", len(found), value, found)
	}
	return found[0]
}

// fqdns are n plain indicators.
func fqdns(n int) []seeded {
	out := make([]seeded, n)
	for i := range out {
		out[i] = seeded{Type: "FQDN", Value: fmt.Sprintf("host-%d.bad.example", i+1), Status: "Active", Sources: []map[string]any{{"name": "Feed A"}}}
	}
	return out
}
