package request_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"tqmap/engine/request"
)

// identity is what a server learns of the client.
type identity struct {
	method, path, cert, body string
	header                   http.Header
}

// TestNothingReachesAnotherHost: whichever way leads off the own origin, neither the
// credentials, cookies, headers of our own, body nor client certificate go along, and
// none go back to the own origin where a foreign host leads.
func TestNothingReachesAnotherHost(t *testing.T) {
	ours := newAuthority(t)
	cert, key := issue(t, &ours, "hunter2")
	var own, foreign []identity
	look := func(to *[]identity, then http.HandlerFunc) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			who := identity{method: r.Method, path: r.URL.Path, body: string(body), header: r.Header}
			if certs := r.TLS.PeerCertificates; len(certs) > 0 {
				who.cert = certs[0].Subject.CommonName
			}
			*to = append(*to, who)
			then(w, r)
		})
	}
	ask := func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }
	ownServer, foreignServer := tlsServer(t, ask), tlsServer(t, ask)
	foreignServer.Config.Handler = look(&foreign, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "planted", Value: "1", Path: "/"})
		if r.URL.Path == "/back" {
			http.Redirect(w, r, ownServer.URL+"/end", http.StatusFound)
		}
	})
	ownServer.Config.Handler = look(&own, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "hunter2", Path: "/"})
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", foreignServer.URL+to)
			w.WriteHeader(map[string]int{"GET": 302, "POST": 303, "PUT": 307}[r.Method])
		}
	})
	transport, err := request.NewTransport(request.TransportConfig{
		CertPEM: certPEM(cert), KeyPEM: keyPEM(t, key), Origin: parse(t, ownServer.URL), InsecureSkipVerify: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	host := parse(t, foreignServer.URL).Host
	tests := []struct {
		name, method, path string
		allow              bool
		foreign            int // requests that reach the foreign host
		want               string
	}{
		{"absolute path, unlisted", "GET", foreignServer.URL + "/x?k=hunter2", false, 0, "outside"},
		{"redirect, unlisted", "GET", "/x?to=/y", false, 0, "outside"},
		{"POST redirect, unlisted", "POST", "/x?to=/y", false, 0, "outside"},
		{"absolute path", "GET", foreignServer.URL + "/x", true, 1, ""},
		{"redirect", "GET", "/x?to=/y", true, 1, ""},
		{"POST to GET", "POST", "/x?to=/y", true, 1, ""},
		{"body asked for again", "PUT", "/x?to=/y", true, 0, "is not sent again"},
		{"and back", "GET", "/x?to=/back", true, 1, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			own, foreign = nil, nil
			c := request.Config{BaseURL: parse(t, ownServer.URL), Transport: transport, Auth: secretive{}, Header: secretHeaders(), Cookies: true}
			if test.allow {
				c.AllowHosts = []string{host}
			}
			r := request.Request{Method: test.method, Path: test.path, Header: http.Header{"X-Other-Key": {"hunter2"}}}
			if test.method != "GET" {
				r.Body, r.ContentType = []byte("hunter2"), "text/plain"
			}
			client := request.New(c)
			if _, err := client.Do(t.Context(), request.Request{Path: "/first"}); err != nil { // gets a cookie
				t.Fatal(err)
			}
			_, err := client.Do(t.Context(), r)
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2")) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if len(foreign) != test.foreign {
				t.Errorf("%d requests reached the foreign host", len(foreign))
			}
			for _, who := range foreign {
				expectNobody(t, who)
			}
			for _, who := range own {
				if who.path == "/end" {
					expectNobody(t, who)
				} else if who.cert != "hunter2" || who.header.Get("X-Api-Key") != "hunter2" {
					t.Errorf("the own origin was not told who we are: %+v", who)
				}
			}
			if test.name == "and back" && own[len(own)-1].path != "/end" {
				t.Error("it did not come back")
			}
		})
	}
}

func expectNobody(t *testing.T, who identity) {
	t.Helper()
	if text := fmt.Sprintf("%+v", who); strings.Contains(text, "hunter2") || who.header.Get("Referer")+who.header.Get("Cookie") != "" {
		t.Errorf("%s %s learned %s", who.method, who.path, text)
	}
}

// TestErrorTextsHoldNoValues: A15, in all the ways that rules end a request.
func TestErrorTextsHoldNoValues(t *testing.T) {
	for _, action := range []request.Action{request.Skip, request.Retry, request.Wait, request.Reauth, request.Split, request.Stop, request.Reset, request.Fail, "odd"} {
		s := newSite(t, request.Config{
			Auth: secretive{}, Header: secretHeaders(), Sleep: noSleep, BaseURL: parse(t, "https://api.example/v1?base=hunter2"),
			Judge: says(request.Ruling{Action: action, Where: "m.hcl:1:1"}),
		}, answers(404))
		_, err := s.Do(t.Context(), request.Request{
			Method: "POST", Path: "/x?in=hunter2", RawQuery: "key=hunter2", Query: []request.Pair{{Name: "k", Value: "hunter2"}},
			Header: http.Header{"X-Other-Key": {"hunter2"}}, Body: []byte("hunter2"),
		})
		if err == nil {
			t.Fatalf("%s: no error", action)
		}
		for inner := err; inner != nil; inner = errors.Unwrap(inner) {
			if strings.Contains(inner.Error(), "hunter2") {
				t.Errorf("%s: %v", action, inner)
			}
		}
		if strings.Contains(s.log.String(), "hunter2") {
			t.Errorf("%s: %s", action, &s.log)
		}
		if !strings.Contains(s.seen[0].URL.RawQuery, "key=hunter2") {
			t.Error("the secret was not planted")
		}
	}
}
