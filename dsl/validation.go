package dsl

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// validations evaluates the validation blocks of p in s, which holds all params.
// One that needs a local that could not be computed is passed over.
func (b *Bound) validations(p *Param, values, locals map[string]cty.Value) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range p.Node.All("validation") {
		v := n.Val("condition")
		if b.waits(v, locals) {
			continue
		}
		r := n.Read(b.Scope)
		ok := r.Bool("condition", false)
		switch unset := unsetParams(v, values); {
		case ok:
		case r.diags.HasErrors() && len(unset) > 0:
			diags = append(diags, problem(v.Range, "Parameter not allowed", "%s: this rule needs a value for %s. Set it, or let the rule allow null.", p.Name, strings.Join(unset, " and ")))
		case r.diags.HasErrors():
			diags = append(diags, r.diags...)
		default:
			message := n.Read(b.Scope).String("error_message", "The value is not allowed.")
			diags = append(diags, problem(v.Range, "Parameter not allowed", "%s: %s", p.Name, message))
		}
	}
	return diags
}

// unsetParams are the parameters named in v that are null.
func unsetParams(v *Val, values map[string]cty.Value) []string {
	var out []string
	for _, t := range v.hcl.Variables() {
		name, _ := member(t)
		shown := "param." + name
		if value, ok := values[name]; ok && t.RootName() == "param" && value.IsNull() && !slices.Contains(out, shown) {
			out = append(out, shown)
		}
	}
	return out
}
