package threatq

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The types below read the JSON of ThreatQ, which says the same thing in several
// shapes depending on the endpoint and the version. None of them fails: a part in
// a shape nobody knows is read as absent, and what must be there is checked by
// whoever needs it.

// number is an integer, given as a JSON number or as text. It is exact.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	i, err := strconv.ParseInt(strings.TrimSpace(unquote(b)), 10, 64)
	if err != nil {
		i = 0
	}
	*n = number(i)
	return nil
}

// text is a string, or a scalar that is used as one.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	*t = text(unquote(b))
	return nil
}

// unquote returns the text of a JSON scalar; "" for null, lists and records.
func unquote(b []byte) string {
	var s string
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || bytes.Equal(b, []byte("null")):
		return ""
	case b[0] != '"':
		return string(b)
	case len(b) > 1 && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b):
		return string(b[1 : len(b)-1])
	case json.Unmarshal(b, &s) != nil:
		return ""
	}
	return s
}

// stamp is a time in the layout of ThreatQ, or in RFC 3339.
type stamp struct{ time.Time }

func (t *stamp) UnmarshalJSON(b []byte) error {
	s := unquote(b)
	for _, layout := range []string{timeLayout, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			t.Time = at.UTC()
			return nil
		}
	}
	t.Time = time.Time{}
	return nil
}

// flag is "Y" or "N", 1 or 0, true or false; nil where it is not said.
type flag struct{ set *bool }

func (f *flag) UnmarshalJSON(b []byte) error {
	var v bool
	switch strings.ToLower(unquote(b)) {
	case "y", "yes", "1", "true":
		v = true
	case "n", "no", "0", "false":
	default:
		f.set = nil
		return nil
	}
	f.set = &v
	return nil
}

// named is a record with id and name (type, status, tag, TLP), or the name alone.
type named struct {
	ID   number
	Name text
}

func (n *named) UnmarshalJSON(b []byte) error {
	*n = named{}
	if len(b) == 0 || b[0] != '{' {
		return n.Name.UnmarshalJSON(b)
	}
	var rec struct {
		ID   number
		Name text
	}
	err := json.Unmarshal(b, &rec)
	*n = named(rec)
	return err
}

// list is a JSON list. A record whose keys are all numbers is one too: that is
// how PHP writes a list with gaps. Elements that cannot be read are left out.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var all []T // at once, which most lists allow and which copies nothing
	if json.Unmarshal(b, &all) == nil {
		if len(all) > 0 {
			*l = all
		}
		return nil
	}
	for _, raw := range elements(b) {
		var v T
		if json.Unmarshal(raw, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

func elements(b []byte) []json.RawMessage {
	var out []json.RawMessage
	if json.Unmarshal(b, &out) == nil {
		return out
	}
	var rec map[string]json.RawMessage
	if json.Unmarshal(b, &rec) != nil {
		return nil
	}
	keys := make([]int, 0, len(rec))
	for k := range rec {
		n, err := strconv.Atoi(k)
		if err != nil || strconv.Itoa(n) != k {
			return nil
		}
		keys = append(keys, n)
	}
	slices.Sort(keys)
	for _, n := range keys {
		out = append(out, rec[strconv.Itoa(n)])
	}
	return out
}
