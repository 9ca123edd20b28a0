package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// nasty has a character for each of the encodings.
const nasty = "p\"a/s's+w<ö>r&d %\\=\U0001F511~"

func with(secrets ...string) *Redactor {
	r := New()
	for _, s := range secrets {
		r.Add(s)
	}
	return r
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestString(t *testing.T) {
	for _, c := range []struct {
		name, secret, text, want string
	}{
		{"plain", "hunter2!", "the password hunter2! is wrong", "the password *** is wrong"},
		{"twice", "hunter2!", "hunter2!hunter2!", "******"},
		{"alone", "hunter2!", "hunter2!", "***"},
		{"absent", "hunter2!", "hunter2 hunter22! unter2!", "hunter2 hunter22! unter2!"},
		{"empty text", "hunter2!", "", ""},
		{"overlaps itself", "aabaa", "aabaabaa", "***"},
		{"case matters", "hunter2!", "HUNTER2!", "HUNTER2!"},
		{"space around it", "  hunter2!\n", "hunter2!", "***"},
		{"space within it", "hunter two", "q=hunter+two&r=hunter%20two", "q=***&r=***"},
		{"lower-case hex digits", "p/word", "q=p%2fword", "q=***"},
		{"slash escaped in JSON", "p/word", `{"p":"p\/word"}`, `{"p":"***"}`},
		{"base64", "hunter2!", "key aHVudGVyMiE= end", "key *** end"},
		{"base64 without padding", "hunter2!", "key aHVudGVyMiE end", "key *** end"},
		{"basic auth", "hunter2!", "Basic dXNlcjpodW50ZXIyIQ==", "Basic dXNlcjp***"},
		{"hex", "hunter2!", "68756e7465723221 and 68756E7465723221", "*** and ***"},
		{"too short", "abc", "abc YWJj", "abc YWJj"},
		{"short after trimming", " abc\n", " abc\n", " abc\n"},
		{"shortest", "abcd", "xabcdx", "x***x"},
		{"asterisks are no secret", "*****", "*****", "*****"},
		{"nothing", "", "text", "text"},
		{"many lines", "BEGIN KEY\nMIIEvQIBADANBg\n}\nEND KEY!", "a MIIEvQIBADANBg } END KEY!", "a *** } ***"},
		{"many lines at once", "BEGIN\nMIIE\nEND", "a BEGIN\nMIIE\nEND b MIIE", "a *** b MIIE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := with(c.secret).String(c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSeveralSecrets(t *testing.T) {
	r := with("abcdef", "defghi", "abcd")
	for text, want := range map[string]string{
		"abcdefghi":     "***",
		"abcd abcdef":   "*** ***",
		"abcdefdefghi!": "******!",
		"abcde":         "***e",
	} {
		if got := r.String(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// encodings is what other programs write; each is made here with other means
// than the package under test wherever there are any.
var encodings = map[string]func(string) string{
	"plain":          func(s string) string { return s },
	"query":          func(s string) string { return url.Values{"q": {s}}.Encode() },
	"query with %20": func(s string) string { return strings.ReplaceAll(url.Values{"q": {s}}.Encode(), "+", "%20") },
	"path": func(s string) string {
		return (&url.URL{Scheme: "https", Host: "h"}).JoinPath(url.PathEscape(s)).String()
	},
	"userinfo": func(s string) string {
		return (&url.URL{Scheme: "https", User: url.UserPassword("u", s), Host: "h"}).String()
	},
	"JSON":             func(s string) string { return mustJSON(map[string]string{"p": s}) },
	"JSON in JSON":     func(s string) string { return mustJSON(mustJSON([]string{s})) },
	"JSON in %q":       func(s string) string { return strconv.Quote(mustJSON(s)) },
	"query in JSON":    func(s string) string { return mustJSON("https://h/?q=" + url.QueryEscape(s)) },
	"%q":               func(s string) string { return fmt.Sprintf("%q", s) },
	"%+q":              func(s string) string { return fmt.Sprintf("%+q", s) },
	"HTML":             html.EscapeString,
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 url":       func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 raw":       func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 raw url":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 after u":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s)) },
	"base64 after us":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte("us:" + s)) },
	"base64 after use": func(s string) string { return base64.URLEncoding.EncodeToString([]byte("use:" + s + "&more")) },
	"base64 in query":  func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"hex":              func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":              func(s string) string { return fmt.Sprintf("%X", s) },
}

// decodings undo encodings, so that what is left can be searched for the secret.
func leaks(text, secret string) bool {
	for _, s := range []string{text, unescape(text), unescape(unescape(text)), html.UnescapeString(text)} {
		if strings.Contains(s, secret) {
			return true
		}
	}
	return false
}

func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil && u != s {
		return u
	}
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	var u string
	if json.Unmarshal([]byte(s), &u) == nil {
		return u
	}
	return s
}

func TestEncodings(t *testing.T) {
	for _, secret := range []string{nasty, "hunter2!", "1234", "\xff\xfe\x00\x01binary", "tab\tand\rreturn", "日本語の秘密", "</script>", "a\u2028b!"} {
		r := with(secret)
		for name, encode := range encodings {
			text := "before " + encode(secret) + " after"
			got := r.String(text)
			if !strings.Contains(got, Mask) || leaks(got, secret) {
				t.Errorf("%s of %q: %q became %q", name, secret, text, got)
			}
			if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Errorf("%s of %q: too much is masked: %q", name, secret, got)
			}
		}
	}
}

func TestUnknownAndNilRedactor(t *testing.T) {
	var none *Redactor
	for _, r := range []*Redactor{none, New(), new(Redactor)} {
		if got := r.String("hunter2!"); got != "hunter2!" {
			t.Errorf("got %q without secrets", got)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	r := New()
	var out strings.Builder
	w := r.Writer(&out)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			secret := fmt.Sprintf("secret number %d", n)
			r.Add(secret)
			if got := r.String(secret); got != Mask {
				t.Errorf("got %q at once after Add", got)
			}
			fmt.Fprintf(w, "line: %s\n", secret)
		})
	}
	all.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("line: ***\n", 8); out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func BenchmarkString(b *testing.B) {
	text := strings.Repeat(`{"id":"04f94226","title":"An alert of some kind","severity":700,"created":"2024-05-01T12:00:00Z"},`, 1000)
	for _, r := range []*Redactor{New(), with("hunter2!", nasty, "a client id", "another password")} {
		b.Run(fmt.Sprintf("%d forms", len(r.forms)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.String(text)
			}
		})
	}
}

// A server quotes a URL in JSON, an error quotes the answer, and a report is JSON.
func TestQuotedOnceMore(t *testing.T) {
	const secret = `p/a&"s é`
	r := New()
	r.Add(secret)
	for _, form := range []string{url.PathEscape(secret), secret} {
		inJSON, err := json.Marshal(map[string]string{"said": form})
		if err != nil {
			t.Fatal(err)
		}
		quoted := strconv.Quote(string(inJSON))
		if got := r.String(quoted); !strings.Contains(got, Mask) {
			t.Errorf("%s stays as it is", got)
		}
		again, err := json.Marshal(`{"said":` + strconv.Quote(form) + `}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.String(string(again)); !strings.Contains(got, Mask) {
			t.Errorf("%s stays as it is", got)
		}
	}
}
