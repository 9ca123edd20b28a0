// Package redact masks known secrets, by value, in everything that leaves the
// program as text: logs, errors, recordings, previews and reports.
//
// A secret is found as it is and in the forms that programs commonly give it:
// base64 (also as a part of a longer text, such as user:password), hex,
// URL-encoded, JSON-escaped, Go-quoted and HTML-escaped, and the last four
// within each other, twice, and quoted once more. What is found is replaced by Mask.
//
// Limits: of a secret inside a longer base64 text, the first and last character
// may stay when they also carry bits of its neighbours, so that up to four bits
// of the secret's first and last byte can be guessed from each. Encodings not
// named above, compression and encryption are not seen through.
package redact

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Mask stands in place of each secret.
const Mask = "***"

const (
	// MinLength is the length in bytes below which a value is not masked: three
	// letters occur in too many words, and the result would be unreadable.
	MinLength = 4
	// minLine is MinLength for one line of a secret of many lines, such as a key
	// file, whose short lines are often punctuation.
	minLine = 8
)

// Redactor knows the secrets. The zero Redactor, like a nil one, knows none.
// It is safe for concurrent use.
type Redactor struct {
	mu      sync.Mutex // held by Add
	forms   map[string]bool
	matcher atomic.Pointer[matcher]
}

// New returns a Redactor without secrets.
func New() *Redactor { return new(Redactor) }

// Add makes secret known, without the white space around it; from now on it is
// masked, in writers and handlers that exist already too. Of a secret of many
// lines each line of at least 8 bytes is masked by itself as well. Values
// shorter than MinLength, and those that are nothing but asterisks, are ignored.
func (r *Redactor) Add(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forms == nil {
		r.forms = make(map[string]bool)
	}
	r.add(strings.TrimSpace(secret), MinLength)
	if one := oneLine(secret); one != strings.TrimSpace(secret) {
		r.add(one, MinLength)
	}
	if strings.Contains(secret, "\n") {
		for line := range strings.Lines(secret) {
			r.add(strings.TrimSpace(line), minLine)
			if one := oneLine(line); one != strings.TrimSpace(line) {
				r.add(one, minLine)
			}
		}
	}
	r.matcher.Store(newMatcher(r.forms))
}

// oneLine is text as tables and messages write it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (r *Redactor) add(secret string, least int) {
	if len(secret) < least || strings.Trim(secret, "*") == "" {
		return
	}
	for _, f := range forms(secret) {
		if len(f) >= MinLength {
			r.forms[f] = true
		}
	}
}

// current returns the matcher of all secrets, nil if there are none.
func (r *Redactor) current() *matcher {
	if r == nil {
		return nil
	}
	return r.matcher.Load()
}

// String returns s with every secret masked. Secrets that overlap share a mask. Where a text was
// cut, which Ellipsis says, the beginning of a secret is one, too.
func (r *Redactor) String(s string) string {
	m := r.current()
	masked, _ := m.mask(s, false)
	return m.maskCut(masked)
}
