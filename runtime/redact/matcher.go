package redact

import (
	"cmp"
	"slices"
	"strings"
)

// matcher finds a fixed set of texts, each of at least MinLength bytes.
type matcher struct {
	first  [256]bool // bytes that begin a text
	byPair map[[2]byte][]string
}

// newMatcher returns nil for an empty set.
func newMatcher(texts map[string]bool) *matcher {
	if len(texts) == 0 {
		return nil
	}
	m := &matcher{byPair: make(map[[2]byte][]string)}
	for text := range texts {
		pair := [2]byte{text[0], text[1]}
		m.first[text[0]] = true
		m.byPair[pair] = append(m.byPair[pair], text)
	}
	for _, same := range m.byPair {
		slices.SortFunc(same, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	}
	return m
}

// at returns the length of the longest text that s begins with, 0 if none, and
// whether s is the beginning of a longer one.
func (m *matcher) at(s string) (length int, begun bool) {
	if !m.first[s[0]] {
		return 0, false
	}
	if len(s) == 1 {
		return 0, true
	}
	for _, text := range m.byPair[[2]byte{s[0], s[1]}] {
		switch {
		case len(text) > len(s):
			begun = begun || strings.HasPrefix(text, s)
		case strings.HasPrefix(s, text):
			return len(text), begun
		}
	}
	return 0, begun
}

// mask replaces every text in s by Mask, and those that overlap by one Mask.
// If more is to come it leaves out the end of s from where that could change
// what is masked, and returns it as rest. A nil matcher changes nothing.
func (m *matcher) mask(s string, more bool) (masked, rest string) {
	if m == nil {
		return s, ""
	}
	found, sure := m.find(s, more)
	if len(found) == 0 {
		return s[:sure], s[sure:]
	}
	var out strings.Builder
	done := 0
	for _, f := range found {
		out.WriteString(s[done:f.start])
		out.WriteString(Mask)
		done = f.end
	}
	out.WriteString(s[done:sure])
	return out.String(), s[sure:]
}

// span is s[start:end].
type span struct{ start, end int }

// find returns where texts stand in s, overlapping ones joined, and up to where
// this is sure: to the end, unless more is to come.
func (m *matcher) find(s string, more bool) (found []span, sure int) {
	for i := range len(s) {
		length, begun := m.at(s[i:])
		last := len(found) - 1
		inside := last >= 0 && i < found[last].end
		switch {
		case begun && more && inside:
			return found[:last], found[last].start
		case begun && more:
			return found, i
		case length > 0 && inside:
			found[last].end = max(found[last].end, i+length)
		case length > 0:
			found = append(found, span{i, i + length})
		}
	}
	return found, len(s)
}
