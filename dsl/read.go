package dsl

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// Reading evaluates the plain attributes of a Node one after the other and
// keeps every problem for the end.
type Reading struct {
	n     *Node
	s     *Scoped
	quiet bool // the checker reports what cannot be evaluated
	diags hcl.Diagnostics
}

// Read starts a Reading of n in s.
func (n *Node) Read(s *Scoped) *Reading { return &Reading{n: n, s: s} }

// Err returns everything that went wrong, as hcl.Diagnostics, or nil.
func (r *Reading) Err() error {
	if r.diags.HasErrors() {
		return r.diags
	}
	return nil
}

// static reads attributes that are known when the file is loaded.
func (d *decoder) static(n *Node, s *Scoped) *Reading { return &Reading{n: n, s: s, quiet: true} }

// Static reads what is known when the file is loaded. Every other attribute reads as if
// it were not there (see Known), and is no problem.
func (n *Node) Static() *Reading { return &Reading{n: n, s: newScoped(nil), quiet: true} }

// Of starts a Reading of a block in the present one, by the same names.
func (r *Reading) Of(n *Node) *Reading { return &Reading{n: n, s: r.s, quiet: r.quiet} }

// Node is the block that is read.
func (r *Reading) Node() *Node { return r.n }

// All returns the blocks of the given type in file order.
func (r *Reading) All(typ string) []*Node { return r.n.All(typ) }

// Add takes over the problems of another Reading.
func (r *Reading) Add(other *Reading) { r.diags = append(r.diags, other.diags...) }

// Known tells whether an attribute can be read, or is not there to be read: false for one
// of a Static reading that depends on a parameter.
func (r *Reading) Known(names ...string) bool {
	for _, name := range names {
		v := r.n.Val(name)
		if v == nil {
			continue
		}
		if v.bad {
			return false
		}
		if out, diags := v.Value(r.s); diags.HasErrors() || !out.IsWhollyKnown() {
			return false
		}
	}
	return true
}

// Fail adds a problem at the attribute called name, at the block where the file
// leaves it out.
func (r *Reading) Fail(name, summary, format string, args ...any) {
	var at hcl.Range
	if v := r.n.Val(name); v != nil {
		at = v.Range
	} else if r.n != nil {
		at = r.n.Range
	}
	r.diags = append(r.diags, r.s.hide(hcl.Diagnostics{problem(at, summary, format, args...)})...)
}

// Report adds what err, hcl.Diagnostics or nil, says of other blocks.
func (r *Reading) Report(err error) {
	var diags hcl.Diagnostics
	if errors.As(err, &diags) {
		r.diags = append(r.diags, diags...)
	}
}

func (r *Reading) value(name string) (cty.Value, bool) {
	v := r.n.Val(name)
	if v == nil || r.quiet && v.bad {
		return cty.NilVal, false
	}
	out, diags := v.Value(r.s)
	if !r.quiet {
		r.diags = append(r.diags, diags...)
	}
	if diags.HasErrors() || out.IsNull() || !out.IsKnown() {
		return cty.NilVal, false
	}
	return out, true
}

// Has tells whether the file gives the attribute, even as null.
func (r *Reading) Has(name string) bool { return r.n.Val(name) != nil }

// String returns a text attribute, or def where it is unset or null.
func (r *Reading) String(name, def string) string {
	v, ok := r.value(name)
	if !ok {
		return def
	}
	if why := r.n.Val(name).Attr.refuses(v); why != "" {
		if !r.quiet { // the checker has said it
			r.Fail(name, "Unknown value", "%s", why)
		}
		return def
	}
	return v.AsString()
}

// refuses says why v is none of the attribute's options; "" if it is.
func (a Attr) refuses(v cty.Value) string {
	if len(a.Options) == 0 || !v.IsKnown() || v.IsNull() || v.Type() != cty.String || slices.Contains(a.Options, v.AsString()) {
		return ""
	}
	near := code.Near(v.AsString(), a.Options)
	return fmt.Sprintf("%q takes one of %s, not %q.", a.Name, quoteAll(a.Options, ", "), v.AsString()) + prose.DidYouMean(near)
}

// Bool returns a boolean attribute, or def.
func (r *Reading) Bool(name string, def bool) bool {
	if v, ok := r.value(name); ok {
		return v.True()
	}
	return def
}

// Int returns a whole number, or def.
func (r *Reading) Int(name string, def int) int {
	v, ok := r.value(name)
	if !ok {
		return def
	}
	n, exact := number(v.AsBigFloat()).(int)
	if !exact {
		r.Fail(name, "Whole number expected", "%q takes a whole number.", name)
		return def
	}
	return n
}

// Strings returns a list of texts.
func (r *Reading) Strings(name string) []string {
	v, ok := r.value(name)
	if !ok {
		return nil
	}
	var out []string
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			r.Fail(name, "Null in a list", "%q has an element that is null.", name)
			return nil
		}
		out = append(out, e.AsString())
	}
	return out
}

// Any returns the attribute as FromCty shapes it; nil where unset.
func (r *Reading) Any(name string) any {
	if v, ok := r.value(name); ok {
		return FromCty(v)
	}
	return nil
}

// Duration returns a duration such as "90s", "2h" or "7d", or def. Negative ones
// are refused.
func (r *Reading) Duration(name string, def time.Duration) time.Duration {
	text := r.String(name, "")
	if text == "" {
		return def
	}
	d, err := ParseDuration(text)
	if err != nil || d < 0 {
		r.Fail(name, "Bad duration", "%q is not a duration: write a number and a unit, such as \"30s\", \"10m\", \"2h\" or \"7d\".", text)
	}
	return d
}

// Period is Duration for one that must be longer than nothing.
func (r *Reading) Period(name string, def time.Duration) time.Duration {
	const unset = -1
	before := len(r.diags)
	d := r.Duration(name, unset)
	switch {
	case len(r.diags) > before:
	case d == unset:
		return def
	case d == 0:
		r.Fail(name, "Bad duration", "%q must be longer than nothing.", name)
	}
	return max(d, 0)
}

// Count returns a whole number of at least least, or def.
func (r *Reading) Count(name string, def, least int) int {
	before := len(r.diags)
	n := r.Int(name, math.MaxInt)
	switch {
	case n == math.MaxInt:
		return def
	case n < least && len(r.diags) == before:
		r.Fail(name, "Number too small", "%q must be %d or more.", name, least)
	}
	return max(n, least)
}

// Bytes returns a size such as "64MB" (KB is 1024 bytes) or "512", or def.
func (r *Reading) Bytes(name string, def int64) int64 {
	text := strings.ToUpper(strings.TrimSpace(r.String(name, "")))
	if text == "" {
		return def
	}
	factor := int64(1)
	for unit, f := range map[string]int64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, factor = strings.TrimSpace(rest), f
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/factor {
		r.Fail(name, "Bad size", "Write a size such as \"512KB\" or \"64MB\".")
		return def
	}
	return n * factor
}

// Rate returns requests per second for "10/s", "60/m" or "500/h"; 0 where unset.
func (r *Reading) Rate(name string) float64 {
	text := r.String(name, "")
	if text == "" {
		return 0
	}
	count, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	per := map[string]float64{"s": 1, "m": 60, "h": 3600}[strings.TrimSpace(unit)]
	if err != nil || !(n > 0) || n > 1e6 || per == 0 {
		r.Fail(name, "Bad rate", "Write a rate such as \"10/s\", \"60/m\" or \"500/h\".")
		return 0
	}
	return n / per
}

// Pair is a name and a text, in file order.
type Pair struct{ Name, Value string }

// Pairs returns the entries of an object in file order; entries that are null
// are left out, lists give one pair for each element.
func (r *Reading) Pairs(name string) []Pair {
	v := r.n.Val(name)
	if v == nil {
		return nil
	}
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return r.unordered(name)
	}
	var out []Pair
	for _, item := range obj.Items {
		key, diags := r.s.text(item.KeyExpr)
		value, more := r.s.eval(item.ValueExpr)
		if diags = append(diags, more...); diags.HasErrors() {
			if !r.quiet {
				r.diags = append(r.diags, diags...)
			}
			return nil
		}
		out = append(out, r.pairs(name, key, value)...)
	}
	return out
}

// Keys are the names in an object that is written out, as far as they are known.
func (r *Reading) Keys(name string) []string {
	v := r.n.Val(name)
	if v == nil {
		return nil
	}
	var out []string
	if obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr); ok {
		for _, item := range obj.Items {
			if key, diags := r.s.text(item.KeyExpr); !diags.HasErrors() {
				out = append(out, key)
			}
		}
	}
	return out
}

func (r *Reading) unordered(name string) []Pair {
	v, ok := r.value(name)
	if !ok {
		return nil
	}
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		r.Fail(name, "Object expected", "%q takes an object of names and values.", name)
		return nil
	}
	var out []Pair
	m := v.AsValueMap()
	for _, k := range sortedKeys(m) {
		out = append(out, r.pairs(name, k, m[k])...)
	}
	return out
}

func (r *Reading) pairs(name, key string, v cty.Value) []Pair {
	if v.IsNull() {
		return nil
	}
	if t := v.Type(); t.IsTupleType() || t.IsListType() || t.IsSetType() {
		var out []Pair
		for _, e := range v.AsValueSlice() {
			out = append(out, r.pairs(name, key, e)...)
		}
		return out
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil || !text.IsKnown() {
		r.Fail(name, "Text expected", "The value of %q cannot be written as text.", key)
		return nil
	}
	return []Pair{{key, text.AsString()}}
}

// ParseDuration reads Go durations and whole or broken days: "90s", "2h", "7d".
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil {
			return 0, err
		}
		d := n * 24 * float64(time.Hour)
		if !(math.Abs(d) < math.MaxInt64) {
			return 0, fmt.Errorf("%q is out of range", text)
		}
		return time.Duration(d), nil
	}
	return time.ParseDuration(text)
}
