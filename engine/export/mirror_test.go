package export

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// mirrored is a world that can only be given everything at once.
type mirrored struct{ *world }

func (m mirrored) Row(it *Item) ([]byte, error) {
	if m.itemBad[it.Key] {
		return nil, errBad
	}
	return []byte(it.Key + "=" + it.Body.(string)), nil
}

func (m mirrored) Replace(_ context.Context, n int, rows func(func([]byte) error) error) error {
	m.calls = append(m.calls, "replace")
	fail, acts := error(nil), true
	if m.before != nil {
		fail, acts = m.before(len(m.calls), Request, nil)
	}
	if fail != nil && !acts {
		return fail
	}
	got := map[string]string{}
	err := rows(func(row []byte) error {
		key, body, _ := strings.Cut(string(row), "=")
		got[key] = body
		return nil
	})
	if err == nil && len(got) != n {
		m.t.Errorf("%d rows, not %d", len(got), n)
	}
	maps.Copy(m.store, got)
	maps.DeleteFunc(m.store, func(k, _ string) bool { _, ok := got[k]; return !ok })
	return fail
}

func TestMirror(t *testing.T) {
	w := newWorld(t)
	c := Config{Mirror: mirrored{w}}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1", "c": "-"}))
	w.want("replace", "+ a, + b")
	must(t, w.run(c, map[string]string{"a": "1", "b": "1"}))
	w.want("", "")
	must(t, w.run(Config{Mirror: mirrored{w}, DryRun: true}, map[string]string{"a": "2", "c": "1"}))
	w.want("", "~ a, + c, - b")
	must(t, w.run(c, map[string]string{"a": "2", "b": "-", "c": "1"}))
	w.want("replace", "~ a, + c, - b")
	must(t, w.run(Config{Mirror: mirrored{w}, All: true}, map[string]string{"a": "2", "c": "1"}))
	w.want("replace", "+ a, + c")
	must(t, w.run(c, nil))
	if w.want("", ""); len(w.notes) != 1 || len(w.store) != 2 {
		t.Errorf("an empty source: notes %q, the mirror has %v", w.notes, w.store)
	}
}

// What the ledger knows is of one mirror: another one, or one of other columns, is given everything.
func TestMirrorOfAnotherKind(t *testing.T) {
	w := newWorld(t)
	all := map[string]string{"a": "1", "b": "1"}
	full := Config{Mirror: mirrored{w}, MirrorIs: "one"}
	must(t, w.run(full, all))
	w.want("replace", "+ a, + b")
	full.MirrorIs = "two"
	dry := full
	dry.DryRun = true
	must(t, w.run(dry, all))
	w.want("", "~ a, ~ b")
	must(t, w.run(full, all))
	w.want("replace", "")
	must(t, w.run(full, all))
	w.want("", "")
}

// A mirror that also takes changes is given everything once, and whenever it is in doubt.
func TestMirrorFirst(t *testing.T) {
	w := newWorld(t)
	c := Config{Mirror: mirrored{w}, MirrorIs: "one", MirrorFirst: true, Left: Remove, Skipped: Remove, Max: map[Op]int{Request: 4, Remove: 2}}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1", "c": "1"}))
	w.want("replace", "+ a, + b, + c")
	must(t, w.run(c, map[string]string{"a": "2", "b": "1", "c": "-"}))
	w.want("request a, remove c", "~ a, - c")
	must(t, w.run(c, map[string]string{"a": "2", "d": "1"}))
	w.want("request d, remove b", "+ d, - b")
	w.before = func(int, Op, []string) (error, bool) { return errDown, true }
	c.MirrorIs = "two"
	if err := w.run(c, map[string]string{"a": "2", "d": "1"}); err == nil {
		t.Error("no error of a session that failed")
	}
	w.before, c.MirrorIs = nil, "one" // what it was before, which does not help
	must(t, w.run(c, map[string]string{"a": "2", "d": "1"}))
	w.want("replace", "")
}

// Beside other runs nobody knows who comes last, so that each sends everything; nor does a run by
// itself believe what they left.
func TestShared(t *testing.T) {
	all := map[string]string{"a": "1", "b": "1"}
	w := newWorld(t)
	c := Config{Mirror: mirrored{w}, Shared: true}
	for _, told := range []string{"+ a, + b", "", ""} {
		must(t, w.run(c, all))
		w.want("replace", told)
		c.Shared = told == "+ a, + b"
	}
	must(t, w.run(c, all))
	w.want("", "")

	w = newWorld(t)
	must(t, w.run(Config{Shared: true}, all))
	w.want("request a b", "+ a, + b")
	must(t, w.run(Config{}, all))
	if len(w.calls) != 1 {
		t.Errorf("calls %v, want everything once more", w.calls)
	}
	must(t, w.run(Config{}, all))
	w.want("", "")
}

// A mirror loses what cannot be made any more, and is given it again.
func TestMirrorLosesWhatIsDead(t *testing.T) {
	w := newWorld(t)
	c := Config{Mirror: mirrored{w}, Now: noon}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1"}))
	w.calls = nil
	x := New(c, w, w, w)
	must(t, x.Take(t.Context(), []*Item{item("b", "1")}, nil, []string{"a"}))
	must(t, x.Finish(t.Context()))
	if len(w.calls) != 1 || len(w.store) != 1 {
		t.Errorf("calls %v, the mirror has %v", w.calls, w.store)
	}
	must(t, w.run(c, map[string]string{"a": "1", "b": "1"}))
	w.want("replace", "+ a")
}

// Whatever is lost, a good run ends with source and mirror alike.
func TestMirrorConverges(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		w := newWorld(t)
		c := Config{Mirror: mirrored{w}, AllowEmpty: true}
		source := map[string]string{}
		for range 8 {
			for range rnd.IntN(6) {
				source[string(rune('a'+rnd.IntN(8)))] = []string{"1", "2", "-"}[rnd.IntN(3)]
			}
			if rnd.IntN(3) == 0 && len(source) > 0 {
				delete(source, slices.Sorted(maps.Keys(source))[0])
			}
			w.before = func(int, Op, []string) (error, bool) {
				return []error{nil, errDown}[rnd.IntN(2)], rnd.IntN(2) == 0
			}
			begun, stop := w.commits, 1+rnd.IntN(4)
			w.crash = func(n int) error {
				if n-begun > stop {
					return errGone
				}
				return nil
			}
			_ = w.run(c, source)
		}
		w.before, w.crash = nil, nil
		must(t, w.run(c, source))
		want := maps.Clone(source)
		maps.DeleteFunc(want, func(_, v string) bool { return v == "-" })
		if !maps.Equal(w.store, want) {
			t.Fatalf("seed %d: the mirror has %v, the source %v", seed, w.store, want)
		}
		must(t, w.run(c, source))
		if len(w.calls) > 0 || len(w.told()) > 0 {
			t.Fatalf("seed %d: the run after calls %v and tells %s", seed, w.calls, w.told())
		}
	}
}
