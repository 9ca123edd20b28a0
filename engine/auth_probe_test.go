package engine

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const probeBlock = `retries = 0
auth "login" {
	token = jq(".token")
	request {
		method = "POST"
		path   = "/login"
		json   = { user = param.account, password = param.secret }
	}
	probe {
		path = "/me"
	}
}`

func ann() map[string]string { return map[string]string{"account": "ann", "secret": "pass-word"} }

// probed is a server with sessions. It answers a probe with status, unless that is 0.
func probed(t *testing.T, calls *[]string, status int) *wire {
	sessions := 0
	return newWire(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		*calls = append(*calls, r.Method+" "+r.URL.Path)
		switch {
		case r.Method == "POST":
			sessions++
			fmt.Fprintf(w, `{"token": "t-%d"}`, sessions)
		case r.URL.Path == "/me" && status != 0:
			w.Header().Set("Location", "/login") // a page, which answers 200
			w.WriteHeader(status)
		case r.URL.Path != "/login" && r.Header.Get("Authorization") == "":
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
}

// The session of the run before is used again where it is alive, and asked for once.
func TestLoginKeepsItsSession(t *testing.T) {
	const again, anew = "GET /me GET /x GET /x", "GET /me POST /login GET /x GET /x"
	for _, tc := range []struct {
		name, user string
		probe      int // what the server says about it
		calls      string
		fails      bool
	}{
		{"a session that is alive", "ann", 0, again, false},
		{"a session that has ended", "ann", 401, anew, false},
		{"a session that the server does not know", "ann", 404, anew, false},
		{"an ended session is sent to the login page", "ann", 302, anew, false},
		{"another account has another session", "bob", 0, "POST /login GET /x GET /x", false},
		{"a server that is down tells nothing", "ann", 500, "GET /me", true},
		{"a server that wants a rest tells nothing", "ann", 429, "GET /me", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var calls []string
			s, w := &shelf{}, probed(t, &calls, tc.probe)
			given := ann()
			if err := mustOpen(t, w.URL, probeBlock, given, ClientOptions{Tokens: s}).get(t); err != nil {
				t.Fatal(err)
			}
			if name, value := s.only(); name != "client.api/session" || !strings.HasSuffix(value, " t-1") || strings.Contains(value, "pass") {
				t.Errorf("kept %q as %q", value, name)
			}
			calls, given["account"] = nil, tc.user
			o := mustOpen(t, w.URL, probeBlock, given, ClientOptions{Tokens: s})
			err := o.get(t)
			if err == nil {
				err = o.get(t)
			}
			if got := strings.Join(calls, " "); got != tc.calls || (err != nil) != tc.fails {
				t.Errorf("calls %s, want %s; %v", got, tc.calls, err)
			}
			if _, value := s.only(); strings.Contains(tc.calls, "POST") != strings.HasSuffix(value, " t-2") {
				t.Errorf("kept %q", value)
			}
			if tc.user == "ann" {
				o.hides(t, err, "t-1")
			}
		})
	}
	t.Run("without a state there is nothing to keep it in", func(t *testing.T) {
		var calls []string
		if err := mustOpen(t, probed(t, &calls, 0).URL, probeBlock, ann(), ClientOptions{}).get(t); err != nil {
			t.Error(err)
		}
	})
}

// The session of one server is a secret before another.
func TestLoginKeepsItsSessionToTheServer(t *testing.T) {
	var calls []string
	s := &shelf{}
	for range 2 {
		if err := mustOpen(t, probed(t, &calls, 0).URL, probeBlock, ann(), ClientOptions{Tokens: s}).get(t); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(calls, " "); got != "POST /login GET /x POST /login GET /x" {
		t.Errorf("calls %s", got)
	}
}

// What cannot be kept does not keep a run from going on with what it has.
func TestLoginSessionThatCannotBeKept(t *testing.T) {
	var calls []string
	w := probed(t, &calls, 0)
	o := mustOpen(t, w.URL, probeBlock, ann(), ClientOptions{Tokens: &shelf{fail: errors.New("disk full")}})
	if err := errors.Join(o.get(t), o.get(t)); err != nil {
		t.Error(err)
	}
	if got := strings.Join(calls, " "); got != "POST /login GET /x GET /x" || !strings.Contains(o.log.String(), "disk full") {
		t.Errorf("calls %s, log %s", got, o.log.String())
	}
}
