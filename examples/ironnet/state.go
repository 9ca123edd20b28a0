package ironnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// stateFormat is raised when a file of today could not be read any more.
const stateFormat = 1

// state is the file: how to generate the alerts again, and what differs since.
type state struct {
	Format int           `json:"format"`
	Seed   int64         `json:"seed"`
	Alerts int           `json:"alerts"`
	Epoch  time.Time     `json:"epoch"`
	Span   string        `json:"span"`
	Put    []putAlert    `json:"put"`
	Change []changedSome `json:"changes"`
}

type putAlert struct {
	Alert    Alert     `json:"alert"`
	Comments []Comment `json:"comments,omitempty"`
}

// changedSome holds the fields of a generated alert that clients can change.
type changedSome struct {
	ID                 string    `json:"id"`
	Status             string    `json:"status"`
	AnalystSeverity    string    `json:"analyst_severity"`
	AnalystExpectation string    `json:"analyst_expectation"`
	Updated            string    `json:"updated"`
	Comments           []Comment `json:"comments,omitempty"`
}

// openStore generates the alerts as the state file says, else as opt says, and
// makes the file if there is to be one.
func openStore(opt Options) (*store, error) {
	saved, err := readState(opt.StatePath)
	if errors.Is(err, fs.ErrNotExist) {
		s := newStore(newGenerator(opt.Seed, opt.Alerts, opt.Epoch, opt.Span), opt.StatePath)
		return s, s.save()
	}
	if err != nil {
		return nil, err
	}
	s, err := saved.store(opt.StatePath)
	if err != nil {
		return nil, fmt.Errorf("ironnet simulator: state file %s: %w; repair it, or remove it to start anew", opt.StatePath, err)
	}
	return s, nil
}

func readState(path string) (saved state, err error) {
	if path == "" {
		return saved, fs.ErrNotExist
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return saved, fmt.Errorf("ironnet simulator: read state: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&saved); err != nil {
		return saved, fmt.Errorf("ironnet simulator: state file %s is no state of this simulator (%v); choose another path, or remove it to start anew", path, err)
	}
	return saved, nil
}

func (st *state) store(path string) (*store, error) {
	span, err := time.ParseDuration(st.Span)
	if err != nil || span < 0 || st.Format != stateFormat || st.Alerts < 0 || st.Alerts > maxAlerts {
		return nil, errors.New("format, span or number of alerts make no sense")
	}
	s := newStore(newGenerator(st.Seed, st.Alerts, st.Epoch, span), path)
	for _, p := range st.Put {
		if err := s.insert(p.Alert); err != nil {
			return nil, err
		}
		s.keep(p.Alert.ID, p.Comments)
	}
	for _, c := range st.Change {
		if err := s.restore(c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *store) keep(id string, comments []Comment) {
	if i, err := s.lookup(id); err == nil && len(comments) > 0 {
		s.notes[i] = comments
	}
}

func (s *store) restore(c changedSome) error {
	i, err := s.lookup(c.ID)
	if err != nil {
		return err
	}
	r := &s.rows[i]
	var errs [4]error
	r.status, errs[0] = enum("status", statuses, c.Status)
	r.rating, errs[1] = enum("analyst_severity", ratings, c.AnalystSeverity)
	r.expect, errs[2] = enum("analyst_expectation", expectations, c.AnalystExpectation)
	micro, digits, err := parseInstant("updated", c.Updated)
	errs[3] = err
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	s.moveUpdated(i, micro, digits)
	s.keep(c.ID, c.Comments)
	s.changed[i] = true
	return nil
}

// save writes the file anew beside the old one and swaps them, so a crash
// leaves one or the other. The caller holds the lock.
func (s *store) save() error {
	if s.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(s.snapshot(), "", " ")
	if err != nil {
		return fmt.Errorf("ironnet simulator: encode state: %w", err)
	}
	if err := replaceFile(s.path, text); err != nil {
		return fmt.Errorf("ironnet simulator: save state: %w", err)
	}
	return nil
}

func (s *store) snapshot() state {
	g := s.gen
	st := state{
		Format: stateFormat, Seed: g.seed, Alerts: g.n,
		Epoch: time.UnixMicro(g.epoch).UTC(), Span: (time.Duration(g.epoch-g.start) * time.Microsecond).String(),
	}
	for _, i := range slices.Sorted(maps.Keys(s.own)) {
		st.Put = append(st.Put, putAlert{s.at(i), s.notes[i]})
	}
	for _, i := range slices.Sorted(maps.Keys(s.changed)) {
		if _, put := s.own[i]; put {
			continue
		}
		a := s.at(i)
		st.Change = append(st.Change, changedSome{a.ID, a.Status, a.AnalystSeverity, a.AnalystExpectation, a.Updated, s.notes[i]})
	}
	return st
}

// replaceFile relies on os.CreateTemp making files with mode 0600.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
