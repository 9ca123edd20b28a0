package export

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var (
	errBad  = errors.New("bad item")
	errBig  = errors.New("too many at once")
	errDown = errors.New("no answer")
	errGone = errors.New("wrong password")
)

// world is a target and a ledger in memory, with everything that can go wrong.
type world struct {
	t       *testing.T
	store   map[string]string // what the target has: key -> body
	ids     map[string]string
	ledger  map[string]Memory
	calls   []string
	events  []string
	notes   []string
	dead    map[string]bool
	commits int

	// Switches.
	lags    bool                                                      // updates find nothing, whatever there is
	imports bool                                                      // a target that leaves alone what exists, and says so
	bad     map[string]bool                                           // refuses the whole request
	itemBad map[string]bool                                           // an error of the item in a good answer
	largest int                                                       // items in a request
	before  func(n int, op Op, keys []string) (stop error, acts bool) // of a request: fails, and whether it was carried out
	crash   func(commit int) error                                    // of a commit
}

func newWorld(t *testing.T) *world {
	return &world{t: t, store: map[string]string{}, ids: map[string]string{}, ledger: map[string]Memory{}, dead: map[string]bool{}, bad: map[string]bool{}, itemBad: map[string]bool{}}
}

func (w *world) Send(_ context.Context, op Op, items []*Item) (int, []Result, error) {
	var keys []string
	for _, it := range items {
		keys = append(keys, it.Key)
	}
	w.calls = append(w.calls, fmt.Sprintf("%s %s", op, strings.Join(keys, " ")))
	acts, fail := true, error(nil)
	if w.before != nil {
		fail, acts = w.before(len(w.calls), op, keys)
	}
	if fail != nil && !acts {
		return len(items), nil, fail
	}
	if w.largest > 0 && len(items) > w.largest {
		return len(items), nil, errBig
	}
	if slices.ContainsFunc(keys, func(k string) bool { return w.bad[k] }) {
		return len(items), nil, errBad
	}
	results := make([]Result, len(items))
	for i, it := range items {
		results[i] = w.one(op, it)
	}
	if fail != nil {
		return len(items), nil, fail
	}
	return len(items), results, nil
}

func (w *world) one(op Op, it *Item) Result {
	_, has := w.store[it.Key]
	id := "id-" + it.Key
	switch {
	case w.itemBad[it.Key] && !op.withdraws():
		return Result{Err: errBad}
	case op.withdraws():
		delete(w.store, it.Key)
		return Result{}
	case op == Update && (!has || w.lags):
		return Result{Missing: true}
	case op == Request && has && w.imports:
		return Result{ID: id, Exists: true}
	}
	w.store[it.Key] = it.Body.(string)
	return Result{ID: id}
}

func (w *world) Held(_ context.Context, items []*Item) (map[string]*Held, error) {
	w.calls = append(w.calls, fmt.Sprintf("held %d", len(items)))
	out := map[string]*Held{}
	for key, body := range w.store {
		if items == nil || slices.ContainsFunc(items, func(it *Item) bool { return it.Key == key }) {
			out[key] = &Held{ID: "id-" + key, Fields: map[string]any{"body": body}}
		}
	}
	return out, nil
}

func (w *world) Same(it *Item, h *Held) (bool, error) { return h.Fields["body"] == it.Body, nil }

func (w *world) Class(_ Op, err error) Class {
	switch {
	case errors.Is(err, errBad):
		return Refused
	case errors.Is(err, errBig):
		return TooMuch
	case errors.Is(err, errDown):
		return TooSlow
	}
	return Fatal
}

func (w *world) Known(_ context.Context, keys []string) (map[string]Memory, error) {
	out := map[string]Memory{}
	for _, k := range keys {
		if m, ok := w.ledger[k]; ok {
			out[k] = m
		}
	}
	return out, nil
}

func (w *world) All(_ context.Context, yield func(string, Memory) error) error {
	for _, k := range slices.Sorted(maps.Keys(w.ledger)) {
		if err := yield(k, w.ledger[k]); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) Commit(_ context.Context, changes []Change) error {
	w.commits++
	if w.crash != nil {
		if err := w.crash(w.commits); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Memory == nil {
			delete(w.ledger, c.Key)
			continue
		}
		w.ledger[c.Key] = *c.Memory
		w.dead[c.Key] = c.Refused != nil
	}
	return nil
}

var eventNames = map[Event]string{Created: "+", Updated: "~", Unchanged: "=", Removed: "-", Kept: "kept", Repeated: "repeated", RefusedBefore: "refused before", Failed: "failed", Dead: "dead", Ignoring: "ignored"}

func (w *world) Event(what Event, _ Op, it *Item, _ error) {
	w.events = append(w.events, eventNames[what]+" "+it.Key)
}

func (w *world) Note(text string) { w.notes = append(w.notes, text) }

// run is one run over source, in pages of three; skipped keys have the body "-".
func (w *world) run(c Config, source map[string]string) error {
	w.calls, w.events, w.notes = nil, nil, nil
	if c.Max == nil {
		c.Max = map[Op]int{Request: 4, Update: 3, Remove: 2, Expire: 1}
	}
	c.Now = noon
	ctx := context.Background()
	x := New(c, w, w, w)
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(source)), 3) {
		var items []*Item
		var out []string
		for _, k := range keys {
			if source[k] == "-" {
				out = append(out, k)
				continue
			}
			items = append(items, item(k, source[k]))
		}
		if err := x.Take(ctx, items, out, nil); err != nil {
			return err
		}
	}
	return cmp.Or(x.Flush(ctx), x.Finish(ctx))
}

func item(key, body string) *Item {
	sent, _ := json.Marshal(body)
	return &Item{Key: key, Body: body, Sent: sent, Hash: "h" + body}
}

// told are the events, the unchanged ones only if asked for.
func (w *world) told() string {
	var out []string
	for _, e := range w.events {
		if !strings.HasPrefix(e, "=") {
			out = append(out, e)
		}
	}
	return strings.Join(out, ", ")
}

func (w *world) want(calls, events string) {
	w.t.Helper()
	if got := strings.Join(w.calls, ", "); got != calls {
		w.t.Errorf("calls %s\nwant  %s", got, calls)
	}
	if got := w.told(); got != events {
		w.t.Errorf("told %s\nwant %s", got, events)
	}
}
