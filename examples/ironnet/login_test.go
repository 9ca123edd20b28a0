package ironnet

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func basic(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestLoginTakesBasicOnly(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	for name, tc := range map[string]struct {
		edit   func(*http.Request)
		body   string
		status int
	}{
		"object":            {basic(DefaultUsername, DefaultPassword), `{}`, 200},
		"null":              {basic(DefaultUsername, DefaultPassword), `null`, 200},
		"empty":             {basic(DefaultUsername, DefaultPassword), ``, 200},
		"documented vector": {header("Authorization", "Basic dHFAZXhhbXBsZS5jb206czNjcjN0OnB3"), `{}`, 200},
		"wrong password":    {basic(DefaultUsername, "s3cr3t"), `{}`, 401},
		"wrong user":        {basic("tq", DefaultPassword), `{}`, 401},
		"no credentials":    {header("Authorization", ""), `{}`, 401},
		"bearer":            {nil, `{}`, 401},
		"password in body":  {basic(DefaultUsername, DefaultPassword), `{"password":"x"}`, 400},
		"array":             {basic(DefaultUsername, DefaultPassword), `[]`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.do("POST", "/IronApi/Login", tc.body, tc.edit)
			if err != nil || got.status != tc.status {
				t.Fatalf("status %d (%v), want %d: %s", got.status, err, tc.status, got.body)
			}
			switch tc.status {
			case 200:
				var token struct{ Token string }
				parse(t, got.body, &token)
				if token.Token == "" || got.header.Get("auth-token") != token.Token {
					t.Errorf("body token %q, header auth-token %q: want the same one", token.Token, got.header.Get("auth-token"))
				}
			case 401:
				if msg := message(t, got); msg != badLogin {
					t.Errorf("msg %q", msg)
				}
			case 400:
				message(t, got)
			}
		})
	}
	for _, c := range s.Journal() {
		if c.Body != nil {
			t.Errorf("journal keeps the body of a login: %v", c.Body)
		}
	}
}

func TestTokenIsTheDocumentedOne(t *testing.T) {
	sim, err := New(Options{Alerts: -1, Now: func() time.Time { return time.Unix(1580860000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ0cUBleGFtcGxlLmNvbSIsImlhdCI6MTU4MDg2MDAwMCwiZXhwIjoxNTgwODYzNjAwfQ.xUUpQJcnP6-xSiSPReD-aW1lxMxIat1ozJlHCbLSM_I"
	if got := sim.issue(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBearerOrBasicElsewhere(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	other, err := New(Options{Alerts: -1, Username: "other@example.com", Now: s.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(s.auth, "Bearer ")
	for name, tc := range map[string]struct {
		edit   func(*http.Request)
		status int
		fresh  bool
	}{
		"bearer":                {nil, 200, false},
		"lower case scheme":     {header("Authorization", "bearer "+token), 200, false},
		"basic":                 {basic(DefaultUsername, DefaultPassword), 200, true},
		"basic, wrong":          {basic(DefaultUsername, "no"), 401, false},
		"nothing":               {header("Authorization", ""), 401, false},
		"token of another user": {header("Authorization", "Bearer "+other.issue()), 401, false},
		"bent signature":        {header("Authorization", "Bearer "+token+"x"), 401, false},
		"no token at all":       {header("Authorization", "Bearer x"), 401, false},
		"signed, no claims":     {header("Authorization", "Bearer a.b."+sign("a.b")), 401, false},
		"signed, not base64":    {header("Authorization", "Bearer a.*."+sign("a.*")), 401, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.do("POST", "/IronApi/GetAlerts", `{}`, tc.edit)
			if err != nil || got.status != tc.status {
				t.Fatalf("status %d (%v), want %d: %s", got.status, err, tc.status, got.body)
			}
			if fresh := got.header.Get("auth-token") != ""; fresh != tc.fresh {
				t.Errorf("header auth-token present: %v, want %v", fresh, tc.fresh)
			}
			if tc.status == 401 {
				message(t, got)
				if got.header.Get("WWW-Authenticate") == "" {
					t.Error("401 without WWW-Authenticate")
				}
			}
		})
	}
}

func TestTokenExpires(t *testing.T) {
	s := start(t, Options{Alerts: 1, TokenLife: 10 * time.Minute})
	s.clock.add(10*time.Minute - time.Second)
	s.post("GetAlerts", `{}`, 200)
	s.clock.add(time.Second)
	s.refused("GetAlerts", `{}`, 401, "expired")
}

// A token taken back stays bad, and a login in the same second, which yields
// the very same text, makes it good again.
func TestRevokedTokenComesBackByLogin(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	s.Inject(Fault{Kind: FaultExpired})
	s.post("GetAlerts", `{}`, 401)
	s.post("GetAlerts", `{}`, 401)
	if got, err := s.do("POST", "/IronApi/Login", `{}`, basic(DefaultUsername, DefaultPassword)); err != nil || got.status != 200 {
		t.Fatalf("login: %v %v", got, err)
	}
	s.post("GetAlerts", `{}`, 200)
}

func TestUserNameWithColon(t *testing.T) {
	if _, err := New(Options{Username: "a:b"}); err == nil || !strings.Contains(err.Error(), "colon") {
		t.Errorf("err = %v, want one about the colon", err)
	}
}
