package dsl

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Scoped is the set of names that plain HCL values may use at some point of a
// run: param, local, table, connector and now; then window; then page.
type Scoped struct{ ctx *hcl.EvalContext }

// With adds a name, e.g. "window" or "page".
func (s *Scoped) With(name string, v any) *Scoped {
	child := s.ctx.NewChild()
	child.Variables = map[string]cty.Value{name: ToCty(v)}
	return &Scoped{ctx: child}
}

func (s *Scoped) eval(e hclsyntax.Expression) (cty.Value, hcl.Diagnostics) {
	return e.Value(s.ctx)
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
		return cty.DynamicVal, append(diags, problem(v.Range, "Wrong type", "%q takes %s, this is %s: %s.", v.Attr.Name, want.FriendlyName(), got.Type().FriendlyName(), err))
	}
	return out, diags
}

// FromCty turns an HCL value into what jq, expr and JSON work with: nil, bool,
// string, int, float64, []any or map[string]any. Integers stay integers.
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
	if f.IsInt() {
		i, _ := f.Int(nil)
		if i.IsInt64() {
			return int(i.Int64())
		}
		return i.String() // beyond 64 bit: the exact text
	}
	out, _ := f.Float64()
	return out
}

// ToCty is the way back from FromCty.
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
		return cty.NumberFloatVal(v)
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
