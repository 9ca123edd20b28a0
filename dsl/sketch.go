package dsl

import (
	"regexp"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// Sketch is a mapping bound for showing, not for running: no parameter has to be set, nothing is
// validated, and no secret is in it.
type Sketch struct {
	*Bound
	given map[string]Given
	marks map[string]bool // parameters that a mark stands for
}

// standIn stands for the value of a parameter in a Sketch. It is a word that can be a host, so
// that functions of addresses take it.
func standIn(name string) string {
	return "unset-" + name + "-unset"
}

var marked = regexp.MustCompile(`(?i)unset-([a-z0-9_]+?)-unset`)

// Sketch binds m as far as given tells. Sensitive texts, and required ones that are not given, are
// marks, which Say turns into <name>. The errors are those of values that do not fit.
func (m *Mapping) Sketch(given map[string]Given, now time.Time) (*Sketch, []error) {
	s := &Sketch{given: given, marks: map[string]bool{}}
	filled := map[string]Given{}
	for name, g := range given {
		filled[name] = g
	}
	_, errs := m.paramValues(withoutRequired(m, given))
	if len(errs) > 0 {
		return nil, errs
	}
	for _, p := range m.Params {
		_, has := given[p.Name]
		if p.Sensitive && p.Type != StringParam {
			delete(filled, p.Name)
		}
		secret := p.Sensitive && (has || p.Default() == "")
		if p.Type == StringParam && (secret || p.Required && !has && p.Default() == "") {
			filled[p.Name], s.marks[p.Name] = Text(standIn(p.Name), "sketch"), true
		}
	}
	bare := *m
	bare.Params = nil
	for _, p := range m.Params {
		loose := *p
		loose.Required = false
		if s.marks[p.Name] {
			loose.Options = nil
		}
		bare.Params = append(bare.Params, &loose)
	}
	values, errs := bare.paramValues(filled)
	if len(errs) > 0 {
		return nil, errs
	}
	b := &Bound{Mapping: m, Now: now, Tables: &Tables{unknown: map[string]map[string]int{}}, Params: map[string]any{}}
	b.Scope = newScoped(map[string]cty.Value{
		"param": cty.ObjectVal(values), "table": m.tableValues(), "connector": m.connectorValue(cty.StringVal(m.Connector.Instance)),
		"now": cty.UnknownVal(cty.String),
	})
	_, _ = m.localValues(b.Scope) // those that fail are shown as they are written
	s.Bound = b
	return s, nil
}

// withoutRequired has something for each required parameter, so that only values are judged.
func withoutRequired(m *Mapping, given map[string]Given) map[string]Given {
	out := map[string]Given{}
	for name, g := range given {
		out[name] = g
	}
	for _, p := range m.Params {
		if _, has := given[p.Name]; !has && p.Required && p.Type == StringParam && len(p.Options) == 0 {
			out[p.Name] = Text(standIn(p.Name), "sketch")
		}
	}
	return out
}

// Setting is the value of a parameter for people, and where it comes from: "default", "" where it
// has none, or what gave it. Of a sensitive one it only says whether it is set.
func (s *Sketch) Setting(p *Param) (value, origin string) {
	g, has := s.given[p.Name]
	switch {
	case p.Sensitive && has:
		return "(set, not shown)", g.Origin
	case has:
		fit, err := p.fit(g.Value)
		if err != nil {
			return "", ""
		}
		return strings.Join(texts(fit), ", "), g.Origin
	case p.fallback != cty.NilVal && !p.fallback.IsNull() && !p.Sensitive:
		return strings.Join(texts(p.fallback), ", "), "default"
	}
	return "", ""
}

// Say writes marks as <name>.
func (s *Sketch) Say(text string) string {
	return marked.ReplaceAllStringFunc(text, func(found string) string {
		for _, p := range s.Mapping.Params {
			if s.marks[p.Name] && strings.EqualFold(found, standIn(p.Name)) {
				return "<" + p.Name + ">"
			}
		}
		return found
	})
}
