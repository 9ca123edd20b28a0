package engine

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tqmap/dsl"
	"tqmap/engine/request"
)

func TestTokenEnd(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-03-01T12:00:00Z":      noon,
		"2026-03-01T13:00:00+01:00": noon,
		"1772366400":                noon,
		"1772366400.5":              noon.Add(500 * time.Millisecond),
		"1772366400000":             noon,
		"2026-03-01 12:00":          {},
		"tomorrow":                  {},
		"NaN":                       {},
		"Inf":                       {},
		"1e300":                     {},
		"0":                         {},
		"-1":                        {},
		"":                          {},
	} {
		at, ok := tokenEnd(text)
		if ok == want.IsZero() || ok && !at.Equal(want) {
			t.Errorf("%q is %s, want %s", text, at, want)
		}
	}
}

// FuzzTokenFinder: whatever a server answers, there is a token, an end in reach, or an
// error; and the start of a body fits into a line.
func FuzzTokenFinder(f *testing.F) {
	for _, body := range []string{`{"t": "x", "in": 5, "at": "2026-03-01T12:00:00Z"}`, `{"t": 1e400, "in": "1e999"}`, `{"t": [], "in": null}`, `<html>`, `{"t": "x", "at": 1e17}`} {
		f.Add(body)
	}
	m, diags := loadFiles(minimal(`auth "login" {
		token      = jq(".t")
		expires_in = jq(".in")
		expires_at = jq(".at")
		request { path = "/" }
	}`, ""), map[string]string{"sample": "{}"})
	bound, errs := m.Bind(map[string]dsl.Given{}, noon)
	if len(errs) > 0 {
		f.Fatal(diags, errs)
	}
	n := m.Client("api").Auth[0]
	finder := loginAnswer(authSetting{node: n, bound: bound, now: func() time.Time { return noon }}, n.Read(bound.Scope))
	f.Fuzz(func(t *testing.T, body string) {
		token, end, err := finder.find(&request.Response{Body: []byte(body), Header: http.Header{}})
		if err != nil && token != "" {
			t.Errorf("both %q and %v", token, err)
		}
		if year := end.Year(); !end.IsZero() && (year < 1970 || year > math.MaxInt16) {
			t.Errorf("ends at %s", end)
		}
		if s := start([]byte(body)); utf8.RuneCountInString(s) > maxStart || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x1b") {
			t.Errorf("starts with %q", s)
		}
	})
}
