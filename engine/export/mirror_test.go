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
