package devo

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Session is what is known of a session.
type Session struct {
	ID, Lookup, Action string
	// State is "open", "applied" or "failed", and Why says of what.
	State, Why    string
	Rows, Deletes int
}

type session struct {
	Session
	columns []Column
	header  string
	changes []change
}

// Sessions lists them in the order in which they were opened.
func (s *Simulator) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Session{}
	for _, x := range s.sessions {
		out = append(out, x.Session)
	}
	return out
}

var line = regexp.MustCompile(`^<(\d+)>(.{15}|\S+) (\S+) ([^:]+): (.*)$`)

var errLine = errors.New("no line of a lookup")

// message takes in one line. A wrong one is put down at its session, and told nobody.
func (s *Simulator) message(text string) error {
	m := line.FindStringSubmatch(text)
	if m == nil {
		return errLine
	}
	tag, ok := strings.CutPrefix(m[4], "my.lookup.")
	id, body, ok2 := strings.Cut(m[5], "|")
	if !ok || !ok2 {
		return errLine
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch part := strings.Split(tag, "."); {
	case part[0] == "control" && len(part) == 3:
		return s.control(id, part[1], part[2], body)
	case part[0] == "data" && (len(part) == 2 || len(part) == 3 && part[2] == "DELETE"):
		s.row(id, part[1], body, len(part) == 3)
		return nil
	}
	return errLine
}

func (s *Simulator) control(id, lookup, action, body string) error {
	what, header, _ := strings.Cut(body, "|")
	id, ok := strings.CutSuffix(id, "_"+lookup)
	if !ok || action != "FULL" && action != "INC" || what != "START" && what != "END" {
		return errLine
	}
	x := s.session(id, lookup)
	if what == "START" {
		if x.header != "" {
			x.spoil("opened twice")
		}
		x.Action, x.header = action, header
		var err error
		if x.columns, err = columns(header); err != nil {
			x.spoil(err.Error())
		}
		return nil
	}
	defer delete(s.staged, id+"_"+lookup)
	switch {
	case x.header == "":
		x.spoil("closed, but never opened")
	case x.header != header || x.Action != action:
		x.spoil("closed otherwise than it was opened")
	}
	if x.State == "failed" {
		return nil
	}
	x.State = "applied"
	if err := s.apply(lookup, id, x.columns, x.changes, action == "FULL"); err != nil {
		x.spoil(err.Error())
	}
	x.changes = nil
	return nil
}

// session is the one of an id, opened or not.
func (s *Simulator) session(id, lookup string) *session {
	x := s.staged[id+"_"+lookup]
	if x == nil {
		x = &session{Session: Session{ID: id, Lookup: lookup, State: "open"}}
		s.staged[id+"_"+lookup] = x
		s.sessions = append(s.sessions, x)
	}
	return x
}

func (s *Simulator) row(id, lookup, text string, gone bool) {
	x := s.session(strings.TrimSuffix(id, "_"+lookup), lookup)
	values, err := fields(text)
	switch {
	case x.header == "":
		x.spoil("a row before it was opened")
	case err != nil:
		x.spoil(err.Error())
	case len(values) != len(x.columns):
		x.spoil(fmt.Sprintf("a row of %d columns, not %d", len(values), len(x.columns)))
	case gone && x.Action == "FULL":
		x.spoil("a row to delete, where everything is replaced")
	}
	if x.State == "failed" {
		x.changes = nil
		return
	}
	if x.changes = append(x.changes, change{strings.Clone(values[0]), strings.Clone(text), gone}); gone {
		x.Deletes++
	} else {
		x.Rows++
	}
}

func (x *session) spoil(why string) {
	if x.State != "failed" {
		x.State, x.Why = "failed", why
	}
}

// columns reads [{"a":{"type":"str","key":true}},{"b":{"type":"str"}}].
func columns(header string) ([]Column, error) {
	var list []map[string]struct {
		Type string
		Key  bool
	}
	if err := json.Unmarshal([]byte(header), &list); err != nil || len(list) == 0 {
		return nil, errors.New("the header is no list of columns")
	}
	var out []Column
	for n, one := range list {
		for name, c := range one {
			if len(one) != 1 || c.Key != (n == 0) || !slices.Contains([]string{"str", "int", "int4", "int8", "float", "bool", "ip4"}, c.Type) {
				return nil, fmt.Errorf("column %d of the header is wrong", n+1)
			}
			out = append(out, Column{name, c.Type})
		}
	}
	if len(out) != len(list) {
		return nil, errors.New("a column of the header is empty")
	}
	return out, nil
}
