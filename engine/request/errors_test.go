package request_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"tqmap/engine/request"
)

func TestErrorText(t *testing.T) {
	vendor := func(body []byte) string {
		var refusal struct{ Msg string }
		json.Unmarshal(body, &refusal)
		return refusal.Msg
	}
	tests := []struct {
		name         string
		status       int
		kind, body   string
		errorMessage func([]byte) string
		want         string
	}{
		{"vendor's text", 403, "application/json", `{"msg":"This user may not."}`, vendor,
			`client.test: POST https://api.example/v1/x answered 403 Forbidden: "This user may not."; check the rights of the account`},
		{"no vendor's text", 400, "application/json", "{\"other\":\n 1}", vendor,
			`client.test: POST https://api.example/v1/x answered 400 Bad Request: "{\"other\": 1}"`},
		{"no body", 404, "", "", nil,
			`client.test: POST https://api.example/v1/x answered 404 Not Found; check host, port and path`},
		{"HTML", 405, "text/html; charset=utf-8", "<html><head><title>\n Proxy &amp; Co </title></head>…", nil,
			`client.test: POST https://api.example/v1/x answered 405 Method Not Allowed: "HTML page: Proxy & Co"`},
		{"HTML without a label", 405, "", " <!DOCTYPE HTML><p>no", nil,
			`client.test: POST https://api.example/v1/x answered 405 Method Not Allowed: "HTML page: no"`},
		{"HTML with nothing to say", 405, "text/html", "<html><style>p {}</style><!-- x --><body", nil,
			`client.test: POST https://api.example/v1/x answered 405 Method Not Allowed: "an HTML page without words"`},
		{"HTML of a broken gateway", 405, "text/html", "<html><head><title></title></head><body><script>alert(1)</script><h1>502 Bad&nbsp;Gateway</h1><p>nginx", nil,
			`client.test: POST https://api.example/v1/x answered 405 Method Not Allowed: "HTML page: 502 Bad Gateway nginx"`},
		{"A15 key in the query", 400, "", "bad request", nil,
			`client.test: POST https://api.example/v1/x answered 400 Bad Request: "bad request"`},
		{"no forged log lines", 400, "", "a\r\nlevel=ERROR\x1b[2J\x00b", nil,
			`client.test: POST https://api.example/v1/x answered 400 Bad Request: "a level=ERROR [2J b"`},
		{"not UTF-8", 400, "", "\xff\xfewords", nil,
			`client.test: POST https://api.example/v1/x answered 400 Bad Request: "�words"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, request.Config{ErrorMessage: test.errorMessage}, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Query: []request.Pair{{Name: "api_key", Value: "hunter2"}}})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			var e *request.StatusError
			if !errors.As(err, &e) || string(e.Body) != test.body || e.ContentType != test.kind {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestLongMessageIsCut(t *testing.T) {
	for _, unit := range []string{"x", "ü", "漢"} {
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, strings.Repeat(unit+" ", 100_000))
		})
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		var e *request.StatusError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		if n := utf8.RuneCountInString(e.Message); n < 499 || n > 500 || !strings.HasSuffix(e.Message, "…") {
			t.Errorf("%d characters of %q", n, unit)
		}
		if len(e.Body) != 64<<10 {
			t.Errorf("%d bytes kept", len(e.Body))
		}
	}
}

// T07: half a secret would not be known as one to whoever masks the message.
func TestMessageIsCutBetweenWords(t *testing.T) {
	for lead, want := range map[string]string{
		strings.Repeat("word ", 90) + `said "`: `said "…`, strings.Repeat("a b ", 110) + "x=1&": "x=1&…", "": "…",
	} {
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, lead+strings.Repeat("S3cr/+=%2F", 90))
		})
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		var e *request.StatusError
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		if !strings.HasSuffix(e.Message, want) || strings.Contains(e.Message, "S3") {
			t.Errorf("%q", e.Message)
		}
	}
}

func TestElapsedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			if n++; n < 4 {
				w.Header().Set("Retry-After", fmt.Sprint(n))
			} // 1 + 2 + 3 s
			w.WriteHeader(503)
		})
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if want := "answered 503 Service Unavailable after 4 attempts over 6s"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

// secretive puts a secret into everything an Authenticator can touch.
type secretive struct{}

func (a secretive) Apply(_ context.Context, r *http.Request) error {
	r.SetBasicAuth("user", "hunter2")
	r.Header.Set("X-Api-Key", "hunter2")
	q := r.URL.Query()
	q.Set("key", "hunter2")
	r.URL.RawQuery = q.Encode()
	return nil
}

func (a secretive) Renew(context.Context, *http.Request) (bool, error) { return true, nil }

// TestNoSecretGetsOut plants one secret wherever a caller may put it, lets the request
// fail in every way, and looks for it in the error, all errors inside it, and the log.
func TestNoSecretGetsOut(t *testing.T) {
	status := func(n int, header ...string) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			h := http.Header{}
			for i := 0; i < len(header); i += 2 {
				h.Set(header[i], header[i+1])
			}
			return &http.Response{StatusCode: n, Header: h, Body: io.NopCloser(strings.NewReader("no"))}, nil
		}
	}
	failures := map[string]roundTrip{
		"ok": status(200), "400": status(400), "401": status(401), "403": status(403), "500": status(500),
		"429":      status(429, "Retry-After", "5"),
		"too long": status(429, "Retry-After", "5000"),
		"encoding": status(200, "Content-Encoding", "zstd"),
		"redirect": status(302, "Location", "https://u:hunter2@evil.example/?k=hunter2#hunter2"),
		"loop":     status(302, "Location", "?k=hunter2"),
		"lost": func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("connection reset by peer")}
		},
		"silent": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: r.Context().Err()}
		},
	}
	for name, failure := range failures {
		for _, method := range []string{"GET", "POST"} {
			t.Run(name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, request.Config{
						BaseURL: parse(t, "https://api.example/v1?base=hunter2"), Auth: secretive{},
						Header: secretHeaders(), Transport: failure,
					}, nil)
					_, err := s.Do(t.Context(), request.Request{
						Method: method, Path: "/x?in=hunter2", Query: []request.Pair{{Name: "key", Value: "hunter2"}},
						Header: http.Header{"X-Other-Key": {"hunter2"}}, Body: []byte("hunter2"), ContentType: "text/plain",
					})
					if (err == nil) != (name == "ok") {
						t.Fatalf("error %v", err)
					}
					if text := fmt.Sprintf("%v %+v", err, err) + s.log.String(); strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
						t.Error(text)
					}
					for ; err != nil; err = errors.Unwrap(err) {
						if strings.Contains(err.Error(), "hunter2") {
							t.Errorf("inside: %v", err)
						}
					}
					if len(s.seen) == 0 || !strings.Contains(s.seen[0].URL.RawQuery, "key=hunter2") {
						t.Error("the secret was not planted")
					}
				})
			})
		}
	}
}

func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []request.Exchange
		s := newSite(t, request.Config{Auth: secretive{}, Observe: func(x request.Exchange) { got = append(got, x) }}, answers(503, 401, 200))
		if _, err := s.Do(t.Context(), request.Request{Method: "PUT", Path: "/x?a=1", Body: []byte("b")}); err != nil {
			t.Fatal(err)
		}
		for i, status := range []int{503, 401, 200} {
			x := got[i]
			if x.Attempt != i+1 || x.Status != status || x.Method != "PUT" || x.URL != "https://api.example/v1/x?a=1" ||
				string(x.RequestBody) != "b" || string(x.ResponseBody) != `{"msg":"words"}` || x.Err != nil {
				t.Errorf("exchange %d: %+v", i, x)
			}
		}
	})
}

func TestObserveLoss(t *testing.T) {
	var got []request.Exchange
	s := newSite(t, request.Config{
		Retries: request.NoRetries, Observe: func(x request.Exchange) { got = append(got, x) },
		Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("gone") }),
	}, nil)
	s.Do(t.Context(), request.Request{Path: "/x"})
	if len(got) != 1 || got[0].Status != 0 || got[0].Err == nil {
		t.Errorf("got %+v", got)
	}
}
