package show

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
// are masked already.
func letterValues(d engine.DeadLetter) string {
	out := ""
	if d.Stage != "" {
		out += fmt.Sprintf("    in the stage %s\n", d.Stage)
	}
	for _, v := range d.Values {
		out += fmt.Sprintf("    with %s\n", involved(v))
	}
	return out
}

// involved is such as alert.severity = "hgh" (string).
func involved(v code.Involved) string {
	kind := ""
	if v.Kind != v.Text { // null
		kind = " (" + v.Kind + ")"
	}
	return printable(v.Name) + " = " + printable(v.Text) + kind
}
