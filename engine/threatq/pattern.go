package threatq

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// widen makes a pattern that can be asked for as one value: a comma, which would
// split it, becomes a wildcard, and so does what is too long for an address.
func widen(pattern string) string {
	pattern = strings.ReplaceAll(pattern, ",", "%")
	if len(url.QueryEscape(pattern)) <= maxQuery {
		return pattern
	}
	room := maxQuery - len(url.QueryEscape("%"))
	end := 0
	for end < len(pattern) {
		_, size := utf8.DecodeRuneInString(pattern[end:])
		if room -= len(url.QueryEscape(pattern[end : end+size])); room < 0 {
			break
		}
		end += size
	}
	return pattern[:end] + "%"
}

// like reports whether s fits pattern, in which % stands for any text. Case is
// ignored.
func like(pattern, s string) bool {
	parts := strings.Split(strings.ToLower(pattern), "%")
	s = strings.ToLower(s)
	first, rest := parts[0], parts[1:]
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	if len(rest) == 0 {
		return s == ""
	}
	last := rest[len(rest)-1]
	for _, part := range rest[:len(rest)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}

// alternatives groups values so that each group, joined by commas and escaped,
// fits into an address.
func alternatives(values []string) [][]string {
	comma := len(url.QueryEscape(","))
	var out [][]string
	first, size := 0, 0
	for i, v := range values {
		n := len(url.QueryEscape(v)) + comma
		if i > first && size+n > maxQuery {
			out = append(out, values[first:i])
			first, size = i, 0
		}
		size += n
	}
	if first < len(values) {
		out = append(out, values[first:])
	}
	return out
}
