package threatq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxText is what a TEXT column of the platform's database holds, in bytes.
const maxText = 65535

// stamp is a time in a request: set if it was given, null if it was given as
// null.
type stamp struct {
	set, null bool
	unix      int64
}

const layout = "2006-01-02 15:04:05"

func (s *stamp) UnmarshalJSON(b []byte) error {
	s.set = true
	var text string
	if s.null = string(b) == "null"; s.null {
		return nil
	}
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("%s is not a time; write %q in UTC", b, layout)
	}
	var err error
	s.unix, err = parseTime(text)
	return err
}

// parseTime reads the platform's form of a time; RFC 3339 and a bare day are
// taken too, since PHP takes them.
func parseTime(text string) (int64, error) {
	for _, form := range []string{layout, time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.Unix(), nil
		}
	}
	return 0, fmt.Errorf("%q is not a time; write %q in UTC", text, layout)
}

// text is a string that a client may also send as a number or a boolean.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(t))
	case '{', '[':
		return fmt.Errorf("want a string, have %.20s", b)
	case 'n':
		*t = ""
	default:
		*t = text(b)
	}
	return nil
}

// ref names a type or a status, by id or by name.
type ref struct {
	set  bool
	id   int64
	name string
}

func (r *ref) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	var named struct {
		ID   json.Number `json:"id"`
		Name string      `json:"name"`
	}
	r.set = true
	switch b[0] {
	case '"':
		return json.Unmarshal(b, &r.name)
	case '{':
		err := json.Unmarshal(b, &named)
		r.name = named.Name
		if err == nil && named.ID != "" {
			r.id, err = named.ID.Int64()
		}
		return err
	}
	return json.Unmarshal(b, &r.id)
}

func (r ref) String() string {
	if r.name != "" {
		return r.name
	}
	return strconv.FormatInt(r.id, 10)
}

// sourceIn is a source of an object or an attribute in a request. The TLP comes
// as tlp_id, as tlp "amber" or as tlp {"name": "AMBER"}.
type sourceIn struct {
	Name        string `json:"name"`
	TLPID       int64  `json:"tlp_id"`
	TLP         ref    `json:"tlp"`
	PublishedAt stamp  `json:"published_at"`
}

func (s *sourceIn) tlp() (any, error) {
	id := s.TLPID
	if s.TLP.set && id == 0 {
		label := strings.TrimPrefix(strings.ToUpper(s.TLP.name), "TLP:")
		if id = s.TLP.id; label != "" {
			id = tlpIDs[label]
		}
		if id == 0 {
			return nil, invalid("tlp", "The selected tlp %q is invalid.", s.TLP.String())
		}
	}
	if id < 0 || id >= int64(len(tlpNames)) {
		return nil, invalid("tlp_id", "The selected tlp id %d is invalid.", id)
	}
	if id == 0 {
		return nil, nil
	}
	return id, nil
}

type attributeIn struct {
	Name        text       `json:"name"`
	Value       text       `json:"value"`
	Sources     []sourceIn `json:"sources"`
	PublishedAt stamp      `json:"published_at"`
}

func (a *attributeIn) check() error {
	switch {
	case a.Name == "":
		return invalid("attributes.name", "The name field is required.")
	case a.Value == "":
		return invalid("attributes.value", "The value field is required; attribute %q has none.", a.Name)
	case len(a.Value) > maxText:
		return invalid("attributes.value", "The value of attribute %q may not be greater than %d bytes.", a.Name, maxText)
	}
	return nil
}

// tagIn is a tag: "a" or {"name": "a"}.
type tagIn string

func (t *tagIn) UnmarshalJSON(b []byte) error {
	var r ref
	err := r.UnmarshalJSON(b)
	*t = tagIn(r.name)
	return err
}

// oneOrMany decodes an object, or an array of them.
func oneOrMany[T any](body []byte) (list []T, many bool, err error) {
	if isArray(body) {
		err = json.Unmarshal(body, &list)
		return list, true, badJSON(err)
	}
	var one T
	err = json.Unmarshal(body, &one)
	return []T{one}, false, badJSON(err)
}

// isArray reports whether a body holds an array.
func isArray(body []byte) bool {
	b := bytes.TrimLeft(body, " \t\r\n")
	return len(b) > 0 && b[0] == '['
}

func badJSON(err error) error {
	if err == nil {
		return nil
	}
	return refuse(400, "The request body cannot be read: %v.", err)
}

func validText(field, value string) error {
	switch {
	case len(value) > maxText:
		return invalid(field, "The %s may not be greater than %d bytes.", field, maxText)
	case !utf8.ValidString(value):
		return invalid(field, "The %s is not valid UTF-8.", field)
	}
	return nil
}
