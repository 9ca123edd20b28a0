package threatq

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ask sends a token request.
func ask(t *testing.T, b *bench, query, media, body string, basic ...string) (int, row) {
	t.Helper()
	r, err := http.NewRequest("POST", b.url+"/api/token"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer row
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return response.StatusCode, answer
}

func TestTokenGrants(t *testing.T) {
	b := start(t, Options{Username: "u@x", Password: "p", ClientID: "id", ClientSecret: "secret"})
	form := "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name, query, media, body string
		basic                    []string
		status                   int
	}{
		{"query and json", "?grant_type=password&client_id=id", "application/json", `{"email":"u@x","password":"p"}`, nil, 200},
		{"json", "", "application/json", `{"email":"u@x","password":"p","grant_type":"password","client_id":"id"}`, nil, 200},
		{"form", "", form, "email=u%40x&password=p&grant_type=password&client_id=id", nil, 200},
		{"basic and array", "?grant_type=client_credentials", "application/json", `["id","secret"]`, []string{"id", "secret"}, 200},
		{"basic and empty form", "?grant_type=client_credentials", form, "", []string{"id", "secret"}, 200},
		{"client in query", "?grant_type=client_credentials&client_id=id&client_secret=secret", "", "", nil, 200},
		{"wrong password", "?grant_type=password&client_id=id", "application/json", `{"email":"u@x","password":"q"}`, nil, 400},
		{"wrong client", "?grant_type=password&client_id=other", "application/json", `{"email":"u@x","password":"p"}`, nil, 400},
		{"wrong secret", "?grant_type=client_credentials", "", "", []string{"id", "no"}, 400},
		{"no secret", "?grant_type=client_credentials&client_id=id", "", "", nil, 400},
		{"wrong refresh", "?grant_type=refresh_token&refresh_token=x", "", "", nil, 400},
		{"no grant", "", "application/json", `{}`, nil, 400},
		{"bad json", "?grant_type=password", "application/json", `{"email":`, nil, 400},
		{"bad form", "?grant_type=password", form, `a=%zz`, nil, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, answer := ask(t, b, test.query, test.media, test.body, test.basic...)
			if status != test.status {
				t.Fatalf("status %d, want %d: %v", status, test.status, answer)
			}
			if status != 200 {
				return
			}
			want(t, answer, "Bearer", "token_type")
			want(t, answer, 3600, "expires_in")
			b.token = at(t, answer, "access_token").(string)
			b.get("/api/objects")
		})
	}
}

func TestTokenExpiresAndRefreshRotates(t *testing.T) {
	b := start(t, Options{TokenLife: time.Minute})
	o := b.lib.options
	_, first := ask(t, b, "?grant_type=password&client_id="+o.ClientID, "application/json",
		`{"email":"`+o.Username+`","password":"`+o.Password+`"}`)
	b.token = at(t, first, "access_token").(string)
	b.clock.advance(time.Minute - time.Second)
	b.get("/api/objects")
	b.clock.advance(time.Second)
	b.do(401, "GET", "/api/objects", nil)

	refresh := "?grant_type=refresh_token&refresh_token=" + url.QueryEscape(at(t, first, "refresh_token").(string))
	status, second := ask(t, b, refresh, "", "")
	if status != 200 || second["access_token"] == first["access_token"] || second["refresh_token"] == first["refresh_token"] {
		t.Fatalf("refresh: status %d, answer %v", status, second)
	}
	b.token = at(t, second, "access_token").(string)
	b.get("/api/objects")
	if status, _ := ask(t, b, refresh, "", ""); status != 400 {
		t.Errorf("a spent refresh token: status %d, want 400", status)
	}
}

func TestOldTokenEndsWithRefresh(t *testing.T) {
	b := start(t, Options{})
	for token := range b.lib.tokens.access {
		status, _ := ask(t, b, "?grant_type=refresh_token&refresh_token="+b.lib.tokens.access[token].refresh, "", "")
		if status != 200 {
			t.Fatalf("refresh: status %d", status)
		}
	}
	b.do(401, "GET", "/api/objects", nil)
}

func TestForgottenTokens(t *testing.T) {
	b := start(t, Options{})
	b.clock.advance(3 * 24 * time.Hour)
	b.login()
	if n := len(b.lib.tokens.access); n != 1 {
		t.Errorf("%d tokens are kept, want 1", n)
	}
	if n := len(b.lib.tokens.refresh); n != 1 {
		t.Errorf("%d refresh tokens are kept, want 1", n)
	}
}

func TestUnauthorized(t *testing.T) {
	b := start(t, Options{})
	for _, token := range []string{"", "unknown"} {
		b.token = token
		b.do(401, "GET", "/api/objects", nil)
		b.do(401, "POST", "/api/indicators/consume", `[]`)
	}
	b.do(405, "GET", "/api/token", nil)
}

func TestClientIDScript(t *testing.T) {
	b := start(t, Options{ClientID: "yjc0mmi1ymezn2fjmzvmy2i2otaxm2zm"})
	b.token = ""
	response, text, err := b.raw("GET", "/assets/js/config.js", nil)
	if err != nil || response.StatusCode != 200 || !strings.Contains(string(text), "ClientId = 'yjc0mmi1ymezn2fjmzvmy2i2otaxm2zm'") {
		t.Errorf("config.js: %v %s", err, text)
	}
}
