package ctia

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestToken(t *testing.T) {
	s := start(t, Options{})
	got := s.want(200, s.token(DefaultClientID, DefaultPassword, "client_credentials")).object(t)
	if got["token_type"] != "bearer" || got["expires_in"].(interface{ String() string }).String() != "600" || got["scope"] != DefaultScope {
		t.Errorf("token %v", got)
	}
	for name, row := range map[string]struct{ id, password, grant, code string }{
		"unknown id":     {"client-1", DefaultPassword, "client_credentials", "invalid_client"},
		"wrong password": {DefaultClientID, "x", "client_credentials", "wrong_client_creds"},
		"another grant":  {DefaultClientID, DefaultPassword, "password", "unsupported_grant_type"},
	} {
		if r := s.want(400, s.token(row.id, row.password, row.grant)); r.object(t)["error"] != row.code {
			t.Errorf("%s: %s", name, r.text)
		}
	}
	s.want(415, s.call("POST", "/iroh/oauth2/token", `{"grant_type":"client_credentials"}`))
}

func TestTokenOfACall(t *testing.T) {
	s := start(t, Options{TokenLife: time.Minute})
	eu := start(t, Options{Region: "eu"})
	const path = "/ctia/judgement/external_id/x"
	good := s.auth
	for name, row := range map[string]struct{ auth, code string }{
		"none":              {"", "not_authenticated"},
		"basic":             {"Basic x", "not_authenticated"},
		"garbage":           {"Bearer garbage", "jwt_decode_failed_exception"},
		"another region":    {eu.auth, "jwt_public_key_not_found"},
		"another signature": {good + "x", "jwt_invalid_signature"},
	} {
		s.auth = row.auth
		if r := s.want(401, s.call("GET", path, nil)); r.object(t)["error"] != row.code {
			t.Errorf("%s: %s", name, r.text)
		}
	}
	s.auth = good
	s.want(200, s.call("GET", path, nil))
	s.clock.add(time.Minute)
	if r := s.want(401, s.call("GET", path, nil)); r.object(t)["error"] != "jwt_expired" {
		t.Errorf("late: %s", r.text)
	}
}

func TestScopes(t *testing.T) {
	for scope, row := range map[string]struct{ imports, reads, searches int }{
		"private-intel":                          {200, 200, 200},
		"private-intel:write private-intel:read": {200, 200, 200},
		"private-intel:write":                    {200, 403, 403},
		"private-intel:read":                     {403, 200, 200},
		"private-intel/judgement":                {403, 200, 200},
		"enrich:read":                            {403, 403, 403},
	} {
		s := start(t, Options{Accounts: []Account{{ClientID: "a", Password: "p", Scope: scope}}})
		r := s.call("POST", importPath, bundle(judged(1)))
		if r.status != row.imports {
			t.Errorf("%s: import %d, want %d", scope, r.status, row.imports)
		}
		if r.status == 403 && (r.object(t)["error"] != "missing_capability" || !strings.Contains(r.text, `"import-bundle"`)) {
			t.Errorf("%s: %s", scope, r.text)
		}
		if r := s.call("GET", "/ctia/judgement/external_id/x", nil); r.status != row.reads {
			t.Errorf("%s: read %d, want %d", scope, r.status, row.reads)
		}
		if r := s.call("GET", "/ctia/judgement/search", nil); r.status != row.searches {
			t.Errorf("%s: search %d, want %d", scope, r.status, row.searches)
		}
	}
}

func TestHourlyLimit(t *testing.T) {
	for suffix, want := range map[bool]string{false: "3600", true: "3600s"} {
		s := start(t, Options{Hourly: 2, RetrySuffix: suffix})
		s.want(200, s.call("GET", "/ctia/version", nil))
		s.want(200, s.call("GET", "/ctia/status", nil))
		r := s.want(http.StatusTooManyRequests, s.call("GET", "/ctia/status", nil))
		if r.header.Get("Retry-After") != want || r.object(t)["error"] != "Too Many Requests" || r.header.Get("X-Ratelimit-Group-Limit") != "2" {
			t.Errorf("Retry-After %q, %s", r.header.Get("Retry-After"), r.text)
		}
		s.clock.add(time.Hour)
		s.login(DefaultClientID, DefaultPassword) // the old one has run out
		s.want(200, s.call("GET", "/ctia/status", nil))
	}
}
