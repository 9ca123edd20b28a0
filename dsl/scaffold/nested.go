package scaffold

import (
	"strings"

	"tqmap/dsl/code"
)

// nested is an indicator that each element of a list in the records has.
type nested struct {
	name       string // of the rule
	list       string // path of the list in a record
	table      table  // the elements, called each
	observable string // path of the indicator in an element
	attributes []string
}

// mostNested is how many rules for lists a first mapping has at most, mostTried how many
// values are looked at.
const (
	mostNested = 6
	mostTried  = 200
)

// inList looks at what a list in the records holds.
func (g *guess) inList(path string) {
	elements, ok := g.table.elements(path)
	if !ok {
		return
	}
	if objects(elements) {
		g.inObjects(path, newTable("each", elements))
		return
	}
	for _, v := range elements {
		if s, ok := v.(string); !ok || s == "" {
			return
		}
	}
	if isObservable(elements) {
		g.spread = append(g.spread, path)
	} else if len(g.attributes)+len(g.tags) < mostAttributes {
		g.tags = append(g.tags, path)
	}
}

// inObjects makes a rule for each field of the elements that holds indicators.
func (g *guess) inObjects(path string, t table) {
	var observables, attributes []string
	for _, f := range t.seen {
		if !t.single(f) {
			continue
		}
		values := t.values(f.Path)
		if _, isTime := timeOf(f.Path, values); isObservable(values) && !isTime {
			observables = append(observables, f.Path)
		} else if len(attributes) < mostAttributes {
			attributes = append(attributes, f.Path)
		}
	}
	name := singular(path[strings.LastIndexByte(path, '.')+1:])
	for _, o := range observables {
		if len(g.nested) == mostNested {
			return
		}
		rule := nested{name: name, list: path, table: t, observable: o, attributes: attributes}
		if len(observables) > 1 {
			rule.name += "_" + strings.ToLower(strings.Join(split(o), "_"))
		}
		for g.taken(rule.name) {
			rule.name += "_2"
		}
		g.nested = append(g.nested, rule)
	}
}

func (g *guess) taken(name string) bool {
	for _, n := range g.nested {
		if n.name == name {
			return true
		}
	}
	return name == "ioc"
}

// isObservable says whether most values are certainly indicators. A file name may be
// anything.
func isObservable(values []any) bool {
	program, diags := code.CompileExpr(code.Literal("indicator_type(v)"), code.Env{"v": {}})
	if diags.HasErrors() {
		return false
	}
	tried, found := 0, 0
	for _, v := range values {
		if v == nil || v == "" {
			continue
		}
		if tried++; tried > mostTried {
			break
		}
		if kind, err := program.Eval(map[string]any{"v": v}); err == nil && kind != nil && kind != "Filename" {
			found++
		}
	}
	return found > 0 && 2*found > min(tried, mostTried)
}
