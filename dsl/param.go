package dsl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Param is a setting of the operator.
type Param struct {
	Name, Label, Help string
	Type              ParamType
	Required          bool
	Sensitive         bool
	Options           []string
	Env, Flag, Short  string
	Node              *Node

	fallback *Val // the default
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
	}
	return cty.String
}

func (d *decoder) param(n *Node, s *Scoped) *Param {
	r := n.Read(s)
	p := &Param{
		Name: n.Labels[0], Node: n,
		Label: r.String("label", n.Labels[0]), Help: r.String("help", ""),
		Required: r.Bool("required", false), Sensitive: r.Bool("sensitive", false),
		Options: r.Strings("options"), Env: r.String("env", ""),
		Flag: r.String("flag", ""), Short: r.String("short", ""),
		fallback: n.Val("default"),
	}
	d.diags = append(d.diags, r.diags...)
	if v := n.Val("type"); v != nil {
		p.Type = ParamType(v.Word())
		if !slices.Contains(paramTypes, v.Word()) {
			d.errorf(v.Range, "Unknown type", "A parameter is of type %s, without quotes.%s", strings.Join(paramTypes, ", "), suggest(v.Word(), paramTypes))
			p.Type = StringParam
		}
	}
	if p.fallback != nil {
		if v, diags := s.eval(p.fallback.hcl); diags.HasErrors() {
			d.diags = append(d.diags, diags...)
		} else if _, err := p.parse(v); err != nil {
			d.errorf(p.fallback.Range, "Wrong default", "The default does not fit: %s.", err)
		}
	}
	return p
}

// Default returns the default as text for help, "" where there is none.
func (p *Param) Default() string {
	if p.fallback == nil {
		return ""
	}
	v, diags := p.fallback.hcl.Value(nil)
	if diags.HasErrors() || v.IsNull() {
		return ""
	}
	return fmt.Sprint(FromCty(v))
}

// parse turns an HCL value or a text into the parameter's type.
func (p *Param) parse(v cty.Value) (cty.Value, error) {
	if v.IsNull() {
		return cty.NullVal(p.Type.cty()), nil
	}
	switch t := v.Type(); {
	case t == cty.String:
		return p.text(v.AsString())
	case t == cty.Number && (p.Type == NumberParam || p.Type == IntegerParam):
		if p.Type == IntegerParam && !v.AsBigFloat().IsInt() {
			return cty.NilVal, fmt.Errorf("%s is not a whole number", v.AsBigFloat().Text('g', 20))
		}
		return v, nil
	case t == cty.Number && p.Type == StringParam:
		return cty.StringVal(v.AsBigFloat().Text('f', -1)), nil
	case t == cty.Bool && p.Type == BoolParam:
		return v, nil
	case p.Type == ListParam && (t.IsTupleType() || t.IsListType()):
		return p.list(v.AsValueSlice())
	default:
		return cty.NilVal, fmt.Errorf("a %s is needed, this is %s", p.Type, t.FriendlyName())
	}
}

func (p *Param) list(items []cty.Value) (cty.Value, error) {
	if len(items) == 0 {
		return cty.ListValEmpty(cty.String), nil
	}
	for _, e := range items {
		if e.IsNull() || e.Type() != cty.String {
			return cty.NilVal, fmt.Errorf("a list of texts is needed")
		}
	}
	return cty.ListVal(items), nil
}

func (p *Param) text(text string) (cty.Value, error) {
	switch p.Type {
	case NumberParam, IntegerParam:
		v, err := cty.ParseNumberVal(strings.TrimSpace(text))
		if err != nil {
			return cty.NilVal, fmt.Errorf("%q is not a number", text)
		}
		if p.Type == IntegerParam && !v.AsBigFloat().IsInt() {
			return cty.NilVal, fmt.Errorf("%q is not a whole number", text)
		}
		return v, nil
	case BoolParam:
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(text)))
		if err != nil {
			return cty.NilVal, fmt.Errorf("%q is not true or false", text)
		}
		return cty.BoolVal(b), nil
	case TimeParam:
		t, err := ParseTime(text)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(t.Format(time.RFC3339Nano)), nil
	case ListParam:
		var items []cty.Value
		for _, s := range strings.Split(text, ",") {
			if s = strings.TrimSpace(s); s != "" {
				items = append(items, cty.StringVal(s))
			}
		}
		return p.list(items)
	}
	return cty.StringVal(text), nil
}

// ParseTime reads YYYY-MM-DDTHH:MM:SS as UTC; a zone may follow.
func ParseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339Nano} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write YYYY-MM-DDTHH:MM:SS (UTC)", text)
}

// ParamError says which parameter has a value that cannot be used.
type ParamError struct {
	Name, Label string // Label is "" for a parameter that the mapping does not have
	Origin      string // where the value came from, e.g. "--param"
	Reason      string
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

// checkOptions refuses a value outside the declared options.
func (p *Param) checkOptions(v cty.Value) error {
	if len(p.Options) == 0 || v.IsNull() || p.Type != StringParam || slices.Contains(p.Options, v.AsString()) {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", v.AsString(), strings.Join(p.Options, ", "))
}

// validations evaluates the validation blocks of p in s, which holds all params.
func (p *Param) validations(s *Scoped) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range p.Node.All("validation") {
		r := n.Read(s)
		ok, message := r.Bool("condition", false), r.String("error_message", "The value is not allowed.")
		diags = append(diags, r.diags...)
		if r.diags.HasErrors() || ok {
			continue
		}
		at := n.Range
		if v := n.Val("condition"); v != nil {
			at = v.Range
		}
		diags = append(diags, problem(at, "Parameter not allowed", "%s: %s", p.Name, message))
	}
	return diags
}
