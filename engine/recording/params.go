package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

// origin is where parameters of a recording come from, in messages.
const origin = "the recording"

// Given are the recorded parameters, as a mapping takes them; those that m does not have
// any more are left out.
func (r *Run) Given(m *dsl.Mapping) map[string]dsl.Given {
	out := map[string]dsl.Given{}
	for name, v := range r.Params {
		if m.Param(name) != nil && v != nil {
			out[name] = dsl.Given{Value: value(v), Origin: origin}
		}
	}
	return out
}

func value(v any) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case json.Number:
		if n, err := cty.ParseNumberVal(v.String()); err == nil {
			return n
		}
		return cty.StringVal(v.String())
	case []any:
		items := make([]cty.Value, len(v))
		for i := range v {
			items[i] = value(v[i])
		}
		return cty.TupleVal(items)
	}
	return cty.StringVal(fmt.Sprint(v))
}

// checkParams refuses what no parameter can be.
func checkParams(params map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		switch v := params[name].(type) {
		case map[string]any:
			return fmt.Errorf("the parameter %q is a text, a number, true or false, or a list of texts", name)
		case []any:
			for _, e := range v {
				if _, ok := e.(string); !ok {
					return fmt.Errorf("the parameter %q is a list of something else than texts", name)
				}
			}
		}
	}
	return nil
}

// plain are the parameters of b that may be kept. One that is called like a secret is left
// out, too, whether or not its author said so.
func plain(b *dsl.Bound) map[string]any {
	out := map[string]any{}
	for name, v := range b.Params {
		if v != nil && !secretName(name) {
			out[name] = v
		}
	}
	return out
}
