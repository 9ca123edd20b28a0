package auth

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// filter changes a value in a template.
type filter func(value []byte, arg string) ([]byte, error)

var filters = map[string]filter{
	"md5":         sum(crypto.MD5),
	"sha1":        sum(crypto.SHA1),
	"sha256":      sum(crypto.SHA256),
	"sha384":      sum(crypto.SHA384),
	"sha512":      sum(crypto.SHA512),
	"hex":         plain(hex.EncodeToString),
	"hex_upper":   plain(func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }),
	"base64":      plain(base64.StdEncoding.EncodeToString),
	"base64url":   plain(base64.RawURLEncoding.EncodeToString),
	"lower":       func(v []byte, _ string) ([]byte, error) { return bytes.ToLower(v), nil },
	"upper":       func(v []byte, _ string) ([]byte, error) { return bytes.ToUpper(v), nil },
	"trim":        func(v []byte, _ string) ([]byte, error) { return bytes.TrimSpace(v), nil },
	"prefix":      prefix,
	"unescape":    unescape,
	"escape":      plain(func(b []byte) string { return escape(string(b)) }),
	"escape_path": plain(func(b []byte) string { return strings.ReplaceAll(escape(string(b)), "%2F", "/") }),
	"sort_query":  plain(func(b []byte) string { return sortQuery(string(b)) }),
}

func names[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }

func sum(h crypto.Hash) filter {
	return func(value []byte, _ string) ([]byte, error) {
		d := h.New()
		d.Write(value)
		return d.Sum(nil), nil
	}
}

func plain(f func([]byte) string) filter {
	return func(value []byte, _ string) ([]byte, error) { return []byte(f(value)), nil }
}

// prefix puts arg before a value that is not empty.
func prefix(value []byte, arg string) ([]byte, error) {
	if len(value) == 0 {
		return nil, nil
	}
	return append([]byte(arg), value...), nil
}

func unescape(value []byte, _ string) ([]byte, error) {
	text, err := url.QueryUnescape(string(value))
	if err != nil {
		return nil, errors.New("it is not URL-encoded") // the error of package url quotes it
	}
	return []byte(text), nil
}

// sortQuery orders the parameters by their encoded names, then values, and gives those
// without value a "=".
func sortQuery(query string) string {
	var pairs [][2]string
	for text := range strings.SplitSeq(query, "&") {
		if text != "" {
			name, value, _ := strings.Cut(text, "=")
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortStableFunc(pairs, func(a, b [2]string) int {
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	sorted := make([]string, len(pairs))
	for i, p := range pairs {
		sorted[i] = p[0] + "=" + p[1]
	}
	return strings.Join(sorted, "&")
}
