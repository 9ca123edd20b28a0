package code

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/types"
)

// Env is what an expr program may name, with the shape of each: the record, its
// settings, tables and so on.
type Env map[string]Shape

// stepsName holds what the loops took of one evaluation. No program can spell it.
const stepsName = "\x00steps"

// types is the environment as expr's checker wants it.
func (e Env) types() types.Map {
	out := make(types.Map, len(e)+1)
	for name, shape := range e {
		out[name] = shape.exprType()
	}
	out[stepsName] = types.Any
	return out
}

func (e Env) names() []string { return slices.Sorted(maps.Keys(e)) }

// exprType maps a shape to a type of expr. expr compiles comparisons of an int or
// string type to operations that fail on null, so only what is always present
// gets such a type.
func (s Shape) exprType() types.Type {
	switch s.Kind {
	case List:
		if s.Elem == nil {
			return types.Array(types.Any)
		}
		return types.Array(s.Elem.exprType())
	case Object:
		fields := make(types.Map, len(s.Fields)+1)
		for name, field := range s.Fields {
			fields[name] = field.exprType()
		}
		if s.Open {
			fields[types.Extra] = types.Any
		}
		return fields
	case Function:
		return types.TypeOf(s.Func)
	}
	if t, ok := scalarTypes()[s.Kind]; ok && !s.Optional {
		return t
	}
	return types.Any
}

func scalarTypes() map[Kind]types.Type {
	return map[Kind]types.Type{
		String: types.String,
		Int:    types.Int,
		Float:  types.Float64,
		Bool:   types.Bool,
		Time:   types.TypeOf(timeZero()),
	}
}
