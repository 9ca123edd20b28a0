package aed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// state is the file: what the alerts are generated from.
type state struct {
	Seed   int64     `json:"seed"`
	Alerts int       `json:"alerts"`
	Epoch  time.Time `json:"epoch"`
	Span   string    `json:"span"`
}

// keep lets the file win over o, or writes it where there is none.
func keep(o *Options) error {
	if o.StatePath == "" {
		return nil
	}
	text, err := os.ReadFile(o.StatePath)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = json.Marshal(state{o.Seed, o.Alerts, o.Epoch, o.Span.String()})
		if err == nil {
			err = os.WriteFile(o.StatePath, text, 0o600)
		}
	}
	if err != nil {
		return fmt.Errorf("aed simulator: keep the state: %w", err)
	}
	var saved state
	span, broken := time.Duration(0), json.Unmarshal(text, &saved)
	if broken == nil {
		span, broken = time.ParseDuration(saved.Span)
	}
	if broken != nil {
		return fmt.Errorf("aed simulator: %s is no state of this simulator (%w); remove it to start anew", o.StatePath, broken)
	}
	o.Seed, o.Alerts, o.Epoch, o.Span = saved.Seed, saved.Alerts, saved.Epoch, span
	return nil
}
