package dsl

import (
	"regexp"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// StatusRange is the HTTP statuses From to To, both included. 0 stands for Lost.
type StatusRange struct{ From, To int }

// Lost is written in place of a status where a request was sent and no whole answer came.
const Lost = "lost"

var (
	oneStatus   = regexp.MustCompile(`^[1-5]\d\d$`)
	classStatus = regexp.MustCompile(`^([1-5])[xX]{2}$`)
	rangeStatus = regexp.MustCompile(`^([1-5]\d\d)\s*-\s*([1-5]\d\d)$`)
)

// Statuses returns a list of HTTP statuses such as 404, "4xx" and "500-503".
func (r *Reading) Statuses(name string) []StatusRange {
	var out []StatusRange
	for i, text := range r.Strings(name) {
		s, ok := parseStatus(text)
		if !ok {
			r.failElement(name, i, "Bad status", "%q is no HTTP status: write 404, \"4xx\", \"500-503\" or \"lost\".", text)
			continue
		}
		out = append(out, s)
	}
	if v, ok := r.value(name); ok && v.LengthInt() == 0 {
		r.Fail(name, "Bad status", "%q lists no status; leave it out for all of them.", name)
	}
	return out
}

func parseStatus(text string) (StatusRange, bool) {
	if text == Lost {
		return StatusRange{}, true
	}
	if oneStatus.MatchString(text) {
		n, _ := strconv.Atoi(text)
		return StatusRange{n, n}, true
	}
	if m := classStatus.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return StatusRange{100 * n, 100*n + 99}, true
	}
	if m := rangeStatus.FindStringSubmatch(text); m != nil {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		return StatusRange{from, to}, from <= to
	}
	return StatusRange{}, false
}

// failElement adds a problem at the i-th element of a list.
func (r *Reading) failElement(name string, i int, summary, format string, args ...any) {
	at := r.n.Val(name).elementRange(cty.NumberIntVal(int64(i)))
	r.diags = append(r.diags, r.s.hide(hcl.Diagnostics{problem(at, summary, format, args...)})...)
}
