package threatq

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// A cursor mark holds the sort values of the last row of a page; the next page
// is what sorts behind it, whatever was written in between.

func nextMark(sort []order, last *object) string {
	values := make([]any, len(sort))
	for i, o := range sort {
		values[i] = o.value(last)
	}
	text, _ := json.Marshal(values) // numbers and texts always encode
	return base64.RawURLEncoding.EncodeToString(text)
}

// value is what the column holds, in the form in which SQL compares it.
func (c column) value(o *object) any {
	switch name := c.name; {
	case c.form == formID:
		return o.uid
	case c.form == formHash:
		return nil
	case name == "description":
		return o.description.String
	case c.form == formText:
		return o.name
	case name == "type_id":
		return o.typeID.Int64
	case name == "status_id":
		return o.statusID.Int64
	case strings.HasPrefix(name, "created"):
		return o.created
	case strings.HasPrefix(name, "updated"):
		return o.updated
	case strings.HasPrefix(name, "touched"):
		return o.touched
	}
	for i, column := range timeColumns {
		if column == c.name {
			return o.times[i].Int64
		}
	}
	return nil
}

// resume adds the condition that a row sorts behind the mark. "*" is the start.
func resume(w *where, sort []order, mark string) error {
	if mark == "*" {
		return nil
	}
	bad := refuse(http.StatusBadRequest, "The cursorMark %.40q is not one of this sort order; start again with *.", mark)
	text, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		return bad
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var values []any
	if dec.Decode(&values) != nil || len(values) != len(sort) {
		return bad
	}
	for i, v := range values {
		if values[i], err = markValue(v, sort[i].form); err != nil {
			return bad
		}
	}
	var cases []string
	var args []any
	for i, o := range sort {
		var parts []string
		for j := range i {
			parts = append(parts, sort[j].sql+" = ?")
			args = append(args, values[j])
		}
		sign := " > ?"
		if o.desc {
			sign = " < ?"
		}
		parts = append(parts, o.sql+sign)
		args = append(args, values[i])
		cases = append(cases, "("+strings.Join(parts, " AND ")+")")
	}
	w.add("("+strings.Join(cases, " OR ")+")", args...)
	return nil
}

// markValue gives a decoded value the Go type of its column.
func markValue(v any, form columnForm) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if form != formText {
			return v.Int64()
		}
	case string:
		if form == formText {
			return v, nil
		}
	}
	return nil, http.ErrNotSupported
}
