package show

import (
	"strings"
	"testing"
	"time"

	"tqmap/engine"
)

func TestDifferences(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		before, after engine.Checkpoint
		want          string
	}{
		"set":       {engine.Checkpoint{}, engine.Checkpoint{Cursor: at}, "c f: cursor none -> 2024-05-01T12:00:00Z\n"},
		"new token": {engine.Checkpoint{Token: "one"}, engine.Checkpoint{Token: "two"}, "c f: cursor none -> none\nc f: token the one before -> a new one\n"},
		"no token":  {engine.Checkpoint{Token: "one", Cursor: at}, engine.Checkpoint{Cursor: at.Add(-time.Hour)}, "c f: cursor 2024-05-01T12:00:00Z -> 2024-05-01T11:00:00Z\nc f: token set -> not set\n"},
	} {
		got := Changes(Differences("c", "f", c.before, c.after))
		if got != c.want || strings.Contains(got, "two") {
			t.Errorf("%s\n got %q\nwant %q", name, got, c.want)
		}
	}
}
