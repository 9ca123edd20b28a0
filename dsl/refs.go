package dsl

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

func (d *decoder) refs(e hclsyntax.Expression, spec Attr) []Reference {
	items := []hcl.Expression{e}
	if spec.Holds == Refs {
		list, diags := hcl.ExprList(e)
		if diags.HasErrors() {
			d.errorf(e.Range(), "List expected", "%q takes a list of references, such as [event.alert].", spec.Name)
			return nil
		}
		items = list
	}
	var out []Reference
	for _, item := range items {
		t, diags := hcl.AbsTraversalForExpr(item)
		name := hcl.TraverseAttr{}
		if !diags.HasErrors() && len(t) == 2 {
			name, _ = t[1].(hcl.TraverseAttr)
		}
		if name.Name == "" {
			d.errorf(item.Range(), "Reference expected", "%q takes a reference such as %s, without quotes.", spec.Name, referenceExample(spec))
			continue
		}
		out = append(out, Reference{Type: t.RootName(), Name: name.Name, Range: item.Range()})
	}
	return out
}

// unknownRef reports a reference to what should be a want, among those known.
func (d *decoder) unknownRef(summary, want string, ref Reference, known []string) {
	detail := fmt.Sprintf("There is no %s %q.", want, ref.Name)
	if ref.Type != want {
		detail = fmt.Sprintf("A %s is needed, this is a %s.", want, ref.Type)
	}
	d.errorf(ref.Range, summary, "%s%s", detail, code.Suggest(ref.Name, known))
}

func referenceExample(spec Attr) string {
	if spec.Holds == Refs {
		return "event.name"
	}
	return spec.Name + ".name"
}
