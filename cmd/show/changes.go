package show

import (
	"fmt"
	"strings"

	"tqmap/engine"
)

// Change is a change of a flow, for --format json.
type Change struct {
	Connector string `json:"connector"`
	Flow      string `json:"flow,omitempty"`
	What      string `json:"what"`
	From      string `json:"from"`
	To        string `json:"to"`
}

func (c Change) text() string {
	subject := c.Connector
	if c.Flow != "" {
		subject += " " + c.Flow
	}
	return fmt.Sprintf("%s: %s %s -> %s\n", subject, c.What, c.From, c.To)
}

// Changes has a line for each change.
func Changes(all []Change) string {
	var b strings.Builder
	for _, c := range all {
		b.WriteString(c.text())
	}
	return b.String()
}

// Differences lists what two checkpoints do not have in common. A token is not shown.
func Differences(connector, flow string, before, after engine.Checkpoint) []Change {
	var out []Change
	add := func(what, from, to string) {
		if from != to {
			out = append(out, Change{connector, flow, what, from, to})
		}
	}
	out = append(out, Change{connector, flow, "cursor", orNone(Instant(before.Cursor)), orNone(Instant(after.Cursor))})
	add("records on the cursor", fmt.Sprint(len(before.Boundary)), fmt.Sprint(len(after.Boundary)))
	add("spans done ahead", fmt.Sprint(len(before.Done)), fmt.Sprint(len(after.Done)))
	token := func(at engine.Checkpoint) string {
		if at.Token == "" {
			return "not set"
		}
		return "set"
	}
	add("token", token(before), token(after))
	if before.Token != after.Token && token(before) == token(after) {
		add("token", "the one before", "a new one")
	}
	return out
}
