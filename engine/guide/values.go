package guide

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// vendor is what the guide calls the other side.
func (g *maker) vendor() string { return plain(g.m.Connector.Source) }

// setting is what a plain value comes out as with the defaults, as code, and the parameters
// that decide it; "" where it is not there or cannot be told.
func (g *maker) setting(n *dsl.Node, name string) (value string, by []*dsl.Param) {
	v := n.Val(name)
	if v == nil {
		return "", nil
	}
	by = g.paramsOf(v.Reads())
	got, diags := v.Value(g.bound.Scope)
	if diags.HasErrors() {
		return g.source(v), by
	}
	return g.named(shown(dsl.FromCty(got))), by
}

// shown is a value as text.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return fmt.Sprint(v)
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, shown(e))
		}
		return strings.Join(out, ", ")
	}
	text, _ := code.Text(v)
	return text
}

// source is what the file says, on one line.
func (g *maker) source(v *dsl.Val) string {
	return prose.OneLine(g.m.Text(v.Range))
}

// paramsOf are the parameters behind names, also through locals.
func (g *maker) paramsOf(reads []dsl.NameRead) []*dsl.Param {
	var out []*dsl.Param
	seen := map[string]bool{}
	var follow func([]dsl.NameRead)
	follow = func(reads []dsl.NameRead) {
		for _, r := range reads {
			if id := r.Root + "." + r.Member; seen[id] {
				continue
			} else {
				seen[id] = true
			}
			switch r.Root {
			case "param":
				if p := g.m.Param(r.Member); p != nil && !slices.Contains(out, p) {
					out = append(out, p)
				}
			case "local":
				follow(g.m.Local(r.Member).Reads())
			}
		}
	}
	follow(reads)
	return out
}

// byParams names parameters in brackets: " (parameter `days`)"; "" without any.
func byParams(by []*dsl.Param) string {
	if len(by) == 0 {
		return ""
	}
	return " (" + paramWords(by) + ")"
}

func paramWords(by []*dsl.Param) string {
	var names []string
	for _, p := range by {
		names = append(names, span(p.Name))
	}
	word := "parameter "
	if len(names) > 1 {
		word = "parameters "
	}
	return word + prose.And(names)
}

// settingWords are a value and its parameters: "`2d` (parameter `days`)".
func (g *maker) settingWords(n *dsl.Node, name string) string {
	value, by := g.setting(n, name)
	if value == "" {
		if len(by) > 0 {
			return "what the " + paramWords(by) + " says"
		}
		return ""
	}
	return span(value) + byParams(by)
}
