package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tqmap/dsl/prose"
	"tqmap/engine"
)

// Recorded is what a recording holds that was written to a file.
type Recorded struct {
	File, Mapping      string // as they are named on the command line
	Exchanges          int
	Records            []engine.Mapped
	TakenOut, Replaced map[string]int // values by kind
	Anonymized         bool
}

// Text says what is in the file and what to do with it.
func (r *Recorded) Text() string {
	dead := 0
	for i := range r.Records {
		if r.Records[i].Dead != nil || len(r.Records[i].Rejected) > 0 {
			dead++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s", r.File, prose.Number(r.Exchanges, "exchange"), prose.Number(len(r.Records), "record"))
	if dead > 0 {
		fmt.Fprintf(&b, ", %d of which cannot be mapped", dead)
	}
	fmt.Fprintf(&b, ". Nothing was written elsewhere.\n  taken out:   %s\n", byKind(r.TakenOut))
	if len(r.Replaced) > 0 {
		fmt.Fprintf(&b, "  replaced:    %s\n", byKind(r.Replaced))
	}
	fmt.Fprintf(&b, "Next:\n  tqmap preview %s --from %s\n  tqmap sandbox %s\nRead it before you pass it on", r.Mapping, r.File, r.File)
	if !r.Anonymized {
		b.WriteString(": names and addresses are as they came (see --anonymize)")
	}
	return b.String() + ".\n"
}

// byKind lists counts, without those of nothing.
func byKind(counts map[string]int) string {
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if counts[kind] > 0 {
			out = append(out, fmt.Sprintf("%s (%d)", kind, counts[kind]))
		}
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}
