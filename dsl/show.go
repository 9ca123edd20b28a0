package dsl

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// Show is what an attribute comes to, in words for people: what is known is written out, what
// is known only in a run stands as it is named there, such as <window.start> or, of code,
// <alert.id>. "" where the file leaves it out or it comes to null. It reports nothing.
func (r *Reading) Show(name string) string {
	v := r.n.Val(name)
	if v == nil {
		return ""
	}
	if v.word != "" {
		return v.word
	}
	if v.src.Text != "" {
		return v.Text()
	}
	text, _ := (&shower{r.s, v}).text(v.hcl)
	return text
}

// ShowJSON is Show for a value of which a body is made: texts are quoted.
func (r *Reading) ShowJSON(name string) string {
	v := r.n.Val(name)
	if v == nil {
		return ""
	}
	return (&shower{r.s, v}).json(v.hcl)
}

// ShowPairs are the entries of an object as Show has them, in file order; what is null is left
// out. A value that is none is one entry without a name.
func (r *Reading) ShowPairs(name string) []Pair {
	v := r.n.Val(name)
	if v == nil {
		return nil
	}
	show := &shower{r.s, v}
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		if known, ok := show.known(v.hcl); ok {
			if m, is := known.(map[string]any); is {
				var out []Pair
				for _, k := range sortedKeys(m) {
					if m[k] != nil {
						out = append(out, Pair{k, plainText(m[k])})
					}
				}
				return out
			}
			if known == nil {
				return nil
			}
		}
		text, _ := show.text(v.hcl)
		return []Pair{{"", text}}
	}
	var out []Pair
	for _, item := range obj.Items {
		key, _ := show.text(item.KeyExpr)
		if value, ok := show.text(item.ValueExpr); ok {
			out = append(out, Pair{key, value})
		}
	}
	return out
}

// Code is the program of an expr or jq attribute on one line and so without its comments, ""
// where the file leaves it out.
func (r *Reading) Code(name string) string {
	v := r.n.Val(name)
	text := v.Text()
	if v != nil && v.Attr.Holds == JQ {
		text = code.UncommentedJQ(text)
	}
	return prose.OneLine(text)
}

// shower writes values of which parts may not be known yet.
type shower struct {
	s *Scoped
	v *Val
}

func (s *shower) known(e hclsyntax.Expression) (any, bool) {
	got, diags := s.s.eval(e)
	if diags.HasErrors() || !got.IsWhollyKnown() {
		return nil, false
	}
	return FromCty(got), true
}

// text is e as text; false for null.
func (s *shower) text(e hclsyntax.Expression) (string, bool) {
	if key, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if known, ok := s.known(key); ok {
			return plainText(known), true
		}
		e = key.Wrapped
	}
	if known, ok := s.known(e); ok {
		return plainText(known), known != nil
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return s.text(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return s.text(e.Wrapped)
	case *hclsyntax.TemplateExpr:
		var out strings.Builder
		for _, part := range e.Parts {
			text, _ := s.text(part)
			out.WriteString(text)
		}
		return out.String(), true
	case *hclsyntax.ObjectConsExpr, *hclsyntax.TupleConsExpr:
		return s.json(e), true
	}
	return s.unknown(e), true
}

func plainText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, plainText(e))
		}
		return strings.Join(out, ", ")
	}
	return prose.JSON(v)
}

func (s *shower) json(e hclsyntax.Expression) string {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return s.json(e.Expression)
	case *hclsyntax.ObjectConsExpr:
		var parts []string
		for _, item := range e.Items {
			key, _ := s.text(item.KeyExpr)
			parts = append(parts, prose.JSON(key)+": "+s.json(item.ValueExpr))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *hclsyntax.TupleConsExpr:
		var parts []string
		for _, item := range e.Exprs {
			parts = append(parts, s.json(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if known, ok := s.known(e); ok {
		return prose.JSON(known)
	}
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		text, _ := s.text(e)
		return prose.JSON(text)
	case *hclsyntax.TemplateWrapExpr:
		return s.json(e.Wrapped)
	}
	return s.unknown(e)
}

// unknown names what is not known yet: <window.start>, of code the program, else as it is written.
func (s *shower) unknown(e hclsyntax.Expression) string {
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok && len(call.Args) == 1 {
		switch {
		case modes[call.Name]:
			text, _ := s.text(call.Args[0])
			return text
		case call.Name == "expr" || call.Name == "jq":
			if program, diags := call.Args[0].Value(nil); !diags.HasErrors() {
				return angled(FromCty(program).(string))
			}
		}
	}
	at := e.Range()
	if at.End.Byte > len(s.v.file) || at.Start.Byte > at.End.Byte {
		return "<?>"
	}
	return angled(string(s.v.file[at.Start.Byte:at.End.Byte]))
}

func angled(code string) string { return "<" + prose.OneLine(code) + ">" }

// Modes are the entries of an object around which fixed(…) or add(…) stands, by name.
func (r *Reading) Modes(name string) map[string]string {
	out := map[string]string{}
	v := r.n.Val(name)
	if v == nil {
		return out
	}
	if obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr); ok {
		for _, item := range obj.Items {
			if call, ok := item.ValueExpr.(*hclsyntax.FunctionCallExpr); ok && modes[call.Name] {
				key, _ := (&shower{r.s, v}).text(item.KeyExpr)
				out[key] = call.Name
			}
		}
	}
	return out
}
