package main

import (
	"fmt"
	"strings"

	"tqmap/engine"
	"tqmap/engine/previewhtml"
)

// previewDifference shows an object as a difference: in full where it is new, its changes where it
// is there, one line where nothing would happen.
func previewDifference(b *strings.Builder, m *engine.Mapped, i int, d engine.Comparison) {
	if d.Op == "+" {
		previewOne(b, m, i, "+ ")
		return
	}
	o := &m.Objects[i]
	fmt.Fprintf(b, "%s %s  %s", d.Op, strings.ToUpper(strings.ReplaceAll(o.Rule.Type, "_", " ")), o.Name)
	if o.Type != "" {
		fmt.Fprintf(b, "  (%s)", o.Type)
	}
	fmt.Fprintln(b)
	if d.Note != "" {
		fmt.Fprintf(b, "    %s\n", d.Note)
	}
	for _, c := range d.Changes {
		fmt.Fprintf(b, "    %s\n", c)
	}
	fmt.Fprintln(b)
}

// compared sums up what ThreatQ would be told: "+ 2 create, ~ 1 update, = 5 unchanged".
func compared(totals map[string]int) string {
	var out []string
	for _, op := range previewhtml.Ops() {
		if n := totals[op.Sign]; n > 0 || op.Sign != "!" {
			out = append(out, fmt.Sprintf("%s %d %s", op.Sign, n, op.Word))
		}
	}
	return strings.Join(out, ", ")
}
