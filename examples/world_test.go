package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/ironnet"
	"tqmap/examples/threatq"
	"tqmap/mappings"
	"tqmap/runtime"
)

// world is a simulated appliance, a library and a clock that all of them share.
type world struct {
	t         *testing.T
	clock     *clock
	appliance *ironnet.Simulator
	library   *threatq.Library
	url       string // of the appliance
	host      string // of the library
	token     string
	dir       string
	params    map[string]string
	log       *syncBuffer
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var start = time.Date(2024, 5, 14, 9, 0, 0, 0, time.UTC)

// newWorld starts an appliance with n generated alerts.
func newWorld(t *testing.T, n int, change ...func(*ironnet.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), params: map[string]string{}, log: &syncBuffer{}}
	if n == 0 {
		n = -1
	}
	opts := ironnet.Options{Alerts: n, Epoch: start.Add(-time.Hour), Span: 24 * time.Hour, Now: w.clock.Now}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if w.appliance, err = ironnet.New(opts); err != nil {
		t.Fatal(err)
	}
	if w.library, err = threatq.Open(context.Background(), threatq.Options{Now: w.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true}); err != nil {
		t.Fatal(err)
	}
	w.url, w.host = w.serve(w.appliance.Handler()), w.serve(w.library.Handler())
	t.Cleanup(func() { w.appliance.Close(); w.library.Close() })
	return w
}

func (w *world) serve(h http.Handler) string {
	srv := httptest.NewServer(h)
	w.t.Cleanup(srv.Close)
	return srv.URL
}

// mapping is ironnet.hcl without waits.
func (w *world) mapping(edit ...string) *dsl.Mapping {
	w.t.Helper()
	src, err := fs.ReadFile(mappings.FS, "ironnet.hcl")
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.Replace(string(src), `rate_limit    = "10/s"`, `retry_wait    = "1ms"`, 1)
	if text == string(src) {
		w.t.Fatal("the mapping has no rate_limit to replace")
	}
	text = strings.NewReplacer(edit...).Replace(text)
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}, Fallback: mappings.FS}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		w.t.Fatal(diags)
	}
	return m
}

func (w *world) job(m *dsl.Mapping) *runtime.Job {
	given := map[string]dsl.Given{
		"hostname": dsl.Text(w.url, "test"), "username": dsl.Text(ironnet.DefaultUsername, "test"),
		"password": dsl.Text(ironnet.DefaultPassword, "test"),
	}
	for k, v := range w.params {
		given[k] = dsl.Text(v, "test")
	}
	return &runtime.Job{
		Mapping: m, Instance: "ironnet", Dir: w.dir, Now: w.clock.Now(),
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), OnSecret: func(string) {},
	}
}

// run runs the connector once and lets a minute pass.
func (w *world) run(edit ...string) *engine.Report {
	w.t.Helper()
	report, err := w.job(w.mapping(edit...)).Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.advance(time.Minute)
	return report
}

// mustRun is run with the outcome that is expected.
func (w *world) mustRun(want engine.Outcome) *engine.Report {
	w.t.Helper()
	report := w.run()
	if report.Outcome != want {
		b, _ := json.Marshal(report)
		w.t.Fatalf("outcome %s, want %s: %s\n%s", report.Outcome, want, b, w.log)
	}
	return report
}

// call speaks to the library as its web interface would.
func (w *world) call(method, path string, body any) map[string]any {
	w.t.Helper()
	if w.token == "" && !strings.HasPrefix(path, "/api/token") {
		q := url.Values{"grant_type": {"password"}, "client_id": {threatq.DefaultClientID}}
		got := w.call("POST", "/api/token?"+q.Encode(), map[string]any{"email": threatq.DefaultUsername, "password": threatq.DefaultPassword})
		w.token = got["access_token"].(string)
	}
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(method, w.host+path, bytes.NewReader(b))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if !strings.HasPrefix(path, "/api/token") {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		w.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, raw, err)
	}
	var out map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

// event is an event of the library as an analyst sees it.
type event struct {
	ID         int
	Title      string
	Type       string
	Attributes map[string]string
}

func (w *world) events() []event {
	w.t.Helper()
	var out []event
	for offset := 0; ; {
		rows := w.call("GET", fmt.Sprintf("/api/events?with=attributes,type,sources&limit=1000&offset=%d", offset), nil)["data"].([]any)
		for _, r := range rows {
			out = append(out, readEvent(r.(map[string]any)))
		}
		if offset += len(rows); len(rows) == 0 {
			return out
		}
	}
}

func readEvent(row map[string]any) event {
	e := event{ID: int(row["id"].(float64)), Title: row["title"].(string), Attributes: map[string]string{}}
	e.Type = row["type"].(map[string]any)["name"].(string)
	attrs, _ := row["attributes"].([]any)
	for _, a := range attrs {
		attr := a.(map[string]any)
		name := attr["name"].(string)
		if have, ok := e.Attributes[name]; ok {
			e.Attributes[name] = have + "|" + attr["value"].(string)
			continue
		}
		e.Attributes[name] = attr["value"].(string)
	}
	return e
}

// eventOf finds the one event of an alert.
func (w *world) eventOf(alert string) event {
	w.t.Helper()
	var found []event
	for _, e := range w.events() {
		if e.Attributes["Alert ID"] == alert {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d events for alert %s, want 1: %v", len(found), alert, found)
	}
	return found[0]
}

func (w *world) setType(e event, typ string) {
	w.t.Helper()
	w.call("PUT", fmt.Sprintf("/api/events/%d", e.ID), map[string]any{"type": typ})
	w.clock.advance(time.Minute)
}

// pushed are the SetAlertStatus calls since the last reset of the journal.
func (w *world) pushed() []string {
	var out []string
	for _, c := range w.appliance.Journal() {
		if strings.HasSuffix(c.Path, "/SetAlertStatus") {
			out = append(out, fmt.Sprint(c.Body["status"]))
		}
	}
	return out
}
