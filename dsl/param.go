package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// Param is a setting of the operator.
type Param struct {
	Name, Label, Help string
	Type              ParamType
	Required          bool
	Sensitive         bool
	Options           []string
	Env, Flag, Short  string
	Aliases           []string // of Flag
	Unused            bool     // nothing is to read it
	Node              *Node

	fallback cty.Value // the default, of Type; NilVal where there is none that fits
}

// ParamType is the type of a parameter.
type ParamType string

// The parameter types. Integer refuses broken numbers; Time is an instant given
// as YYYY-MM-DDTHH:MM:SS in UTC, with or without a Z, and kept as RFC 3339.
const (
	StringParam  ParamType = "string"
	NumberParam  ParamType = "number"
	IntegerParam ParamType = "integer"
	BoolParam    ParamType = "bool"
	TimeParam    ParamType = "time"
	ListParam    ParamType = "list"
)

var paramTypes = []string{"string", "number", "integer", "bool", "time", "list"}

func (t ParamType) cty() cty.Type {
	switch t {
	case NumberParam, IntegerParam:
		return cty.Number
	case BoolParam:
		return cty.Bool
	case ListParam:
		return cty.List(cty.String)
	case "": // not known after a mistake
		return cty.DynamicPseudoType
	}
	return cty.String
}

// kind is what expr sees of it, where that is certain.
func (t ParamType) kind() code.Kind {
	switch t {
	case StringParam, TimeParam:
		return code.String
	case IntegerParam:
		return code.Int
	case BoolParam:
		return code.Bool
	}
	return code.Any
}

func (d *decoder) param(n *Node, s *Scoped) *Param {
	r := d.static(n, s)
	p := &Param{
		Name: n.Labels[0], Node: n,
		Label: r.String("label", n.Labels[0]), Help: r.String("help", ""),
		Required: r.Bool("required", false), Sensitive: r.Bool("sensitive", false), Unused: r.Bool("unused", false),
		Options: r.Strings("options"), Env: r.String("env", ""),
		Flag: r.String("flag", ""), Short: r.String("short", ""), Aliases: r.Strings("aliases"),
	}
	d.diags = append(d.diags, r.diags...)
	if v := n.Val("type"); v != nil {
		if slices.Contains(paramTypes, v.Word()) {
			p.Type = ParamType(v.Word())
		} else {
			hint := prose.DidYouMean(code.Near(v.Word(), paramTypes))
			d.errorf(v.Range, "Unknown type", "A parameter is of type %s, without quotes.%s", strings.Join(paramTypes, ", "), hint)
		}
	}
	if v := n.Val("default"); v != nil && !v.bad && p.Type != "" {
		d.paramDefault(p, v, s)
	}
	return p
}

// paramDefault leaves what cannot be evaluated to the checker.
func (d *decoder) paramDefault(p *Param, v *Val, s *Scoped) {
	got, diags := v.Value(s)
	if diags.HasErrors() {
		return
	}
	fit, err := p.fit(got)
	if err != nil {
		d.errorf(v.Range, "Wrong default", "The default does not fit: %s.", err)
		return
	}
	p.fallback = fit
	if p.Sensitive && slices.ContainsFunc(texts(fit), func(s string) bool { return s != "" }) {
		d.warn(v.Range, "Secret in the mapping", "Mappings are shared, so a sensitive parameter has no default: the operator gives the value.")
	}
}

// Default returns the default as text for help, "" where there is none or it is
// sensitive. The elements of a list are joined by commas.
func (p *Param) Default() string {
	if p.Sensitive {
		return ""
	}
	return strings.Join(texts(p.fallback), ",")
}

// ParamError says which parameter has a value that cannot be used.
type ParamError struct {
	Name, Label string // Label is "" for a parameter that the mapping does not have
	Origin      string // where the value came from, e.g. "--param"
	Reason      string
	summary     string // what it is called in the catalogue of diagnostics
}

// wrong says of p that what was given cannot be used.
func (p *Param) wrong(g Given, summary, detail string) *ParamError {
	return &ParamError{Name: p.Name, Label: p.Label, Origin: g.Origin, Reason: detail, summary: summary}
}

func (e *ParamError) Error() string {
	out := fmt.Sprintf("parameter %q", e.Name)
	if e.Label != "" && e.Label != e.Name {
		out += " (" + e.Label + ")"
	}
	if e.Origin != "" {
		out += " from " + e.Origin
	}
	return out + ": " + e.Reason
}

// Diagnostic is e as what the catalogue knows. It has no place: where the value came from may be no file.
func (e *ParamError) Diagnostic() *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: e.summary, Detail: e.Error()}
}
