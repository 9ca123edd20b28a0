package dsl

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// suspicions looks for what can be run and hardly is meant. Each kind of mistake has a
// file of its own, check_<what>.go. Beside errors only further errors are told: what is
// suspect then may come of them.
func (c *checker) suspicions(top *Node) {
	wrong, before := c.d.diags.HasErrors(), len(c.d.diags)
	c.look(top)
	if wrong {
		c.d.diags = append(c.d.diags[:before], slices.DeleteFunc(c.d.diags[before:], func(d *hcl.Diagnostic) bool {
			return d.Severity == hcl.DiagWarning
		})...)
	}
}

func (c *checker) look(top *Node) {
	c.everywhere(top)
	c.leftOver()
	for _, f := range c.m.Flows {
		if f.Record == nil || f.Source == nil {
			continue
		}
		c.unread(f)
		c.order(f)
		c.keys(f)
		c.cursor(f)
		c.asked(f)
		c.naiveFields(f)
		c.recorded(f)
		for _, r := range f.Rules {
			c.names(r)
		}
	}
}

// everywhere makes the checks that hold for every block.
func (c *checker) everywhere(n *Node) {
	c.urls(n)
	c.credentials(n)
	c.words(n)
	for _, name := range sortedKeys(n.values) {
		v := n.values[name]
		c.options(v)
		c.naivePlain(v)
		c.quoted(v)
		for _, e := range v.programs() {
			c.d.diags = append(c.d.diags, e.Suspects()...)
			c.naiveCalls(e)
			c.rows(e)
		}
	}
	c.condition(n)
	for _, b := range n.blocks {
		c.everywhere(b)
	}
}

// programs are the expr programs in v, compiled.
func (v *Val) programs() []*code.Expr {
	if v == nil {
		return nil
	}
	if v.expr != nil {
		return []*code.Expr{v.expr}
	}
	return v.tree.programs()
}

func (t *tree) programs() []*code.Expr {
	if t == nil {
		return nil
	}
	if t.expr != nil {
		return []*code.Expr{t.expr}
	}
	var out []*code.Expr
	for _, item := range t.items {
		out = append(out, item.programs()...)
	}
	return out
}

// once adds diag unless the same was said of the same place.
func (d *decoder) once(diag *hcl.Diagnostic) {
	if !slices.ContainsFunc(d.diags, func(o *hcl.Diagnostic) bool {
		return o.Summary == diag.Summary && o.Subject != nil && *o.Subject == *diag.Subject
	}) {
		d.diags = append(d.diags, diag)
	}
}

func (d *decoder) warnOnce(at hcl.Range, summary, format string, args ...any) {
	diag := problem(at, summary, format, args...)
	diag.Severity = hcl.DiagWarning
	d.once(diag)
}
