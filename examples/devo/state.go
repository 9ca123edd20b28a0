package devo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is what the file keeps.
type state struct {
	Papers *savedPapers      `json:"papers"`
	Tables map[string]*Table `json:"tables"`
}

// load reads the file, if there is one. The papers are filled in by newPapers.
func (s *Simulator) load() (state, error) {
	out := state{Papers: &savedPapers{}}
	s.saved = out.Papers
	if s.opt.StatePath == "" {
		return out, nil
	}
	b, err := os.ReadFile(s.opt.StatePath)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil || out.Papers == nil {
		return out, fmt.Errorf("devo simulator: the state file cannot be read: %w", err)
	}
	s.saved = out.Papers
	for name, t := range out.Tables {
		s.tables[name] = t
	}
	return out, nil
}

// save replaces the file; s.mu is held, or nobody else has s yet.
func (s *Simulator) save() error {
	if s.opt.StatePath == "" {
		return nil
	}
	b, err := json.Marshal(state{Papers: s.saved, Tables: s.tables})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.opt.StatePath), ".devo-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.opt.StatePath)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
