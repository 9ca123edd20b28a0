package examples_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
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

// itemTrial is one fault of an export: a library with six indicators in a data collection, a target
// that takes three at once, a state on disk, and a clock and waits that are made up.
type itemTrial struct {
	*world
	row   *itemRow
	store *state.Store

	mu     sync.Mutex
	faulty bool
	seen   int // requests that are of the row's
	met    int // those of them that met the fault
	logins int
	waits  []time.Duration
	items  map[string]*shelved
	lastID int
	sent   []string // what the target was asked to change
}

// shelved is what the target has of an item.
type shelved struct{ ID, Name, Level string }

const itemMapping = `
connector "probe" {
  title  = "Probe"
  source = "Probe"
}
client "api" {
  base_url = %q
  %s
}
flow "out" {
  source "threatq" {
    collections = %s
    page_size   = 3
  }
  record "i" {
    key = expr("i.value")
  }
  sink "http" {
    client = client.api
    item   = { name = expr("i.value"), level = expr("i.description") }
    %s
    batch {
      max_items = 3
    }
    request {
      method = "POST"
      path   = "/put"
      json   = { items = expr("map(batch, .item)") }
    }
    %s
    update {
      request {
        method = "PUT"
        path   = expr("'/items/' + each.id")
        json   = expr("each.item")
      }
      on {
        status = [404]
        do     = skip
      }
    }
    remove {
      request {
        method = "DELETE"
        path   = expr("'/items/' + each.id")
      }
      on {
        status = [404]
        do     = skip
      }
    }
  }
}
`

const itemOutcome = `outcome = jq(".results[] | {key: .name, id, exists, error, retry}")`

func newItemTrial(t *testing.T, row *itemRow) *itemTrial {
	t.Helper()
	tr := &itemTrial{world: &world{t: t, clock: &clock{now: start}, dir: t.TempDir(), log: &syncBuffer{}}, row: row, items: map[string]*shelved{}}
	var err error
	if tr.library, err = threatq.Open(t.Context(), threatq.Options{Now: tr.clock.Now, TokenLife: 1000 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.library.Close() })
	tr.host, tr.url = tr.serve(tr.library.Handler()), tr.serve(tr)
	tr.save("Blocked", "")
	for n := range 6 {
		tr.consume(fmt.Sprintf("r%d", n+1))
	}
	if tr.store, err = runtime.OpenState(t.Context(), tr.dir, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.store.Close() })
	return tr
}

func (tr *itemTrial) save(name, tag string) {
	tr.t.Helper()
	if err := tr.library.Save(tr.t.Context(), threatq.Collection{Name: name, Tag: tag}); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *itemTrial) consume(name string) {
	tr.t.Helper()
	tr.call("POST", "/api/indicators/consume", []any{map[string]any{"value": name, "type": "Mutex", "status": "Active", "description": "1"}})
}

// change does one thing in the library: "~r2" gives it another level, "-r2" deletes it, "+r2" brings it.
func (tr *itemTrial) change(what string) {
	tr.t.Helper()
	name := what[1:]
	if what[0] == '+' {
		tr.consume(name)
		return
	}
	found := tr.call("GET", "/api/indicators?value="+name, nil)["data"].([]any)
	path := fmt.Sprintf("/api/indicators/%v", found[0].(map[string]any)["id"])
	if what[0] == '-' {
		tr.call("DELETE", path, nil)
		return
	}
	tr.call("PUT", path, map[string]any{"description": "2"})
}

// source are the items as the library has them, and others, in the form of shelf.
func (tr *itemTrial) source(others ...string) string {
	tr.t.Helper()
	out := others
	for _, row := range tr.call("GET", "/api/indicators?limit=100", nil)["data"].([]any) {
		fields := row.(map[string]any)
		out = append(out, leveled(fields["value"].(string), fields["description"].(string)))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func leveled(name, level string) string {
	if level != "1" {
		name += "=" + level
	}
	return name
}

// shelf is what the target has: names, with their level where it is not 1.
func (tr *itemTrial) shelf() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var out []string
	for _, it := range tr.items {
		out = append(out, leveled(it.Name, it.Level))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// shot is a request to the target that meets the fault.
type shot struct {
	*itemTrial
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

func (tr *itemTrial) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		tr.t.Error(err)
	}
	if r.URL.Path == "/login" {
		tr.logins++
		fmt.Fprintf(w, `{"token":"t-%d"}`, tr.logins)
		return
	}
	s := &shot{itemTrial: tr, w: w, r: r, body: body}
	if tr.faulty && tr.row.do != nil && strings.HasPrefix(r.Method+" "+r.URL.Path, tr.row.at) {
		tr.seen++
		if from := max(1, tr.row.from); tr.seen >= from && (tr.row.times == 0 || tr.met < tr.row.times) {
			tr.met++
			tr.row.do(s)
			return
		}
	}
	s.good()
}

// put are the items of the request that is to bring them.
func (s *shot) put() []shelved {
	var in struct{ Items []shelved }
	if err := json.Unmarshal(s.body, &in); err != nil {
		s.t.Error(err)
	}
	return in.Items
}

// good does what is asked, and answers so.
func (s *shot) good() {
	status, answer := s.act()
	s.w.Header().Set("Content-Type", "application/json")
	s.w.WriteHeader(status)
	_ = json.NewEncoder(s.w).Encode(answer)
}

// act does it. An item that is there already stays as it is until it is updated.
func (s *shot) act() (int, any) {
	id := strings.TrimPrefix(s.r.URL.Path, "/items/")
	it := s.byID(id)
	switch {
	case s.r.Method == "GET":
		held := []any{}
		for _, it := range s.items {
			held = append(held, map[string]any{"name": it.Name, "id": it.ID, "level": it.Level})
		}
		return http.StatusOK, map[string]any{"held": held}
	case s.r.Method == "POST":
		names := []string{}
		results := []any{}
		for _, it := range s.put() {
			names = append(names, it.Name)
			results = append(results, s.bring(it))
		}
		s.sent = append(s.sent, "put "+strings.Join(names, " "))
		return http.StatusOK, map[string]any{"results": results}
	case it == nil:
		s.sent = append(s.sent, s.r.Method+" of nothing")
		return http.StatusNotFound, map[string]any{"message": "there is no " + id}
	case s.r.Method == "DELETE":
		s.sent = append(s.sent, "remove "+it.Name)
		delete(s.items, it.Name)
	default:
		s.sent = append(s.sent, "update "+it.Name)
		var now shelved
		if err := json.Unmarshal(s.body, &now); err != nil {
			s.t.Error(err)
		}
		it.Level = now.Level
	}
	return http.StatusOK, map[string]any{"results": []any{map[string]any{"name": it.Name, "id": it.ID}}}
}

func (s *shot) bring(it shelved) map[string]any {
	have := s.items[it.Name]
	if have != nil {
		return map[string]any{"name": it.Name, "id": have.ID, "exists": true}
	}
	s.lastID++
	it.ID = fmt.Sprintf("n%d", s.lastID)
	s.items[it.Name] = &it
	return map[string]any{"name": it.Name, "id": it.ID}
}

func (s *shot) byID(id string) *shelved {
	for _, it := range s.items {
		if it.ID == id {
			return it
		}
	}
	return nil
}

// cut breaks the connection with a reset.
func (s *shot) cut() {
	conn, _, err := s.w.(http.Hijacker).Hijack()
	if err != nil {
		s.t.Error(err)
		return
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func (tr *itemTrial) sleep(ctx context.Context, d time.Duration) error {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.waits = append(tr.waits, d)
	return ctx.Err()
}

func (tr *itemTrial) mapping() *dsl.Mapping {
	tr.t.Helper()
	text := fmt.Sprintf(itemMapping, tr.url, tr.row.client, cmp.Or(tr.row.collections, `["Blocked"]`), tr.row.sink, cmp.Or(tr.row.outcomes, itemOutcome))
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		tr.t.Fatalf("%s\n%s", diags, text)
	}
	return m
}

// push runs the flow once, and lets a minute pass.
func (tr *itemTrial) push() *engine.FlowReport {
	return tr.do(func(run *engine.Run, f *dsl.Flow) *engine.FlowReport {
		return run.Flows(tr.t.Context(), []*dsl.Flow{f})[0]
	})
}

// retry delivers the dead letters once more.
func (tr *itemTrial) retry() *engine.FlowReport {
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

func (tr *itemTrial) do(what func(*engine.Run, *dsl.Flow) *engine.FlowReport) *engine.FlowReport {
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
	return what(run, m.Flow("out"))
}

func (tr *itemTrial) platform(log *slog.Logger) *tq.Client {
	base, err := url.Parse(tr.host)
	if err != nil {
		tr.t.Fatal(err)
	}
	cfg := request.Config{Name: "threatq", BaseURL: base, Log: log, Now: tr.clock.Now, Sleep: tr.sleep}
	cfg.Auth = tq.NewToken(tq.TokenConfig{
		Doer: request.New(cfg), Grant: tq.GrantPassword, ClientID: threatq.DefaultClientID,
		Username: threatq.DefaultUsername, Password: threatq.DefaultPassword, Now: tr.clock.Now,
	})
	return tq.NewClient(request.New(cfg), tq.Options{Log: log})
}

func (tr *itemTrial) state(in engine.State) engine.State {
	if tr.row.full > 0 && tr.faulty {
		return &fullDisk{State: in, after: tr.row.full - 1}
	}
	return in
}

// ledger are the items that are known to be at the target, with "?" those that may be.
func (tr *itemTrial) ledger() string {
	tr.t.Helper()
	var out []string
	if err := tr.store.Instance("probe").Entries(tr.t.Context(), "out", "", "", func(e engine.Entry) error {
		var kept struct{ Item json.RawMessage }
		if err := json.Unmarshal(e.Content, &kept); err != nil {
			return err
		}
		switch {
		case kept.Item == nil:
		case e.Hash == "pending":
			out = append(out, e.Key+"?")
		default:
			out = append(out, e.Key)
		}
		return nil
	}); err != nil {
		tr.t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (tr *itemTrial) dead() string {
	tr.t.Helper()
	letters, err := tr.store.Instance("probe").DeadLetters(tr.t.Context(), state.Filter{})
	if err != nil {
		tr.t.Fatal(err)
	}
	var out []string
	for _, d := range letters {
		out = append(out, d.Key)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// changes is what the target was asked to do since it was last asked for that.
func (tr *itemTrial) changes() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	out := strings.Join(tr.sent, ", ")
	tr.sent = nil
	return out
}
