package request_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"tqmap/engine/request"
)

func TestURL(t *testing.T) {
	pairs := []request.Pair{{Name: "b", Value: "2"}, {Name: "a", Value: "1 & ü+*~"}, {Name: "b", Value: ""}}
	tests := []struct {
		name, base, path string
		query            []request.Pair
		want             string
	}{
		{"joined", "https://h.example/v1", "/x", nil, "https://h.example/v1/x"},
		{"one slash between", "https://h.example/v1/", "x", nil, "https://h.example/v1/x"},
		{"no base path", "https://h.example", "x", nil, "https://h.example/x"},
		{"no path", "https://h.example/v1/", "", nil, "https://h.example/v1/"},
		{"query only", "https://h.example/v1", "?a=1", nil, "https://h.example/v1?a=1"},
		{"encoding kept", "https://h.example/a%2Fb", "/c%2Fd%20e/%C3%BC", nil, "https://h.example/a%2Fb/c%2Fd%20e/%C3%BC"},
		{"encoding added", "https://h.example", "/a b/ü", nil, "https://h.example/a%20b/%C3%BC"},
		{"trailing slash kept", "https://h.example/v1", "/x/", nil, "https://h.example/v1/x/"},
		{"colon is no scheme", "https://h.example/v1", "items:search", nil, "https://h.example/v1/items:search"},
		{"query order and RFC 3986", "https://h.example", "/x", pairs, "https://h.example/x?b=2&a=1%20%26%20%C3%BC%2B%2A~&b="},
		{"pairs after the path's query", "https://h.example", "/x?z=%2f+y", pairs[:1], "https://h.example/x?z=%2f+y&b=2"},
		{"base query first", "https://h.example/v1?k=1", "/x?z=2", pairs[:1], "https://h.example/v1/x?k=1&z=2&b=2"},
		{"query repaired", "https://h.example", "/x?q=a b\"ü\n&r=100%&s=%zz", nil, "https://h.example/x?q=a%20b%22%C3%BC%0A&r=100%25&s=%25zz"},
		{"fragment cut", "https://h.example", "/x?q=1#top", nil, "https://h.example/x?q=1"},
		{"P13 next link", "https://h.example:8080/api", "https://h.example:8080/api/r?page=2&param1=value1", nil, "https://h.example:8080/api/r?page=2&param1=value1"},
		{"own origin in another spelling", "https://h.example/v1?k=1", "HTTPS://H.EXAMPLE:443/y", nil, "https://H.EXAMPLE:443/y"},
		{"own host without scheme", "https://h.example", "//h.example/y", nil, "https://h.example/y"},
		{"user dropped", "https://h.example", "https://u:p@h.example/y", nil, "https://h.example/y"},
		{"IPv6", "https://[2001:db8::1]:8443", "https://[2001:DB8::1]:8443/y", nil, "https://[2001:DB8::1]:8443/y"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var auth renewer
			s := newSite(t, request.Config{BaseURL: parse(t, test.base), Auth: &auth}, answers(200))
			resp, err := s.Do(t.Context(), request.Request{Path: test.path, Query: test.query})
			if err != nil {
				t.Fatal(err)
			}
			r := s.seen[0]
			if got := r.URL.String(); got != test.want || r.Host != r.URL.Host {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if auth.applied != 1 || r.URL.User != nil {
				t.Errorf("credentials %d times, user %v", auth.applied, r.URL.User)
			}
			if bare, _, _ := strings.Cut(test.want, "?"); resp.URL != bare {
				t.Errorf("Response.URL is %s", resp.URL)
			}
		})
	}
}

func TestForeignHosts(t *testing.T) {
	tests := []struct {
		name, path string
		allow      []string
		want       bool
	}{
		{"unlisted", "https://evil.example/x?k=hunter2", nil, false},
		{"other port", "https://api.example:8443/x", nil, false},
		{"plain", "http://api.example/x", nil, false},
		{"subdomain", "https://x.api.example/x", []string{"api.example"}, false},
		{"suffix", "https://api.example.evil.example/x", []string{"api.example"}, false},
		{"user looks like host", "https://api.example@evil.example/x", nil, false},
		{"host only", "//evil.example/x", nil, false},
		{"listed", "https://cdn.example/x", []string{"other.example", "CDN.example"}, true},
		{"listed with the scheme's port", "https://cdn.example/x", []string{"cdn.example:443"}, true},
		{"listed, other port", "https://cdn.example:8443/x", []string{"cdn.example"}, false},
		{"listed with port", "https://cdn.example:8443/x", []string{"cdn.example:8443"}, true},
		{"listed, but less safe", "http://cdn.example/x", []string{"cdn.example", "cdn.example:80"}, false},
		{"not HTTP", "ftp://cdn.example/x", []string{"cdn.example"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var auth renewer
			s := newSite(t, request.Config{AllowHosts: test.allow, Auth: &auth, Header: secretHeaders()}, answers(200))
			_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: test.path, Header: http.Header{"Accept": {"text/csv"}}, Body: []byte("{}"), ContentType: "application/json"})
			if !test.want {
				expectOrigin(t, err, false)
				if len(s.seen) != 0 || auth.applied != 0 {
					t.Errorf("%d requests left", len(s.seen))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			expectNoCredentials(t, s.seen[0])
			if h := s.seen[0].Header; h.Get("Accept") != "text/csv" || h.Get("Content-Type") != "application/json" {
				t.Errorf("content headers lost: %v", h)
			}
		})
	}
}

func secretHeaders() http.Header {
	return http.Header{
		"Authorization": {"Bearer hunter2"}, "Cookie": {"s=hunter2"}, "x-api-key": {"hunter2"},
		"Referer": {"https://api.example/?k=hunter2"},
	}
}

func expectNoCredentials(t *testing.T, r *http.Request) {
	t.Helper()
	for name, values := range r.Header {
		if joined := strings.Join(values, " "); strings.Contains(joined, "hunter2") || strings.Contains(joined, "key-") {
			t.Errorf("%s: %s went to %s", name, joined, r.URL.Host)
		}
	}
}

func expectOrigin(t *testing.T, err error, redirect bool) {
	t.Helper()
	var e *request.OriginError
	if !errors.As(err, &e) || e.Redirect != redirect {
		t.Fatalf("got %v, want an OriginError", err)
	}
	if text := err.Error(); strings.Contains(text, "hunter2") || !strings.Contains(text, "allow_hosts") {
		t.Errorf("text %q", text)
	}
}

// TestForeign401 must not renew: the foreign host never saw credentials.
func TestForeign401(t *testing.T) {
	auth := renewer{again: true}
	s := newSite(t, request.Config{AllowHosts: []string{"cdn.example"}, Auth: &auth}, answers(401))
	_, err := s.Do(t.Context(), request.Request{Path: "https://cdn.example/x"})
	if !errors.Is(err, request.ErrUnauthorized) || auth.asked+auth.applied != 0 {
		t.Errorf("renewed %d times: %v", auth.asked, err)
	}
}

func TestBadPaths(t *testing.T) {
	for _, path := range []string{"/x%zz", "https://u:hunter2/@api.example/x", "https://", "///x", "https://api.example:hunter2/", "/a\x00b", "https://[::1/x"} {
		s := newSite(t, request.Config{}, answers(200))
		_, err := s.Do(t.Context(), request.Request{Path: path})
		if err == nil || strings.Contains(err.Error(), "hunter2") || len(s.seen) != 0 {
			t.Errorf("%q: %d sent, %v", path, len(s.seen), err)
		}
	}
}

func TestRedirects(t *testing.T) {
	tests := []struct {
		name, method, location string
		status                 int
		allow                  []string
		want                   string // the URL that answers at last
		err                    string
	}{
		{"relative", "GET", "/other?q=2", 302, nil, "https://api.example/other", ""},
		{"same origin", "GET", "https://API.example:443/other", 301, nil, "https://API.example:443/other", ""},
		{"kept method", "HEAD", "/other", 307, nil, "https://api.example/other", ""},
		{"see other", "GET", "/other#part", 303, nil, "https://api.example/other", ""},
		{"permanent", "GET", "other", 308, nil, "https://api.example/v1/other", ""},
		{"PUT moved", "PUT", "/other?k=hunter2", 301, nil, "", "leads to https://api.example/other, where a PUT is not sent again"},
		{"POST elsewhere", "POST", "https://cdn.example/other?k=hunter2", 307, []string{"cdn.example"}, "", "leads to https://cdn.example/other, where a POST is not sent again"},
		{"elsewhere", "GET", "https://evil.example/?k=hunter2", 302, nil, "", "redirects to https://evil.example/, outside https://api.example:443"},
		{"to another port", "GET", "https://api.example:8443/", 302, nil, "", "redirects to https://api.example:8443/"},
		{"less safe", "GET", "http://api.example/v1/x", 302, []string{"api.example"}, "", "redirects to http://api.example/v1/x"},
		{"listed", "GET", "https://cdn.example/file?sig=1", 302, []string{"cdn.example"}, "https://cdn.example/file", ""},
		{"no URL", "GET", "https://[hunter2", 302, nil, "", "its Location is no valid URL"},
		{"no Location", "GET", "", 302, nil, "", "answered 302 Found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var auth renewer
			s := newSite(t, request.Config{AllowHosts: test.allow, Auth: &auth}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/x" {
					w.Header()["Location"] = []string{test.location}
					w.WriteHeader(test.status)
				}
			})
			resp, err := s.Do(t.Context(), request.Request{Method: test.method, Path: "/x?k=1"})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v, want %q", err, test.err)
				}
				if len(s.seen) != 1 || errors.Is(err, request.ErrRefused) || errors.Is(err, request.ErrUnavailable) {
					t.Errorf("%d sent, %v", len(s.seen), err)
				}
				return
			}
			if err != nil || resp.URL != test.want || len(s.seen) != 2 {
				t.Fatalf("%d sent, got %v, %v", len(s.seen), resp, err)
			}
			last := s.seen[1]
			if last.Method != test.method || last.Header.Get("Referer") != "" || last.URL.Fragment != "" {
				t.Errorf("sent %s %s, Referer %q", last.Method, last.URL, last.Header.Get("Referer"))
			}
			if test.allow != nil {
				expectNoCredentials(t, last)
			} else if last.Header.Get("Authorization") != "key-2" {
				t.Errorf("credentials lost: %v", last.Header)
			}
		})
	}
}

func TestRedirectLoop(t *testing.T) {
	s := newSite(t, request.Config{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/v1/x", http.StatusFound)
	})
	_, err := s.Do(t.Context(), request.Request{Path: "/x"})
	if err == nil || !strings.Contains(err.Error(), "more than 5 redirects") || len(s.seen) != 6 {
		t.Errorf("%d sent, %v", len(s.seen), err)
	}
}

// TestRedirectBack: a foreign host must not choose what is called with credentials.
func TestRedirectBack(t *testing.T) {
	var auth renewer
	s := newSite(t, request.Config{Auth: &auth, AllowHosts: []string{"cdn.example"}}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/x":
			http.Redirect(w, r, "https://cdn.example/y", http.StatusFound)
		case "/y":
			http.Redirect(w, r, "https://api.example/v1/delete-all", http.StatusFound)
		}
	})
	if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil || len(s.seen) != 3 {
		t.Fatalf("%d sent, %v", len(s.seen), err)
	}
	expectNoCredentials(t, s.seen[1])
	expectNoCredentials(t, s.seen[2])
}

func TestNoCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "session=1")
			if n++; n == 1 {
				w.WriteHeader(503)
			}
		})
		for range 2 {
			if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
				t.Fatal(err)
			}
		}
		for i, r := range s.seen {
			if r.Header.Get("Cookie") != "" {
				t.Errorf("request %d of %d sent a cookie", i, len(s.seen))
			}
		}
	})
}

func TestConfigMistakes(t *testing.T) {
	nan := 0.0
	nan /= nan
	tests := []struct {
		name   string
		config request.Config
		want   string
	}{
		{"no base", request.Config{}, "no base URL"},
		{"scheme", request.Config{BaseURL: parse(t, "ftp://h.example")}, "must begin with https://"},
		{"host", request.Config{BaseURL: parse(t, "https:///x")}, "names no host"},
		{"password", request.Config{BaseURL: parse(t, "https://u:hunter2@h.example")}, "declare auth"},
		{"R09 rate", request.Config{BaseURL: parse(t, "https://h.example"), Rate: nan}, "finite"},
		{"negative rate", request.Config{BaseURL: parse(t, "https://h.example"), Rate: -1}, "finite"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := request.New(test.config).Do(t.Context(), request.Request{})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
