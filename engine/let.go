package engine

import (
	"errors"
	"maps"

	"tqmap/dsl"
)

var errNoFields = errors.New("the record is no object, so it has no fields to which let could add")

// readLet are the values that the mapping computes of every record.
func readLet(f *dsl.Flow, b *dsl.Bound) ([]dsl.Field, error) {
	t, diags := f.Record.Node.Val("let").Template(b.Scope)
	if diags.HasErrors() {
		return nil, diags
	}
	return t.Fields(), nil
}

// let gives expr the record with the values that are computed of it, each of which sees
// those before it. What the record was read as stays as it is.
func (m *mapper) let(out *Mapped) error {
	if len(m.lets) == 0 {
		return nil
	}
	fields, ok := out.Record.(map[string]any)
	if !ok {
		return failedAt(m.flow.Record.Node.Val("let").NameRange, "Record without fields", errNoFields)
	}
	fields = maps.Clone(fields)
	out.vars[m.flow.Record.Name] = fields
	for i := range m.lets {
		v, err := m.lets[i].Value.Eval(out.vars)
		if err != nil {
			return err
		}
		m.bound.Seen.Value(&m.lets[i].Value, v)
		fields[m.lets[i].Name] = v
	}
	return nil
}
