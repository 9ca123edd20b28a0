package taxii_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
	"tqmap/engine/sink/taxii"
	"tqmap/engine/stix"
	sim "tqmap/examples/taxii"
)

var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// world is a simulated server over real HTTP, and a client that never really waits.
type world struct {
	t      *testing.T
	server *httptest.Server
	conf   taxii.Config

	mu     sync.Mutex
	sim    *sim.Simulator
	waits  []time.Duration // of the client, between polls
	onWait func()
}

// newWorld serves a simulator of o. change, if not nil, amends the HTTP client.
func newWorld(t *testing.T, o sim.Options, change func(*request.Config)) *world {
	t.Helper()
	w := &world{t: t}
	o.Now = func() time.Time { return start }
	w.swap(o)
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.current().Handler().ServeHTTP(rw, r) }))
	t.Cleanup(w.server.Close)
	base, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := request.Config{
		Name: "client.taxii", BaseURL: base, Auth: auth.Basic{Username: sim.DefaultUsername, Password: sim.DefaultPassword},
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if change != nil {
		change(&c)
	}
	w.conf = taxii.Config{Doer: request.New(c), Collection: sim.DefaultTitle, Sleep: w.sleep}
	return w
}

// swap starts another simulator in place of the one that serves.
func (w *world) swap(o sim.Options) {
	w.t.Helper()
	s, err := sim.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sim != nil {
		if err := w.sim.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.sim = s
}

func (w *world) current() *sim.Simulator {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sim
}

func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.waits = append(w.waits, d)
	if w.onWait != nil {
		w.onWait()
	}
	return ctx.Err()
}

// open opens the collection in a version.
func (w *world) open(version string) *taxii.Collection {
	w.t.Helper()
	w.conf.Version = version
	c, err := taxii.Open(context.Background(), w.conf)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// graph holds n indicators, as changed at an instant.
func (w *world) graph(v stix.Version, n int, modified time.Time) *stix.Graph {
	w.t.Helper()
	g, err := stix.New(stix.Config{Version: v, ThreatQ: "https://threatq.example.com"})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range n {
		o := stix.Object{
			Object: "indicator", Type: "FQDN", Value: fmt.Sprintf("host-%d.example.com", i), Created: start.Add(-time.Hour), Modified: modified,
			Description: strings.Repeat("x", 100),
		}
		if _, err := g.Add(o); err != nil {
			w.t.Fatal(err)
		}
	}
	return g
}

// push sends all of g.
func push(c *taxii.Collection, g *stix.Graph) (map[string]taxii.Outcome, error) {
	return c.Push(context.Background(), g, slices.Collect(g.Objects()))
}

// kinds counts outcomes.
func kinds(out map[string]taxii.Outcome) map[taxii.Kind]int {
	n := map[taxii.Kind]int{}
	for _, o := range out {
		n[o.Kind]++
	}
	return n
}

// only checks that all outcomes are of one kind.
func only(t *testing.T, out map[string]taxii.Outcome, kind taxii.Kind, n int) {
	t.Helper()
	if got := kinds(out); !maps.Equal(got, map[taxii.Kind]int{kind: n}) {
		t.Errorf("outcomes %v, want %d %s: %v", got, n, kind, out)
	}
}

// failed are the messages of what failed.
func failed(out map[string]taxii.Outcome) []string {
	var all []string
	for _, o := range out {
		if o.Kind == taxii.Failed {
			all = append(all, o.Message)
		}
	}
	return slices.Sorted(slices.Values(all))
}

// once checks that the server has n objects, each once.
func (w *world) once(n int) {
	w.t.Helper()
	seen := map[string]int{}
	for _, o := range w.current().Objects(sim.DefaultCollection) {
		seen[o.ID+o.Version]++
	}
	if len(seen) != n {
		w.t.Errorf("the server has %d objects, want %d", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			w.t.Errorf("%s is there %d times", id, times)
		}
	}
}

func inject(t *testing.T, s *sim.Simulator, faults ...string) {
	t.Helper()
	for _, text := range faults {
		f, err := sim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Inject(f)
	}
}
