package auth_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func newRequest(t *testing.T, method, url, contentType, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// signed applies a Signer of c to r and returns its header X-Signature.
func signed(t *testing.T, c auth.SignerConfig, r *http.Request) string {
	t.Helper()
	if c.Header == nil {
		c.Header = []request.Pair{{Name: "X-Signature", Value: "{signature}"}}
	}
	s, err := auth.NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("X-Signature")
}

// TestSignerVectors are the second test cases of RFC 2202 and RFC 4231, and one each for
// keys that are not text.
func TestSignerVectors(t *testing.T) {
	const text = "what do ya want for nothing?"
	tests := []struct {
		name   string
		config auth.SignerConfig
		want   string
	}{
		{"md5", auth.SignerConfig{Algorithm: "md5", Key: "Jefe", Text: text}, "750c783e6ab0b503eaa86e310a5db738"},
		{"sha1", auth.SignerConfig{Algorithm: "sha1", Key: "Jefe", Text: text}, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{"sha256 by default", auth.SignerConfig{Key: "Jefe", Text: text}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"sha384", auth.SignerConfig{Algorithm: "sha384", Key: "Jefe", Text: text}, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
		{"sha512", auth.SignerConfig{Algorithm: "sha512", Key: "Jefe", Text: text}, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
		{"upper case", auth.SignerConfig{Algorithm: "md5", Key: "Jefe", Text: text, Encoding: "hex_upper"}, "750C783E6AB0B503EAA86E310A5DB738"},
		{"base64", auth.SignerConfig{Algorithm: "sha1", Key: "Jefe", Text: text, Encoding: "base64"}, "7/zfauXrL6LSdBbV8YTfnCWafHk="},
		{"base64url", auth.SignerConfig{Algorithm: "sha1", Key: "Jefe", Text: text, Encoding: "base64url"}, "7_zfauXrL6LSdBbV8YTfnCWafHk"},
		{"hex key", auth.SignerConfig{Key: "4a656665", KeyEncoding: "hex", Text: text}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"base64 key", auth.SignerConfig{Key: "SmVmZQ==\n", KeyEncoding: "base64", Text: text}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"base64 key without padding", auth.SignerConfig{Key: "SmVmZQ", KeyEncoding: "base64", Text: text}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"other key", auth.SignerConfig{Algorithm: "md5", Key: "jefe", Text: text}, "8dfc788651abb705fbc075185dfd70ee"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := signed(t, test.config, newRequest(t, "GET", "https://api.example/", "", "")); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// chained is a scheme of four derived keys over a request and its hash, as AWS publishes
// it under the name Signature Version 4.
func chained(bodyHash string) auth.SignerConfig {
	const names = "content-length;content-type;host;x-amz-date;x-amz-security-token"
	return auth.SignerConfig{
		Key:    "AWS4long_enough_secret",
		Values: map[string]string{"key_id": "id", "token": "token", "service": "service", "region": "region"},
		Date:   "20060102T150405Z",
		Now:    at(time.Date(2009, 11, 10, 23, 0, 0, 0, time.UTC)),
		Derive: []string{"{date:20060102}", "{region}", "{service}", "aws4_request"},
		Let: []request.Pair{
			{Name: "scope", Value: "{date:20060102}/{region}/{service}/aws4_request"},
			{Name: "canonical", Value: "{method}\n{path|escape_path}\n{query|sort_query}\n" +
				"content-length:{length}\ncontent-type:{header:content-type}\nhost:{host}\nx-amz-date:{header:x-amz-date}\nx-amz-security-token:{token}\n\n" +
				names + "\n" + bodyHash},
		},
		Text: "AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical|sha256|hex}",
		Header: []request.Pair{
			{Name: "Authorization", Value: "AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders=" + names + ", Signature={signature}"},
			{Name: "X-Amz-Date", Value: "{date}"},
			{Name: "X-Amz-Security-Token", Value: "{token}"},
		},
	}
}

// TestSignerChained is A13, whose signature leaves the hash of the body empty, and the same
// request as servers want it, with the hash (computed by another implementation).
func TestSignerChained(t *testing.T) {
	for bodyHash, want := range map[string]string{
		"":                  "ad27046c0009e06c6626e6009ba2af96027f4893b7a190ab67aaec85becb25cd",
		"{body|sha256|hex}": "04307780b22c1fff107115b84f3a08cc33a590d39433a2de3fe62adc9f42ee53",
	} {
		r := newRequest(t, "POST", "http://www.example.com/", "text/plain", "request data")
		signed(t, chained(bodyHash), r)
		want = "AWS4-HMAC-SHA256 Credential=id/20091110/region/service/aws4_request, " +
			"SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-security-token, Signature=" + want
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if r.Header.Get("X-Amz-Date") != "20091110T230000Z" || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("headers %v", r.Header)
		}
	}
}

func TestSignerValues(t *testing.T) {
	nonce := [16]byte{0, 1, 2, 3, 4, 5, 0xff, 7, 0xff, 9, 10, 11, 12, 13, 14, 15}
	now := time.Date(2024, 3, 5, 1, 2, 3, 45e6, time.FixedZone("", -5*60*60))
	tests := []struct{ template, want string }{
		{"{method} {scheme} {host}", "PUT https api.example:8443"},
		{"{path}|{query}|{target}", "/v1/a%2Fb|b=2&a=%20&c|/v1/a%2Fb?b=2&a=%20&c"},
		{"{query|sort_query}", "a=%20&b=2&c="},
		{"{body}:{length}", "\xffbody\x00:6"},
		{"{body|sha256|hex}", "4c8eb72e78f98a36b33cc1f6dc581c55015782dab86442252b9ad0a3cdf6fb87"},
		{"{body|md5|base64}", "GOXx4Zpdm9x24O6ZYrZLhQ=="},
		{"{header:x-one},{header:None},{header:content-type}", "1,,text/plain"},
		{"{header:Host} {header:Content-Length}", "api.example:8443 6"},
		{"{date}", "Tue, 05 Mar 2024 06:02:03 GMT"},
		{"{date:rfc3339} {date:unix} {date:unix_ms}", "2024-03-05T06:02:03Z 1709618523 1709618523045"},
		{"{date:2006-01-02 15:04:05.000}", "2024-03-05 06:02:03.045"},
		{"{nonce} {uuid}", "000102030405ff07ff090a0b0c0d0e0f 00010203-0405-4f07-bf09-0a0b0c0d0e0f"},
		{"{{{id}}} }}{{", "{key-7} }{"},
		{"{id|upper|prefix:id=}{empty|prefix:no}", "id=KEY-7"},
		{"{both|trim|lower}", "put key-7"},
		{"{path|escape} {path|escape_path} {query|unescape}", "%2Fv1%2Fa%252Fb /v1/a%252Fb b=2&a= &c"},
		{"{id|hex} {id|hex|hex_upper} {id|base64url}", "6b65792d37 36623635373932643337 a2V5LTc"},
	}
	for _, test := range tests {
		t.Run(test.template, func(t *testing.T) {
			// What is signed is not to be seen; so it is signed beside its expected text.
			config := func(text string) auth.SignerConfig {
				return auth.SignerConfig{
					Key: "k", Text: text, Now: at(now), Nonce: func() [16]byte { return nonce },
					Values: map[string]string{"id": "key-7", "empty": "", "want": test.want},
					Let:    []request.Pair{{Name: "both", Value: " {method} {id}\n"}},
				}
			}
			make := func() *http.Request {
				r := newRequest(t, "PUT", "https://api.example:8443/v1/a%2Fb?b=2&a=%20&c", "text/plain", "\xffbody\x00")
				r.Header.Set("X-One", "1")
				return r
			}
			if got, want := signed(t, config(test.template), make()), signed(t, config("{want}"), make()); got != want {
				t.Errorf("it is not %q that is signed", test.want)
			}
		})
	}
}

// TestSignerEachAttempt: a retry is signed at its own time.
func TestSignerEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := auth.NewSigner(auth.SignerConfig{Key: "k", Text: "{date}{nonce}", Date: "unix_ms", Header: []request.Pair{{Name: "X-Sign", Value: "{date} {nonce} {signature}"}}})
		if err != nil {
			t.Fatal(err)
		}
		var seen [][]string
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, strings.Fields(r.Header.Get("X-Sign")))
			if len(seen) < 3 {
				w.WriteHeader(503)
			}
		})
		c := request.New(request.Config{BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: inProcess{server}, Auth: s})
		if _, err := c.Do(t.Context(), request.Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(seen); i++ {
			before, now := seen[i-1], seen[i]
			if now[0] <= before[0] || now[1] == before[1] || now[2] == before[2] {
				t.Errorf("attempt %d: %q after %q", i, now, before)
			}
		}
		if len(seen) != 3 {
			t.Errorf("%d attempts", len(seen))
		}
	})
}

// TestSignerRefused: a 401 stands, as another signature would say the same.
func TestSignerRefused(t *testing.T) {
	s, err := auth.NewSigner(auth.SignerConfig{Key: "hunter2hunter2", Text: "{date}", Header: []request.Pair{{Name: "X-S", Value: "{signature}"}}})
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	server := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { calls++; w.WriteHeader(401) })
	c := request.New(request.Config{BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: inProcess{server}, Auth: s})
	_, err = c.Do(t.Context(), request.Request{Path: "/"})
	expectClass(t, err, request.ErrUnauthorized)
	if text := fmt.Sprintf("%v %+v %#v %v", s, s, s, err); calls != 1 || strings.Contains(text, "hunter2") {
		t.Errorf("%d calls, %s", calls, text)
	}
}

func TestSignerRSA(t *testing.T) {
	key := rsaKey(t)
	c := auth.SignerConfig{Algorithm: "rsa-sha256", Key: pkcs8(t, key), Text: "{method}\n{path}", Encoding: "base64"}
	got, err := base64.StdEncoding.DecodeString(signed(t, c, newRequest(t, "GET", "https://api.example/x", "", "")))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("GET\n/x"))
	if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], got); err != nil {
		t.Error(err)
	}
	sum = sha256.Sum256([]byte("GET\n/y"))
	if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], got) == nil {
		t.Error("another text has the same signature")
	}
}

func TestNewSignerMistakes(t *testing.T) {
	whole := func() auth.SignerConfig {
		return auth.SignerConfig{Key: "hunter2", Text: "{date}", Header: []request.Pair{{Name: "X-S", Value: "{signature}"}}}
	}
	if _, err := auth.NewSigner(whole()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		spoil func(*auth.SignerConfig)
		want  string
	}{
		{"algorithm", func(c *auth.SignerConfig) { c.Algorithm = "sha3" }, `algorithm must be one of sha256, md5`},
		{"encoding", func(c *auth.SignerConfig) { c.Encoding = "raw" }, "encoding must be one of hex"},
		{"no key", func(c *auth.SignerConfig) { c.Key = "" }, "the key is empty"},
		{"key no hex", func(c *auth.SignerConfig) { c.KeyEncoding = "hex" }, "the key is no hex"},
		{"key no base64", func(c *auth.SignerConfig) { c.Key, c.KeyEncoding = "hunter2!", "base64" }, "the key is no base64"},
		{"key no PEM", func(c *auth.SignerConfig) { c.Algorithm = "rsa-sha256" }, "no private key found"},
		{"key of another kind", func(c *auth.SignerConfig) { c.Algorithm, c.Key = "rsa-sha256", pkcs8(t, ecKey(t, 256)) }, "where one for RSA is needed"},
		{"derived RSA", func(c *auth.SignerConfig) { c.Algorithm, c.Derive = "rsa-sha256", []string{"a"} }, "no other key can be derived"},
		{"no text", func(c *auth.SignerConfig) { c.Text = "" }, "there is no text to sign"},
		{"no signature", func(c *auth.SignerConfig) { c.Header[0].Value = "{date}" }, "no header holds {signature}"},
		{"header name", func(c *auth.SignerConfig) { c.Header[0].Name = "X S" }, `"X S" is no name for a header`},
		{"host", func(c *auth.SignerConfig) { c.Header[0].Name = "host" }, "the header host is made when"},
		{"unknown value", func(c *auth.SignerConfig) { c.Text = "{dat}" }, "text: there is no value {dat} here, only body, date,"},
		{"unknown value in a header", func(c *auth.SignerConfig) { c.Header[0].Value = "{x}{signature}" }, "header X-S: there is no value {x}"},
		{"unknown value in a key", func(c *auth.SignerConfig) { c.Derive = []string{"{x}"} }, "derived key: there is no value {x}"},
		{"unknown filter", func(c *auth.SignerConfig) { c.Text = "{body|sha}" }, `no filter "sha", only base64`},
		{"signature of itself", func(c *auth.SignerConfig) { c.Text = "{signature}" }, "there is no value {signature}"},
		{"later let", func(c *auth.SignerConfig) { c.Let = []request.Pair{{Name: "a", Value: "{b}"}, {Name: "b", Value: "x"}} }, "a: there is no value {b}"},
		{"let of itself", func(c *auth.SignerConfig) { c.Let = []request.Pair{{Name: "a", Value: "{a}"}} }, "a: there is no value {a}"},
		{"let twice", func(c *auth.SignerConfig) { c.Let = []request.Pair{{Name: "a", Value: "x"}, {Name: "a", Value: "y"}} }, `the name "a" is taken`},
		{"let hides", func(c *auth.SignerConfig) { c.Let = []request.Pair{{Name: "date", Value: "x"}} }, `the name "date" is taken`},
		{"let hides a value", func(c *auth.SignerConfig) {
			c.Values = map[string]string{"a": "x"}
			c.Let = []request.Pair{{Name: "a", Value: "x"}}
		}, `the name "a" is taken`},
		{"value hides", func(c *auth.SignerConfig) { c.Values = map[string]string{"path": "/"} }, `the value "path" would hide`},
		{"open brace", func(c *auth.SignerConfig) { c.Text = "a{date" }, `a brace at "{date" has no partner`},
		{"closed brace", func(c *auth.SignerConfig) { c.Text = "a}b" }, `a brace at "}b" has no partner`},
		{"no name", func(c *auth.SignerConfig) { c.Text = "{|hex}" }, "{|hex} names no value"},
		{"layout", func(c *auth.SignerConfig) { c.Date = "YYYYMMDDTHHMMSS" }, "is no layout of a time"},
		{"layout in the text", func(c *auth.SignerConfig) { c.Text = "{date:yyyy-MM-dd}" }, "is no layout of a time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := whole()
			test.spoil(&c)
			_, err := auth.NewSigner(c)
			if err == nil || !strings.HasPrefix(err.Error(), "signature: ") || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestSignerBadAttempt: a request whose parts do not fit the templates is not sent.
func TestSignerBadAttempt(t *testing.T) {
	tests := []struct{ name, text, header, want string }{
		{"not URL-encoded", "{body|unescape}", "{signature}", "text: {body|unescape}: it is not URL-encoded"},
		{"bytes in a header", "{date}", "{body} {signature}", "header X-S: it holds control characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := auth.NewSigner(auth.SignerConfig{Key: "k", Text: test.text, Header: []request.Pair{{Name: "X-S", Value: test.header}}})
			if err != nil {
				t.Fatal(err)
			}
			err = s.Apply(t.Context(), newRequest(t, "POST", "https://api.example/", "", "secret%\n"))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
