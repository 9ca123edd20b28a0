package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// fields evaluates the fields of one object and keeps the first error.
type fields struct {
	vars map[string]any
	err  error
}

func (f *fields) value(t *dsl.Template) any {
	if f.err != nil {
		return nil
	}
	v, err := t.Eval(f.vars)
	f.err = err
	return v
}

func (f *fields) text(t *dsl.Template) string {
	s, _ := code.Text(f.value(t))
	return s
}

func (f *fields) texts(t *dsl.Template) []string {
	return texts(f.value(t))
}

// texts are the texts of a list, or of the one value that v is.
func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		if s, ok := code.Text(e); ok {
			out = append(out, s)
		}
	}
	return out
}

func (f *fields) instant(t *dsl.Template) time.Time {
	v := f.value(t)
	if v == nil || f.err != nil {
		return time.Time{}
	}
	at, err := instant(v)
	if err != nil {
		f.err = &placed{t.Range(), err}
	}
	return at
}

var attributeModes = map[string]threatq.Mode{"": threatq.Replace, "add": threatq.Add, "fixed": threatq.Fixed}

// attributes keeps the order of the file; a list gives one attribute per element.
// An object that is computed as a whole has no order of its own.
func (f *fields) attributes(t *dsl.Template) []threatq.Attribute {
	var out []threatq.Attribute
	add := func(name, mode string, value any) {
		for _, text := range texts(value) {
			out = append(out, threatq.Attribute{Name: name, Value: text, Mode: attributeModes[mode]})
		}
	}
	for _, field := range t.Fields() {
		add(field.Name, field.Mode, f.value(&field.Value))
	}
	if len(t.Fields()) > 0 {
		return out
	}
	switch whole := f.value(t).(type) {
	case nil:
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(whole)) {
			add(name, "", whole[name])
		}
	default:
		f.err = &placed{t.Range(), fmt.Errorf("attributes come out as %T, not as an object of names and values", whole)}
	}
	return out
}

// instant reads a time.Time or an RFC 3339 text. A time without a zone is refused:
// guessing one has lost records elsewhere.
func instant(v any) (time.Time, error) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is not an RFC 3339 instant", v)
		}
		return t.UTC(), nil
	case nil:
		return time.Time{}, fmt.Errorf("the value is null (absent in this record)")
	}
	return time.Time{}, fmt.Errorf("%v (%T) is not an instant; convert it with time(…)", v, v)
}
