package dsl

import (
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// test reads a test block; its flow and its params must exist.
func (m *Mapping) test(d *decoder, n *Node) *Test {
	t := &Test{Name: n.Labels[0], Node: n}
	for _, ref := range n.Val("flow").Refs() {
		if ref.Type == "flow" {
			t.Flow = m.Flow(ref.Name)
		}
		if t.Flow == nil && !m.lost["flow"] {
			d.unknownRef("Unknown flow", "flow", ref, m.flowNames())
		}
	}
	if all := n.All("expect_request"); len(all) > 0 && t.Flow != nil && t.Flow.Sink == nil && !t.Flow.Node.lost["sink"] {
		d.errorf(all[0].Range, "Without effect", "Flow %q has no sink, so it sends no requests that a test could see.", t.Flow.Name)
	}
	if v := n.Val("params"); v != nil && !v.bad && !m.lost["param"] {
		m.testParams(d, v)
	}
	return t
}

func (m *Mapping) testParams(d *decoder, v *Val) {
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return
	}
	for _, item := range obj.Items {
		if name, diags := m.staticScope().text(item.KeyExpr); !diags.HasErrors() && m.Param(name) == nil {
			d.errorf(item.KeyExpr.Range(), "Unknown param", "There is no param %q.%s", name, code.Suggest(name, m.paramNames()))
		}
	}
}

func (m *Mapping) flowNames() []string {
	var out []string
	for _, f := range m.Flows {
		out = append(out, f.Name)
	}
	return out
}

// Setting returns the parameters and the clock that a test runs with; now, where
// the test names none.
func (t *Test) Setting(now time.Time) (map[string]Given, time.Time, error) {
	r := t.Node.Read(newScoped(nil))
	given := map[string]Given{}
	if v, ok := r.value("params"); ok {
		if !v.Type().IsObjectType() && !v.Type().IsMapType() {
			r.Fail("params", "Object expected", "params takes an object of names and values.")
			return given, now, r.Err()
		}
		for name, value := range v.AsValueMap() {
			given[name] = Given{Value: value, Origin: t.Node.Val("params").Range.String()}
		}
	}
	if text := r.String("now", ""); text != "" {
		at, err := ParseTime(text)
		if err != nil {
			r.Fail("now", "Bad time", "%s.", err)
		}
		now = at
	}
	return given, now, r.Err()
}
