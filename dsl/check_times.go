package dsl

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

const zoneHint = "name the zone that it is meant in: time(text, 'UTC')."

// naiveCalls reports times without a zone that are written out in code: every record fails.
func (c *checker) naiveCalls(e *code.Expr) {
	for _, r := range e.TimeReads() {
		if !r.Guarded && code.Naive(r.Text) {
			c.d.errorf(r.At, "Naive time", "This names no zone, so it is no instant; "+zoneHint)
		}
	}
}

// naivePlain reports them in plain HCL.
func (c *checker) naivePlain(v *Val) {
	if v.hcl == nil {
		return
	}
	visit(v.hcl, func(n hclsyntax.Node) {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok || call.Name != "timeadd" && call.Name != "after" {
			return
		}
		for _, arg := range call.Args {
			text, ok := fixedText(arg)
			if ok && code.Naive(text) && !slices.ContainsFunc(c.d.diags, func(d *hcl.Diagnostic) bool { return covers(arg.Range().Ptr(), d.Subject) }) {
				c.d.errorf(arg.Range(), "Naive time", "This names no zone, so it is no instant; end it with Z for UTC, or with an offset such as +02:00.")
			}
		}
	})
}

// timeFields take an instant, of objects and of windows.
var timeFields = []string{"happened_at", "published_at", "expires_at", "last_detected_at", "started_at", "ended_at", "cursor"}

// naiveFields reports fields that are read as instants and name no zone in any sample.
func (c *checker) naiveFields(f *Flow) {
	var look func(n *Node)
	look = func(n *Node) {
		for _, name := range sortedKeys(n.values) {
			v := n.values[name]
			for _, e := range v.programs() {
				for _, r := range e.TimeReads() {
					if !r.Guarded && c.naiveInSamples(f, r.Path) {
						c.naiveField(r.At, r.Path)
					}
				}
			}
			e := v.Expr()
			if e == nil && v.tree != nil {
				e = v.tree.expr
			}
			formed := name == "cursor" && n.Val("format") != nil
			if slices.Contains(timeFields, name) && !formed && c.naiveInSamples(f, e.Path()) {
				c.naiveField(e.Range(), e.Path())
			}
			if slices.Contains(timeFields, name) && name != "cursor" {
				c.number(e)
			}
		}
		for _, b := range n.blocks {
			look(b)
		}
	}
	look(f.Node)
}

// number reports what samples show as a number where an instant is needed: every record
// fails.
func (c *checker) number(e *code.Expr) {
	switch e.Result().Kind {
	case code.Int, code.Float, code.Number:
		c.d.errorf(e.Range(), "Not an instant", "This is a number, and no instant; convert it with unix(…) where it counts seconds, or unix_ms(…) where it counts milliseconds.")
	}
}

func (c *checker) naiveField(at hcl.Range, path []string) {
	c.d.warnOnce(at, "Naive time", "%s names no zone in any sample, so it is no instant; "+zoneHint, strings.Join(path, "."))
}

// naiveInSamples tells whether a field has texts in the samples, none of which names its zone.
func (c *checker) naiveInSamples(f *Flow, path []string) bool {
	if len(path) < 2 || path[0] != f.Record.Name {
		return false
	}
	found := false
	for _, p := range f.Record.pages {
		for _, r := range p.records {
			v := r
			for _, name := range path[1:] {
				fields, _ := v.(map[string]any)
				v = fields[name]
			}
			text, ok := v.(string)
			if ok && text != "" && !code.Naive(text) {
				return false
			}
			found = found || ok && text != ""
		}
	}
	return found
}
