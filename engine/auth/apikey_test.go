package auth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func apiKey(t *testing.T, key string, p auth.Place) *auth.APIKey {
	t.Helper()
	k, err := auth.NewAPIKey(key, p)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAPIKeyHeaderQueryCookie(t *testing.T) {
	tests := []struct {
		name         string
		place        auth.Place
		header, want string // the header looked at, "" for the query
	}{
		{"header", auth.Place{In: "header", Name: "x-api-key"}, "X-Api-Key", "s3/cret k"},
		{"header with prefix", auth.Place{In: "header", Name: "Authorization", Format: "ApiKey {token}"}, "Authorization", "ApiKey s3/cret k"},
		{"A05", auth.Place{In: "header", Name: "Authorization", Format: "realm=xyz, token={token}"}, "Authorization", "realm=xyz, token=s3/cret k"},
		{"query", auth.Place{In: "query", Name: "api_key"}, "", "b=2&a=%20&c&api_key=s3%2Fcret%20k"},
		{"query replaced", auth.Place{In: "query", Name: "b", Format: "k:{token}"}, "", "a=%20&c&b=k%3As3%2Fcret%20k"},
		{"cookie", auth.Place{In: "cookie", Name: "sid"}, "Cookie", "lang=en; sid=s3/cret k"},
		{"cookie replaced", auth.Place{In: "cookie", Name: "lang"}, "Cookie", "sid=old; lang=s3/cret k"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRequest(t, "GET", "https://api.example/x?b=2&a=%20&c", "", "")
			r.Header.Set("Cookie", "sid=old; lang=en")
			r.Header.Set("Authorization", "stale")
			k := apiKey(t, "s3/cret k", test.place)
			if err := k.Apply(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			got := r.URL.RawQuery
			if test.header != "" {
				got = strings.Join(r.Header[test.header], "|")
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if again, err := k.Renew(t.Context(), r); again || err != nil {
				t.Errorf("renewed: %t, %v", again, err)
			}
		})
	}
}

// TestAPIKeyBody: length and replay fit the changed body, on a retry too.
func TestAPIKeyBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			replay, _ := r.GetBody()
			again, _ := io.ReadAll(replay)
			got = append(got, fmt.Sprintf("%d %s", r.ContentLength, body))
			if err != nil || string(again) != string(body) || int64(len(body)) != r.ContentLength {
				t.Errorf("%q replays as %q, %v", body, again, err)
			}
			if len(got) == 1 {
				w.WriteHeader(500)
			}
		})
		var declared string
		c := request.New(request.Config{
			BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: inProcess{server},
			Auth:    apiKey(t, "hunter2", auth.Place{In: "body", Name: "key", Format: "k-{token}"}),
			Observe: func(x request.Exchange) { declared = string(x.RequestBody) },
		})
		_, err := c.Do(t.Context(), request.Request{Method: "POST", Path: "/", Body: []byte(`{"id":9007199254740993}`), ContentType: "application/json"})
		want := `41 {"id":9007199254740993,"key":"k-hunter2"}`
		if err != nil || !slices.Equal(got, []string{want, want}) {
			t.Errorf("got %q, %v", got, err)
		}
		if declared != `{"id":9007199254740993}` {
			t.Errorf("the observer saw %s", declared)
		}
	})
}

func TestAPIKeyBodyOnce(t *testing.T) {
	r := newRequest(t, "POST", "https://api.example/", "application/json", `{"a":1}`)
	r.GetBody = nil // a body that can be read only once
	if err := apiKey(t, "k", auth.Place{In: "body", Name: "key"}).Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r.Body); err != nil || string(body) != `{"a":1,"key":"k"}` {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestAPIKeyNoBody(t *testing.T) {
	err := apiKey(t, "hunter2", auth.Place{In: "body", Name: "key"}).Apply(t.Context(), newRequest(t, "GET", "https://api.example/x?q=s3cret", "", ""))
	if err == nil || !strings.Contains(err.Error(), "GET /x: there is no JSON or form body to put key into") || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

// TestAPIKeyNeverInErrors is A15: whatever fails, the query is not told.
func TestAPIKeyNeverInErrors(t *testing.T) {
	status := func(code int, header ...string) http.RoundTripper {
		return inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		})}
	}
	for name, transport := range map[string]http.RoundTripper{
		"400":        status(400),
		"401":        status(401),
		"500":        status(500),
		"redirect":   status(302, "Location", "https://elsewhere.example/?api_key=hunter2"),
		"no answer":  failing{errors.New("connection refused")},
		"URL quoted": failing{&url.Error{Op: "Get", URL: "https://api.example/?api_key=hunter2", Err: errors.New("EOF")}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []string
				c := request.New(request.Config{
					BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: transport,
					Auth:    apiKey(t, "hunter2", auth.Place{In: "query", Name: "api_key"}),
					Observe: func(x request.Exchange) { seen = append(seen, x.URL) },
				})
				_, err := c.Do(t.Context(), request.Request{Path: "/x?page=1"})
				if err == nil || strings.Contains(fmt.Sprint(err, seen), "hunter2") || len(seen) == 0 {
					t.Errorf("got %v, observed %q", err, seen)
				}
			})
		})
	}
}

func TestAPIKeyMistakes(t *testing.T) {
	tests := []struct {
		name, key string
		place     auth.Place
		want      string
	}{
		{"nowhere", "hunter2", auth.Place{In: "path", Name: "a"}, "in must be header, query, cookie or body"},
		{"no name", "hunter2", auth.Place{In: "query"}, "the query has no name"},
		{"no place", "hunter2", auth.Place{In: "query", Name: "a", Format: "{key}"}, `the format "{key}" has no {token}`},
		{"header name", "hunter2", auth.Place{In: "header", Name: "a b"}, "is no name for a header"},
		{"header of the transport", "hunter2", auth.Place{In: "header", Name: "content-length"}, "cannot be set"},
		{"cookie name", "hunter2", auth.Place{In: "cookie", Name: "a=b"}, "is no name for a cookie"},
		{"empty", "", auth.Place{In: "query", Name: "a"}, "the credential cannot be sent: it is empty"},
		{"line break", "hunter2\n", auth.Place{In: "header", Name: "a"}, "control characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := auth.NewAPIKey(test.key, test.place)
			if err == nil || !strings.HasPrefix(err.Error(), "api_key: ") || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestAPIKeyCookieValue(t *testing.T) {
	r := newRequest(t, "GET", "https://api.example/", "", "")
	err := apiKey(t, "hunter2;x", auth.Place{In: "cookie", Name: "sid"}).Apply(t.Context(), r)
	if err == nil || strings.Contains(err.Error(), "hunter2") || r.Header.Get("Cookie") != "" {
		t.Errorf("got %v, %v", err, r.Header)
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"":                       "Authorization: Bearer hunter2",
		"X-Token: {token}":       "X-Token: hunter2",
		"authorization:T{token}": "Authorization: Thunter2",
	} {
		b, err := auth.NewBearer("hunter2", header)
		if err != nil {
			t.Fatal(err)
		}
		r := newRequest(t, "GET", "https://api.example/", "", "")
		if err := b.Apply(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(want, ": ")
		if r.Header.Get(name) != value {
			t.Errorf("got %v, want %s", r.Header, want)
		}
		if text := fmt.Sprintf("%v %+v %#v", b, b, struct{ B *auth.APIKey }{b}); strings.Contains(text, "hunter2") {
			t.Error(text)
		}
	}
	for _, wrong := range [][2]string{{"", ""}, {"a\r\nb", ""}, {"a", "Authorization"}, {"a", "Authorization: Bearer"}} {
		if _, err := auth.NewBearer(wrong[0], wrong[1]); err == nil || !strings.HasPrefix(err.Error(), "bearer: ") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
