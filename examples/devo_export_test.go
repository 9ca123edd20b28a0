package examples

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples/devo"
	"tqmap/examples/threatq"
	"tqmap/runtime"
)

// lookupWorld is a library with a data collection, and a collector over TLS.
type lookupWorld struct {
	t       *testing.T
	now     time.Time
	sim     *devo.Simulator
	stock   *threatq.Library
	library libraryClient
	host    string // of the library
	dir     string
	params  map[string]string
	known   int // sessions of earlier runs
	log     *sharedLog
}

// sharedLog is written by several runs.
type sharedLog struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *sharedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *sharedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newLookupWorld(t *testing.T, list []seeded, params ...string) *lookupWorld {
	t.Helper()
	w := &lookupWorld{t: t, now: time.Now().UTC().Truncate(time.Second), dir: t.TempDir(), log: &sharedLog{}}
	var err error
	if w.sim, err = devo.New(devo.Options{}); err != nil {
		t.Fatal(err)
	}
	library, err := threatq.Open(t.Context(), threatq.Options{Now: func() time.Time { return w.now }, TokenLife: 100000 * time.Hour, ExistingFlag: true})
	if err != nil {
		t.Fatal(err)
	}
	w.stock = library
	collector, err := w.sim.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	lib, api := httptest.NewServer(library.Handler()), httptest.NewServer(w.sim.Handler())
	t.Cleanup(func() { lib.Close(); api.Close(); w.sim.Close(); library.Close() })
	w.host = lib.URL
	if err := seedCollection(t.Context(), library, exportCollection, list); err != nil {
		t.Fatal(err)
	}
	papers := w.sim.Identity()
	w.params = map[string]string{
		"region": collector, "cert_pem": papers.Certificate, "key_pem": papers.Key, "chain_pem": papers.Chain,
		"api_url": api.URL + "/lookup-api", "domain": devo.DefaultDomain, "token": devo.DefaultToken,
		"lookup_name": "iocs", "collection": exportCollection, "threatq_hostname": "tq.example.com",
		"pause": "0s", "retry_wait": "1ms", "close_timeout": "200ms",
	}
	for i := 0; i < len(params); i += 2 {
		w.params[params[i]] = params[i+1]
	}
	w.library = libraryClient{ctx: context.Background(), handler: library.Handler()}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	w.library.call("POST", "/api/token?grant_type=password&client_id="+threatq.DefaultClientID,
		map[string]string{"email": threatq.DefaultUsername, "password": threatq.DefaultPassword}, &token)
	w.library.token = token.AccessToken
	return w
}

func (w *lookupWorld) inThreatQ(method, path string, in any) {
	w.t.Helper()
	if w.library.call(method, path, in, nil); w.library.err != nil {
		w.t.Fatal(w.library.err)
	}
}

// run runs the connector once and expects the outcome, the counts, and the sessions of the
// collector, such as "FULL applied 3, INC applied 1-2".
func (w *lookupWorld) run(want engine.Outcome, counts, sessions string) *engine.FlowReport {
	w.t.Helper()
	report, err := w.job().Run(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if got := countsOf(report); report.Outcome != want || got != counts || w.sessions() != sessions {
		b, _ := json.MarshalIndent(report, "", " ")
		w.t.Fatalf("%s: %s; sessions %q\nwant %s: %s; %q\n%s\n%s", report.Outcome, got, w.sessions(), want, counts, sessions, b, w.log)
	}
	w.known = len(w.sim.Sessions())
	w.now = w.now.Add(time.Hour)
	return report.Flows[0]
}

func (w *lookupWorld) job() *runtime.Job {
	given := map[string]dsl.Given{}
	for k, v := range w.params {
		given[k] = dsl.Text(v, "test")
	}
	return &runtime.Job{
		Mapping: loadMapping(w.t, "devo.hcl"), Instance: "devo", Dir: w.dir, Now: w.now,
		Settings: runtime.Settings{Params: given, ThreatQ: runtime.ThreatQ{
			Host: w.host, ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword,
		}},
		Log: slog.New(slog.NewTextHandler(w.log, nil)), OnSecret: func(string) {},
	}
}

// sessions are those of this run.
func (w *lookupWorld) sessions() string {
	var out []string
	for _, s := range w.sim.Sessions()[w.known:] {
		text := fmt.Sprintf("%s %s %d", s.Action, s.State, s.Rows)
		if s.Deletes > 0 {
			text += fmt.Sprintf("-%d", s.Deletes)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// rows are those of a lookup, by the key.
func (w *lookupWorld) rows(lookup string) map[string]map[string]string {
	out := map[string]map[string]string{}
	d := w.sim.Tables()[lookup]
	for _, r := range d.Rows {
		row := map[string]string{}
		for i, c := range d.Columns {
			row[c.Name] = r[i]
		}
		out[r[0]] = row
	}
	return out
}

// holds wants exactly these keys in the lookup.
func (w *lookupWorld) holds(keys ...string) {
	w.t.Helper()
	want := map[string]bool{}
	for _, k := range keys {
		want[k] = true
	}
	got := map[string]bool{}
	for k := range w.rows("iocs") {
		got[k] = true
	}
	if !maps.Equal(got, want) {
		w.t.Errorf("the lookup holds %v, want %v", got, want)
	}
}

const (
	host1 = "host-1.bad.example"
	host2 = "host-2.bad.example"
	host3 = "host-3.bad.example"
)

func TestDevoMirrorsTheCollection(t *testing.T) {
	list := fqdns(3)
	list[0].Attributes = []map[string]string{{"name": "Related Actor", "value": "Bear, \"Fancy\""}, {"name": "Actor", "value": "APT 28"}}
	list[0].Sources = []map[string]any{{"name": "Feed B", "tlp": "GREEN"}, {"name": "Feed A", "tlp": "AMBER"}}
	list = append(list, seeded{Type: "URL", Value: host3, Status: "Active", Sources: list[1].Sources}, seeded{Type: "FQDN", Value: "fine.example", Status: "Whitelisted", Sources: list[1].Sources})
	w := newLookupWorld(t, list)
	w.run(engine.Ok, "created 3, skipped 2", "FULL applied 3") // one value under two types, one status that is left out
	w.holds(host1, host2, host3)
	row := w.rows("iocs")[host1]
	for column, want := range map[string]string{
		"type": "FQDN", "status": "Active", "sources": "Feed A, Feed B", "tlp": "AMBER", "adversary": "APT 28, Bear, \"Fancy\"", "has_adversary": "0",
		"threatq_url": "https://tq.example.com/indicators/1/details", "expires_at": "",
	} {
		if row[column] != want {
			t.Errorf("%s is %q, want %q", column, row[column], want)
		}
	}
	if row := w.rows("iocs")[host3]; row["type"] != "URL" {
		t.Errorf("of one value under two types, %q is taken; want the one changed last", row["type"])
	}
	w.run(engine.Ok, "unchanged 3, skipped 2", "")
	w.inThreatQ("PUT", "/api/indicators/2", map[string]any{"status": "Expired"})
	w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Threat Type", "value": "Botnet"})
	w.run(engine.Ok, "updated 1, unchanged 1, removed 1, skipped 3", "FULL applied 2")
	w.holds(host1, host3)
	w.inThreatQ("DELETE", "/api/indicators/1", nil)
	w.run(engine.Ok, "unchanged 1, removed 1, skipped 3", "FULL applied 1")
	w.holds(host3)
	w.params["titles"] = "original"
	w.run(engine.Ok, "updated 1, skipped 3", "FULL applied 1")
	if w.rows("iocs")[host3]["Has Adversary"] != "0" {
		t.Errorf("columns %v", w.rows("iocs")[host3])
	}
}

func TestDevoIncremental(t *testing.T) {
	w := newLookupWorld(t, fqdns(3), "mode", "incremental")
	w.run(engine.Ok, "created 3", "FULL applied 3")
	w.run(engine.Ok, "unchanged 3", "")
	w.inThreatQ("PUT", "/api/indicators/2", map[string]any{"status": "Expired"})
	w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Actor", "value": "Bear"})
	w.run(engine.Ok, "updated 1, unchanged 1, removed 1, skipped 1", "INC applied 1, INC applied 0-1")
	w.holds(host1, host3)
	w.inThreatQ("DELETE", "/api/indicators/3", nil)
	w.run(engine.Ok, "unchanged 1, removed 1, skipped 1", "INC applied 0-1")
	w.holds(host1)
	w.params["lookup_name"] = "other" // which has nothing yet
	w.run(engine.Ok, "unchanged 1, skipped 1", "FULL applied 1")
	if len(w.rows("other")) != 1 {
		t.Errorf("the other lookup holds %v", w.rows("other"))
	}
}

func TestDevoEmptyCollection(t *testing.T) {
	for _, mode := range []string{"full", "incremental"} {
		w := newLookupWorld(t, fqdns(2), "mode", mode)
		w.run(engine.Ok, "created 2", "FULL applied 2")
		w.inThreatQ("DELETE", "/api/indicators/1", nil)
		w.inThreatQ("DELETE", "/api/indicators/2", nil)
		f := w.run(engine.Partial, "", "")
		if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "none of the 2 items") {
			t.Errorf("%s: notes %q", mode, f.Notes)
		}
		w.holds(host1, host2)
	}
}

// A lookup is never replaced by a part of the collection, and a run that therefore sends nothing says so.
func TestDevoPartOfACollection(t *testing.T) {
	w := newLookupWorld(t, fqdns(2))
	fault, err := threatq.ParseFault("no-total:POST /api/indicators/query:-1")
	if err != nil {
		t.Fatal(err)
	}
	w.stock.Inject(fault)
	f := w.run(engine.Partial, "", "")
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "nothing was sent") {
		t.Errorf("notes %q", f.Notes)
	}
	w.stock.ClearFaults()
	w.run(engine.Ok, "created 2", "FULL applied 2")
}

func TestDevoFailures(t *testing.T) {
	other, err := devo.New(devo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	strange := other.Identity()
	for _, c := range []struct {
		name     string
		fault    devo.Fault
		params   []string
		sessions string // of the run that fails; "" for none
		says     string
		after    string // of the next run
	}{
		{"the certificate is refused", devo.Fault{Kind: devo.FaultCertificate}, nil, "", "does not accept the certificate", "FULL applied 3"},
		{"a key that is not the certificate's", devo.Fault{}, []string{"key_pem", strange.Key}, "", "key", "FULL applied 3"},
		{"no PEM at all", devo.Fault{}, []string{"cert_pem", "my certificate"}, "", "certificate", "FULL applied 3"},
		{"another authority", devo.Fault{}, []string{"chain_pem", strange.Chain}, "", "not to be trusted", "FULL applied 3"},
		{"it never closes", devo.Fault{Kind: devo.FaultNoEOF}, nil, "FULL applied 3", "unconfirmed", "FULL applied 3"},
		{"it speaks", devo.Fault{Kind: devo.FaultSpeaks, Times: devo.Forever}, nil, "", "which it never does", "FULL applied 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newLookupWorld(t, fqdns(3))
			good := maps.Clone(w.params)
			for i := 0; i < len(c.params); i += 2 {
				w.params[c.params[i]] = c.params[i+1]
			}
			if c.fault.Kind != "" {
				w.sim.Inject(c.fault)
			}
			f := w.runFailing()
			if f == nil || !strings.Contains(f.Error, c.says) || strings.Contains(f.Error+w.log.String(), "PRIVATE KEY") {
				t.Fatalf("it says %+v, want %q", f, c.says)
			}
			if got := w.sessions(); c.sessions != "" && got != c.sessions {
				t.Errorf("sessions %q, want %q", got, c.sessions)
			}
			w.known = len(w.sim.Sessions())
			w.sim.ClearFaults()
			w.params = good
			w.run(engine.Ok, "created 3", c.after)
			w.holds(host1, host2, host3)
			w.run(engine.Ok, "unchanged 3", "")
		})
	}
}

// runFailing is a run that fails before or in its flow.
func (w *lookupWorld) runFailing() *engine.FlowReport {
	w.t.Helper()
	report, err := w.job().Run(w.t.Context())
	if err != nil || report.Outcome != engine.Failed {
		w.t.Fatalf("%v: %+v", err, report)
	}
	w.now = w.now.Add(time.Hour)
	return report.Flows[0]
}

// A session that breaks off is sent again from its start, under another id, four times at most. It is longer
// than what is on its way at once, or nobody could know that it was not read.
func TestDevoSendsAgain(t *testing.T) {
	const n = 1500
	w := newLookupWorld(t, fqdns(n))
	w.sim.Inject(devo.Fault{Kind: devo.FaultClose, N: 3, Times: devo.Forever})
	f := w.runFailing()
	if got := w.sessions(); got != "FULL open 2, FULL open 2, FULL open 2, FULL open 2" || !strings.Contains(f.Error, "after 4 tries") || w.sim.Count("iocs") != -1 {
		t.Errorf("sessions %q; %s", got, f.Error)
	}
	w.sim.ClearFaults()
	w.known = 4
	w.sim.Inject(devo.Fault{Kind: devo.FaultClose, N: 1000})
	w.run(engine.Ok, fmt.Sprintf("created %d", n), fmt.Sprintf("FULL open 999, FULL applied %d", n))
	ids := map[string]bool{}
	for _, s := range w.sim.Sessions() {
		ids[s.ID] = true
	}
	if len(ids) != 6 || w.sim.Count("iocs") != n {
		t.Errorf("%d ids, want 6; %d rows", len(ids), w.sim.Count("iocs"))
	}
	w.run(engine.Ok, fmt.Sprintf("unchanged %d", n), "")
}

func TestDevoOverREST(t *testing.T) {
	for _, mode := range []string{"full", "incremental"} {
		t.Run(mode, func(t *testing.T) {
			w := newLookupWorld(t, fqdns(3), "via", "api", "mode", mode, "cert_pem", "", "key_pem", "", "chain_pem", "")
			w.sim.Inject(devo.Fault{Kind: devo.FaultJob})
			f := w.runFailing()
			if !strings.Contains(f.Error, "the job failed") || len(w.rows("iocs")) != 0 {
				t.Errorf("%s; the lookup holds %v", f.Error, w.rows("iocs"))
			}
			w.run(engine.Ok, "created 3", "")
			w.holds(host1, host2, host3)
			w.inThreatQ("PUT", "/api/indicators/2", map[string]any{"status": "Whitelisted"})
			w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Actor", "value": "Bear"})
			w.run(engine.Ok, "updated 1, unchanged 1, removed 1, skipped 1", "")
			w.holds(host1, host3)
			if got := w.rows("iocs")[host1]["adversary"]; got != "Bear" {
				t.Errorf("adversary %q", got)
			}
			w.run(engine.Ok, "unchanged 2, skipped 1", "")
			w.params["token"] = "expired"
			w.inThreatQ("DELETE", "/api/indicators/1", nil)
			if f := w.runFailing(); !strings.Contains(f.Error, "401") {
				t.Errorf("of a token that is refused: %s", f.Error)
			}
		})
	}
}

// Several runs may go on at once where the operator wants it, and each sends everything.
func TestDevoSeveralRuns(t *testing.T) {
	w := newLookupWorld(t, fqdns(2), "allow_multiple_runs", "true")
	w.run(engine.Ok, "created 2", "FULL applied 2")
	w.run(engine.Ok, "unchanged 2", "FULL applied 2")
	var all []error
	done := make(chan error, 4)
	for range cap(done) {
		job := w.job()
		go func() {
			report, err := job.Run(t.Context())
			if err == nil && report.Outcome != engine.Ok {
				err = errors.New(report.Flows[0].Error)
			}
			done <- err
		}()
	}
	for range cap(done) {
		all = append(all, <-done)
	}
	if err := errors.Join(all...); err != nil {
		t.Fatal(err)
	}
	w.known = len(w.sim.Sessions())
	w.params["allow_multiple_runs"] = "false"
	w.run(engine.Ok, "unchanged 2", "FULL applied 2") // in doubt
	w.run(engine.Ok, "unchanged 2", "")
}
