package code

import (
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

var naive = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?$`)

// Naive tells whether text is a date or time that does not name its zone.
func Naive(text string) bool { return naive.MatchString(text) }

// TimeRead is a place where a program takes an instant by its text alone, as time('…') does.
type TimeRead struct {
	At hcl.Range
	// Text is what stands there, written out; else Path is the field that is read.
	Text string
	Path []string
}

// TimeReads are those places.
func (e *Expr) TimeReads() []TimeRead {
	if e == nil {
		return nil
	}
	var out []TimeRead
	for _, n := range e.nodes() {
		name, args := called(n)
		switch {
		case name == "time" && len(args) == 1:
		case len(args) > 0 && slices.Contains([]string{"add", "add_date", "age", "truncate", "epoch", "epoch_ms", "rfc3339", "rfc3339_ms", "format"}, name):
		default:
			continue
		}
		r := TimeRead{At: e.rangeOf(args[0])}
		if c := literalOf(args[0]); c != nil {
			r.Text, _ = c.value.(string)
		}
		r.Path = pathOf(args[0])
		out = append(out, r)
	}
	return out
}
