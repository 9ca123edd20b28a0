package engine

import (
	"strings"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine/page"
)

// TestEveryKindSaysWhatItDoes keeps `tqmap explain` whole: a kind without words would be told by
// its summary, which says nothing of its values.
func TestEveryKindSaysWhatItDoes(t *testing.T) {
	v := Vocabulary()
	kinds := map[string][]*dsl.Block{"auth": v.Auth, "decode": v.Decode, "paginate": v.Paginate, "source": v.Source, "sink": v.Sink}
	for of, all := range kinds {
		if len(all) == 0 {
			t.Errorf("no kind of %s", of)
		}
		for _, b := range all {
			if b.Describe == nil {
				t.Errorf("%s %q has no Describe", of, b.Type)
			}
		}
	}
	if len(page.Kinds()) != len(v.Paginate) {
		t.Errorf("%d paginators, %d described", len(page.Kinds()), len(v.Paginate))
	}
}

// TestDescribe holds the words of blocks with and without values.
func TestDescribe(t *testing.T) {
	tests := []struct{ name, block, want string }{
		{"api_key", `auth "api_key" {
  in    = "query"
  name  = "key"
  value = param.secret
}`, "Sends a fixed key with every request, in the query parameter key."},
		{"jwt", `auth "jwt" {
  algorithm    = "HS256"
  key          = param.secret
  each_request = true
}`, "Makes and signs a token itself (HS256), good for 5m, and sends it in the header `Authorization: Bearer {token}`. Each request gets a token of its own."},
		{"login", `auth "login" {
  token = jq(".t")
  request {
    method = "POST"
    path   = "/in"
    json   = { user = param.host, password = param.secret }
  }
  logout {
    path = "/out"
  }
}`, "Logs in with POST /in with the JSON {\"user\": \"<host>\", \"password\": \"<secret>\"}; keeps the token from .t of the answer; sends it with every request in the header `Authorization: Bearer {token}`. " +
			"It is good until the server refuses it, or until its own end if it is a JWT, and is renewed 60s before that, and once after a 401, by a new login. A login that is refused is never repeated, whatever the rules of on say. The session is ended with GET /out when the run ends."},
		{"oauth2", `auth "oauth2" {
  token_url     = "/token"
  client_id     = param.host
  client_secret = param.secret
  client_auth   = "body"
}`, "Gets an access token with POST /token (grant client_credentials), as client <host>, sent as fields; sends it with every request in the header `Authorization: Bearer {token}`. It is good until the end that the answer says, and is renewed 60s before that, and once after a 401, by its refresh token if there is one, else in the same way."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := load(t, describedMapping(tt.block))
			s, errs := m.Sketch(map[string]dsl.Given{"secret": dsl.Text("hunter2hunter2", "test")}, time.Unix(0, 0))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			n := m.Clients[0].Auth[0]
			got := s.Say(n.Spec.Describe(n.Read(s.Scope)))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("it tells the secret")
			}
		})
	}
}

func describedMapping(auth string) string {
	return `connector "acme" {
  title  = "Acme"
  source = "Acme"
}
param "host" {
  type     = string
  required = true
}
param "secret" {
  type      = string
  sensitive = true
}
client "api" {
  base_url = "https://${param.host}"
` + auth + `
}
flow "a" {
  source "http" {
    client = client.api
    request {
      path = "/a"
    }
  }
  record "r" {
    key = expr("r.id")
  }
  malware "m" {
    value = expr("r.id")
  }
}
`
}
