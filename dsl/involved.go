package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// involved are the values of params, of the window and of the page that a failing expression
// names. What has a secret in it is left out.
func (s *Scoped) involved(d *hcl.Diagnostic) []code.Involved {
	var out []code.Involved
	for _, t := range d.Expression.Variables() {
		name, ok := member(t)
		if !ok || !slices.Contains([]string{"param", "window", "page"}, t.RootName()) {
			continue
		}
		v, diags := t[:2].TraverseAbs(d.EvalContext)
		if diags.HasErrors() || !v.IsWhollyKnown() {
			continue
		}
		value := code.Involve(t.RootName()+"."+name, FromCty(v))
		if !slices.ContainsFunc(s.secrets, func(secret string) bool { return secret != "" && slices.Contains(texts(v), secret) }) {
			out = append(out, value)
		}
	}
	return out
}

// explainMember says more than HCL does where a name of an object that only a run knows,
// such as the answer of a step, does not exist.
func explainMember(d *hcl.Diagnostic) {
	if d.Summary != "Unsupported attribute" && d.Summary != "Attempt to get attribute from null value" {
		return
	}
	for _, t := range d.Expression.Variables() {
		for n := 1; n < len(t); n++ {
			attr, ok := t[n].(hcl.TraverseAttr)
			from, diags := t[:n].TraverseAbs(d.EvalContext)
			if !ok || diags.HasErrors() {
				break
			}
			if why := noMember(from, attr.Name); why != "" {
				d.Detail = fmt.Sprintf("%s %s", spelled(t[:n]), why)
				return
			}
		}
	}
}

// noMember says why v has no member called name; "" if it has.
func noMember(v cty.Value, name string) string {
	t := v.Type()
	switch {
	case v.IsNull():
		return "is null, so nothing can be read of it."
	case !v.IsKnown() || t.IsMapType():
		return ""
	case !t.IsObjectType():
		return fmt.Sprintf("is %s, which has no names.", inWords(kindName(v)))
	case t.HasAttribute(name):
		return ""
	case len(t.AttributeTypes()) == 0:
		return fmt.Sprintf("has no %q: it has nothing at all.", name)
	}
	return fmt.Sprintf("has no %q.%s", name, code.Suggest(name, sortedKeys(t.AttributeTypes())))
}

func spelled(t hcl.Traversal) string {
	var out []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			out = append(out, step.Name)
		case hcl.TraverseAttr:
			out = append(out, step.Name)
		case hcl.TraverseIndex:
			out = append(out, "[…]")
		}
	}
	return strings.ReplaceAll(strings.Join(out, "."), ".[", "[")
}
