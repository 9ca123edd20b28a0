package engine

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tqmap/engine/request"
)

const probeBlock = `auth "login" {
	token = jq(".token")
	request {
		method = "POST"
		path   = "/login"
	}
	probe {
		path = "/me"
	}
}`

// The session of the run before is used again where it is alive, and asked for once.
func TestLoginKeepsItsSession(t *testing.T) {
	for _, tc := range []struct {
		name  string
		kept  string // by an earlier run
		probe int    // what the server says about it
		calls string
		fails bool
	}{
		{"the first run logs in and keeps it", "", 0, "/login /x /x", false},
		{"a session that is alive", "t-old", 200, "/me /x /x", false},
		{"a session that has ended", "t-old", 401, "/me /login /x /x", false},
		{"a session that the server does not know", "t-old", 404, "/me /login /x /x", false},
		{"a server that is down tells nothing", "t-old", 500, "/me", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &shelf{}
			if tc.kept != "" {
				s.put("client.api/session", tc.kept)
			}
			var calls []string
			w := newWire(t, func(w http.ResponseWriter, r *http.Request, _ string) {
				calls = append(calls, r.URL.Path)
				token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
				switch {
				case r.URL.Path == "/login":
					fmt.Fprint(w, `{"token": "t-new"}`)
				case r.URL.Path == "/me" && token == tc.kept:
					w.WriteHeader(tc.probe)
				case token == "":
					w.WriteHeader(http.StatusUnauthorized)
				}
			})
			o := mustOpen(t, w.URL, "retries = 0\n"+probeBlock, nil, ClientOptions{Tokens: s})
			err := o.get(t)
			if (err != nil) != tc.fails {
				t.Fatal(err)
			}
			if !tc.fails {
				if err := o.get(t); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(calls, " "); got != tc.calls {
				t.Errorf("calls %s, want %s", got, tc.calls)
			}
			if _, value := s.only(); !tc.fails && strings.Contains(tc.calls, "login") && value != "t-new" {
				t.Errorf("kept %q", value)
			}
			if tc.kept != "" {
				o.hides(t, err, tc.kept)
			}
		})
	}
	t.Run("without a state there is nothing to keep it in", func(t *testing.T) {
		w := newWire(t, func(w http.ResponseWriter, r *http.Request, _ string) { fmt.Fprint(w, `{"token": "t"}`) })
		if _, err := mustOpen(t, w.URL, probeBlock, nil, ClientOptions{}).Do(t.Context(), request.Request{Path: "/x"}); err != nil {
			t.Error(err)
		}
	})
}
