package devo

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// What may be wrong with pasted material.
var (
	ErrNoPEM      = errors.New("no PEM text")
	ErrDamaged    = errors.New("damaged")
	ErrEncrypted  = errors.New("encrypted")
	ErrWrongBlock = errors.New("something else than belongs here")
	ErrMismatch   = errors.New("the key does not belong to the certificate")
	ErrExpired    = errors.New("expired")
	ErrNotYet     = errors.New("not yet valid")
	// The following ones are only ever warnings.
	ErrExpiresSoon = errors.New("expires soon")
	ErrUnverified  = errors.New("not issued by the chain")
	ErrWeak        = errors.New("signed with SHA-1")
)

// MaterialError says what is wrong with one of the pasted texts. It never quotes them.
type MaterialError struct {
	Field string // "certificate", "private key", "chain" or "authority"
	Err   error  // one of the above
	Text  string // what was found, and what to do
}

func (e *MaterialError) Error() string { return fmt.Sprintf("the %s: %s", e.Field, e.Text) }

// Unwrap returns Err.
func (e *MaterialError) Unwrap() error { return e.Err }

// maxMaterial is how long a text may be; real ones have some kilobytes.
const maxMaterial = 1 << 20

// block is a block of PEM.
type block struct {
	kind      string // "CERTIFICATE", say
	der       []byte
	encrypted bool
}

// plainLines undoes what forms, shells and JSON do to line breaks. encoding/pem insists on lines
// as they were, so blocks are found here.
var plainLines = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n", "\u00a0", " ", "\ufeff", "")

// blocks finds the blocks of a text that was pasted into a field: with any line breaks, or
// none at all. What stands between the blocks does not matter.
func blocks(field, text string) ([]block, error) {
	fail := func(err error, format string, args ...any) error {
		return &MaterialError{Field: field, Err: err, Text: fmt.Sprintf(format, args...)}
	}
	if len(text) > maxMaterial {
		return nil, fail(ErrDamaged, "it is longer than 1 MiB: paste the file of it alone")
	}
	var out []block
	rest := plainLines.Replace(text)
	for {
		_, after, found := strings.Cut(rest, "-----BEGIN ")
		if !found {
			break
		}
		kind, body, ok := strings.Cut(after, "-----")
		if !ok || !label(kind) {
			return nil, fail(ErrDamaged, "block %d is damaged in its first line: paste the whole file again", len(out)+1)
		}
		if body, rest, ok = strings.Cut(body, "-----END "+kind+"-----"); !ok || strings.Contains(body, "-----") {
			return nil, fail(ErrDamaged, "block %d, a %s, has no end: paste the whole file, down to its last line", len(out)+1, kind)
		}
		b, err := decode(kind, body)
		if err != nil {
			return nil, fail(ErrDamaged, "block %d, a %s, is damaged: paste the whole file again", len(out)+1, kind)
		}
		out = append(out, b)
	}
	switch {
	case len(out) == 0 && strings.TrimSpace(text) == "":
		return nil, fail(ErrNoPEM, "it is empty: paste the text of the file, from its line -----BEGIN to its line -----END")
	case len(out) == 0:
		return nil, fail(ErrNoPEM, "it holds no line -----BEGIN …-----: paste the text of the file, not its name (convert DER with openssl, -inform der)")
	}
	return out, nil
}

func label(kind string) bool {
	return kind != "" && len(kind) < 40 && strings.Trim(kind, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #") == ""
}

func decode(kind, body string) (block, error) {
	b := block{kind: kind, encrypted: kind == "ENCRYPTED PRIVATE KEY" || strings.Contains(body, "ENCRYPTED")}
	if b.encrypted {
		return b, nil // nobody will look inside
	}
	var err error
	b.der, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err == nil && len(b.der) == 0 {
		err = ErrDamaged
	}
	return b, err
}
