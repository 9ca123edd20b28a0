package threatq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// RefusedError says that ThreatQ understood what was asked and refused it.
// Asking again will not help; another object may still be accepted.
type RefusedError struct {
	// Status is the HTTP status; 2xx where the refusal came inside an accepted
	// answer, 0 where the object was refused here, before it was sent.
	Status int
	// Messages are the reasons in the words of ThreatQ, "field: reason" where it
	// named a field.
	Messages []string
	// Item is what was refused: an object (`events "title"`), or a call.
	Item string

	cause error
}

// Unwrap returns the *request.StatusError behind the refusal, if there is one.
func (e *RefusedError) Unwrap() error { return e.cause }

func (e *RefusedError) Error() string {
	why := strings.Join(e.Messages, "; ")
	switch {
	case why == "":
		why = "no reason given"
	case len(why) > maxMessage:
		why = strings.ToValidUTF8(why[:maxMessage], "") + " …"
	}
	if e.Status == 0 {
		return fmt.Sprintf("threatq: %s was not sent: %s", e.Item, why)
	}
	return fmt.Sprintf("threatq: %s was refused (HTTP %d): %s", e.Item, e.Status, why)
}

// maxMessage bounds how much of a foreign text goes into an error, in bytes.
const maxMessage = 600

// UnavailableError says that ThreatQ could not be asked: it does not answer, does
// not let this account in, or answers something that is not its API. No object is
// at fault, and asking again later is right.
type UnavailableError struct {
	Op  string // what was being done
	Err error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("threatq: %s: %v", e.Op, e.Err)
}

// Unwrap returns the cause, such as request.ErrUnavailable or a context error.
func (e *UnavailableError) Unwrap() error { return e.Err }

// UnknownTypeError says that ThreatQ has no type or status of a name.
type UnknownTypeError struct {
	Collection Collection
	Kind       string   // "type" or "status"
	Names      []string // the unknown ones
	// Near holds, for each of Names, the existing names that resemble it.
	Near map[string][]string
}

func (e *UnknownTypeError) Error() string {
	parts := make([]string, 0, len(e.Names))
	for _, name := range e.Names {
		part := fmt.Sprintf("%q", name)
		if near := e.Near[name]; len(near) > 0 {
			part += fmt.Sprintf(" (did you mean %s?)", quoted(near))
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("threatq: ThreatQ has no %s %s %s: correct the name in the mapping, or add it in ThreatQ",
		e.Collection, e.Kind, strings.Join(parts, ", "))
}

func quoted(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, strconv.Quote(name))
	}
	return strings.Join(out, " or ")
}

// ErrHidden says that ThreatQ answered a list with {}, which it does for accounts
// that may not read it: types and statuses, mostly.
var ErrHidden = errors.New("the answer is empty, so this account may not read that list (types or statuses, say): give its role the right to, or use another account")

// bodyErrors returns the messages of an answer that reports errors as a whole:
// {"errors":[…]} or {"data":{"errors":{field:[…]}}}, either of which may come
// with status 200.
func bodyErrors(body []byte) []string {
	if !bytes.Contains(body, []byte(`"errors"`)) { // a page of a thousand objects is not read in vain
		return nil
	}
	var b struct {
		Errors json.RawMessage
		Data   json.RawMessage
	}
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	var data struct{ Errors json.RawMessage }
	if json.Unmarshal(b.Data, &data) != nil {
		data.Errors = nil
	}
	return append(flatten("", b.Errors), flatten("", data.Errors)...)
}

// refusalText returns the messages in the JSON body of a refused call, in any
// form: those of bodyErrors, {"data":[{"error":…}]}, or a message.
func refusalText(body []byte) []string {
	if found := bodyErrors(body); len(found) > 0 {
		return found
	}
	var b struct {
		Data                   list[row]
		Error, Message, Reason json.RawMessage
	}
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	var out []string
	for _, r := range b.Data {
		out = append(out, r.refusal()...)
	}
	for _, raw := range []json.RawMessage{b.Error, b.Message, b.Reason} {
		out = append(out, flatten("", raw)...)
	}
	return out
}

// flatten lists the texts of a JSON value in order, each after the names of the
// fields that lead to it.
func flatten(field string, raw json.RawMessage) []string {
	var fields map[string]json.RawMessage
	var out []string
	if items := elements(raw); items != nil {
		for _, item := range items {
			out = append(out, flatten(field, item)...)
		}
		return out
	}
	if json.Unmarshal(raw, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			out = append(out, flatten(strings.TrimPrefix(field+"."+name, "."), fields[name])...)
		}
		return out
	}
	s := oneLine(unquote(raw))
	switch {
	case s == "" || s == "false" || s == "0":
		return nil
	case field != "":
		s = field + ": " + s
	}
	return []string{s}
}

// oneLine takes line breaks and control characters out of a foreign text.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
