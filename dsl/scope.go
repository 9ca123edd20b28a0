package dsl

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"tqmap/dsl/diag"
)

// Scoped is the set of names that plain HCL values may use at some point of a
// run: param, local, table, connector and now; then window; then page.
type Scoped struct {
	ctx     *hcl.EvalContext
	secrets []string // kept out of messages
}

func newScoped(names map[string]cty.Value) *Scoped {
	return &Scoped{ctx: &hcl.EvalContext{Functions: functions(), Variables: names}}
}

// With adds a name, e.g. "window" or "page".
func (s *Scoped) With(name string, v any) *Scoped {
	child := s.ctx.NewChild()
	child.Variables = map[string]cty.Value{name: ToCty(v)}
	return &Scoped{ctx: child, secrets: s.secrets}
}

func (s *Scoped) eval(e hclsyntax.Expression) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Value(s.ctx)
	for _, d := range diags {
		if d.Expression != nil && d.EvalContext == s.ctx {
			d.Expression = e // all that it names may matter, not the operand at fault alone
		}
	}
	if !diags.HasErrors() {
		if err := within(v); err != nil {
			return cty.DynamicVal, append(s.hide(diags), problem(e.Range(), "Value too large", "%s.", err))
		}
	}
	return v, s.hide(diags)
}

// hide takes the values of sensitive parameters out of messages: functions quote
// what they cannot work with, and printers show the names and values in reach.
func (s *Scoped) hide(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Expression != nil && d.EvalContext != nil {
			explainMember(d)
			d.Extra = diag.Evaluated{Values: s.involved(d)}
		} else if _, ours := d.Extra.(diag.Evaluated); !ours {
			d.Extra = nil
		}
		d.Expression, d.EvalContext = nil, nil
		for _, secret := range s.secrets {
			quoted := strconv.Quote(secret)
			d.Detail = strings.ReplaceAll(d.Detail, quoted, "(sensitive)")
			if len(secret) > 3 { // less would hide half of the words
				d.Detail = strings.ReplaceAll(d.Detail, quoted[1:len(quoted)-1], "(sensitive)")
				d.Detail = strings.ReplaceAll(d.Detail, secret, "(sensitive)")
			}
		}
	}
	return diags
}

// text evaluates e, such as an object key, as text.
func (s *Scoped) text(e hclsyntax.Expression) (string, hcl.Diagnostics) {
	v, diags := s.eval(e)
	if diags.HasErrors() {
		return "", diags
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil || text.IsNull() || !text.IsKnown() {
		return "", append(diags, problem(e.Range(), "Text expected", "This must be text, it is %s.", inWords(kindName(v))))
	}
	return text.AsString(), diags
}

// kindName is what messages call the kind of v.
func kindName(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	return v.Type().FriendlyName()
}

// inWords says a type as the reference does.
func inWords(friendly string) string {
	words := map[string]string{
		"string": "a text", "number": "a number", "bool": "true or false", "tuple": "a list", "object": "an object",
		"list of string": "a list of texts", "list of number": "a list of numbers", "map of string": "an object of texts",
	}
	if w := words[friendly]; w != "" {
		return w
	}
	return friendly
}

// Value evaluates a plain attribute in s as the type its Attr declares.
// A nil Val is null.
func (v *Val) Value(s *Scoped) (cty.Value, hcl.Diagnostics) {
	if v == nil {
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
	got, diags := s.eval(v.hcl)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	want := v.Attr.Type
	if want == cty.NilType {
		want = cty.DynamicPseudoType
	}
	out, err := convert.Convert(got, want)
	if err != nil {
		return cty.DynamicVal, append(diags, v.wrongType(got))
	}
	return out, diags
}

// wrongType points at the element of a list or object that does not fit, else at
// the whole value.
func (v *Val) wrongType(got cty.Value) *hcl.Diagnostic {
	want, at := v.Attr.Type, v.Range
	if want.IsCollectionType() && got.IsKnown() && !got.IsNull() && got.CanIterateElements() {
		for it := got.ElementIterator(); it.Next(); {
			key, e := it.Element()
			if _, err := convert.Convert(e, want.ElementType()); err != nil {
				got, want, at = e, want.ElementType(), v.elementRange(key)
				break
			}
		}
	}
	hint := ""
	if (want.IsListType() || want.IsSetType()) && !got.IsNull() && got.Type().IsPrimitiveType() {
		hint = " Put it into [ ]."
	}
	return problem(at, "Wrong type", "%q takes %s, this is %s.%s", v.Attr.Name, inWords(want.FriendlyName()), inWords(kindName(got)), hint)
}

// elementRange is where the element under key is written.
func (v *Val) elementRange(key cty.Value) hcl.Range {
	switch e := v.hcl.(type) {
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			if k, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && k.RawEquals(key) {
				return item.ValueExpr.Range()
			}
		}
	case *hclsyntax.TupleConsExpr:
		if i, ok := FromCty(key).(int); ok && i < len(e.Exprs) {
			return e.Exprs[i].Range()
		}
	}
	return v.Range
}

// FromCty turns an HCL value into what jq, expr and JSON work with: nil, bool,
// string, int, float64, []any or map[string]any. Integers stay integers; one
// beyond 64 bit is its exact decimal text. What is not known yet is nil.
func FromCty(v cty.Value) any {
	switch t := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return nil
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		return number(v.AsBigFloat())
	case t.IsObjectType() || t.IsMapType():
		out := make(map[string]any, v.LengthInt())
		for k, e := range v.AsValueMap() {
			out[k] = FromCty(e)
		}
		return out
	case v.CanIterateElements():
		out := make([]any, 0, v.LengthInt())
		for _, e := range v.AsValueSlice() {
			out = append(out, FromCty(e))
		}
		return out
	}
	return nil
}

func number(f *big.Float) any {
	if f.IsInt() && !huge(f) {
		i, _ := f.Int(nil)
		if i.IsInt64() {
			return int(i.Int64())
		}
		return i.String() // beyond 64 bit: the exact text
	}
	out, _ := f.Float64()
	return out
}

// ToCty is the way back from FromCty. Times become RFC 3339 in UTC, a float that is
// no number null, other kinds their text.
func ToCty(v any) cty.Value {
	switch v := v.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType)
	case cty.Value:
		return v
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case int:
		return cty.NumberIntVal(int64(v))
	case int64:
		return cty.NumberIntVal(v)
	case float64:
		if math.IsNaN(v) {
			return cty.NullVal(cty.Number)
		}
		return cty.NumberFloatVal(v)
	case time.Time:
		return cty.StringVal(v.UTC().Format(time.RFC3339Nano))
	case []any:
		out := make([]cty.Value, 0, len(v))
		for _, e := range v {
			out = append(out, ToCty(e))
		}
		return cty.TupleVal(out)
	case map[string]any:
		out := make(map[string]cty.Value, len(v))
		for k, e := range v {
			out[k] = ToCty(e)
		}
		return cty.ObjectVal(out)
	}
	return cty.StringVal(fmt.Sprint(v))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
