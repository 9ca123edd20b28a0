package guide

import (
	"errors"
	"maps"
	"regexp"
	"strings"
	"time"

	"tqmap/dsl"
)

// standIn is the beginning of values that stand for what only an operator knows. They are
// letters and digits, which most conditions on values let pass.
const standIn = "standin"

var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// standIns are values for the parameters that have none.
func standIns(m *dsl.Mapping) map[string]dsl.Given {
	out := map[string]dsl.Given{}
	for _, p := range m.Params {
		switch {
		case p.Default() != "" || !p.Required && !p.Sensitive:
		case len(p.Options) > 0:
			out[p.Name] = dsl.Text(p.Options[0], "the guide")
		case p.Type == dsl.NumberParam || p.Type == dsl.IntegerParam:
			out[p.Name] = dsl.Text("1", "the guide")
		case p.Type == dsl.BoolParam:
			out[p.Name] = dsl.Text("false", "the guide")
		case p.Type == dsl.StringParam || p.Type == dsl.ListParam:
			out[p.Name] = dsl.Text(standInOf(p), "the guide")
		}
	}
	return out
}

func standInOf(p *dsl.Param) string {
	return standIn + notPlain.ReplaceAllString(strings.ToLower(p.Name), "")
}

// bind gives m values for all that it needs: what is given, else stand-ins. Conditions that
// these do not keep may hold with the values of one of its tests.
func bind(m *dsl.Mapping, given map[string]dsl.Given, now time.Time) (*dsl.Bound, error) {
	all := standIns(m)
	maps.Copy(all, given)
	bound, errs := m.Bind(all, now)
	if len(errs) == 0 {
		return bound, nil
	}
	for _, t := range m.Tests {
		all := standIns(m)
		if own, _, err := t.Setting(now); err == nil {
			maps.Copy(all, own)
		}
		maps.Copy(all, given)
		if bound, errs := m.Bind(all, now); len(errs) == 0 {
			return bound, nil
		}
	}
	return nil, errors.Join(errs...)
}

// bindTest gives m the values and the clock of a test.
func bindTest(m *dsl.Mapping, t *dsl.Test, given map[string]dsl.Given, now time.Time) (*dsl.Bound, error) {
	own, now, err := t.Setting(now)
	if err != nil {
		return nil, err
	}
	all := standIns(m)
	maps.Copy(all, given)
	maps.Copy(all, own)
	bound, errs := m.Bind(all, now)
	return bound, errors.Join(errs...)
}

// named puts the names of parameters in the place of their stand-ins: <hostname>.
func (g *maker) named(text string) string {
	for _, p := range g.m.Params {
		text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(standInOf(p))+`\b`).ReplaceAllString(text, "<"+p.Name+">")
	}
	return text
}
