package engine

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// fields evaluates the fields of one object and keeps the first error.
type fields struct {
	vars map[string]any
	name string    // what is evaluated
	seen *dsl.Seen // may be nil
	err  error
}

// of names what is evaluated next.
func (f *fields) of(name string) *fields {
	if f.err == nil {
		f.name = name
	}
	return f
}

func (f *fields) value(t *dsl.Template) any {
	if f.err != nil {
		return nil
	}
	v, err := t.Eval(f.vars)
	f.err = err
	if f.seen != nil {
		f.seen.Value(t, v)
	}
	return v
}

func (f *fields) text(t *dsl.Template) string {
	s, _ := code.Text(f.value(t))
	return s
}

// texts are the texts of a list, or of the one value there is.
func (f *fields) texts(t *dsl.Template) []string {
	var out []string
	f.each(t, func(text string) { out = append(out, text) })
	return out
}

// each gives the texts of a list, or of the one value there is.
func (f *fields) each(t *dsl.Template, yield func(string)) {
	v := f.value(t)
	list, ok := v.([]any)
	if !ok {
		if s, ok := code.Text(v); ok {
			yield(s)
		}
		return
	}
	for _, e := range list {
		if s, ok := code.Text(e); ok {
			yield(s)
		}
	}
}

// pairs are the entries of an object in file order, each element of a list by
// itself; what is null is left out.
func (f *fields) pairs(t *dsl.Template) []request.Pair {
	var out []request.Pair
	for _, field := range t.Fields() {
		v := f.value(&field.Value)
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, e := range list {
			if e == "" {
				out = append(out, request.Pair{Name: field.Name})
			} else if text, ok := wireText(e); ok {
				out = append(out, request.Pair{Name: field.Name, Value: text})
			}
		}
	}
	return out
}

// wireText is how a value is written into a request: true and false as in any other request,
// not in the words of ThreatQ.
func wireText(v any) (string, bool) {
	if b, ok := v.(bool); ok {
		return strconv.FormatBool(b), true
	}
	return code.Text(v)
}

func (f *fields) instant(t *dsl.Template) time.Time {
	v := f.value(t)
	if v == nil || f.err != nil {
		return time.Time{}
	}
	at, err := instant(v)
	if err != nil {
		f.err = failedAt(t.Range(), "Not an instant", err)
	}
	return at
}

// own sets one of the fields of the object's kind.
func (f *fields) own(o *threatq.Object, field string, t *dsl.Template) {
	f.of(field)
	if at := o.Time(field); at != nil {
		*at = f.instant(t)
		return
	}
	switch field {
	case o.Collection.NameField():
		o.Name = f.text(t)
	case "type":
		o.Type = f.text(t)
	case "status":
		o.Status = f.text(t)
	case "value":
		o.Content = f.text(t)
	case "score":
		o.Score = f.score(t)
	}
}

// score is a whole number from 0 to 10; nil where there is none.
func (f *fields) score(t *dsl.Template) *int {
	v := f.value(t)
	text, ok := code.Text(v)
	if f.err != nil || !ok {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != math.Trunc(n) || n < 0 || n > 10 {
		f.err = failedAt(t.Range(), "Score out of range", fmt.Errorf("a score is a whole number from 0 to 10, this is %q; see round(…)", text))
		return nil
	}
	score := int(n)
	return &score
}

// tlp is a label of the Traffic Light Protocol, in the spelling of the source.
func (f *fields) tlp(t *dsl.Template) string {
	label := f.text(t)
	if f.err == nil && label != "" && !threatq.KnownTLP(label) {
		f.err = failedAt(t.Range(), "Unknown TLP label", fmt.Errorf("%q is no TLP label: use RED, AMBER+STRICT, AMBER, GREEN or CLEAR", label))
	}
	return label
}

var attributeModes = map[string]threatq.Mode{"": threatq.Replace, "add": threatq.Add, "fixed": threatq.Fixed}

// attributes keeps the order of the file; a list gives one attribute per element.
func (f *fields) attributes(t *dsl.Template) []threatq.Attribute {
	declared := t.Fields()
	if len(declared) == 0 {
		return nil
	}
	out := make([]threatq.Attribute, 0, len(declared)+2) // a list may give more
	for i := range declared {
		field := &declared[i]
		mode := attributeModes[field.Mode]
		f.of("attribute "+strconv.Quote(field.Name)).each(&field.Value, func(text string) {
			out = append(out, threatq.Attribute{Name: field.Name, Value: text, Mode: mode})
		})
	}
	return out
}

// instant reads a time.Time or an RFC 3339 text. A time without a zone is refused:
// guessing one has lost records elsewhere.
func instant(v any) (time.Time, error) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is not an RFC 3339 instant; convert it with time(text, zone) or time(text, zone, layout)", v)
		}
		return t.UTC(), nil
	case nil:
		return time.Time{}, fmt.Errorf("the value is null (absent in this record)")
	}
	return time.Time{}, fmt.Errorf("%v (%T) is not an instant; convert a number with unix(…) or unix_ms(…)", v, v)
}
