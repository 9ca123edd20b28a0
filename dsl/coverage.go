package dsl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Point is one thing of a mapping that a test can exercise.
type Point struct {
	// Kind is one of PointKinds.
	Kind string `json:"kind"`
	// Name says what it is, to people.
	Name string `json:"name"`
	// Missing says what no test has made it do.
	Missing string    `json:"missing"`
	At      hcl.Range `json:"-"`

	what string // of its mark
}

// PointKinds are the kinds of points, in the order in which they are told.
func PointKinds() []string {
	return []string{"rule", "field", "when", "skip", "reject", "row", "reverse row", "on", "option"}
}

// Covered says whether s has seen p.
func (s *Seen) Covered(p Point) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[mark{p.At, p.what}]
}

// Points are what tests of m can exercise, in file order: rules, computed fields, `when`
// both ways, reasons to skip or reject, rows of tables in the directions that expr uses
// them, response rules, and options of parameters.
func (m *Mapping) Points() []Point {
	p := points{files: m.Files}
	for _, param := range m.Params {
		for _, text := range param.Options {
			p.add("option", "param."+param.Name+" = "+quoted(text), "never given", param.Node.Val("options").place(), text)
		}
	}
	forward, back := m.directions()
	for _, t := range m.Tables {
		p.table(t, forward[t.Name], back[t.Name])
	}
	for _, c := range m.Clients {
		p.node(c.Node, "client."+c.Name)
	}
	for _, f := range m.Flows {
		p.node(f.Node, "flow."+f.Name)
	}
	slices.SortStableFunc(p.all, func(a, b Point) int {
		switch {
		case before(&a.At, &b.At):
			return -1
		case before(&b.At, &a.At):
			return 1
		}
		return 0
	})
	return p.all
}

func quoted(text string) string { return `"` + text + `"` }

type points struct {
	files map[string]*hcl.File
	all   []Point
}

// text is what stands in the file.
func (p *points) text(at hcl.Range) string {
	f := p.files[at.Filename]
	if f == nil {
		return ""
	}
	return string(f.Bytes[at.Start.Byte:at.End.Byte])
}

func (p *points) add(kind, name, missing string, at hcl.Range, what string) {
	p.all = append(p.all, Point{Kind: kind, Name: name, Missing: missing, At: at, what: what})
}

func (p *points) table(t *Table, forward, back bool) {
	for _, r := range t.Rows {
		if forward {
			p.add("row", "table."+t.Name+" "+quoted(r.Key)+" = "+quoted(r.Value), "never looked up", r.At, "forward")
		}
		if back && t.back[t.norm(r.Value)] == r.Key {
			p.add("reverse row", "table."+t.Name+" "+quoted(r.Value)+" -> "+quoted(r.Key), "never looked up", r.At, "back")
		}
	}
}

// node adds what n and the blocks in it can do. name is what n is called.
func (p *points) node(n *Node, name string) {
	switch {
	case n.Spec.object != nil:
		p.add("rule", name, "makes no object", n.Range, "made")
	case n.typ == "on":
		says := ""
		for _, v := range n.inOrder() {
			if v.Attr.Name == "status" || v.Attr.Name == "do" {
				says += " " + v.Attr.Name + " = " + p.text(v.Range)
			}
		}
		p.add("on", name+says, "never holds", n.Range, "held")
	}
	for _, v := range n.inOrder() {
		switch {
		case v.tree != nil:
			p.tree(v.tree, name+" "+v.Attr.Name)
		case v.Attr.Holds == Expr && v.Attr.Name == "when" && (n.typ == "skip" || n.typ == "reject"):
			p.add(n.typ, name, "never holds", v.Range, "true")
		case v.Attr.Holds == Expr && v.Attr.Name == "when":
			p.add("when", name+" when", "is never true", v.Range, "true")
			p.add("when", name+" when", "is never false", v.Range, "false")
		}
	}
	for _, b := range n.blocks {
		p.node(b, pointName(name, b))
	}
}

// pointName is what a block is called in one called name: short, as its place is told beside it.
func pointName(name string, b *Node) string {
	label := strings.Join(b.Labels, " ")
	switch {
	case b.typ == "skip" || b.typ == "reject":
		return b.typ + " " + quoted(label)
	case b.Spec.object != nil, b.typ == "record":
		return b.typ + "." + label
	case b.typ == "source" || b.typ == "sink":
		return b.typ + " " + quoted(label)
	case label != "":
		return name + " " + b.typ + " " + quoted(label)
	}
	return name + " " + b.typ
}

func (p *points) tree(t *tree, name string) {
	if t.expr != nil {
		p.add("field", name, "is always null", t.at, "value")
	}
	for i, item := range t.items {
		inner := name
		if t.object {
			key, diags := newScoped(nil).text(t.keys[i])
			if diags.HasErrors() {
				key = p.text(t.keys[i].Range())
			}
			inner += "." + key
		}
		p.tree(item, inner)
	}
}

// direction finds the ways in which expr uses tables.
var direction = regexp.MustCompile(`\btable\s*\??\.\s*(\w+)\s*\??\.\s*(lookup|reverse)\b`)

// directions are the tables that are looked up forward and back.
func (m *Mapping) directions() (forward, back map[string]bool) {
	forward, back = map[string]bool{}, map[string]bool{}
	for _, f := range m.Files {
		for _, found := range direction.FindAllSubmatch(f.Bytes, -1) {
			if string(found[2]) == "lookup" {
				forward[string(found[1])] = true
			} else {
				back[string(found[1])] = true
			}
		}
	}
	return forward, back
}
