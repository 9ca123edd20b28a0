package dsl

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// declareLocals collects the locals of all blocks and finds out which of them are
// made of secrets.
func (m *Mapping) declareLocals(d *decoder, blocks []*Node) {
	for _, n := range blocks {
		for _, v := range n.inOrder() {
			if m.local(v.Attr.Name) != nil {
				d.errorf(v.NameRange, "Duplicate name", "There is another local %q before this one.", v.Attr.Name)
				continue
			}
			m.locals = append(m.locals, v)
		}
	}
	m.secretLocals = map[string]bool{}
	for range m.locals { // each round reaches one step further
		for _, v := range m.locals {
			m.secretLocals[v.Attr.Name] = slices.ContainsFunc(v.hcl.Variables(), m.secret)
		}
	}
}

func (m *Mapping) local(name string) *Val {
	for _, v := range m.locals {
		if v.Attr.Name == name {
			return v
		}
	}
	return nil
}

// secret tells whether a name in plain HCL holds a sensitive parameter, or may.
func (m *Mapping) secret(t hcl.Traversal) bool {
	name, known := member(t)
	switch t.RootName() {
	case "param":
		return slices.ContainsFunc(m.Params, func(p *Param) bool { return p.Sensitive && (!known || p.Name == name) })
	case "local":
		return slices.ContainsFunc(m.locals, func(v *Val) bool { return m.secretLocals[v.Attr.Name] && (!known || v.Attr.Name == name) })
	}
	return false
}

// localValues evaluates the locals, each after those it names. The values are
// those that could be computed.
func (m *Mapping) localValues(s *Scoped) (map[string]cty.Value, hcl.Diagnostics) {
	done := map[string]cty.Value{}
	var failed hcl.Diagnostics
	open := m.locals
	for len(open) > 0 {
		var later []*Val
		for _, v := range open {
			if m.waits(v, done) {
				later = append(later, v)
				continue
			}
			s.ctx.Variables["local"] = cty.ObjectVal(done)
			got, diags := s.eval(v.hcl)
			if failed = append(failed, diags...); !diags.HasErrors() {
				done[v.Attr.Name] = got
			}
		}
		if len(later) == len(open) {
			break // they wait for one that failed; Load refuses circles
		}
		open = later
	}
	s.ctx.Variables["local"] = cty.ObjectVal(done)
	return done, failed
}

// waits tells whether v names locals that are not done yet.
func (m *Mapping) waits(v *Val, done map[string]cty.Value) bool {
	return slices.ContainsFunc(m.needs(v), func(name string) bool {
		_, ok := done[name]
		return !ok
	})
}

// needs are the locals that v names: all others where it takes local as a whole.
func (m *Mapping) needs(v *Val) []string {
	var out []string
	for _, t := range v.hcl.Variables() {
		if t.RootName() != "local" {
			continue
		}
		name, ok := member(t)
		for _, l := range m.locals {
			if l.Attr.Name == name || !ok && l != v {
				out = append(out, l.Attr.Name)
			}
		}
	}
	return out
}

// circles reports each circle of locals once, at its first member.
func (c *checker) circles() {
	reported := map[string]bool{}
	for _, v := range c.m.locals {
		path := c.circle(v, v.Attr.Name, map[string]bool{})
		if path == nil || slices.ContainsFunc(path, func(name string) bool { return reported[name] }) {
			continue
		}
		for _, name := range path {
			reported[name] = true
		}
		c.d.errorf(v.Range, "Circular locals", "local.%s depends on itself: %s.", v.Attr.Name, strings.Join(append([]string{v.Attr.Name}, path...), " -> "))
	}
}

// circle is a way from v to the local called goal, nil if there is none.
func (c *checker) circle(v *Val, goal string, seen map[string]bool) []string {
	for _, name := range c.m.needs(v) {
		if name == goal {
			return []string{name}
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if rest := c.circle(c.m.local(name), goal, seen); rest != nil {
			return append([]string{name}, rest...)
		}
	}
	return nil
}
