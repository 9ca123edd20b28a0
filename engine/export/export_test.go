package export

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func keys(n int) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[fmt.Sprintf("k%03d", i)] = "v"
	}
	return out
}

func TestBatchesSpanPages(t *testing.T) {
	w := newWorld(t)
	must(t, w.run(Config{}, map[string]string{"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}))
	w.want("request a b c d, request e", "+ a, + b, + c, + d, + e")
	must(t, w.run(Config{}, map[string]string{"a": "1", "b": "2", "c": "1", "d": "1", "e": "1"}))
	w.want("update b", "~ b")
}

func TestPolicies(t *testing.T) {
	for _, tc := range []struct {
		name          string
		c             Config
		calls, events string
	}{
		{"kept by default", Config{}, "", "kept c"},
		{"removed", Config{Left: Remove}, "remove c", "- c"},
		{"expired", Config{Left: Expire}, "expire c", "- c"},
		{"left out records", Config{Skipped: Remove}, "remove b", "- b, kept c"},
		{"both", Config{Skipped: Expire, Left: Remove}, "expire b, remove c", "- b, - c"},
		{"a dry run", Config{Skipped: Expire, Left: Remove, DryRun: true}, "", "- b, - c"},
		{"without differences", Config{Skipped: Expire, Left: Remove, All: true}, "request a", "~ a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.run(Config{}, map[string]string{"a": "1", "b": "1", "c": "1"}))
			memory := maps.Clone(w.ledger)
			must(t, w.run(tc.c, map[string]string{"a": "1", "b": "-"}))
			if tc.c.All {
				tc.events = "+ a" // nobody remembers that it is there
			}
			w.want(tc.calls, tc.events)
			if (tc.c.DryRun || tc.c.All) && len(w.ledger) != len(memory) {
				t.Errorf("the ledger has changed: %v", w.ledger)
			}
			if !tc.c.DryRun && !tc.c.All {
				must(t, w.run(tc.c, map[string]string{"a": "1", "b": "-"}))
				if len(w.calls) > 0 {
					t.Errorf("a second run calls %s", w.calls)
				}
			}
		})
	}
}

// What has ended by itself need not be made to end; it may still be removed.
func TestEndedByItself(t *testing.T) {
	for _, tc := range []struct {
		name          string
		c             Config
		calls, events string
	}{
		{"left", Config{Left: Expire}, "expire b", "- b"},
		{"left, and to be removed", Config{Left: Remove}, "remove a b", "- a, - b"},
		{"skipped", Config{Skipped: Expire}, "", ""},
		{"skipped, and to be removed", Config{Skipped: Remove}, "remove a", "- a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.run(Config{}, map[string]string{"a": "1", "b": "1", "c": "1"}))
			for key, at := range map[string]time.Time{"a": noon, "b": noon.Add(time.Second)} {
				m := w.ledger[key]
				m.Expires = at
				w.ledger[key] = m
			}
			source := map[string]string{"c": "1"}
			if tc.c.Skipped != "" {
				source["a"], source["b"] = "-", "1"
			}
			must(t, w.run(tc.c, source))
			w.want(tc.calls, tc.events)
			if _, known := w.ledger["a"]; known {
				t.Error("still remembered")
			}
		})
	}
}

// An empty source is a mistake more often than a wish.
func TestEmptySource(t *testing.T) {
	w := newWorld(t)
	must(t, w.run(Config{}, keys(3)))
	must(t, w.run(Config{Left: Remove}, nil))
	if w.want("", ""); len(w.notes) != 1 || !strings.Contains(w.notes[0], "none of the 3 items") {
		t.Errorf("notes %q", w.notes)
	}
	must(t, w.run(Config{Left: Remove, AllowEmpty: true}, nil))
	if len(w.store) != 0 || len(w.notes) != 0 {
		t.Errorf("the target has %v, notes %q", w.store, w.notes)
	}
}

// C: the guilty item is found in about twice the logarithm of the batch's size.
func TestGuiltyItem(t *testing.T) {
	w := newWorld(t)
	w.bad["k300"] = true
	must(t, w.run(Config{Max: map[Op]int{Request: 500}}, keys(500)))
	if len(w.store) != 499 || !w.dead["k300"] || len(w.calls) > 20 {
		t.Errorf("%d at the target after %d calls, dead %v", len(w.store), len(w.calls), w.dead["k300"])
	}
	must(t, w.run(Config{Max: map[Op]int{Request: 500}}, keys(500)))
	w.want("", "refused before k300")
	delete(w.bad, "k300")
	must(t, w.run(Config{Max: map[Op]int{Request: 500}, Again: true}, keys(500)))
	w.want("request k300", "+ k300")
}

// What the target takes at once is learned, and not tried again with each batch.
func TestTooManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.largest = 30
	must(t, w.run(Config{Max: map[Op]int{Request: 100}}, keys(300)))
	if len(w.store) != 300 || len(w.calls) > 2+13 {
		t.Errorf("%d at the target after %d calls", len(w.store), len(w.calls))
	}
}

func TestTargetDown(t *testing.T) {
	w := newWorld(t)
	w.before = func(int, Op, []string) (error, bool) { return errDown, false }
	err := w.run(Config{Max: map[Op]int{Request: 100}}, keys(100))
	if !errors.Is(err, errDown) || len(w.calls) > 7 || len(w.ledger) != 0 {
		t.Errorf("%v after %d calls", err, len(w.calls))
	}
	w.before = nil
	must(t, w.run(Config{}, keys(100)))
	if len(w.store) != 100 {
		t.Errorf("%d at the target", len(w.store))
	}
}

// An item that brings the target down, or takes all its time, keeps neither its neighbours back nor what
// comes after; and the requests that follow grow again.
func TestPoison(t *testing.T) {
	for _, tc := range []struct {
		name          string
		items, max    int
		poison, calls int
	}{
		{"in the first batch", 5000, 500, 7, 110},
		{"in the middle", 5000, 500, 2600, 110},
		{"in a small batch", 100, 8, 50, 22},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			bad := fmt.Sprintf("k%03d", tc.poison)
			w.before = func(_ int, _ Op, keys []string) (error, bool) {
				if slices.Contains(keys, bad) {
					return errDown, false
				}
				return nil, true
			}
			must(t, w.run(Config{Max: map[Op]int{Request: tc.max}}, keys(tc.items)))
			if len(w.store) != tc.items-1 || len(w.calls) > tc.calls {
				t.Errorf("%d of %d at the target after %d calls", len(w.store), tc.items, len(w.calls))
			}
			if failed := slices.DeleteFunc(w.events, func(e string) bool { return !strings.HasPrefix(e, "failed") }); !slices.Equal(failed, []string{"failed " + bad}) {
				t.Errorf("told %q", failed)
			}
			w.before = nil
			must(t, w.run(Config{Max: map[Op]int{Request: tc.max}}, keys(tc.items)))
			w.want("request "+bad, "+ "+bad)
		})
	}
}

func TestFatal(t *testing.T) {
	w := newWorld(t)
	w.before = func(int, Op, []string) (error, bool) { return errGone, false }
	if err := w.run(Config{}, keys(100)); !errors.Is(err, errGone) || len(w.calls) != 1 {
		t.Errorf("%v after %d calls", err, len(w.calls))
	}
}

// A changed item whose answer is lost may be there in either form: it is sent again, even if the
// source goes back to the old one.
func TestLostAnswerOfAChange(t *testing.T) {
	w := newWorld(t)
	must(t, w.run(Config{}, map[string]string{"a": "1"}))
	w.before = func(int, Op, []string) (error, bool) { return errDown, true }
	_ = w.run(Config{}, map[string]string{"a": "2"})
	w.before = nil
	must(t, w.run(Config{}, map[string]string{"a": "1"}))
	if w.store["a"] != "1" {
		t.Errorf("the target has %q", w.store["a"])
	}
}

func TestImport(t *testing.T) {
	c := Config{HeldBatch: 2, AfterRequest: true}
	w := newWorld(t)
	w.imports = true
	w.store = map[string]string{"a": "1", "b": "old"}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1", "c": "1"}))
	w.want("request a b c, held 2, update b", "+ c, ~ b")
	must(t, w.run(c, map[string]string{"a": "1", "b": "1", "c": "1"}))
	w.want("", "")
	w.ledger = map[string]Memory{}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1", "c": "1"}))
	w.want("request a b c, held 2, held 1", "") // all adopted
	delete(w.store, "a")
	must(t, w.run(c, map[string]string{"a": "2", "b": "1", "c": "1"}))
	w.want("request a", "~ a")
}

// An update of something that is gone makes it anew.
func TestUpdateOfMissing(t *testing.T) {
	w := newWorld(t)
	must(t, w.run(Config{}, map[string]string{"a": "1"}))
	w.store = map[string]string{}
	must(t, w.run(Config{}, map[string]string{"a": "2"}))
	w.want("update a, request a", "+ a")
}

// A target whose index lags says by turns that an item exists and that it is missing.
func TestExistsAndIsMissing(t *testing.T) {
	w := newWorld(t)
	w.imports = true
	must(t, w.run(Config{}, map[string]string{"a": "1"}))
	w.lags = true
	must(t, w.run(Config{HeldBatch: 5}, map[string]string{"a": "2"}))
	w.want("update a, request a, held 1, update a", "failed a")
	w.lags = false
	must(t, w.run(Config{HeldBatch: 5}, map[string]string{"a": "2"}))
	w.want("update a", "~ a")
}

func TestRenew(t *testing.T) {
	half := 12 * time.Hour
	for _, tc := range []struct {
		name      string
		expires   time.Time
		rolling   bool
		heldAt    time.Time
		sent      string
		remembers time.Time
	}{
		{"much is left", noon.Add(24 * time.Hour), true, noon.Add(13 * time.Hour), "", noon.Add(13 * time.Hour)},
		{"little is left", noon.Add(24 * time.Hour), true, noon.Add(12 * time.Hour), "update a", noon.Add(24 * time.Hour)},
		{"it is over", noon.Add(24 * time.Hour), true, noon.Add(-time.Hour), "update a", noon.Add(24 * time.Hour)},
		{"it would not last longer", noon.Add(time.Hour), false, noon.Add(time.Hour), "", noon.Add(time.Hour)},
		{"it never ends", time.Time{}, false, noon.Add(time.Hour), "", noon.Add(time.Hour)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.run(Config{}, map[string]string{"a": "1"}))
			m := w.ledger["a"]
			m.Expires = tc.heldAt
			w.ledger["a"] = m
			w.calls = nil
			x := New(Config{Now: noon, Renew: &half, Max: map[Op]int{Request: 1, Update: 1}}, w, w, w)
			it := item("a", "1")
			it.Expires, it.Rolling = tc.expires, tc.rolling
			must(t, x.Take(t.Context(), []*Item{it}, nil, nil))
			must(t, x.Flush(t.Context()))
			if got := strings.Join(w.calls, ", "); got != tc.sent || !w.ledger["a"].Expires.Equal(tc.remembers) {
				t.Errorf("calls %q, remembers %s", got, w.ledger["a"].Expires)
			}
		})
	}
}

// A change leaves a living item the time it was given.
func TestChangeKeepsTime(t *testing.T) {
	w := newWorld(t)
	first, later := noon.Add(10*time.Hour), noon.Add(24*time.Hour)
	for i, body := range []string{"1", "2"} {
		x := New(Config{Now: noon, Max: map[Op]int{Request: 1}}, w, w, w)
		it := item("a", body)
		it.Expires, it.Rolling = []time.Time{first, later}[i], true
		must(t, x.Take(t.Context(), []*Item{it}, nil, nil))
	}
	if m := w.ledger["a"]; !m.Expires.Equal(first) || m.Hash != "h2" {
		t.Errorf("remembers %+v", m)
	}
}

// Whatever goes wrong in runs before, one good run ends with target and source alike, and the run after
// that sends nothing.
func TestConverges(t *testing.T) {
	for seed := range uint64(500) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		c := Config{Left: Remove, Skipped: Remove, AllowEmpty: true}
		w.imports = rnd.IntN(2) == 0
		switch rnd.IntN(3) {
		case 0:
			c.HeldWhole = true
		case 1:
			c.HeldBatch = 1 + rnd.IntN(5)
		}
		c.AfterRequest = rnd.IntN(2) == 0
		c.Max = map[Op]int{Request: 1 + rnd.IntN(20), Remove: 1 + rnd.IntN(5)}
		if w.imports || rnd.IntN(2) == 0 {
			c.Max[Update] = 1 + rnd.IntN(20)
		}
		source := map[string]string{}
		for range 6 {
			for range rnd.IntN(30) {
				key := fmt.Sprintf("k%02d", rnd.IntN(40))
				switch rnd.IntN(4) {
				case 0:
					delete(source, key)
				case 1:
					source[key] = "-"
				default:
					source[key] = fmt.Sprint(rnd.IntN(4))
				}
			}
			clear(w.bad)
			clear(w.itemBad)
			w.bad[fmt.Sprintf("k%02d", rnd.IntN(60))] = true
			w.itemBad[fmt.Sprintf("k%02d", rnd.IntN(60))] = true
			w.largest = rnd.IntN(15)
			w.before = func(n int, _ Op, _ []string) (error, bool) {
				if rnd.IntN(8) == 0 {
					return errDown, rnd.IntN(2) == 0
				}
				return nil, true
			}
			stop := 1 + rnd.IntN(12)
			begun := w.commits
			w.crash = func(n int) error {
				if n-begun > stop {
					return errGone // killed
				}
				return nil
			}
			_ = w.run(c, source)
		}
		clear(w.bad)
		clear(w.itemBad)
		w.before, w.crash, w.largest = nil, nil, 0
		c.Again = true
		must(t, w.run(c, source))
		want := map[string]string{}
		for k, v := range source {
			if v != "-" {
				want[k] = v
			}
		}
		if !maps.Equal(w.store, want) {
			t.Fatalf("seed %d: the target has %v, the source %v\n%s", seed, w.store, want, w.told())
		}
		c.Again = false
		must(t, w.run(c, source))
		if told := w.told(); told != "" {
			t.Fatalf("seed %d: the run after tells %s", seed, told)
		}
	}
}
