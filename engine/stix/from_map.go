package stix

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The fields of FromMap, each what the field of Object is that is named alike.
var (
	objectFields = []string{"object", "type", "value", "created", "modified", "published", "valid_from", "valid_until", "description",
		"labels", "default_labels", "tlp", "confidence", "external_references", "related"}
	refFields       = []string{"object", "type", "value", "created", "modified"}
	referenceFields = []string{"source_name", "description", "url", "external_id"}
)

// FromMap reads an object as a mapping writes it:
//
//	{ object, type, value, created, modified, published, valid_from, valid_until,
//	  description, labels, default_labels, tlp, confidence, external_references, related }
//
// nil is as good as leaving a field out. Times are time.Time or RFC 3339; a list may be a
// single element; elements that are nil are left out; numbers do for texts. Related are maps
// of object, type, value, created, modified. The error is *Invalid.
func FromMap(m map[string]any) (Object, error) {
	r := reader{m: m}
	r.known(objectFields)
	o := Object{
		Object: r.need("object"), Type: r.text("type"), Value: r.need("value"),
		Created: r.time("created"), Modified: r.time("modified"), Published: r.time("published"),
		ValidFrom: r.time("valid_from"), ValidUntil: r.time("valid_until"),
		Description: r.text("description"),
		Labels:      r.texts("labels"), DefaultLabels: r.texts("default_labels"), TLP: r.texts("tlp"),
	}
	if all := r.texts("confidence"); len(all) > 0 {
		o.Confidence = all[0]
	}
	for _, e := range r.maps("external_references", referenceFields) {
		o.References = append(o.References, Reference{SourceName: e.text("source_name"), Description: e.text("description"), URL: e.text("url"), ExternalID: e.text("external_id")})
		r.inherit(e)
	}
	for _, e := range r.maps("related", refFields) {
		o.Related = append(o.Related, Ref{e.need("object"), e.text("type"), e.need("value"), e.time("created"), e.time("modified")})
		r.inherit(e)
	}
	if r.err != nil {
		return Object{}, r.err
	}
	return o, nil
}

// reader takes fields out of a map, and remembers the first that is not as it should be.
// It never tells what a value is: it may be a secret.
type reader struct {
	m   map[string]any
	at  string // of the map in the object
	err error
}

func (r *reader) fail(field, problem string) {
	if r.err == nil {
		r.err = &Invalid{r.at + field, problem}
	}
}

func (r *reader) inherit(e *reader) {
	if r.err == nil {
		r.err = e.err
	}
}

// known refuses other fields, which would be overlooked.
func (r *reader) known(fields []string) {
	var others []string
	for f := range r.m {
		if !slices.Contains(fields, f) {
			others = append(others, f)
		}
	}
	if len(others) > 0 {
		r.fail(slices.Min(others), "there is no such field; there are "+strings.Join(fields, ", "))
	}
}

func (r *reader) need(field string) string {
	s := r.text(field)
	if s == "" {
		r.fail(field, "it is missing or empty; give a text")
	}
	return s
}

func (r *reader) text(field string) string {
	s, ok := asText(r.m[field])
	if !ok {
		r.fail(field, fmt.Sprintf("it is %s; give a text", nameOf(r.m[field])))
	}
	return s
}

func (r *reader) time(field string) time.Time {
	switch v := r.m[field].(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return v
	case *time.Time:
		if v == nil {
			return time.Time{}
		}
		return *v
	case string:
		if v == "" {
			return time.Time{}
		}
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			r.fail(field, "it is a text that is no instant; give one like 2026-11-20T10:00:00Z, with its zone")
		}
		return t
	default:
		r.fail(field, fmt.Sprintf("it is %s; give an instant", nameOf(v)))
		return time.Time{}
	}
}

func (r *reader) texts(field string) []string {
	var out []string
	for i, e := range r.list(field) {
		s, ok := asText(e)
		if !ok {
			r.fail(fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("it is %s; give a text", nameOf(e)))
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (r *reader) maps(field string, fields []string) []*reader {
	var out []*reader
	for i, e := range r.list(field) {
		if e == nil {
			continue
		}
		at := fmt.Sprintf("%s[%d]", field, i)
		m, ok := e.(map[string]any)
		if !ok {
			r.fail(at, fmt.Sprintf("it is %s; give an object of %s", nameOf(e), strings.Join(fields, ", ")))
			continue
		}
		in := &reader{m: m, at: r.at + at + "."}
		in.known(fields)
		out = append(out, in)
	}
	return out
}

// list takes one element for a list of one.
func (r *reader) list(field string) []any {
	switch v := r.m[field].(type) {
	case nil:
		return nil
	case []any:
		return v
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = m
		}
		return out
	default:
		return []any{v}
	}
}

// asText takes numbers and what else has a text of its own, as Number of JSON.
func asText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case time.Time, bool:
		return "", false
	case int, int64, uint64, int32, float64, fmt.Stringer:
		return fmt.Sprint(v), true
	}
	return "", false
}

func nameOf(v any) string {
	switch v.(type) {
	case bool:
		return "true or false"
	case string:
		return "a text"
	case time.Time:
		return "an instant"
	case []any, []string, []map[string]any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}
