// Package watch tells when files are saved, however an editor does it: written in place, or
// replaced by another file of the same name. It watches their folders, and goes by what the files
// hold: what is only touched has not changed.
package watch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// defaultQuiet is how long nothing must be written before files are read again: editors write a
// file in several steps.
const defaultQuiet = 80 * time.Millisecond

// Options of a Watcher; the zero value is usual.
type Options struct {
	// Quiet is how long nothing must happen before Next returns; 0: 80 ms.
	Quiet time.Duration
	// After is the clock; nil: time.After.
	After func(time.Duration) <-chan time.Time
}

// Watcher watches files. It is used by one goroutine.
type Watcher struct {
	opts     Options
	events   *fsnotify.Watcher
	patterns []string
	folders  map[string]bool
	seen     map[string]digest
}

// digest is of what a file holds; the zero digest is of one that cannot be read.
type digest [sha256.Size]byte

// New returns a Watcher of nothing. Close it.
func New(o Options) (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("files cannot be watched here: %w", err)
	}
	if o.Quiet == 0 {
		o.Quiet = defaultQuiet
	}
	if o.After == nil {
		o.After = time.After
	}
	return &Watcher{opts: o, events: events, folders: map[string]bool{}, seen: map[string]digest{}}, nil
}

// Close ends watching.
func (w *Watcher) Close() error { return w.events.Close() }

// Set says what is watched from now on: files, which need not exist, and patterns as of
// filepath.Match for their names. What was watched before is remembered as it was then, so that
// no save goes unnoticed in between.
func (w *Watcher) Set(patterns []string) error {
	w.patterns = nil
	for _, p := range patterns {
		w.patterns = append(w.patterns, filepath.Clean(p))
		if real, err := filepath.EvalSymlinks(p); err == nil {
			w.patterns = append(w.patterns, real)
		}
	}
	slices.Sort(w.patterns)
	w.patterns = slices.Compact(w.patterns)
	if err := w.cover(); err != nil {
		return err
	}
	now := map[string]digest{}
	for _, name := range w.files() {
		sum, known := w.seen[name]
		if !known {
			sum = read(name)
		}
		now[name] = sum
	}
	w.seen = now
	return nil
}

// Next waits until watched files have changed and nothing was written for a while, and returns
// their names, sorted. Its error is that of ctx, or of a system that watches no more.
func (w *Watcher) Next(ctx context.Context) ([]string, error) {
	for stirred := len(w.changed()) > 0; ; stirred = false {
		if !stirred {
			if err := w.stir(ctx, nil); err != nil {
				return nil, err
			}
		}
		if err := w.settle(ctx); err != nil {
			return nil, err
		}
		if err := w.cover(); err != nil {
			return nil, err
		}
		if names := w.changed(); len(names) > 0 {
			for _, name := range names {
				w.note(name)
			}
			return names, nil
		}
	}
}

// settle waits until nothing was written for a while.
func (w *Watcher) settle(ctx context.Context) error {
	for {
		err := w.stir(ctx, w.opts.After(w.opts.Quiet))
		if errors.Is(err, errQuiet) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var errQuiet = errors.New("quiet")

// stir waits for an event that may be about a watched file, at most until the timer.
func (w *Watcher) stir(ctx context.Context, timer <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer:
			return errQuiet
		case e, ok := <-w.events.Events:
			if !ok {
				return fsnotify.ErrClosed
			}
			if w.concerns(filepath.Clean(e.Name)) {
				return nil
			}
		case err, ok := <-w.events.Errors:
			switch {
			case !ok:
				return fsnotify.ErrClosed
			case errors.Is(err, fsnotify.ErrEventOverflow):
				return nil // anything may have happened
			}
			return fmt.Errorf("watching files: %w", err)
		}
	}
}

// concerns says whether name is watched, or a folder above what is.
func (w *Watcher) concerns(name string) bool {
	for _, p := range w.patterns {
		if fits, _ := filepath.Match(p, name); fits || p == name {
			return true
		}
		for dir := filepath.Dir(p); ; dir = filepath.Dir(dir) {
			if dir == name {
				return true
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return false
}

// cover watches the folders of the patterns, or where there is none yet, the nearest above it.
func (w *Watcher) cover() error {
	wanted := map[string]bool{}
	for _, p := range w.patterns {
		dir := filepath.Dir(p)
		for info, err := os.Stat(dir); (err != nil || !info.IsDir()) && dir != filepath.Dir(dir); info, err = os.Stat(dir) {
			dir = filepath.Dir(dir)
		}
		wanted[dir] = true
	}
	for dir := range w.folders {
		if !wanted[dir] {
			_ = w.events.Remove(dir) // it may be gone
			delete(w.folders, dir)
		}
	}
	for dir := range wanted {
		if err := w.events.Add(dir); err != nil { // again, as it may be another folder of the same name
			return fmt.Errorf("the folder %s cannot be watched: %w", dir, err)
		}
		w.folders[dir] = true
	}
	return nil
}

// files are the watched files: those named, and those that fit a pattern now. Sorted.
func (w *Watcher) files() []string {
	var out []string
	for _, p := range w.patterns {
		out = append(out, p)
		if found, err := filepath.Glob(p); err == nil {
			out = append(out, found...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// changed are the files that hold something else than when they were noted.
func (w *Watcher) changed() []string {
	var out []string
	for _, name := range w.files() {
		if read(name) != w.seen[name] {
			out = append(out, name)
		}
	}
	for name, sum := range w.seen {
		if !slices.Contains(w.files(), name) && sum != (digest{}) { // it fitted a pattern
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *Watcher) note(name string) {
	if w.seen[name] = read(name); w.seen[name] == (digest{}) {
		delete(w.seen, name)
	}
}

func read(name string) digest {
	b, err := os.ReadFile(name)
	if err != nil {
		return digest{}
	}
	return sha256.Sum256(b)
}
