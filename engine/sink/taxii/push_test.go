package taxii_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
	"tqmap/engine/sink/taxii"
	"tqmap/engine/stix"
	sim "tqmap/examples/taxii"
)

// each runs a test in both versions, with n indicators: n+1 objects, as the producer is one.
func each(t *testing.T, o sim.Options, n int, test func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph)) {
	t.Helper()
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		t.Run(string(v), func(t *testing.T) {
			w := newWorld(t, o, nil)
			test(t, w, w.open(string(v)), w.graph(v, n, start))
		})
	}
}

func TestPush(t *testing.T) {
	each(t, sim.Options{}, 5, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Created, 6)
		w.once(6)
		for i, o := range slices.Collect(g.Objects()) {
			if got := w.sim.Objects(sim.DefaultCollection)[i]; string(got.JSON) != string(o.JSON) || got.ID != o.ID || got.Version != o.Modified {
				t.Errorf("the server has %s", got.JSON)
			}
		}
		if len(w.waits) > 0 || w.sim.Requests()["status"] > 0 {
			t.Error("there was nothing to wait for")
		}
	})
}

// The media types are those of each version, and no others.
func TestMediaTypes(t *testing.T) {
	type types struct{ accept, content string }
	want := map[string]map[string]types{
		"2.0": {"": {"application/vnd.oasis.taxii+json; version=2.0", ""}, "post": {"application/vnd.oasis.taxii+json; version=2.0", "application/vnd.oasis.stix+json; version=2.0"}},
		"2.1": {"": {"application/taxii+json;version=2.1", ""}, "post": {"application/taxii+json;version=2.1", "application/taxii+json;version=2.1"}},
	}
	each(t, sim.Options{Pending: 1}, 1, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		for range 2 { // the second time, the manifest is asked
			if _, err := push(c, g); err != nil {
				t.Fatal(err)
			}
		}
		routes := map[string]bool{}
		for _, call := range w.sim.Journal() {
			routes[call.Route] = true
			route := ""
			if call.Route == "post" {
				route = "post"
			}
			if got := (types{call.Accept, call.ContentType}); got != want[string(c.Version)][route] {
				t.Errorf("%s: %+v", call.Route, got)
			}
		}
		if got := slices.Sorted(maps.Keys(routes)); !slices.Equal(got, []string{"collections", "discovery", "manifest", "post", "root", "status"}) {
			t.Errorf("asked %v", got)
		}
	})
}

// A version that the server has is a failure for it, and none for us.
func TestPushAgain(t *testing.T) {
	each(t, sim.Options{PageSize: 7}, 60, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		if _, err := push(c, g); err != nil {
			t.Fatal(err)
		}
		again := w.open(string(c.Version)) // another run: it does not know what this one sent
		out, err := push(again, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Unchanged, 61)
		w.once(61)

		later := w.graph(c.Version, 61, start.Add(time.Minute))
		w.sim.ResetJournal()
		if out, err = push(again, later); err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Created] != 61 || got[taxii.Unchanged] != 1 {
			t.Errorf("outcomes %v", got)
		}
		w.once(61 + 61)
		if n := w.sim.Journal()[0].Objects; n != 61 {
			t.Errorf("%d objects sent: the producer was sent before", n)
		}
		// An older version is there, too, though it is not the last one.
		if out, err = push(w.open(string(c.Version)), g); err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Unchanged, 61)
	})
}

// Where the collection cannot be read, the message alone tells.
func TestPushAgainUnreadable(t *testing.T) {
	roots := []sim.Root{{Name: "r", Collections: []sim.Collection{{ID: sim.DefaultCollection, Title: sim.DefaultTitle, NoRead: true}}}}
	each(t, sim.Options{Roots: roots}, 2, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		if _, err := push(c, g); err != nil {
			t.Fatal(err)
		}
		out, err := push(w.open(string(c.Version)), g)
		if err != nil {
			t.Fatal(err)
		}
		if c.Version == stix.V20 {
			only(t, out, taxii.Unchanged, 3)
		} else {
			only(t, out, taxii.Failed, 3)
		}
		if w.sim.Requests()["manifest"] > 0 {
			t.Error("can_read is false, and the manifest was asked")
		}
	})
}

func TestPushPending(t *testing.T) {
	each(t, sim.Options{Pending: 3}, 2, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Created, 3)
		if !slices.Equal(w.waits, []time.Duration{time.Second, time.Second, time.Second}) {
			t.Errorf("waited %v", w.waits)
		}
	})
}

// What is never processed is unknown, and after it nothing is sent.
func TestPushPendingForEver(t *testing.T) {
	each(t, sim.Options{}, 1500, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		inject(t, w.sim, "pending")
		out, err := push(c, g)
		var pending *taxii.PendingError
		if !errors.As(err, &pending) || pending.Pending != 1000 || pending.Waited != time.Minute || !strings.Contains(err.Error(), sim.DefaultTitle) {
			t.Fatal(err)
		}
		only(t, out, taxii.Unknown, 1501)
		if n := w.sim.Requests(); n["post"] != 1 || n["status"] != 60 {
			t.Errorf("asked %v", n)
		}
	})
}

// A run that is stopped while it waits does not wait on.
func TestPushStopped(t *testing.T) {
	w := newWorld(t, sim.Options{Pending: 100}, nil)
	c := w.open("2.1")
	ctx, cancel := context.WithCancel(context.Background())
	w.onWait = cancel
	g := w.graph(stix.V21, 1, start)
	out, err := c.Push(ctx, g, slices.Collect(g.Objects()))
	if !errors.Is(err, context.Canceled) || len(w.waits) != 1 {
		t.Errorf("%v after %d waits", err, len(w.waits))
	}
	only(t, out, taxii.Unknown, 2)
}

// Failures are of the objects they are about, in the server's words.
func TestPushFailures(t *testing.T) {
	each(t, sim.Options{}, 4, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		objects := slices.Collect(g.Objects())
		bad := objects[2].ID
		o := sim.Options{Now: func() time.Time { return start }, Reject: func(id string) string {
			if id == bad {
				return "the pattern is\nnot understood"
			}
			return ""
		}}
		w.swap(o)
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Failed] != 1 || got[taxii.Created] != 4 || out[bad] != (taxii.Outcome{Kind: taxii.Failed, Message: "the pattern is not understood"}) {
			t.Errorf("outcomes %v", out)
		}
	})
}

// Some servers only count. What cannot be told from the counts, the manifest tells.
func TestPushCounts(t *testing.T) {
	each(t, sim.Options{}, 4, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		inject(t, w.sim, "counts")
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Created, 5)

		bad := slices.Collect(g.Objects())[1].ID
		w.swap(sim.Options{Now: func() time.Time { return start }, Reject: func(id string) string {
			if id == bad {
				return "no"
			}
			return ""
		}})
		inject(t, w.sim, "counts")
		if out, err = push(w.open(string(c.Version)), g); err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Failed] != 1 || got[taxii.Unchanged] != 4 || out[bad].Kind != taxii.Failed {
			t.Errorf("outcomes %v", out)
		}
	})
}

// No request is larger than the root says, and all objects get there.
func TestPushMaxContentLength(t *testing.T) {
	const max = 3000
	roots := []sim.Root{{Name: "r", MaxLength: max, Collections: []sim.Collection{{ID: sim.DefaultCollection, Title: sim.DefaultTitle}}}}
	each(t, sim.Options{Roots: roots}, 30, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Created, 31)
		w.once(31)
		for _, call := range w.sim.Journal() {
			if call.Size > max || call.Status >= 400 {
				t.Errorf("%s of %d bytes answered %d", call.Route, call.Size, call.Status)
			}
		}
	})
}

func TestPushObjectsAtOnce(t *testing.T) {
	w := newWorld(t, sim.Options{}, nil)
	c := w.open("2.1")
	if _, err := push(c, w.graph(stix.V21, 2000, start)); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, call := range w.sim.Journal() {
		if call.Route == "post" {
			sizes = append(sizes, call.Objects)
		}
	}
	if !slices.Equal(sizes, []int{1000, 1000, 1}) {
		t.Errorf("requests of %v", sizes)
	}
}

// A server that takes less than it says gets less, then and later.
func TestPushTooLarge(t *testing.T) {
	each(t, sim.Options{}, 40, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		inject(t, w.sim, "413 max=6000")
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		only(t, out, taxii.Created, 41)
		w.once(41)
		w.sim.ResetJournal()
		if out, err = push(c, w.graph(c.Version, 40, start.Add(time.Minute))); err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Created] != 40 {
			t.Errorf("outcomes %v", got)
		}
		if slices.ContainsFunc(w.sim.Journal(), func(c sim.Call) bool { return c.Status == 413 }) {
			t.Error("it was tried again with as much")
		}
	})
}

// An object that is too large alone is sent without its description; if that does not help, it
// fails, and the others are sent.
func TestPushOneTooLarge(t *testing.T) {
	each(t, sim.Options{}, 3, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		large := stix.Object{Object: "malware", Value: "Wordy", Created: start, Description: strings.Repeat("x", 5000)}
		huge := stix.Object{Object: "tool", Value: strings.Repeat("y", 5000), Created: start}
		for _, o := range []stix.Object{large, huge} {
			if _, err := g.Add(o); err != nil {
				t.Fatal(err)
			}
		}
		inject(t, w.sim, "413 max=2000")
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Created] != 5 || got[taxii.Failed] != 1 || !strings.Contains(failed(out)[0], "tool--") {
			t.Errorf("outcomes %v", out)
		}
		for _, o := range w.sim.Objects(sim.DefaultCollection) {
			if strings.HasPrefix(o.ID, "malware") && strings.Contains(string(o.JSON), "description") {
				t.Error("the description was sent")
			}
		}
	})
}

// A request that is refused because of one object does not cost the others.
func TestPushGuilty(t *testing.T) {
	each(t, sim.Options{}, 40, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		bad := slices.Collect(g.Objects())[17].ID
		w.swap(sim.Options{Now: func() time.Time { return start }, Reject: func(id string) string {
			if id == bad {
				return sim.RefuseRequest
			}
			return ""
		}})
		out, err := push(c, g)
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(out); got[taxii.Created] != 40 || out[bad].Kind != taxii.Failed || !strings.Contains(out[bad].Message, "could not be processed") {
			t.Errorf("outcomes %v", out)
		}
		w.once(40)
	})
}

// Where every object is refused, it is not the objects.
func TestPushAllRefused(t *testing.T) {
	each(t, sim.Options{}, 100, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
		inject(t, w.sim, "422 times=forever")
		_, err := push(c, g)
		if !errors.Is(err, request.ErrRefused) || !strings.Contains(err.Error(), "10 objects in a row") {
			t.Fatal(err)
		}
		if n := w.sim.Requests()["post"]; n > 30 {
			t.Errorf("%d requests", n)
		}
	})
}

// What ends a push, and what is known of the objects then.
func TestPushEnds(t *testing.T) {
	for _, c := range []struct {
		name, fault string
		want        error
		say         string
		known       bool // the first request of three was answered
	}{
		{"401 in the middle", "401 on=post after=1", request.ErrUnauthorized, "Unauthorized Access", true},
		{"403", "403 on=post", request.ErrForbidden, "the account lacks a right", false},
		{"429 for ever", "429 on=post times=forever", request.ErrUnavailable, "slow down", false},
		{"500 in the middle", "500 on=post after=1 times=forever", request.ErrUnavailable, "the server failed", true},
		{"connection lost", "drop on=post times=forever", request.ErrUnavailable, "no answer", false},
		{"a page instead", "not-json on=post", taxii.ErrNotTAXII, "text/html", false},
		{"cut short", "truncated on=post after=1", taxii.ErrNotTAXII, "JSON cannot be read", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, sim.Options{}, 2500, func(t *testing.T, w *world, to *taxii.Collection, g *stix.Graph) {
				inject(t, w.sim, c.fault)
				out, err := push(to, g)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), "POST") {
					t.Error(err)
				}
				want := map[taxii.Kind]int{taxii.Unknown: 2501}
				if c.known {
					want = map[taxii.Kind]int{taxii.Created: 1000, taxii.Unknown: 1501}
				}
				if got := kinds(out); !maps.Equal(got, want) {
					t.Errorf("outcomes %v, want %v", got, want)
				}
			})
		})
	}
}

// What the chain repeats is not there twice.
func TestPushRepeats(t *testing.T) {
	for _, fault := range []string{"drop on=post", "drop-after on=post", "500 on=post", "error-after on=post", "502 on=post", "429 on=post", "503 on=post"} {
		t.Run(fault, func(t *testing.T) {
			each(t, sim.Options{}, 20, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
				inject(t, w.sim, fault)
				out, err := push(c, g)
				if err != nil {
					t.Fatal(err)
				}
				kind := taxii.Created
				if strings.Contains(fault, "after") {
					kind = taxii.Unchanged
				}
				only(t, out, kind, 21)
				w.once(21)
			})
		})
	}
}

// A status or a manifest that cannot be had ends the push, as nobody knows what the server took.
func TestPushUndecided(t *testing.T) {
	for _, fault := range []string{"500 on=status times=forever", "403 on=status", "not-json on=status"} {
		w := newWorld(t, sim.Options{Pending: 2}, nil)
		c := w.open("2.0")
		inject(t, w.sim, fault)
		out, err := push(c, w.graph(stix.V20, 1, start))
		if err == nil || !strings.Contains(err.Error(), "does not say what became of it") {
			t.Errorf("%s: %v", fault, err)
		}
		only(t, out, taxii.Unknown, 2)
	}
	w := newWorld(t, sim.Options{}, nil)
	g := w.graph(stix.V21, 1, start)
	if _, err := push(w.open("2.1"), g); err != nil {
		t.Fatal(err)
	}
	inject(t, w.sim, "503 on=manifest times=forever")
	out, err := push(w.open("2.1"), g)
	if !errors.Is(err, request.ErrUnavailable) || !strings.Contains(err.Error(), "which of them it had") {
		t.Error(err)
	}
	only(t, out, taxii.Unknown, 2)
}

// 5,000 objects get to a server that fails every tenth request and is begun anew in between, every one once.
func TestPushSurvives(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		path := filepath.Join(t.TempDir(), "state")
		roots := []sim.Root{{Name: "r", MaxLength: 30_000, Collections: []sim.Collection{{ID: sim.DefaultCollection, Title: sim.DefaultTitle}}}}
		o := sim.Options{Roots: roots, FailRate: 0.1, Seed: seed, StatePath: path, Pending: 2, PageSize: 500, Now: func() time.Time { return start }}
		each(t, o, 4999, func(t *testing.T, w *world, c *taxii.Collection, g *stix.Graph) {
			if c.Version == stix.V21 {
				if err := w.sim.Forget(sim.DefaultCollection); err != nil { // what 2.0 sent
					t.Fatal(err)
				}
			}
			polls := 0
			w.onWait = func() {
				if polls++; polls == 60 {
					w.server.CloseClientConnections()
					w.swap(o)
				}
			}
			out, err := push(c, g)
			if err != nil {
				t.Fatal(err)
			}
			got := kinds(out)
			if got[taxii.Created]+got[taxii.Unchanged] != 5000 || polls < 60 {
				t.Errorf("outcomes %v after %d polls", got, polls)
			}
			w.once(5000)
			if !slices.ContainsFunc(w.current().Journal(), func(c sim.Call) bool { return c.Fault != "" }) {
				t.Error("nothing failed")
			}
		})
	}
}
