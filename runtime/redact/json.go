package redact

import (
	"encoding/json"
	"strings"
)

// JSON is doc with every secret masked, and still JSON: texts and names are masked by what they
// say, however they are escaped, and a number or word that holds a secret becomes a text. What is
// no JSON is masked as String does.
func (r *Redactor) JSON(doc string) string {
	if r.current() == nil {
		return doc
	}
	if !json.Valid([]byte(doc)) {
		return r.String(doc)
	}
	var out strings.Builder
	for i := 0; i < len(doc); {
		end := i + tokenLength(doc[i:])
		out.WriteString(r.token(doc[i:end]))
		i = end
	}
	return out.String()
}

// tokenLength is the length of the text, of the number or word, or of all between them that s begins
// with. s is not empty.
func tokenLength(s string) int {
	if s[0] == '"' {
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(s)
	}
	const between = " \t\r\n,:{}[]"
	inside := strings.IndexByte(between, s[0]) >= 0 // structure
	for i := range len(s) {
		if (strings.IndexByte(between, s[i]) >= 0) != inside || s[i] == '"' {
			return i
		}
	}
	return len(s)
}

func (r *Redactor) token(token string) string {
	text := token
	if token[0] == '"' && json.Unmarshal([]byte(token), &text) != nil {
		return `"` + Mask + `"`
	}
	masked := r.String(text)
	if masked == text {
		return token
	}
	if strings.Trim(token, " \t\r\n,:{}[]") == "" { // a secret of brackets and blanks
		return token
	}
	return `"` + jsonEscape(masked, false) + `"`
}
