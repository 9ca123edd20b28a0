package taxii_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/examples/taxii"
)

const (
	taxii20 = "application/vnd.oasis.taxii+json; version=2.0"
	stix20  = "application/vnd.oasis.stix+json; version=2.0"
	taxii21 = "application/taxii+json;version=2.1"
	at      = "/api1/collections/" + taxii.DefaultCollection + "/"
)

// asked is a request with the things that differ from one that is right.
type asked struct {
	method, path, accept, content, body, rng string
	nobody, chunked                          bool
}

type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func ask(t *testing.T, base string, a asked) reply {
	t.Helper()
	if a.method == "" {
		a.method = http.MethodGet
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.chunked {
		body = io.MultiReader(body)
	}
	r, err := http.NewRequest(a.method, base+a.path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Accept": a.accept, "Content-Type": a.content, "Range": a.rng} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if !a.nobody {
		r.SetBasicAuth(taxii.DefaultUsername, taxii.DefaultPassword)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	_ = json.Unmarshal(text, &out.json) // some answers are text
	return out
}

func serve(t *testing.T, o taxii.Options) (*taxii.Simulator, string) {
	t.Helper()
	s, err := taxii.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return s, server.URL
}

// The answers to what is wrong with a request, as the reference server gives them.
func TestRefusals(t *testing.T) {
	_, base := serve(t, taxii.Options{Roots: []taxii.Root{
		{Name: "api1", MaxLength: 100, Collections: []taxii.Collection{{ID: taxii.DefaultCollection, Title: "T"}, {ID: "ro", Title: "R", NoWrite: true}, {ID: "wo", Title: "W", NoRead: true}}},
		{Name: "empty"},
	}})
	post := asked{method: "POST", path: at + "objects/", accept: taxii20, content: stix20, body: `{"objects":[]}`}
	post21 := asked{method: "POST", path: at + "objects/", accept: taxii21, content: taxii21, body: `{"objects":[]}`}
	with := func(a asked, change func(*asked)) asked { change(&a); return a }
	for _, c := range []struct {
		name   string
		ask    asked
		status int
		kind   string
		say    string
	}{
		{"no login", asked{path: "/taxii/", accept: taxii20, nobody: true}, 401, "text/html; charset=utf-8", "Unauthorized Access"},
		{"discovery without Accept", asked{path: "/taxii/"}, 406, taxii20, `"http_status":"406"`},
		{"2.1 asks the path of 2.0", asked{path: "/taxii/", accept: taxii21}, 404, "text/html", ""},
		{"2.0 asks for objects as TAXII", asked{path: at + "objects/", accept: taxii20}, 406, taxii20, ""},
		{"2.0 posts as TAXII", with(post, func(a *asked) { a.content = taxii20 }), 415, taxii20, `"title"`},
		{"2.1 posts as JSON", with(post21, func(a *asked) { a.content = "application/json" }), 415, taxii21, `"description"`},
		{"no root", asked{path: "/nope/", accept: taxii20}, 404, taxii20, `"http_status":"404"`},
		{"no collection", asked{path: "/api1/collections/nope/", accept: taxii21}, 404, taxii21, "nope"},
		{"no status", asked{path: "/api1/status/nope/", accept: taxii21}, 404, taxii21, "nope"},
		{"not to be written", with(post, func(a *asked) { a.path = "/api1/collections/ro/objects/" }), 403, taxii20, "ro"},
		{"not to be read", asked{path: "/api1/collections/wo/manifest/", accept: taxii21}, 403, taxii21, "wo"},
		{"too large", with(post, func(a *asked) { a.body = `{"objects":[` + strings.Repeat(" ", 100) + `]}` }), 413, taxii20, ""},
		{"no length", with(post, func(a *asked) { a.chunked = true }), 400, taxii20, "Content-Length"},
		{"no JSON", with(post21, func(a *asked) { a.body = "{" }), 400, "text/html", "Bad Request"},
		{"no objects", with(post, func(a *asked) { a.body = `{"type":"bundle"}` }), 422, taxii20, ""},
		{"no slash at the end", asked{path: "/taxii2", accept: taxii21}, 308, "text/html", ""},
		{"no such path", asked{path: "/a/b/c/d/e/f/", accept: taxii21}, 404, "text/html", ""},
		{"next without limit", asked{path: at + "manifest/?next=1", accept: taxii21}, 500, "text/html", ""},
		{"out of range", asked{path: at + "objects/", accept: stix20, rng: "items=5-9"}, 416, taxii20, "out of bounds"},
		{"bad range", asked{path: at + "objects/", accept: stix20, rng: "5-9"}, 400, taxii20, "Bad Range"},
	} {
		got := ask(t, base, c.ask)
		if got.status != c.status || got.header.Get("Content-Type") != c.kind || !strings.Contains(got.text, c.say) {
			t.Errorf("%s: %d %s %s", c.name, got.status, got.header.Get("Content-Type"), got.text)
		}
	}
	for _, accept := range []string{taxii20, taxii21} {
		if got := ask(t, base, asked{path: "/empty/collections/", accept: accept}); got.text != "{}" {
			t.Errorf("an empty root: %s", got.text)
		}
	}
	if got := ask(t, base, asked{path: at + "objects/", accept: stix20}); !strings.Contains(got.text, `"objects":[]`) || !strings.Contains(got.text, `"spec_version":"2.0"`) {
		t.Errorf("an empty collection: %s", got.text)
	}
	if got := ask(t, base, asked{path: at + "objects/", accept: taxii21}); got.text != "{}" {
		t.Errorf("an empty collection: %s", got.text)
	}
}

func objects(n int, modified string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"id":"indicator--%d","type":"indicator","modified":%q}`, i, modified))
	}
	return `{"objects":[` + strings.Join(all, ",") + `]}`
}

// A status is as each version writes it; the same version of an object twice is a failure.
func TestStatus(t *testing.T) {
	_, base := serve(t, taxii.Options{Now: func() time.Time { return time.Date(2026, 11, 21, 1, 43, 25, 891774000, time.UTC) }})
	for _, c := range []struct{ accept, content, first, second string }{
		{taxii20, stix20, `"successes":["indicator--0"]`, `"failures":[{"id":"indicator--0","message":"Unable to process object because identical version exist."}]`},
		{taxii21, taxii21, `"successes":[{"id":"indicator--0","version":"2027"}]`, `"failures":[{"id":"indicator--0","message":"Unable to process object","version":"2027"}]`},
	} {
		modified := map[string]string{taxii20: "2026", taxii21: "2027"}[c.accept]
		for _, want := range []string{c.first, c.second} {
			got := ask(t, base, asked{method: "POST", path: at + "objects/", accept: c.accept, content: c.content, body: objects(1, modified)})
			if got.status != 202 || !strings.Contains(got.text, want) || !strings.Contains(got.text, `"request_timestamp":"2026-11-21T01:43:25.891774Z"`) {
				t.Errorf("%d %s", got.status, got.text)
			}
			if lists := len(got.json); lists != 8 {
				t.Errorf("empty lists are not left out: %s", got.text)
			}
		}
	}
	for accept, want := range map[string]string{
		taxii20: `"versions":["2026","2027"]`,
		taxii21: `"version":"2027"}`,
	} {
		if got := ask(t, base, asked{path: at + "manifest/?match[id]=indicator--0", accept: accept}); !strings.Contains(got.text, want) {
			t.Errorf("%s", got.text)
		}
	}
}

// Paging goes through all objects once, in both ways.
func TestPaging(t *testing.T) {
	_, base := serve(t, taxii.Options{PageSize: 4})
	if got := ask(t, base, asked{method: "POST", path: at + "objects/", accept: taxii21, content: taxii21, body: objects(10, "2026")}); got.status != 202 {
		t.Fatal(got.text)
	}
	seen := map[string]int{}
	count := func(r reply) int {
		list, _ := r.json["objects"].([]any)
		for _, o := range list {
			seen[fmt.Sprint(o.(map[string]any)["id"])]++
		}
		return len(list)
	}
	var sizes []int
	for next := ""; ; {
		got := ask(t, base, asked{path: at + "objects/?limit=4" + next, accept: taxii21})
		sizes = append(sizes, count(got))
		if got.json["more"] != true {
			break
		}
		next = "&next=" + fmt.Sprint(got.json["next"])
	}
	for from := 0; ; from += 4 {
		got := ask(t, base, asked{path: at + "objects/", accept: stix20, rng: fmt.Sprintf("items=%d-%d", from, from+3)})
		if got.status == 416 {
			if got.header.Get("Content-Range") != "items */10" {
				t.Errorf("%v", got.header)
			}
			break
		}
		if want := fmt.Sprintf("items %d-%d/10", from, min(from+3, 9)); got.status != 206 || got.header.Get("Content-Range") != want {
			t.Errorf("%d %v", got.status, got.header)
		}
		sizes = append(sizes, count(got))
	}
	if !slices.Equal(sizes, []int{4, 4, 2, 4, 4, 2}) || len(seen) != 10 || slices.Max(slices.Collect(maps.Values(seen))) != 2 {
		t.Errorf("pages of %v: %v", sizes, seen)
	}
}

// What was kept in a file is there again.
func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s, base := serve(t, taxii.Options{StatePath: path, Pending: 2})
	got := ask(t, base, asked{method: "POST", path: at + "objects/", accept: taxii20, content: stix20, body: objects(3, "2026")})
	id := fmt.Sprint(got.json["id"])
	if got.json["status"] != "pending" || len(s.Objects(taxii.DefaultCollection)) != 0 {
		t.Fatal(got.text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, base = serve(t, taxii.Options{StatePath: path})
	for _, want := range []string{"pending", "complete", "complete"} {
		if got := ask(t, base, asked{path: "/api1/status/" + id + "/", accept: taxii20}); got.json["status"] != want {
			t.Errorf("%s, want %s", got.text, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, _ = serve(t, taxii.Options{StatePath: path}); len(s.Objects(taxii.DefaultCollection)) != 3 {
		t.Error("objects are lost")
	}
	if err := s.Forget(taxii.DefaultCollection); err != nil {
		t.Fatal(err)
	}
	if s, _ = serve(t, taxii.Options{StatePath: path}); len(s.Objects(taxii.DefaultCollection)) != 0 {
		t.Error("objects were forgotten, and are there")
	}
}

func TestParseFault(t *testing.T) {
	for text, want := range map[string]string{
		"": "nothing given", "odd": "unknown kind", "401 on=nowhere": "no endpoint", "pending on=status": "is about posts", "500 after=0": "whole number",
		"500 often": "unknown option", "503 retry_after=soon": "a duration",
	} {
		if _, err := taxii.ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	f, err := taxii.ParseFault("429 on=post after=2 times=forever retry_after=none")
	if err != nil || f != (taxii.Fault{Kind: taxii.FaultRate, Route: "post", After: 2, Times: taxii.Forever, RetryAfter: -1}) {
		t.Errorf("%+v, %v", f, err)
	}
	_, base := serve(t, taxii.Options{})
	resp, err := http.Post(base+"/_sandbox/faults", "text/plain", strings.NewReader("500\nclear\n503 on=root\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); !strings.Contains(string(b), `["unavailable"]`) {
		t.Errorf("%s", b)
	}
}
