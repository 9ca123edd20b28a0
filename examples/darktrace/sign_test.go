package darktrace

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSignedTarget(t *testing.T) {
	s := start(t, Options{Incidents: -1, Breaches: -1, RefuseCompact: true})
	const feed = "/intelfeed?fulldetails=true&source=A%20B"
	body := `{"addentry":"a.test"}`
	for _, tc := range []struct {
		name, method, target, body, signed, date, want string
	}{
		{name: "a path", method: "GET", target: "/status", signed: "/status"},
		{name: "a path with a question mark", method: "GET", target: "/status", signed: "/status?", want: "API SIGNATURE ERROR"},
		{name: "a query as sent", method: "GET", target: feed, signed: feed},
		{name: "a query decoded", method: "GET", target: feed, signed: "/intelfeed?fulldetails=true&source=A B"},
		{name: "a query in another order", method: "GET", target: feed, signed: "/intelfeed?source=A%20B&fulldetails=true", want: "API SIGNATURE ERROR"},
		{name: "a body", method: "POST", target: "/intelfeed", body: body, signed: "/intelfeed?" + body},
		{name: "a body beside a query", method: "POST", target: "/intelfeed?x=1", body: body, signed: "/intelfeed?" + body},
		{name: "the query beside a body", method: "POST", target: "/intelfeed?x=1", body: body, signed: "/intelfeed?x=1", want: "API SIGNATURE ERROR"},
		{name: "another body", method: "POST", target: "/intelfeed", body: body, signed: "/intelfeed?{}", want: "API SIGNATURE ERROR"},
		{name: "ISO", method: "GET", target: "/status", signed: "/status", date: "2024-05-14T08:01:00"},
		{name: "ISO with fraction and zone", method: "GET", target: "/status", signed: "/status", date: "2024-05-14T10:01:00.5+02:00"},
		{name: "compact where it is refused", method: "GET", target: "/status", signed: "/status", date: "20240514T080100", want: "API DATE ERROR"},
		{name: "no date", method: "GET", target: "/status", signed: "/status", date: "yesterday", want: "API DATE ERROR"},
		{name: "30 minutes late", method: "GET", target: "/status", signed: "/status", date: "2024-05-14 07:31:00"},
		{name: "31 minutes late", method: "GET", target: "/status", signed: "/status", date: "2024-05-14 07:30:00", want: "API DATE ERROR"},
		{name: "31 minutes early", method: "GET", target: "/status", signed: "/status", date: "2024-05-14 08:32:00", want: "API DATE ERROR"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.date == "" {
				tc.date = s.date()
			}
			got := s.do(tc.method, tc.target, tc.body, func(r *http.Request) { sign(r, tc.signed, tc.date) })
			switch first, _, _ := strings.Cut(tc.target[1:], "?"); {
			case tc.want == "" && got.status != 200:
				t.Errorf("%d %s", got.status, got.body)
			case tc.want != "" && (got.status != 400 || got.body != "{\n  \""+first+"\": \""+tc.want+"\"\n}"):
				t.Errorf("%d %s, want %s", got.status, got.body, tc.want)
			}
		})
	}
}

// The lengths of error bodies are those that were seen on appliances.
func TestErrorBodies(t *testing.T) {
	s := start(t, Options{})
	bad := s.do("GET", "/status", "", func(r *http.Request) { sign(r, "/nothing", s.date()) })
	late := s.do("GET", "/tags", "", func(r *http.Request) { sign(r, "/tags", "2024-05-14 09:00:00") })
	if len(bad.body) != 37 || len(late.body) != 30 {
		t.Errorf("%d and %d bytes: %q %q", len(bad.body), len(late.body), bad.body, late.body)
	}
	for name, edit := range map[string]func(*http.Request){
		"nothing":       func(*http.Request) {},
		"another token": func(r *http.Request) { sign(r, "/status", s.date()); r.Header.Set("DTAPI-Token", "other") },
	} {
		got := s.do("GET", "/status", "", edit)
		if got.status != 302 || got.body != "Found. Redirecting to /login" || got.header.Get("Location") != "/login" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if login := s.get("/login"); login.status != 200 || !strings.Contains(login.body, "<title>Log In | Darktrace</title>") {
		t.Errorf("%d %s", login.status, login.body)
	}
}

// The vectors of the reference material are extra.
func TestReferenceVectors(t *testing.T) {
	var vectors []struct {
		Name, Method, Date, Signature, Body string
		Target                              string `json:"request_target"`
		Public                              string `json:"public_token"`
		Private                             string `json:"private_token"`
		Signed                              string `json:"signed_request"`
		ContentType                         string `json:"content_type"`
	}
	if err := json.Unmarshal(shared(t, "signature_vectors.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			sim, err := New(Options{PublicToken: v.Public, PrivateToken: v.Private})
			if err != nil {
				t.Fatal(err)
			}
			at, ok := sim.parseDate(v.Date)
			if !ok {
				t.Fatalf("no date: %s", v.Date)
			}
			sim.opt.Now = func() time.Time { return at }
			r := httptest.NewRequest(v.Method, v.Target, strings.NewReader(v.Body))
			r.Header.Set("Content-Type", v.ContentType)
			r.Header.Set("DTAPI-Token", v.Public)
			r.Header.Set("DTAPI-Date", v.Date)
			r.Header.Set("DTAPI-Signature", strings.ToUpper(v.Signature))
			if refused := sim.authenticate(r, []byte(v.Body)); refused != nil {
				t.Errorf("refused: %s", refused.body)
			}
			r.Header.Set("DTAPI-Signature", strings.Repeat("0", 40))
			if sim.authenticate(r, []byte(v.Body)) == nil {
				t.Error("another signature is accepted")
			}
		})
	}
}
