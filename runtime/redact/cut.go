package redact

import "strings"

// Ellipsis stands where the program has cut a text.
const Ellipsis = "…"

// farthest is how many bytes before a cut a secret may begin; what is cut longer is seldom shown.
const farthest = 8 << 10

// maskCut masks what stands before an Ellipsis and may be the beginning of a secret, of MinLength
// bytes or more.
func (m *matcher) maskCut(s string) string {
	if m == nil || !strings.Contains(s, Ellipsis) {
		return s
	}
	var out strings.Builder
	for {
		at := strings.Index(s, Ellipsis)
		if at < 0 {
			out.WriteString(s)
			return out.String()
		}
		head := s[:at]
		kept := strings.TrimRight(head, " ")
		if from := m.beginning(kept); from >= 0 {
			out.WriteString(kept[:from] + Mask + head[len(kept):])
		} else {
			out.WriteString(head)
		}
		out.WriteString(Ellipsis)
		s = s[at+len(Ellipsis):]
	}
}

// beginning is where the longest end of s begins that a text of m begins with, -1 if there is none.
func (m *matcher) beginning(s string) int {
	for i := max(0, len(s)-farthest); i+MinLength <= len(s); i++ {
		if !m.first[s[i]] {
			continue
		}
		for _, text := range m.byPair[[2]byte{s[i], s[i+1]}] {
			if strings.HasPrefix(text, s[i:]) {
				return i
			}
		}
	}
	return -1
}
