package recording

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// body scrubs a body by what it is: JSON documents, a form, XML, else text. also are names
// of fields that are taken out beside those called like secrets.
func (s *scrubber) body(body []byte, contentType string, also map[string]bool) []byte {
	if len(body) == 0 {
		return body
	}
	if out, ok := s.json(body, also); ok {
		return out
	}
	if strings.Contains(contentType, "x-www-form-urlencoded") {
		return []byte(s.query(string(body), also))
	}
	return []byte(s.text(s.markup(string(body))))
}

func (s *scrubber) json(body []byte, also map[string]bool) ([]byte, bool) {
	return rewriteJSON(body, func(l leaf) (string, bool) {
		switch {
		case l.key:
			return s.text(l.text), true
		case !l.quoted && (l.text == "null" || l.text == "true" || l.text == "false"):
			return l.text, false
		}
		last := ""
		if len(l.path) > 0 {
			last = l.path[len(l.path)-1]
		}
		switch {
		case !l.quoted && (secretName(last) || also[last]):
			return s.number(l.text)
		case l.quoted && (under(l.path) || also[last]):
			return s.named(l.text, byName), true
		}
		if !l.quoted {
			if s.secrets.String(l.text) != l.text {
				return s.number(l.text)
			}
			return l.text, false
		}
		return s.value(l.text), true
	})
}

// under says whether a value belongs to a field that is called like a secret: the field
// itself, or something in it that is not called otherwise.
func under(path []string) bool {
	for i, name := range slices.Backward(path) {
		if secretName(name) {
			return true
		}
		if plain := separators.Replace(strings.ToLower(name)); describing.MatchString(plain) || position.MatchString(plain) || len(path)-i > 2 {
			return false
		}
	}
	return false
}

// number is the stand-in of a number, which stays one.
func (s *scrubber) number(text string) (string, bool) {
	s.counts[byName]++
	if len(text) >= 6 && !s.learned[text] {
		s.learned[text] = true
		s.secrets.Add(text)
	}
	return "0", false
}

var (
	element   = regexp.MustCompile(`<((?:[\w.-]+:)?([\w.-]+))((?:\s[^<>]*)?)>([^<>]+)</`)
	attribute = regexp.MustCompile(`(\s(?:[\w.-]+:)?([\w.-]+)\s*=\s*)("[^"]*"|'[^']*')`)
)

// markup scrubs elements and attributes of XML and HTML that are called like secrets.
func (s *scrubber) markup(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	text = element.ReplaceAllStringFunc(text, func(found string) string {
		part := element.FindStringSubmatch(found)
		if !secretName(part[2]) || strings.TrimSpace(part[4]) == "" {
			return found
		}
		return "<" + part[1] + part[3] + ">" + s.named(strings.TrimSpace(part[4]), byName) + "</"
	})
	return attribute.ReplaceAllStringFunc(text, func(found string) string {
		part := attribute.FindStringSubmatch(found)
		if !secretName(part[2]) || len(part[3]) < 3 {
			return found
		}
		q := part[3][:1]
		return part[1] + q + s.named(part[3][1:len(part[3])-1], byName) + q
	})
}

// beside are the fields of a request that name who a password in it belongs to, and
// those that credentials were put into.
func (s *scrubber) beside(r Request) map[string]bool {
	out := map[string]bool{}
	var fields []string
	if _, ok := rewriteJSON(r.Body, func(l leaf) (string, bool) {
		if l.key {
			fields = append(fields, l.text)
		}
		return l.text, l.quoted
	}); !ok {
		values, err := url.ParseQuery(string(r.Body))
		if err != nil || !strings.Contains(r.Header.Get("Content-Type"), "x-www-form-urlencoded") {
			return out
		}
		for name := range values {
			fields = append(fields, name)
		}
	}
	if !slices.ContainsFunc(fields, passwordName) {
		return out
	}
	for _, name := range fields {
		if userName(name) {
			out[name] = true
		}
	}
	return out
}
