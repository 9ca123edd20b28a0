package show

import (
	"encoding/json"
	"fmt"
	"strings"

	"tqmap/dsl/code"
	"tqmap/runtime/state"
)

// Letter is a state.DeadLetter in JSON.
type Letter struct {
	ID       int64           `json:"id"`
	Flow     string          `json:"flow"`
	Rule     string          `json:"rule"`
	Key      string          `json:"key"`
	Attempts int             `json:"attempts"`
	First    string          `json:"first"`
	Last     string          `json:"last"`
	Reason   string          `json:"reason"`
	Where    string          `json:"where,omitempty"`
	Code     string          `json:"code,omitempty"`
	Field    string          `json:"field,omitempty"`
	Stage    string          `json:"stage,omitempty"`
	Values   []code.Involved `json:"values,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
}

// NewLetter is a dead letter without its values and its record, which may hold secrets.
func NewLetter(d state.DeadLetter) Letter {
	return Letter{d.ID, d.Flow, d.Rule, d.Key, d.Attempts, Instant(d.First), Instant(d.At), d.Reason, d.Where, d.Code, d.Field, d.Stage, nil, nil}
}

// Letters is a table of dead letters.
func Letters(letters []Letter) string {
	if len(letters) == 0 {
		return "no dead letters\n"
	}
	var b strings.Builder
	w := aligned(&b)
	fmt.Fprintln(w, "ID\tFLOW\tRULE\tKEY\tATTEMPTS\tFIRST\tLAST\tREASON")
	for _, d := range letters {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", d.ID, d.Flow, d.Rule, firstLine(d.Key, 40), d.Attempts, toSecond(d.First), toSecond(d.Last), firstLine(d.Reason, 60))
	}
	w.Flush()
	return b.String()
}

// Text is one dead letter with all that is known of it.
func (d Letter) Text() string {
	var b strings.Builder
	w := aligned(&b)
	fmt.Fprintf(w, "dead letter %d\tflow %s\n", d.ID, d.Flow)
	for _, row := range [][2]string{{"rule", d.Rule}, {"key", d.Key}, {"code", d.Code}, {"field", d.Field}, {"reason", d.Reason}, {"stage", d.Stage}, {"where", d.Where}} {
		if row[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", row[0], row[1])
		}
	}
	for _, v := range d.Values {
		fmt.Fprintf(w, "  with\t%s\n", involved(v))
	}
	fmt.Fprintf(w, "  refused\t%d times, from %s to %s\n", d.Attempts, toSecond(d.First), toSecond(d.Last))
	w.Flush()
	if input, err := json.MarshalIndent(d.Input, "", "  "); err == nil && d.Input != nil {
		fmt.Fprintf(&b, "%s\n", input)
	}
	return b.String()
}
