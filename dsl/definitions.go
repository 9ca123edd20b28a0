package dsl

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// share compiles the functions that all jq programs may call, before any of these is
// read. Mistakes are kept until the block is decoded.
func (d *decoder) share(files []*parsed) {
	for _, file := range files {
		if file == nil || file.broken() {
			d.shared = code.LostLibrary() // it may stand where we cannot read
			continue
		}
		for _, b := range file.body.Blocks {
			if b.Type != definitionsBlock.Type {
				continue
			}
			d.shared = code.LostLibrary()
			if src, ok := functionsOf(file.src, b); ok {
				d.shared, d.sharedDiags = code.CompileLibrary(src, jqVars)
			}
			return
		}
	}
}

// functionsOf is the code in a definitions block; false after a mistake that decoding reports.
func functionsOf(file []byte, b *hclsyntax.Block) (code.Source, bool) {
	a := b.Body.Attributes["jq"]
	if a == nil {
		return code.Source{}, false
	}
	call, ok := a.Expr.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != "jq" || len(call.Args) != 1 {
		return code.Source{}, false
	}
	if v, diags := call.Args[0].Value(nil); !diags.HasErrors() && !v.IsKnown() {
		return code.Source{}, false
	}
	src, diags := code.FromArg(file, call.Args[0])
	return src, !diags.HasErrors()
}

// oneShared refuses a definitions block in a second file.
func (d *decoder) oneShared(all []*Node) {
	for _, n := range all {
		if first := all[0].Range; n.Range.Filename != first.Filename { // within one file it is reported already
			d.errorf(n.Range, "Too many blocks", "There is a definitions block in %s already: a mapping has one for all its files.", first.Filename)
			return
		}
	}
}

// unshared reports shared functions that no program calls.
func (c *checker) unshared() {
	for _, f := range c.m.shared.Definitions() {
		if !c.used.has("function", f.Name) {
			c.d.warn(f.Range, "Never used", "No jq program calls %s; remove it or use it.", f.Spelled())
		}
	}
}

// JQ compiles a program that stands in no mapping file, such as a line of the console. It
// may name what those of the mapping may; [Bound.JQValues] are the values.
func (m *Mapping) JQ(src code.Source) (*code.JQ, hcl.Diagnostics) {
	return code.CompileJQ(src, jqVars, code.Sharing(m.shared))
}

// JQValues are the values of the variables of jq programs, in the order of [JQNames]. What
// there is none of is nil. A nil Bound has no parameters.
func (b *Bound) JQValues(response, page, window any) []any {
	if b == nil {
		return []any{nil, nil, response, page, window}
	}
	return []any{b.Params, b.Locals, response, page, window}
}

// jqValues are those over recorded samples: without any settings.
func (m *Mapping) jqValues() []any { return m.atDefaults().JQValues(nil, nil, nil) }

// jqMembers checks the names below $param and $local, which jq itself would read as null.
func (c *checker) jqMembers(v *Val) {
	text := jqText.ReplaceAllStringFunc(v.src.Text, func(s string) string { return fmt.Sprintf("%*s", len(s), "") })
	for _, at := range jqMember.FindAllStringSubmatchIndex(text, -1) {
		root, name, place := text[at[2]:at[3]], text[at[4]:at[5]], v.src.Range(at[4], at[5])
		known, hidden := c.visible(root)
		switch {
		case c.m.lost[map[string]string{"param": "param", "local": "locals"}[root]]:
		case slices.Contains(hidden, name) && root == "param":
			c.d.errorf(place, "Not visible to code", "param %q is sensitive, so jq and expr cannot read it.", name)
		case slices.Contains(hidden, name):
			c.d.errorf(place, "Not visible to code", "local %q is made of a sensitive parameter, so jq and expr cannot read it.", name)
		case !slices.Contains(known, name):
			c.d.errorf(place, "Unknown name", "There is no %s %q.%s", root, name, code.Suggest(name, known))
		}
	}
}

// visible are the params or locals that code may read, and those that it may not.
func (c *checker) visible(root string) (known, hidden []string) {
	for _, name := range c.members(root, paging{}) {
		secret := root == "local" && c.m.secretLocals[name]
		if p := c.m.Param(name); root == "param" && p != nil {
			secret = p.Sensitive
		}
		if secret {
			hidden = append(hidden, name)
		} else {
			known = append(known, name)
		}
	}
	return known, hidden
}
