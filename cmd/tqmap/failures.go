package main

import (
	"fmt"
	"strings"

	"tqmap/dsl/code"
	"tqmap/engine"
)

// codedReason is why a record failed: TQ0801 in title: Value is null: …
func codedReason(code, field, reason string) string {
	if field != "" {
		code = strings.TrimSpace(code + " in " + field)
	}
	if code == "" {
		return reason
	}
	return code + ": " + reason
}

// letterValues are lines with the stage of jq that failed, and the values it worked on, which
// maskLetters has made fit to be shown.
func letterValues(d engine.DeadLetter) string {
	out := ""
	if d.Stage != "" {
		out += fmt.Sprintf("    in the stage %s\n", d.Stage)
	}
	for _, v := range d.Values {
		out += fmt.Sprintf("    with %s\n", involvedText(v))
	}
	return out
}

// involvedText is such as alert.severity = "hgh" (string).
func involvedText(v code.Involved) string {
	kind := ""
	if v.Kind != v.Text { // null
		kind = " (" + v.Kind + ")"
	}
	return printable(v.Name) + " = " + printable(v.Text) + kind
}

// shownValues are redacted, and then cut.
func (a *app) shownValues(values []code.Involved) []code.Involved {
	return masked(values, a.redactor.String)
}

// maskLetters does so with the values of all dead letters.
func (a *app) maskLetters(all []engine.Mapped) {
	for i := range all {
		if d := all[i].Dead; d != nil {
			d.Values = a.shownValues(d.Values)
		}
		for j := range all[i].Rejected {
			d := &all[i].Rejected[j]
			d.Values = a.shownValues(d.Values)
		}
	}
}
