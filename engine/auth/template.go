package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// template is text with values in it: {name}, {name:argument}, and either of them with
// filters, {name|filter|filter:argument}. {{ and }} stand for a brace.
type template []piece

// piece is literal text, or a value if it has a name.
type piece struct {
	literal string
	call
	filters []call
}

// call is a name with an argument, of a value or a filter.
type call struct{ name, arg string }

func parseTemplate(text string) (template, error) {
	var t template
	var literal strings.Builder
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			literal.WriteString(rest)
			break
		}
		literal.WriteString(rest[:i])
		rest = rest[i:]
		if strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}") {
			literal.WriteByte(rest[0])
			rest = rest[2:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if end <= 0 {
			return nil, fmt.Errorf("a brace at %.20q has no partner; {{ and }} stand for the brace itself", rest)
		}
		p, err := parsePiece(rest[1:end])
		if err != nil {
			return nil, err
		}
		t = append(t, piece{literal: literal.String()}, p)
		literal.Reset()
		rest = rest[end+1:]
	}
	return append(t, piece{literal: literal.String()}), nil
}

func parsePiece(text string) (piece, error) {
	calls := strings.Split(text, "|")
	p := piece{call: parseCall(calls[0])}
	if p.name == "" {
		return p, fmt.Errorf("{%.40s} names no value", text)
	}
	for _, c := range calls[1:] {
		f := parseCall(c)
		if _, ok := filters[f.name]; !ok {
			return p, fmt.Errorf("{%.40s}: there is no filter %.40q, only %s", text, f.name, names(filters))
		}
		p.filters = append(p.filters, f)
	}
	return p, nil
}

func parseCall(text string) call {
	name, arg, _ := strings.Cut(text, ":")
	return call{strings.TrimSpace(name), arg}
}

// uses tells whether t holds one of the values.
func (t template) uses(values ...string) bool {
	return slices.ContainsFunc(t, func(p piece) bool { return slices.Contains(values, p.name) && p.name != "" })
}

// check reports a value that known does not know.
func (t template) check(known func(call) error) error {
	var errs []error
	for _, p := range t {
		if p.name != "" {
			errs = append(errs, known(p.call))
		}
	}
	return errors.Join(errs...)
}

// render asks lookup for each value.
func (t template) render(lookup func(call) ([]byte, error)) ([]byte, error) {
	var out []byte
	for _, p := range t {
		out = append(out, p.literal...)
		if p.name == "" {
			continue
		}
		value, err := lookup(p.call)
		if err != nil {
			return nil, err
		}
		for _, f := range p.filters {
			if value, err = filters[f.name](value, f.arg); err != nil {
				return nil, fmt.Errorf("{%s|%s}: %w", p.name, f.name, err)
			}
		}
		out = append(out, value...)
	}
	return out, nil
}
