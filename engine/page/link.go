package page

import "strings"

// nextLink returns the target of the first link with the relation "next" in the
// values of a Link header (RFC 8288), "" where there is none. A value that
// breaks off, or is no link, ends where it stops making sense.
func nextLink(values []string) string {
	for _, value := range values {
		for s := (&linkScanner{rest: value}); s.scan(); {
			if s.isNext() {
				return s.target
			}
		}
	}
	return ""
}

// linkScanner reads one value of a Link header link by link (RFC 8288, appendix B).
type linkScanner struct {
	rest   string
	target string
	// rel is the first parameter of that name; the standard ignores further ones.
	rel, anchor *string
}

// isNext leaves out links that begin at another page (with an anchor).
func (s *linkScanner) isNext() bool {
	if s.rel == nil || s.anchor != nil {
		return false
	}
	for _, rel := range strings.Fields(*s.rel) {
		if strings.EqualFold(rel, "next") {
			return true
		}
	}
	return false
}

func (s *linkScanner) scan() bool {
	s.rest = strings.TrimLeft(s.rest, ", \t")
	after, opens := strings.CutPrefix(s.rest, "<")
	target, rest, closes := strings.Cut(after, ">")
	if !opens || !closes {
		return false
	}
	s.target, s.rest, s.rel, s.anchor = strings.TrimSpace(target), rest, nil, nil
	for s.param() {
	}
	s.rest = s.rest[len(until(s.rest, ",")):] // whatever is neither a parameter nor the next link
	return true
}

// param reads one parameter: ; name, ; name=value or ; name="value".
func (s *linkScanner) param() bool {
	rest, found := strings.CutPrefix(strings.TrimLeft(s.rest, " \t"), ";")
	if !found {
		return false
	}
	name := until(rest, "=;,")
	rest = rest[len(name):]
	value := ""
	if after, has := strings.CutPrefix(rest, "="); has {
		value, rest = linkValue(strings.TrimLeft(after, " \t"))
	}
	s.rest = rest
	switch name = strings.ToLower(strings.TrimSpace(name)); {
	case name == "rel" && s.rel == nil:
		s.rel = &value
	case name == "anchor" && s.anchor == nil:
		s.anchor = &value
	}
	return true
}

// linkValue reads a token or a quoted string and returns what follows it.
func linkValue(text string) (value, rest string) {
	if !strings.HasPrefix(text, `"`) {
		value = until(text, ";,")
		return strings.TrimSpace(value), text[len(value):]
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return b.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// until is the part of text before the first of stops.
func until(text, stops string) string {
	if i := strings.IndexAny(text, stops); i >= 0 {
		return text[:i]
	}
	return text
}
