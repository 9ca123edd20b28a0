package dsl

import (
	"maps"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// let compiles the values that a record is given, each with those before it, and
// returns the shape that the record has then.
func (m *Mapping) let(d *decoder, rec *Record) code.Shape {
	v, shape := rec.Node.Val("let"), rec.Shape
	if v == nil || v.tree == nil || v.tree.bad {
		return shape
	}
	v.compiled = true
	if !v.tree.object {
		if v.tree.plain != nil {
			d.errorf(v.Range, "Object expected", "\"let\" is written out: let = { name = expr(\"…\") }, so that each value has its name.")
		}
		return shape
	}
	if shape.Kind != code.Object && shape.Kind != code.Any {
		d.errorf(v.NameRange, "No place for it", "A record of this source is %s, so it takes no further fields.", shape)
		return shape
	}
	seen := map[string]bool{}
	for i, key := range v.tree.keys {
		item, with := v.tree.items[i], *rec
		with.Shape = shape
		d.diags = append(d.diags, item.compile(m.env(&with))...)
		if name := d.letName(key, rec, seen); name != "" {
			seen[name] = true
			shape = withShaped(shape, name, item.shape())
		}
	}
	return shape
}

// letName is the name of a value; "" after a mistake in it.
func (d *decoder) letName(key hclsyntax.Expression, rec *Record, seen map[string]bool) string {
	name, diags := newScoped(nil).text(key)
	_, taken := rec.Shape.Fields[name]
	switch {
	case diags.HasErrors():
		d.errorf(key.Range(), "Fixed name expected", "A name in \"let\" is known when the file is loaded, as expr uses it.")
	case !codeWord.MatchString(name):
		d.errorf(key.Range(), "Bad name", "%q cannot be written in expr: a name has letters, digits and _, and begins with a letter.", name)
	case seen[name]:
		d.errorf(key.Range(), "Duplicate name", "There is another %q in this let before it.", name)
	case taken && rec.Shape.Kind == code.Object:
		d.errorf(key.Range(), "Field hidden", "%s has a field %q already, which this would hide; give the value another name.", rec.Name, name)
	default:
		return name
	}
	return ""
}

// shape is what is known of a computed value.
func (t *tree) shape() code.Shape {
	switch {
	case t.expr != nil:
		return t.expr.Result()
	case t.object && len(t.keys) == len(t.items):
		fields := map[string]code.Shape{}
		for i, key := range t.keys {
			name, diags := newScoped(nil).text(key)
			if diags.HasErrors() {
				return code.Shape{Optional: true}
			}
			fields[name] = t.items[i].shape()
		}
		return code.ObjectOf(fields)
	}
	return code.Shape{Optional: true}
}

// withShaped is s with another field.
func withShaped(s code.Shape, name string, field code.Shape) code.Shape {
	if s.Kind != code.Object {
		return s
	}
	s.Fields = maps.Clone(s.Fields)
	if s.Fields == nil {
		s.Fields = map[string]code.Shape{}
	}
	s.Fields[name] = field
	return s
}
