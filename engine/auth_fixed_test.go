package engine

import (
	"strings"
	"testing"

	"tqmap/engine/request"
)

// TestFixedCredentials compares whole requests with what each kind makes of them.
func TestFixedCredentials(t *testing.T) {
	post := request.Request{Method: "POST", Path: "/x", Query: []request.Pair{{Name: "b", Value: "2"}, {Name: "a", Value: "1 é"}}, Body: []byte(`{"q": 1}`), ContentType: "application/json"}
	tests := []struct {
		name, block string
		given       map[string]string
		req         request.Request
		want        string
	}{
		{"none", `auth "none" {}`, nil, request.Request{Path: "/x"}, "GET /x"},
		{"A01 basic", `auth "basic" {
			username = "user"
			password = param.password
		}`, map[string]string{"password": "pass"}, request.Request{Path: "/x"}, "GET /x\nAuthorization: Basic dXNlcjpwYXNz"},
		{"bearer", `auth "bearer" { token = param.token }`, map[string]string{"token": "t-1"}, post,
			"POST /x?b=2&a=1%20%C3%A9\nAuthorization: Bearer t-1\nContent-Type: application/json\n{\"q\": 1}"},
		{"A05 bearer in a template", `auth "bearer" {
			token  = param.token
			header = "Authorization: realm=xyz, token={token}"
		}`, map[string]string{"token": "t-1"}, request.Request{Path: "/x"}, "GET /x\nAuthorization: realm=xyz, token=t-1"},
		{"key in a header", `auth "api_key" {
			name  = "x-api-key"
			value = param.key
		}`, map[string]string{"key": "k-1"}, request.Request{Path: "/x"}, "GET /x\nX-Api-Key: k-1"},
		{"A05 key in a template", `auth "api_key" {
			name   = "Authorization"
			value  = param.key
			format = "realm=xyz, token={token}"
		}`, map[string]string{"key": "k-1"}, request.Request{Path: "/x"}, "GET /x\nAuthorization: realm=xyz, token=k-1"},
		{"key in the query", `auth "api_key" {
			in    = "query"
			name  = "api_key"
			value = param.key
		}`, map[string]string{"key": "k&1"}, post, "POST /x?b=2&a=1%20%C3%A9&api_key=k%261\nContent-Type: application/json\n{\"q\": 1}"},
		{"key in a cookie", `auth "api_key" {
			in    = "cookie"
			name  = "sid"
			value = param.key
		}`, map[string]string{"key": "k-1"}, request.Request{Path: "/x"}, "GET /x\nCookie: sid=k-1"},
		{"key in the body", `auth "api_key" {
			in    = "body"
			name  = "apikey"
			value = param.key
		}`, map[string]string{"key": "k\"1"}, post, "POST /x?b=2&a=1%20%C3%A9\nContent-Type: application/json\n{\"q\": 1,\"apikey\":\"k\\\"1\"}"},
		{"two at once", `auth "api_key" {
			name  = "X-App"
			value = "app"
		}
		auth "bearer" { token = param.token }`, map[string]string{"token": "t-1"}, request.Request{Path: "/x"},
			"GET /x\nAuthorization: Bearer t-1\nX-App: app"},
		{"the one whose when holds", `auth "basic" {
			when     = param.token == ""
			username = "user"
			password = "pass"
		}
		auth "bearer" {
			when  = param.token != ""
			token = param.token
		}`, map[string]string{"token": "t-1"}, request.Request{Path: "/x"}, "GET /x\nAuthorization: Bearer t-1"},
		{"none by parameter", `auth "none" { when = param.token == "" }
		auth "bearer" {
			when  = param.token != ""
			token = param.token
		}`, map[string]string{"token": ""}, request.Request{Path: "/x"}, "GET /x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, nil)
			o := mustOpen(t, w.URL, test.block, test.given, ClientOptions{})
			if _, err := o.Do(t.Context(), test.req); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(w.taken(), "\n---\n"); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			for name, v := range test.given {
				if name != "username" && v != "" {
					o.hides(t, nil, v)
				}
			}
		})
	}
}

// TestEveryRequestAuthenticated is U23, every style of request passes the same chain.
func TestEveryRequestAuthenticated(t *testing.T) {
	for _, block := range []string{
		`auth "bearer" { token = "t-1" }`,
		`auth "login" {
			token = jq(".t")
			request { path = "/login" }
		}`,
		`auth "oauth2" {
			token_url     = "/token"
			client_id     = "id"
			client_secret = "secret"
		}`,
	} {
		w := newWire(t, tokenScript)
		o := mustOpen(t, w.URL, block, nil, ClientOptions{})
		for name, req := range map[string]request.Request{
			"U23 read":          {Path: "/x"},
			"U23 write":         {Method: "POST", Path: "/x", Body: []byte("{}"), ContentType: "application/json"},
			"U23 whole address": {Path: w.URL + "/x"},
			"U23 deleting once": {Method: "DELETE", Path: "/x", Once: true},
			"U23 own headers":   {Path: "/x", Header: map[string][]string{"Authorization": {"of the request"}}},
		} {
			t.Run(name, func(t *testing.T) {
				w.taken()
				if _, err := o.Do(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				all := w.taken()
				if last := all[len(all)-1]; !strings.Contains(last, "Authorization: Bearer t-1") {
					t.Errorf("sent without credentials:\n%s", last)
				}
			})
		}
	}
}

func TestKeyStaysHidden(t *testing.T) {
	for _, in := range []string{"query", "header", "cookie"} {
		t.Run("A15 refused, key in the "+in, func(t *testing.T) {
			w := newWire(t, nil)
			w.script = answer(400, `{"error": "no"}`)
			o := mustOpen(t, w.URL, `auth "api_key" {
				in    = "`+in+`"
				name  = "api_key"
				value = param.key
			}`, map[string]string{"key": "hunter2"}, ClientOptions{})
			err := o.get(t)
			if err == nil {
				t.Fatal("no error")
			}
			o.hides(t, err, "hunter2")
		})
	}
}
