package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// clock hands out timers that fire when a test says so.
type clock struct{ timers chan chan time.Time }

func (c *clock) after(time.Duration) <-chan time.Time {
	fires := make(chan time.Time, 1)
	c.timers <- fires
	return fires
}

// stand is a watcher over a folder of its own, with a clock by hand.
type stand struct {
	*testing.T
	dir   string
	clock *clock
	w     *Watcher
}

func newStand(t *testing.T) *stand {
	s := &stand{T: t, dir: t.TempDir(), clock: &clock{timers: make(chan chan time.Time, 1000)}}
	w, err := New(Options{After: s.clock.after})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	s.w = w
	return s
}

func (s *stand) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func (s *stand) write(name, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// replace saves as most editors do: another file, renamed.
func (s *stand) replace(name, text string) {
	s.Helper()
	s.write(name+".new", text)
	if err := os.Rename(s.path(name+".new"), s.path(name)); err != nil {
		s.Fatal(err)
	}
}

func (s *stand) set(names ...string) {
	s.Helper()
	var all []string
	for _, name := range names {
		all = append(all, s.path(name))
	}
	if err := s.w.Set(all); err != nil {
		s.Fatal(err)
	}
}

// next does something while Next waits, lets every silence pass at once, and returns what has changed.
func (s *stand) next(do func()) []string {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	go func() {
		for {
			select {
			case fires := <-s.clock.timers:
				fires <- time.Time{}
			case <-ctx.Done():
				return
			}
		}
	}()
	do()
	names, err := s.w.Next(ctx)
	if err != nil {
		s.Fatal(err)
	}
	for i := range names {
		names[i], _ = filepath.Rel(s.dir, names[i])
	}
	return names
}

func (s *stand) want(got []string, want ...string) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("changed: %q, want %q", got, want)
	}
}

func TestSaved(t *testing.T) {
	s := newStand(t)
	s.write("m.hcl", "one")
	s.write("samples/a_1.json", "1")
	s.write("other.txt", "x")
	s.set("m.hcl", "samples/a_*.json", "late/answer.json")
	s.want(s.next(func() { s.write("m.hcl", "two") }), "m.hcl")
	s.want(s.next(func() { s.replace("m.hcl", "three") }), "m.hcl")
	s.want(s.next(func() { s.replace("m.hcl", "four") }), "m.hcl") // the file that is watched is another one by now
	s.want(s.next(func() { s.replace("samples/a_1.json", "2") }), "samples/a_1.json")
	s.want(s.next(func() { s.write("samples/a_2.json", "new") }), "samples/a_2.json")
	s.want(s.next(func() { s.write("late/answer.json", "its folder is new, too") }), "late/answer.json")
	s.want(s.next(func() {
		s.write("other.txt", "y") // nobody asked
		s.write("m.hcl", "four")  // as it was
		if err := os.Remove(s.path("samples/a_2.json")); err != nil {
			t.Fatal(err)
		}
	}), "samples/a_2.json")
	s.want(s.next(func() {
		s.write("m.hcl", "five")
		s.write("samples/a_1.json", "3")
		s.set("m.hcl", "samples/a_1.json") // what is watched on is not taken as it is by now
	}), "m.hcl", "samples/a_1.json")
}

// A link is watched where it leads.
func TestSavedBehindLink(t *testing.T) {
	s := newStand(t)
	s.write("real/m.hcl", "one")
	if err := os.Symlink(s.path("real/m.hcl"), s.path("m.hcl")); err != nil {
		t.Skip("left out: symbolic links, which cannot be made here: ", err)
	}
	s.set("m.hcl")
	s.want(s.next(func() { s.replace("real/m.hcl", "two") }), "m.hcl", "real/m.hcl")
}

// A file that is written in several steps is told of once, when it is done.
func TestQuiet(t *testing.T) {
	s := newStand(t)
	s.write("m.hcl", "one")
	s.set("m.hcl")
	type answer struct {
		names []string
		err   error
	}
	told := make(chan answer, 1)
	go func() {
		names, err := s.w.Next(t.Context())
		told <- answer{names, err}
	}()
	s.write("m.hcl", "tw")
	first := <-s.clock.timers
	s.write("m.hcl", "two, complete")
	second := <-s.clock.timers // the silence begins anew
	select {
	case a := <-told:
		t.Fatalf("told before it was quiet: %v", a)
	default:
	}
	first <- time.Time{} // of no meaning any more
	for fires := second; ; {
		fires <- time.Time{}
		select {
		case a := <-told:
			if len(a.names) != 1 || a.err != nil {
				t.Fatalf("%v", a)
			}
			return
		case fires = <-s.clock.timers: // a write is more than one event
		}
	}
}

func TestEnds(t *testing.T) {
	s := newStand(t)
	s.write("m.hcl", "one")
	s.set("m.hcl")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	s.write("m.hcl", "two")
	if _, err := s.w.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v while it settles", err)
	}
}
