package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// texts are the value of a parameter, or the elements of a list, as text; none
// for null.
func texts(v cty.Value) []string {
	if v == cty.NilVal || v.IsNull() {
		return nil
	}
	switch v := FromCty(v).(type) {
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
		return out
	default:
		return []string{fmt.Sprint(v)}
	}
}

// fit is v as the parameter's type, among its options. The error shows nothing of
// a sensitive value.
func (p *Param) fit(v cty.Value) (cty.Value, error) {
	out, err := p.parse(v)
	if err == nil {
		return out, p.checkOptions(out)
	}
	if p.Sensitive {
		err = fmt.Errorf("the value is not of type %s", p.Type)
	}
	return cty.NilVal, err
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
		return p.number(v, v.AsBigFloat().Text('g', 20))
	case t == cty.Number && p.Type == StringParam && !huge(v.AsBigFloat()):
		return cty.StringVal(v.AsBigFloat().Text('f', -1)), nil
	case t == cty.Bool && p.Type == BoolParam:
		return v, nil
	case p.Type == ListParam && (t.IsTupleType() || t.IsListType()):
		return p.list(v.AsValueSlice())
	default:
		return cty.NilVal, fmt.Errorf("the parameter is of type %s, this is %s", p.Type, t.FriendlyName())
	}
}

// number checks v, which the operator wrote as text.
func (p *Param) number(v cty.Value, text string) (cty.Value, error) {
	switch f := v.AsBigFloat(); {
	case f.Sign() != 0 && huge(f):
		return cty.NilVal, errors.New("the number is out of range")
	case p.Type == IntegerParam && !f.IsInt():
		return cty.NilVal, fmt.Errorf("%s is not a whole number", text)
	}
	return v, nil
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
		return p.number(v, strconv.Quote(text))
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

// checkOptions refuses a value, or an element of a list, outside the declared options.
func (p *Param) checkOptions(v cty.Value) error {
	if len(p.Options) == 0 {
		return nil
	}
	for _, text := range texts(v) {
		if slices.Contains(p.Options, text) {
			continue
		}
		shown := strconv.Quote(text)
		if p.Sensitive {
			shown = "the value"
		}
		return fmt.Errorf("%s is not one of %s", shown, strings.Join(p.Options, ", "))
	}
	return nil
}
