package dsl

import (
	"sync"

	"github.com/hashicorp/hcl/v2"
)

// Seen notes which places of a mapping did something in a run, for the coverage of tests.
// A nil *Seen notes nothing and costs no more than the question whether it is nil.
type Seen struct {
	mu    sync.Mutex
	marks map[mark]bool
}

// mark is what a place did: "value" (it came out as something), "true" or "false" (a
// condition), "made" (a rule made an object), "forward" or "back" (a row of a table was
// used), "held" (a response rule), or the option of a parameter.
type mark struct {
	at   hcl.Range
	what string
}

func (s *Seen) mark(at hcl.Range, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks == nil {
		s.marks = map[mark]bool{}
	}
	s.marks[mark{at, what}] = true
}

// Made notes that the rule whose block begins at made an object.
func (s *Seen) Made(at hcl.Range) {
	if s != nil {
		s.mark(at, "made")
	}
}

// Held notes that the response rule whose block begins at was for an answer.
func (s *Seen) Held(at hcl.Range) {
	if s != nil {
		s.mark(at, "held")
	}
}

// Decided notes how the condition of v came out.
func (s *Seen) Decided(v *Val, yes bool) {
	switch {
	case s == nil || v == nil:
	case yes:
		s.mark(v.Range, "true")
	default:
		s.mark(v.Range, "false")
	}
}

// Value notes which parts of v, which t came out as, are not null.
func (s *Seen) Value(t *Template, v any) {
	if s == nil {
		return
	}
	switch t.kind {
	case 'e':
		if v != nil {
			s.mark(t.at, "value")
		}
	case 'o':
		fields, _ := v.(map[string]any)
		for i := range t.items {
			s.Value(&t.items[i].Value, fields[t.items[i].Name])
		}
	case 'l':
		list, _ := v.([]any)
		for i := range min(len(t.items), len(list)) {
			s.Value(&t.items[i].Value, list[i])
		}
	}
}

// row notes the row of t that leads from key to value, forward or back.
func (s *Seen) row(t *Table, from, to string, forward bool) {
	key, what := from, "forward"
	if !forward {
		key, what = t.norm(to), "back"
	}
	for _, r := range t.Rows {
		if t.norm(r.Key) == key {
			s.mark(r.At, what)
			return
		}
	}
}

// Watch makes b note what happens in s.
func (b *Bound) Watch(s *Seen) {
	b.Seen, b.Tables.seen = s, s
	values := b.Scope.ctx.Variables["param"].AsValueMap()
	for _, p := range b.Mapping.Params {
		if v := p.Node.Val("options"); v != nil {
			for _, text := range texts(values[p.Name]) {
				s.mark(v.Range, text)
			}
		}
	}
}

// place is the value's, the zero Range of no value.
func (v *Val) place() hcl.Range {
	if v == nil {
		return hcl.Range{}
	}
	return v.Range
}
