package threatq

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"tqmap/engine/request"
)

// The client and its token through the real chain: a login, a token that the
// platform forgets, one refresh, and the call again.
func TestThroughTheRequestChain(t *testing.T) {
	var calls []string
	valid := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls = append(calls, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("grant_type"))
		switch {
		case r.URL.Path == "/api/token" && r.URL.Query().Get("grant_type") == "password" && string(body) != `{"email":"u","password":"p"}`:
			w.WriteHeader(400)
		case r.URL.Path == "/api/token":
			valid = fmt.Sprint("Bearer t", len(calls))
			fmt.Fprintf(w, `{"access_token":"t%d","refresh_token":"r","expires_in":3600}`, len(calls))
		case r.Header.Get("Authorization") != valid:
			w.WriteHeader(401)
		case r.URL.Query().Get("id") == "1":
			io.WriteString(w, `{"total":1,"data":[{"id":1,"title":"a"}]}`)
		default:
			w.WriteHeader(400)
			io.WriteString(w, `{"data":{"errors":{"id":["bad id"]}}}`)
		}
	}))
	defer srv.Close()
	base, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := request.Config{Name: "threatq", BaseURL: base, Retries: request.NoRetries}
	login := cfg
	cfg.Auth = NewToken(TokenConfig{Doer: request.New(login), ClientID: "c", Username: "u", Password: "p"})
	c := NewClient(request.New(cfg), Options{})
	for range 2 {
		if objs, err := c.Get(t.Context(), Events, []int64{1}); err != nil || len(objs) != 1 {
			t.Fatalf("%v, %v", objs, err)
		}
		valid = "forgotten"
	}
	want := []string{
		"POST /api/token password", "GET /api/events ",
		"GET /api/events ", "POST /api/token refresh_token", "GET /api/events ",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	_, err = c.Get(t.Context(), Events, []int64{2})
	var refused *RefusedError
	if !errors.As(err, &refused) || !slices.Equal(refused.Messages, []string{"id: bad id"}) {
		t.Errorf("error %v", err)
	}
}

func TestRejectedLoginThroughTheRequestChain(t *testing.T) {
	logins := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logins++
		w.WriteHeader(400)
		io.WriteString(w, `{"errors":["The user credentials were incorrect."]}`)
	}))
	defer srv.Close()
	base, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := request.Config{Name: "threatq", BaseURL: base}
	login := cfg
	cfg.Auth = NewToken(TokenConfig{Doer: request.New(login), ClientID: "c", Username: "u", Password: "p"})
	results := NewClient(request.New(cfg), Options{BatchSize: 1}).Create(t.Context(), "malware", []*Object{{Name: "a"}, {Name: "b"}})
	for _, r := range results {
		var rejected *LoginError
		var down *UnavailableError
		if !errors.As(r.Err, &rejected) || !errors.As(r.Err, &down) || !errors.Is(r.Err, request.ErrUnauthorized) {
			t.Errorf("error %v", r.Err)
		}
	}
	if logins != 1 {
		t.Errorf("%d logins", logins)
	}
}
