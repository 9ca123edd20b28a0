package dsl

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

var scopeNames = map[Scope][]string{
	Static: nil,
	Run:    {"param", "local", "table", "connector", "now"},
	Window: {"param", "local", "table", "connector", "now", "step", "partition", "window"},
	Page:   {"param", "local", "table", "connector", "now", "step", "partition", "window", "page"},
}

// constants are how other languages write what HCL has a word for.
var constants = map[string]string{
	"True": "true", "TRUE": "true", "yes": "true", "False": "false", "FALSE": "false", "no": "false",
	"None": "null", "nil": "null", "NULL": "null", "undefined": "null",
}

func (c *checker) name(t hcl.Traversal, scope Scope, page paging) bool {
	root, at := t.RootName(), t.SourceRange()
	allowed := scopeNames[scope]
	if name, _ := member(t); root != "param" || name != c.own || name == "" {
		c.used.traversal(t)
	}
	if !slices.Contains(allowed, root) {
		switch {
		case constants[root] != "":
			c.d.errorf(at, "Unknown name", "There is no %q here. Write %s.", root, constants[root])
		case len(allowed) == 0 && len(t) == 1 && !slices.Contains(scopeNames[Page], root):
			c.d.errorf(at, "Fixed value expected", "There is no %q here; quote it if it is a text.", root)
		case len(allowed) == 0:
			c.d.errorf(at, "Fixed value expected", "This value is read when the file is loaded, so it cannot refer to %q.", root)
		case slices.Contains(scopeNames[Page], root):
			c.d.errorf(at, "Not known here", "%q has no value yet at this point of a run.", root)
		case c.isRecord(root):
			c.d.errorf(at, "Not known here", "%q differs from record to record: compute the value with expr(…), where the attribute allows it.", root)
		default:
			c.d.errorf(at, "Unknown name", "There is no %q here; quote it if it is a text.%s", root, code.Suggest(root, allowed))
		}
		return false
	}
	if c.m.lost[root] || root == "page" && page.lost {
		return false // a mistake elsewhere that is reported there
	}
	if root == "partition" && !page.partitions {
		c.d.errorf(at, "Not known here", "\"partition\" has a value only in a source with partitions.")
		return false
	}
	if root == "page" && !page.here {
		c.d.errorf(at, "Not known here", "\"page\" has values only in a source with a paginate block.")
		return false
	}
	if root == "partition" {
		return true // what it is, the server says
	}
	known := c.members(root, page)
	if name, ok := member(t); ok && !slices.Contains(known, name) {
		why := code.Suggest(name, known)
		if root == "page" && len(known) == 0 {
			why = " This kind of paginate goes on by itself and gives the request nothing."
		}
		c.d.errorf(at, "Unknown name", "There is no %s.%s.%s", root, name, why)
		return false
	}
	return true
}

// isRecord says that a flow calls its records so.
func (c *checker) isRecord(name string) bool {
	return slices.ContainsFunc(c.m.Flows, func(f *Flow) bool { return f.Record != nil && f.Record.Name == name })
}

func (c *checker) members(root string, page paging) []string {
	var out []string
	switch root {
	case "param":
		for _, p := range c.m.Params {
			out = append(out, p.Name)
		}
	case "local":
		for _, v := range c.m.locals {
			out = append(out, v.Attr.Name)
		}
	case "table":
		for _, t := range c.m.Tables {
			out = append(out, t.Name)
		}
	case "connector":
		out = []string{"name", "title", "version", "source", "instance"}
	case "window":
		out = []string{"start", "end", "token"}
	case "step":
		out = page.steps
	case "page":
		out = page.names
	}
	return out
}

// unknowns is the scope of the check: every name has its type and no value.
func (c *checker) unknowns(page paging) *hcl.EvalContext {
	params, locals, paging := map[string]cty.Value{}, map[string]cty.Value{}, map[string]cty.Value{}
	for _, p := range c.m.Params {
		params[p.Name] = cty.UnknownVal(p.Type.cty())
	}
	for _, v := range c.m.locals {
		locals[v.Attr.Name] = cty.DynamicVal
	}
	for _, name := range page.names {
		paging[name] = cty.DynamicVal
	}
	steps := map[string]cty.Value{}
	for _, name := range page.steps {
		steps[name] = cty.DynamicVal
	}
	text := cty.UnknownVal(cty.String)
	return &hcl.EvalContext{Functions: functions(), Variables: map[string]cty.Value{
		"param": cty.ObjectVal(params), "local": cty.ObjectVal(locals), "page": cty.ObjectVal(paging),
		"table": c.m.tableValues(), "connector": c.m.connectorValue(text), "now": text,
		"window": cty.ObjectVal(map[string]cty.Value{"start": cty.DynamicVal, "end": cty.DynamicVal, "token": text}),
		"step":   cty.ObjectVal(steps), "partition": cty.DynamicVal,
	}}
}

// references checks that references name things that exist.
func (c *checker) references() {
	var clients []string
	for _, cl := range c.m.Clients {
		clients = append(clients, cl.Name)
	}
	for _, f := range c.m.Flows {
		for _, n := range append(f.Source.All("each"), f.Source, f.Sink) {
			for _, ref := range n.Val("client").Refs() {
				if (ref.Type != "client" || c.m.Client(ref.Name) == nil) && !c.m.lost["client"] {
					c.d.unknownRef("Unknown client", "client", ref, clients)
				}
			}
		}
	}
}
