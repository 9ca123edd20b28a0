package dsl

import (
	"strings"
	"unicode"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// Words are the names that the platform has for what an attribute says. Case does not count.
type Words struct {
	// What they are, for messages: "indicator type".
	What  string
	Known []string
	// Only says that there are no others, and tells which spellings it takes. Nil: an
	// administrator may have added some, so only a slip of a known one is reported.
	Only func(string) bool
}

// words reports names that the platform does not have where the mapping gives them itself:
// written out, as a choice in code, in a table, or as what a parameter is without setting.
func (c *checker) words(n *Node) {
	for _, name := range sortedKeys(n.values) {
		v := n.values[name]
		if w := v.Attr.Words; w != nil && !v.bad {
			c.wordsOf(v, w)
		}
	}
}

func (c *checker) wordsOf(v *Val, w *Words) {
	if v.tree == nil {
		c.plainWords(v.hcl, w)
		return
	}
	if v.tree.plain != nil {
		c.plainWords(v.tree.plain, w)
	}
	for _, e := range v.programs() {
		for _, out := range e.Outcomes() {
			if out.Table != "" {
				c.tableWords(out, w)
				continue
			}
			c.word(out.Text, out.At, w)
		}
	}
}

func (c *checker) plainWords(e hclsyntax.Expression, w *Words) {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		c.plainWords(e.Expression, w)
		return
	case *hclsyntax.TupleConsExpr:
		for _, item := range e.Exprs {
			c.plainWords(item, w)
		}
		return
	case *hclsyntax.ConditionalExpr:
		c.plainWords(e.TrueResult, w)
		c.plainWords(e.FalseResult, w)
		return
	case *hclsyntax.ScopeTraversalExpr:
		c.paramWords(e, w)
		return
	}
	if text, ok := fixedText(e); ok {
		c.word(text, e.Range(), w)
	}
}

func (c *checker) paramWords(e *hclsyntax.ScopeTraversalExpr, w *Words) {
	name, ok := member(e.Traversal)
	if !ok || e.Traversal.RootName() != "param" || c.m.Param(name) == nil {
		return
	}
	for _, attr := range []string{"default", "options"} {
		if v := c.m.Param(name).Node.Val(attr); v != nil && !v.bad {
			c.plainWords(v.hcl, w)
		}
	}
}

func (c *checker) tableWords(out code.Outcome, w *Words) {
	t := c.m.table(out.Table)
	if t == nil {
		return
	}
	for _, l := range c.d.lines(t.Node.Val("rows"), c.m.staticScope()) {
		if out.Reverse {
			c.word(l.key, l.keyAt, w)
			continue
		}
		c.word(l.value, l.valueAt, w)
	}
	if v := t.Node.Val("default"); v != nil && t.fallback == "value" && !out.Reverse {
		c.word(t.value, v.Range, w)
	}
}

func (c *checker) word(text string, at hcl.Range, w *Words) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if w.Only != nil {
		if !w.Only(text) {
			c.d.once(problem(at, "Unknown value", "There is no %s %q, and no object with it would be taken.%s", w.What, text, code.Suggest(text, w.Known)))
		}
		return
	}
	if near := slip(text, w.Known); near != "" {
		c.d.warnOnce(at, "Unusual name", "ThreatQ comes with the %s %q: did you mean that? If %q is a name of your own, this is fine once ThreatQ has it.", w.What, near, text)
	}
}

// slip is the known name that text is a slip of; "" where text is known, or a name of its own.
func slip(text string, known []string) string {
	best, least := "", 1+max(1, len(text)/5)
	for _, k := range known {
		a, b := strings.ToLower(strings.TrimSpace(text)), strings.ToLower(k)
		if a == b {
			return ""
		}
		switch d := levenshtein.Distance(a, b, nil); {
		case len(a) < 3 || digits(a) != digits(b) && digits(a) != "" && digits(b) != "": // SHA-224 is another one
		case letters(a) == letters(b) && sameDigits(a, b):
			best, least = k, 0
		case d < least:
			best, least = k, d
		}
	}
	return best
}

func digits(s string) string { return only(s, unicode.IsDigit) }

// letters of a word in order of the alphabet, so that two that changed places do not count.
func letters(s string) string {
	var count [26]int
	for _, r := range s {
		if r >= 'a' && r <= 'z' {
			count[r-'a']++
		}
	}
	var b strings.Builder
	for i, n := range count {
		b.WriteString(strings.Repeat(string(rune('a'+i)), n))
	}
	return b.String()
}

func sameDigits(a, b string) bool { return digits(a) == digits(b) && letters(a) != "" }

func only(s string, is func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if is(r) {
			return r
		}
		return -1
	}, s)
}
