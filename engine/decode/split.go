package decode

import (
	"fmt"
	"maps"
	"strings"
)

// Split makes a record of each element of a list inside a record.
type Split struct {
	Path        []string // keys down to the list; lists on the way are split too; none: the record is the list
	By          string   // splits a text instead, at this; "\n" splits at CRLF too; empty pieces are left out
	KeepParents bool     // a record is the whole record, with one element in place of each list
	KeepEmpty   bool     // the field may be missing; with KeepParents a record without elements is kept, without the field
	Limits      Limits
}

// Records yields the records that record is split into. With KeepParents, or if
// an element is no object, the element is under the key of its list. An empty or
// null list has no elements; a field that is missing, or is no list, is
// [ErrNoList]. The records share memory with record: change neither in place.
func (s Split) Records(record any, yield func(any) error) error {
	s.Limits = s.Limits.orDefault()
	w := &splitting{Split: s, yield: yield}
	return w.down(record, 0, func(v any) any { return v })
}

// absent takes the place of a list without elements.
type absent struct{}

type splitting struct {
	Split
	yield   func(any) error
	records int
}

// down goes along the path; whole puts a value in the place of v and returns the
// whole record.
func (s *splitting) down(v any, depth int, whole func(any) any) error {
	if depth == len(s.Path) {
		return s.elements(v, depth, whole)
	}
	switch v := v.(type) {
	case []any:
		return s.each(v, depth, whole)
	case map[string]any:
		return s.member(v, depth, whole)
	}
	return s.fail(depth, fmt.Sprintf("is %s, not an object with %q", kind(v), s.Path[depth]))
}

// each goes on in every element of a list on the way.
func (s *splitting) each(list []any, depth int, whole func(any) any) error {
	if len(list) == 0 && depth > 0 {
		return s.none(whole)
	}
	for _, e := range list {
		if err := s.down(e, depth, whole); err != nil {
			return err
		}
	}
	return nil
}

func (s *splitting) member(parent map[string]any, depth int, whole func(any) any) error {
	key := s.Path[depth]
	with := func(v any) any {
		out := maps.Clone(parent)
		if _, none := v.(absent); none {
			delete(out, key)
		} else {
			out[key] = v
		}
		return whole(out)
	}
	v, ok := parent[key]
	switch {
	case !ok && !s.KeepEmpty:
		return s.fail(depth+1, "is missing")
	case v == nil:
		return s.none(with)
	}
	return s.down(v, depth+1, with)
}

// elements yields what the list, or the text, is split into.
func (s *splitting) elements(v any, depth int, whole func(any) any) error {
	list, ok := v.([]any)
	if s.By != "" {
		var text string
		if text, ok = v.(string); ok {
			return s.pieces(text, whole)
		}
		return s.fail(depth, fmt.Sprintf("is %s, not text", kind(v)))
	}
	if v != nil && !ok {
		return s.fail(depth, fmt.Sprintf("is %s, not a list", kind(v)))
	}
	for _, e := range list {
		if err := s.emit(e, whole); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return s.none(whole)
	}
	return nil
}

func (s *splitting) pieces(text string, whole func(any) any) error {
	some := false
	for piece := range strings.SplitSeq(text, s.By) {
		if s.By == "\n" {
			piece = strings.TrimSuffix(piece, "\r")
		}
		if piece == "" {
			continue
		}
		some = true
		if err := s.emit(piece, whole); err != nil {
			return err
		}
	}
	if !some {
		return s.none(whole)
	}
	return nil
}

// none takes the place of the elements where there are none.
func (s *splitting) none(whole func(any) any) error {
	if !s.KeepEmpty || !s.KeepParents || len(s.Path) == 0 {
		return nil
	}
	return s.out(whole(absent{}))
}

func (s *splitting) emit(element any, whole func(any) any) error {
	if s.KeepParents || len(s.Path) == 0 {
		return s.out(whole(element))
	}
	if _, ok := element.(map[string]any); !ok {
		element = map[string]any{s.Path[len(s.Path)-1]: element}
	}
	return s.out(element)
}

func (s *splitting) out(record any) error {
	if s.records >= s.Limits.MaxRecords {
		return s.complete(s.Limits.tooMany())
	}
	if err := s.yield(record); err != nil {
		return err
	}
	s.records++
	return nil
}

func (s *splitting) fail(depth int, reason string) error {
	name := "the record"
	if depth > 0 {
		name = strings.Join(s.Path[:depth], ".")
	}
	return s.complete(&Error{Reason: name + " " + reason, Hint: "a field that may be missing needs keep_empty", Err: ErrNoList})
}

func (s *splitting) complete(e *Error) error {
	e = unplaced("split", e)
	e.Records = s.records
	return e
}
