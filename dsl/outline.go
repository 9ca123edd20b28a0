package dsl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// outlineWords are the kinds of values that an outline may name.
var outlineWords = map[string]code.Kind{
	"any": code.Any, "string": code.String, "integer": code.Int, "number": code.Number, "bool": code.Bool, "time": code.Time,
}

// Outline is the shape that the mapping gives the record; false where it gives none.
func (r *Record) Outline() (code.Shape, bool) {
	v := r.Node.Val("shape")
	if v == nil {
		return code.Shape{}, false
	}
	return v.outline, true
}

// readOutline reads what a record looks like: a word, [element], { name = field } or
// optional(…) around one of them.
func readOutline(e hclsyntax.Expression) (code.Shape, hcl.Diagnostics) {
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		if e.Name != "optional" || len(e.Args) != 1 {
			break
		}
		inner, diags := readOutline(e.Args[0])
		inner.Optional = true
		return inner, diags
	case *hclsyntax.TupleConsExpr:
		if len(e.Exprs) != 1 {
			break
		}
		elem, diags := readOutline(e.Exprs[0])
		return code.ListOf(elem), diags
	case *hclsyntax.ObjectConsExpr:
		return outlineFields(e)
	}
	word := hcl.ExprAsKeyword(e)
	if kind, ok := outlineWords[word]; ok {
		return code.Shape{Kind: kind}, nil
	}
	return code.Shape{}, hcl.Diagnostics{problem(e.Range(), "Not a shape",
		"Write string, integer, number, bool, time or any, [ ] around what a list holds, { name = … } for an object, optional(…) for what may be absent or null.%s", nearWord(word))}
}

func nearWord(word string) string {
	if word == "" {
		return ""
	}
	return code.Suggest(word, sortedKeys(outlineWords))
}

func outlineFields(e *hclsyntax.ObjectConsExpr) (code.Shape, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	fields := make(map[string]code.Shape, len(e.Items))
	for _, item := range e.Items {
		name, more := newScoped(nil).text(item.KeyExpr)
		diags = append(diags, more...)
		if _, twice := fields[name]; twice && !more.HasErrors() {
			diags = append(diags, problem(item.KeyExpr.Range(), "Given twice", "The shape has another field %q.", name))
		}
		field, more := readOutline(item.ValueExpr)
		diags = append(diags, more...)
		fields[name] = field
	}
	return code.ObjectOf(fields), diags
}

// WriteOutline writes s as the attribute `shape` of a record takes it: one field a line, by
// name, the lines after the first below indent.
func WriteOutline(s code.Shape, indent string) string {
	text := string(hclwrite.Format([]byte("shape = " + outline(s))))
	return strings.ReplaceAll(strings.TrimPrefix(text, "shape = "), "\n", "\n"+indent)
}

func outline(s code.Shape) string {
	text := s.Kind.Word()
	switch s.Kind {
	case code.Object:
		text = outlineObject(s.Fields)
	case code.List:
		elem := code.Shape{}
		if s.Elem != nil {
			elem = *s.Elem
		}
		text = "[" + outline(elem) + "]"
	}
	if s.Optional {
		return "optional(" + text + ")"
	}
	return text
}

func outlineObject(fields map[string]code.Shape) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "\n%s = %s", outlineKey(name), outline(fields[name]))
	}
	if len(fields) > 0 {
		b.WriteByte('\n')
	}
	return "{" + b.String() + "}"
}

// outlineKey quotes a name that HCL would not read as one.
func outlineKey(name string) string {
	if word.MatchString(name) && name != "for" && name != "null" {
		return name
	}
	return string(hclwrite.TokensForValue(cty.StringVal(name)).Bytes())
}

// outlived reports where the samples do not look as the mapping says they do.
func (d *decoder) outlived(v *Val, seen code.Shape) {
	diff := code.Unlike(v.outline, seen)
	if len(diff) == 0 {
		return
	}
	const most = 5
	more := ""
	if len(diff) > most {
		more = fmt.Sprintf("; and %d more", len(diff)-most)
		diff = diff[:most]
	}
	d.warn(v.NameRange, "Shape out of date", "The samples differ from it: %s%s. Bring it up to date with: tqmap shape --update.", strings.Join(diff, "; "), more)
}
