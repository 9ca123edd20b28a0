package dsl

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// usage notes which declared names something reads: "param.host", and "param.*"
// where the name is not written out.
type usage map[string]bool

func (u usage) has(kind, name string) bool { return u[kind+".*"] || u[kind+"."+name] }

// traversal notes a name in plain HCL.
func (u usage) traversal(t hcl.Traversal) {
	name, ok := member(t)
	if !ok {
		name = "*"
	}
	u[t.RootName()+"."+name] = true
}

// member is the name after the root, as in root.name or root["name"].
func member(t hcl.Traversal) (string, bool) {
	if len(t) < 2 {
		return "", false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if k := step.Key; k.Type() == cty.String && k.IsKnown() && !k.IsNull() {
			return k.AsString(), true
		}
	}
	return "", false
}

// codeName finds param.host, param?.host and param["host"] in expr and jq; without
// a name the whole object is meant.
var codeName = regexp.MustCompile(`\b(param|local|table)\b(?:\s*\??\.\s*([A-Za-z_]\w*)|\s*(?:\?\.|\.)?\[\s*["'](\w+)["']\s*\])?(\s*\??\.\s*reverse\b)?`)

// code notes the names in a program. Wrong names in it are reported by its compiler.
func (u usage) code(text string) {
	for _, m := range codeName.FindAllStringSubmatch(text, -1) {
		name := m[2] + m[3]
		if name == "" {
			name = "*"
		}
		u[m[1]+"."+name] = true
		if m[1] == "table" && m[4] != "" {
			u["reverse."+name] = true
		}
	}
}

// lost notes everything in a part of the file that is left out of the check after
// a mistake in it, so that the mistake does not make names look unused.
func (u usage) lost(part hclsyntax.Node) {
	visit(part, func(n hclsyntax.Node) {
		switch n := n.(type) {
		case *hclsyntax.ScopeTraversalExpr:
			u.traversal(n.Traversal)
		case *hclsyntax.LiteralValueExpr:
			if n.Val.Type() == cty.String && n.Val.IsKnown() && !n.Val.IsNull() {
				u.code(n.Val.AsString())
			}
		}
	})
}
