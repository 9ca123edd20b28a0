package threatq

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// issuer is POST /api/token: it hands out access1, access2, … with refresh1, ….
type issuer struct {
	fake
	n       int
	expires string // JSON
	refuse  map[string]int
}

func newIssuer() *issuer {
	i := &issuer{expires: "3600", refuse: map[string]int{}}
	i.answer = func(r request.Request) (int, string) {
		if status := i.refuse[query(r, "grant_type")]; status != 0 {
			return status, `{"errors":["The credentials were wrong: s3cr3t"]}`
		}
		i.n++
		n := string(rune('0' + i.n))
		return 200, `{"access_token":"access` + n + `","token_type":"bearer","expires_in":` + i.expires + `,"refresh_token":"refresh` + n + `"}`
	}
	return i
}

func (i *issuer) grants() string {
	var out []string
	for _, r := range i.calls {
		out = append(out, query(r, "grant_type"))
	}
	return strings.Join(out, " ")
}

func (i *issuer) config(now *time.Time) TokenConfig {
	return TokenConfig{
		Doer: i, ClientID: "cid", Username: "u@example.com", Password: "s3cr3t",
		Now: func() time.Time { return *now },
	}
}

func apply(t *testing.T, tok *Token) *http.Request {
	t.Helper()
	r, _ := http.NewRequest("GET", "https://tq.example.com/api/indicators", nil)
	if err := tok.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTokenLifecycle(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	i := newIssuer()
	cfg := i.config(&now)
	var secrets []string
	cfg.OnSecret = func(s string) { secrets = append(secrets, s) }
	tok := NewToken(cfg)

	expect := func(after time.Duration, want, grants string) {
		t.Helper()
		now = now.Add(after)
		if got := apply(t, tok).Header.Get("Authorization"); got != want || i.grants() != grants {
			t.Fatalf("%q after %q, want %q after %q", got, i.grants(), want, grants)
		}
	}
	expect(0, "Bearer access1", "password")
	expect(3539*time.Second, "Bearer access1", "password")
	expect(time.Second, "Bearer access2", "password refresh_token")
	i.refuse["refresh_token"] = 400
	expect(3540*time.Second, "Bearer access3", "password refresh_token refresh_token password")

	login, refresh := i.calls[0], i.calls[1]
	if login.Path != "/api/token" || query(login, "client_id") != "cid" || string(login.Body) != `{"email":"u@example.com","password":"s3cr3t"}` {
		t.Errorf("login %+v", login)
	}
	if query(refresh, "refresh_token") != "refresh1" || refresh.Header.Get("Authorization") != "Bearer access1" || refresh.Body != nil {
		t.Errorf("refresh %+v", refresh)
	}
	want := []string{"s3cr3t", "access1", "refresh1", "access2", "refresh2", "access3", "refresh3"}
	if !slices.Equal(secrets, want) {
		t.Errorf("secrets told: %q", secrets)
	}
}

func TestTokenAfter401(t *testing.T) {
	now := time.Unix(0, 0)
	i := newIssuer()
	tok := NewToken(i.config(&now))
	old := apply(t, tok)
	for range 2 { // the second request was refused with the token that is gone by now
		if again, err := tok.Renew(t.Context(), old); !again || err != nil {
			t.Fatalf("renew: %v %v", again, err)
		}
	}
	if i.grants() != "password refresh_token" {
		t.Errorf("grants %q: want one renewal for two refused requests", i.grants())
	}
	i.refuse["refresh_token"], i.refuse["password"] = 400, 401
	again, err := tok.Renew(t.Context(), apply(t, tok))
	var rejected *LoginError
	if again || !errors.As(err, &rejected) || !errors.Is(err, request.ErrUnauthorized) {
		t.Errorf("renew: %v %v", again, err)
	}
}

func TestTokenWithoutRefresh(t *testing.T) {
	now := time.Unix(0, 0)
	i := newIssuer()
	i.answer = func(request.Request) (int, string) { return 200, `{"access_token":"a","expires_in":"30"}` }
	tok := NewToken(i.config(&now))
	for _, after := range []time.Duration{0, 14 * time.Second, time.Second} {
		now = now.Add(after)
		apply(t, tok)
	}
	if i.grants() != "password password" {
		t.Errorf("grants %q: want a login, and another at half of a short life", i.grants())
	}
}

func TestTokenWithoutExpiryLastsUntilRefused(t *testing.T) {
	now := time.Unix(0, 0)
	i := newIssuer()
	i.expires = "null"
	tok := NewToken(i.config(&now))
	apply(t, tok)
	now = now.AddDate(1, 0, 0)
	apply(t, tok)
	if i.grants() != "password" {
		t.Errorf("grants %q", i.grants())
	}
}

func TestTokenOfPrivateClient(t *testing.T) {
	now := time.Unix(0, 0)
	i := newIssuer()
	tok := NewToken(TokenConfig{Doer: i, Grant: GrantClientCredentials, ClientID: "id", ClientSecret: "sec", Now: func() time.Time { return now }})
	apply(t, tok)
	now = now.Add(time.Hour)
	apply(t, tok)
	if i.grants() != "client_credentials client_credentials" {
		t.Errorf("grants %q", i.grants())
	}
	if got := i.calls[0].Header.Get("Authorization"); got != "Basic aWQ6c2Vj" || query(i.calls[0], "client_id") != "" {
		t.Errorf("request %+v", i.calls[0])
	}
}

func TestTokenFailures(t *testing.T) {
	tests := map[string]struct {
		status  int
		body    string
		change  func(*TokenConfig)
		want    string
		is      error
		calls   int // of two attempts
		isLogin bool
	}{
		"400":             {400, `{"errors":["wrong s3cr3t"]}`, nil, `"u@example.com" was rejected (HTTP 400): wrong ***`, request.ErrUnauthorized, 1, true},
		"401":             {401, ``, nil, "check client id, user name and password", request.ErrUnauthorized, 1, true},
		"200 with errors": {200, `{"errors":["locked"]}`, nil, "locked", request.ErrUnauthorized, 1, true},
		"no token":        {200, `{"token_type":"Bearer"}`, nil, "without an access_token", nil, 2, false},
		"null token":      {200, `{"access_token":null}`, nil, "without an access_token", nil, 2, false},
		"HTML":            {200, `<html>`, nil, "without an access_token", nil, 2, false},
		"503":             {503, ``, nil, "503", request.ErrUnavailable, 2, false},
		"redirect":        {307, ``, nil, "307", nil, 2, false},
		"no password":     {200, ``, func(c *TokenConfig) { c.Password = "" }, "the password of ThreatQ is not set", nil, 0, true},
		"no client id":    {200, ``, func(c *TokenConfig) { c.ClientID = "" }, "the client id of ThreatQ is not set", nil, 0, true},
		"no secret":       {200, ``, func(c *TokenConfig) { c.Grant = GrantClientCredentials }, "the client secret", nil, 0, true},
		"grant":           {200, ``, func(c *TokenConfig) { c.Grant = "implicit" }, `unknown grant "implicit"`, nil, 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(0, 0)
			i := newIssuer()
			i.answer = func(request.Request) (int, string) { return test.status, test.body }
			cfg := i.config(&now)
			if test.change != nil {
				test.change(&cfg)
			}
			tok := NewToken(cfg)
			for range 2 {
				r, _ := http.NewRequest("GET", "https://tq.example.com/", nil)
				err := tok.Apply(t.Context(), r)
				var rejected *LoginError
				if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("error %v", err)
				}
				if errors.As(err, &rejected) != test.isLogin {
					t.Errorf("%T: %v", err, err)
				}
				if strings.Contains(err.Error(), "s3cr3t") || r.Header.Get("Authorization") != "" {
					t.Error("a secret got out")
				}
			}
			if len(i.calls) != test.calls {
				t.Errorf("%d calls for two attempts, want %d", len(i.calls), test.calls)
			}
		})
	}
}

// A server that is down during a refresh would be down for a login too.
func TestTokenKeepsRefreshThroughOutage(t *testing.T) {
	now := time.Unix(0, 0)
	i := newIssuer()
	tok := NewToken(i.config(&now))
	old := apply(t, tok)
	i.refuse["refresh_token"] = 503
	if again, err := tok.Renew(t.Context(), old); again || !errors.Is(err, request.ErrUnavailable) {
		t.Errorf("renew: %v %v", again, err)
	}
	delete(i.refuse, "refresh_token")
	if again, err := tok.Renew(t.Context(), old); !again || err != nil {
		t.Errorf("renew: %v %v", again, err)
	}
	if i.grants() != "password refresh_token refresh_token" {
		t.Errorf("grants %q", i.grants())
	}
}

// slow is a Doer whose answer takes a while.
type slow struct{ *issuer }

func (s slow) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	select {
	case <-time.After(time.Minute):
		return s.issuer.Do(ctx, r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestTokenLogsInOnceForManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer()
		cfg := i.config(new(time.Time))
		cfg.Doer, cfg.Now = slow{i}, nil
		tok := NewToken(cfg)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { apply(t, tok) })
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		r, _ := http.NewRequest("GET", "https://tq.example.com/", nil)
		if err := tok.Apply(impatient, r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the turn of another: %v", err)
		}
		wg.Wait()
		if i.grants() != "password" {
			t.Errorf("grants %q", i.grants())
		}
		time.Sleep(59 * time.Minute) // of the bubble's clock
		apply(t, tok)
		if i.grants() != "password refresh_token" {
			t.Errorf("grants %q", i.grants())
		}
	})
}

// The token's own outage says nothing about the request that needed it.
func TestLoginFailureIsNoRefusalOfTheRequest(t *testing.T) {
	d := doerFunc(func(context.Context, request.Request) (*request.Response, error) {
		return nil, &UnavailableError{Op: "log in", Err: &request.StatusError{Status: 404}}
	})
	_, err := NewClient(d, Options{}).Get(t.Context(), Events, []int64{1})
	var down *UnavailableError
	if !errors.As(err, &down) || statusOf(err) != 0 {
		t.Errorf("error %T %v", err, err)
	}
}

type doerFunc func(context.Context, request.Request) (*request.Response, error)

func (f doerFunc) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	return f(ctx, r)
}
