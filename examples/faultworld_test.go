package examples_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/engine/request"
	tq "tqmap/engine/threatq"
	"tqmap/examples/threatq"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// trial is one fault: an API of three pages with two records each, a library, a state on
// disk, and a clock and waits that are made up.
type trial struct {
	*world
	row     *faultRow
	foreign string // another host, which nothing must reach
	store   *state.Store

	mu      sync.Mutex
	healthy bool // the fault is over
	met     int  // requests for the page of the fault
	logins  int
	strays  int // requests that reached the foreign host
	waits   []time.Duration
	served  atomic.Int64 // bytes of endless bodies
}

const faultMapping = `
connector "probe" {
  title  = "Probe"
  source = "Probe"
}
client "api" {
  base_url = %q
  %s
}
flow "all" {
  source "http" {
    client = client.api
    request {
      path  = "/items"
      query = { since = window.start, cursor = page.cursor }
    }
    window {
      initial = "1d"
      cursor  = expr("r.updated")
      order   = "ascending"
    }
    paginate "cursor" {
      next      = jq(".next")
      max_pages = 10
    }
    %s
  }
  record "r" {
    extract = jq(%q)
    key     = expr("r.id")
  }
  event "x" {
    type        = "Incident"
    title       = expr("r.id")
    happened_at = expr("r.updated")
  }
}
`

func newTrial(t *testing.T, row *faultRow) *trial {
	t.Helper()
	tr := &trial{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), log: &syncBuffer{}}, row: row}
	var err error
	tr.library, err = threatq.Open(t.Context(), threatq.Options{Now: tr.clock.Now, TokenLife: 1000 * time.Hour, ExistingFlag: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.library.Close() })
	tr.host = tr.serve(tr.library.Handler())
	tr.foreign = tr.serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.strays++
	}))
	tr.open()
	if tr.store, err = runtime.OpenState(t.Context(), tr.dir, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.store.Close() })
	return tr
}

// open starts the API, on a new port.
func (tr *trial) open() *httptest.Server {
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tr.answer(srv, w, r)
	})
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	tr.t.Cleanup(srv.Close)
	tr.url = srv.URL
	if tr.row.refused && tr.row.page == 1 && !tr.healthy {
		srv.Listener.Close()
	}
	return srv
}

// hit is a request that meets the fault.
type hit struct {
	*trial
	w http.ResponseWriter
	r *http.Request
	n int // of the requests for this page, from 1
}

func (tr *trial) answer(srv *httptest.Server, w http.ResponseWriter, r *http.Request) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if r.URL.Path == "/login" {
		tr.logins++
		fmt.Fprintf(w, `{"token":"t-%d"}`, tr.logins)
		return
	}
	w.Header().Set("Date", tr.clock.Now().Format(http.TimeFormat))
	h := &hit{trial: tr, w: w, r: r}
	page := 1 + h.offset()/2
	if tr.row.refused && !tr.healthy && page+1 == tr.row.page {
		w.Header().Set("Connection", "close")
		srv.Listener.Close()
	}
	if tr.healthy || tr.row.do == nil || page < tr.row.page || page > tr.row.page && !tr.row.onward {
		h.page(tr.items())
		return
	}
	if tr.met++; tr.row.times > 0 && tr.met > tr.row.times {
		h.page(tr.items())
		return
	}
	h.n = tr.met
	tr.mu.Unlock() // a fault may last as long as the request
	defer tr.mu.Lock()
	tr.row.do(h)
}

// items are the records that the server has, as id and instant.
func (tr *trial) items() []map[string]any {
	var out []map[string]any
	for i := range 6 {
		out = append(out, item(i+1, itemTime(i+1)))
	}
	return out
}

func item(n int, at time.Time) map[string]any {
	return map[string]any{"id": fmt.Sprintf("r%d", n), "updated": at.Format(time.RFC3339)}
}

func itemTime(n int) time.Time { return start.Add(time.Duration(n-60) * time.Minute) }

func (h *hit) offset() int {
	n, _ := strconv.Atoi(h.r.URL.Query().Get("cursor"))
	return n
}

// page answers as the API does: the records since the start of the window, two a page.
func (h *hit) page(items []map[string]any) { h.w.Write(h.body(items)) }

func (h *hit) body(items []map[string]any) []byte {
	since, err := time.Parse(time.RFC3339, h.r.URL.Query().Get("since"))
	if err != nil {
		h.t.Errorf("asked without the start of the window: %s", h.r.URL)
	}
	var found []map[string]any
	for _, it := range items {
		at, err := time.Parse(time.RFC3339, it["updated"].(string))
		if err != nil || !at.Before(since) {
			found = append(found, it)
		}
	}
	from := min(h.offset(), len(found))
	to := min(from+2, len(found))
	answer := map[string]any{"items": found[from:to]}
	if to < len(found) {
		answer["next"] = strconv.Itoa(to)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		h.t.Error(err)
	}
	return b
}

// good is the right answer to the request.
func (h *hit) good() []byte { return h.body(h.items()) }

// cut breaks the connection with a reset.
func (h *hit) cut() {
	conn, _, err := h.w.(http.Hijacker).Hijack()
	if err != nil {
		h.t.Error(err)
		return
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// endless writes piece until the client goes, or most bytes are out.
func (h *hit) endless(w io.Writer, piece []byte, most int64) {
	for n := int64(0); n < most; n += int64(len(piece)) {
		if _, err := w.Write(piece); err != nil {
			return
		}
		h.served.Add(int64(len(piece)))
	}
}

// sleep is a wait that takes no time.
func (tr *trial) sleep(ctx context.Context, d time.Duration) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.waits = append(tr.waits, d)
	return ctx.Err()
}

// source is the mapping of the row.
func (tr *trial) mapping() *dsl.Mapping {
	tr.t.Helper()
	text := fmt.Sprintf(faultMapping, tr.url, tr.row.client, tr.row.source, cmp.Or(tr.row.extract, ".items[]"))
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		tr.t.Fatalf("%s\n%s", diags, text)
	}
	return m
}

// pull runs the flow once against the state on disk, and lets a minute pass.
func (tr *trial) pull() *engine.FlowReport {
	tr.t.Helper()
	return tr.do(func(run *engine.Run, f *dsl.Flow) *engine.FlowReport {
		return run.Flows(tr.t.Context(), []*dsl.Flow{f})[0]
	})
}

// retry delivers the dead letters once more.
func (tr *trial) retry() *engine.FlowReport {
	tr.t.Helper()
	letters, err := tr.store.Instance("probe").DeadLetters(tr.t.Context(), state.Filter{})
	if err != nil {
		tr.t.Fatal(err)
	}
	var records []any
	for _, d := range letters {
		record, err := code.Decode(d.Input)
		if err != nil {
			tr.t.Fatal(err)
		}
		records = append(records, record)
	}
	return tr.do(func(run *engine.Run, f *dsl.Flow) *engine.FlowReport { return run.Retry(tr.t.Context(), f, records) })
}

func (tr *trial) do(what func(*engine.Run, *dsl.Flow) *engine.FlowReport) *engine.FlowReport {
	tr.t.Helper()
	m := tr.mapping()
	bound, errs := m.Bind(nil, tr.clock.Now())
	if len(errs) > 0 {
		tr.t.Fatal(errs)
	}
	lock, err := tr.store.Lock(tr.t.Context(), "probe", state.Owner{})
	if err != nil {
		tr.t.Fatal(err)
	}
	defer lock.Release()
	log := slog.New(slog.NewTextHandler(tr.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	run := &engine.Run{
		Bound: bound, Platform: tr.platform(log), State: tr.state(lock.Instance()), Log: log,
		Clients: func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
			return engine.OpenClient(ctx, bound, c, engine.ClientOptions{Log: log, Now: tr.clock.Now, Sleep: tr.sleep})
		},
	}
	defer tr.clock.advance(time.Minute)
	return what(run, m.Flow("all"))
}

func (tr *trial) platform(log *slog.Logger) *tq.Client {
	base, err := url.Parse(tr.host)
	if err != nil {
		tr.t.Fatal(err)
	}
	cfg := request.Config{Name: "threatq", BaseURL: base, Log: log, Now: tr.clock.Now, Sleep: tr.sleep}
	if !tr.healthy {
		cfg.Timeout = tr.row.patience
	}
	cfg.Auth = tq.NewToken(tq.TokenConfig{
		Doer: request.New(cfg), Grant: tq.GrantPassword, ClientID: threatq.DefaultClientID,
		Username: threatq.DefaultUsername, Password: threatq.DefaultPassword, Now: tr.clock.Now,
	})
	return tq.NewClient(request.New(cfg), tq.Options{Log: log})
}

// state is that of the row: one that cannot write for a while.
func (tr *trial) state(in engine.State) engine.State {
	if tr.row.full && !tr.healthy {
		return &fullDisk{State: in, after: tr.row.page - 1}
	}
	return in
}

// fullDisk is a state that takes a number of commits, then none.
type fullDisk struct {
	engine.State
	after int
}

var errFull = errors.New("database or disk is full")

func (f *fullDisk) Commit(ctx context.Context, flow string, c engine.Commit) error {
	if f.after--; f.after < 0 {
		return errFull
	}
	return f.State.Commit(ctx, flow, c)
}

// left is what a run leaves behind: the number of the record at which the cursor stands,
// 0 before all of them, and counts.
type left struct{ cursor, delivered, ledger, dead int }

func (tr *trial) left() left {
	tr.t.Helper()
	ctx, in := tr.t.Context(), tr.store.Instance("probe")
	at, err := in.Checkpoint(ctx, "all")
	if err != nil {
		tr.t.Fatal(err)
	}
	out := left{cursor: -1, delivered: len(tr.titles())}
	if at.Cursor.IsZero() || at.Cursor.Equal(start.Add(-24*time.Hour)) { // none, or the start of the first window
		out.cursor = 0
	}
	for n := 1; n <= 6; n++ {
		if at.Cursor.Equal(itemTime(n)) {
			out.cursor = n
		}
	}
	if out.cursor < 0 {
		tr.t.Errorf("the cursor is at %s, which is that of no record", at.Cursor)
	}
	if err := in.Entries(ctx, "all", "", "", func(e engine.Entry) error {
		if e.RemoteID != 0 {
			out.ledger++
		}
		return nil
	}); err != nil {
		tr.t.Fatal(err)
	}
	letters, err := in.DeadLetters(ctx, state.Filter{})
	if err != nil {
		tr.t.Fatal(err)
	}
	out.dead = len(letters)
	return out
}

// titles are those of the events in the library; one that is there twice is a mistake.
func (tr *trial) titles() []string {
	tr.t.Helper()
	var out []string
	seen := map[string]bool{}
	for _, e := range tr.events() {
		if seen[e.Title] {
			tr.t.Errorf("%s is there twice", e.Title)
		}
		seen[e.Title] = true
		out = append(out, e.Title)
	}
	return out
}

// slept writes the waits as a person would: of those that we choose only that they were.
func slept(waits []time.Duration, want []time.Duration) string {
	var out []string
	for i, d := range waits {
		switch {
		case i < len(want) && want[i] == d:
			out = append(out, d.String())
		case d >= 500*time.Millisecond && d <= 30*time.Second:
			out = append(out, "back-off")
		default:
			out = append(out, d.String())
		}
	}
	return strings.Join(out, ", ")
}
