package dsl

import (
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// fieldPath is how code names a field, such as alert.severity.
var fieldPath = regexp.MustCompile(`^([A-Za-z_]\w*)\??\.[A-Za-z_]\w*(?:\??\.\w+|\[\w+\])*$`)

// quoted reports a text that is the name of a field: without expr(…) every object gets the
// same few words.
func (c *checker) quoted(v *Val) {
	if v.tree == nil || v.bad {
		return
	}
	v.tree.texts(func(text string, at hcl.Range) {
		m := fieldPath.FindStringSubmatch(text)
		switch {
		case m == nil:
		case c.isRecord(m[1]) || m[1] == "each":
			c.d.warnOnce(at, "Text in place of code", "Every object gets just this text. For the field of the record write expr(%q).", text)
		case m[1] == "param" || m[1] == "local":
			c.d.warnOnce(at, "Text in place of code", "Every object gets just this text. For the value write %s without quotes.", text)
		}
	})
}

// isQuoted tells whether v was reported as a text that should be code.
func (c *checker) isQuoted(v *Val) bool {
	return slices.ContainsFunc(c.d.diags, func(d *hcl.Diagnostic) bool {
		return d.Summary == "Text in place of code" && covers(&v.Range, d.Subject)
	})
}

// texts calls do with each text in t that is written out.
func (t *tree) texts(do func(text string, at hcl.Range)) {
	written := []hclsyntax.Expression{t.plain}
	if list, ok := t.plain.(*hclsyntax.TupleConsExpr); ok {
		written = list.Exprs
	}
	for _, e := range written {
		if template, ok := e.(*hclsyntax.TemplateExpr); ok {
			if text, fixed := fixedText(template); fixed {
				do(text, template.Range())
			}
		}
	}
	for _, item := range t.items {
		item.texts(do)
	}
}
