package darktrace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// state is the file: what the records are generated from, and the watched domains.
type state struct {
	Seed      int64                       `json:"seed"`
	Incidents int                         `json:"incidents"`
	Breaches  int                         `json:"breaches"`
	Epoch     time.Time                   `json:"epoch"`
	Span      string                      `json:"span"`
	Watched   map[string]map[string]Entry `json:"watched"`
}

// openState reads the file and lets what it says of the records win over o.
func openState(o *Options) (map[string]map[string]Entry, error) {
	if o.StatePath == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.StatePath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("darktrace simulator: read state: %w", err)
	}
	var saved state
	span, broken := time.Duration(0), json.Unmarshal(text, &saved)
	if broken == nil {
		span, broken = time.ParseDuration(saved.Span)
	}
	if broken != nil {
		return nil, fmt.Errorf("darktrace simulator: %s is no state of this simulator (%w); remove it to start anew", o.StatePath, broken)
	}
	o.Seed, o.Incidents, o.Breaches, o.Epoch, o.Span = saved.Seed, saved.Incidents, saved.Breaches, saved.Epoch, span
	return saved.Watched, nil
}

func (f *feed) save() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.write()
}

// write swaps the file for a new one; the caller holds the lock.
func (f *feed) write() error {
	if f.path == "" {
		return nil
	}
	o := f.opt
	text, err := json.MarshalIndent(state{o.Seed, o.Incidents, o.Breaches, o.Epoch, o.Span.String(), f.sources}, "", " ")
	if err != nil {
		return fmt.Errorf("darktrace simulator: encode state: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("darktrace simulator: save state: %w", err)
	}
	_, err = tmp.Write(text)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("darktrace simulator: save state: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
