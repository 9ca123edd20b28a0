package show

import (
	"fmt"
	"strings"
	"time"

	"tqmap/runtime/state"
)

// State is what `state show` tells; its JSON form is what --format json prints.
type State struct {
	Connector string   `json:"connector"`
	Place     string   `json:"place"`
	LastRun   *Run     `json:"last_run"`
	Lock      *Lock    `json:"lock"`
	Tokens    []string `json:"tokens"` // by name: their values are secrets
	Flows     []Flow   `json:"flows"`
}

// Flow is where a flow stands.
type Flow struct {
	Name        string         `json:"name"`
	Cursor      string         `json:"cursor"`
	Boundary    int            `json:"boundary"`
	Token       bool           `json:"token"`
	Done        []Span         `json:"done"`
	Ledger      map[string]int `json:"ledger"`
	DeadLetters int            `json:"dead_letters"`
	rules       []state.RuleCount
}

// Span is a part of time.
type Span struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// NewFlow is a flow with what the ledger holds of its rules.
func NewFlow(f state.Flow, rules []state.RuleCount) Flow {
	out := Flow{Name: f.Name, Cursor: Instant(f.Cursor), Boundary: f.Boundary, Token: f.Token, Done: []Span{}, Ledger: map[string]int{}, DeadLetters: f.Dead, rules: rules}
	for _, s := range f.Done {
		out.Done = append(out.Done, Span{Instant(s.Start), Instant(s.End)})
	}
	for _, r := range rules {
		out.Ledger[r.Rule] = r.Count
	}
	return out
}

// Text tells it to people.
func (s *State) Text(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s\n", s.Connector, s.Place)
	w := aligned(&b)
	fmt.Fprintf(w, "  last run\t%s\n", s.LastRun.line())
	fmt.Fprintf(w, "  lock\t%s\n", s.Lock.Line(now))
	if len(s.Tokens) > 0 {
		fmt.Fprintf(w, "  tokens\t%s: set\n", strings.Join(s.Tokens, ", "))
	}
	w.Flush()
	for _, f := range s.Flows {
		f.write(&b)
	}
	return b.String()
}

func (f *Flow) write(b *strings.Builder) {
	fmt.Fprintf(b, "\nflow %s\n", f.Name)
	w := aligned(b)
	fmt.Fprintf(w, "  cursor\t%s (%d records on it)\n", orNone(f.Cursor), f.Boundary)
	token := "not set"
	if f.Token {
		token = "set"
	}
	fmt.Fprintf(w, "  token\t%s\n", token)
	for n, s := range f.Done {
		label := ""
		if n == 0 {
			label = "done ahead"
		}
		fmt.Fprintf(w, "  %s\t%s to %s\n", label, s.Start, s.End)
	}
	var counts []string
	for _, r := range f.rules {
		counts = append(counts, fmt.Sprintf("%d %s", r.Count, r.Rule))
	}
	fmt.Fprintf(w, "  ledger\t%s\n", orNone(strings.Join(counts, ", ")))
	fmt.Fprintf(w, "  dead letters\t%d\n", f.DeadLetters)
	w.Flush()
}
