package taxii

import (
	"encoding/json"
	"net/http"
	"testing"

	"tqmap/engine/request"
)

func TestMediaType(t *testing.T) {
	for _, c := range []struct {
		d    dialect
		kind string
		good bool
	}{
		{v20(), "application/vnd.oasis.taxii+json; version=2.0", true},
		{v20(), "application/vnd.oasis.taxii+json;version=2.0", true},
		{v20(), "Application/VND.oasis.TAXII+JSON ; Version=2.0; charset=utf-8", true},
		{v20(), "application/taxii+json;version=2.1", false},
		{v21(), "application/taxii+json;version=2.1", true},
		{v21(), `application/taxii+json; version="2.1"`, true},
		{v21(), "application/vnd.oasis.taxii+json; version=2.0", false},
		{v21(), "application/json", true},
		{v21(), "application/json; charset=utf-8", true},
		{v21(), "text/html", false},
		{v21(), "", false},
	} {
		if err := c.d.check(c.kind); (err == nil) != c.good {
			t.Errorf("%s, %q: %v", c.d.version, c.kind, err)
		}
	}
}

func TestSpeaks(t *testing.T) {
	for _, c := range []struct {
		d    dialect
		says []string
		want bool
	}{
		{v20(), []string{"taxii-2.0"}, true}, {v20(), []string{"taxii-1.1", "TAXII-2.0"}, true}, {v20(), nil, true},
		{v20(), []string{"application/taxii+json;version=2.1"}, false}, {v21(), []string{"application/taxii+json; version=2.1"}, true}, {v21(), []string{"taxii-2.0"}, false},
	} {
		if got := c.d.speaks(c.says); got != c.want {
			t.Errorf("%s, %v: %v", c.d.version, c.says, got)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct{ base, ref, want string }{
		{"https://a.example.com/taxii2/", "/api1/", "https://a.example.com/api1/"},
		{"https://a.example.com/taxii2/", "/api1", "https://a.example.com/api1/"},
		{"https://a.example.com/taxii2/", "api1", "https://a.example.com/taxii2/api1/"},
		{"https://a.example.com/taxii2/", " https://b.example.com:8443/x/y ", "https://b.example.com:8443/x/y/"},
		{"https://a.example.com/taxii2/", "https://u:p@b.example.com/x?key=1#f", "https://b.example.com/x/"},
		{"https://a.example.com/taxii2/", "://", ""},
	} {
		if got, err := resolve(c.base, c.ref); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s + %s = %q, %v", c.base, c.ref, got, err)
		}
	}
}

func TestFollowing(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		from   int
		more   bool
	}{
		{206, "items 0-49/500", 50, true}, {206, "items 450-499/500", 500, false}, {206, "items 0-49/*", 50, true}, {200, "items 0-49/500", 0, false},
		{206, "", 0, false}, {206, "bytes 0-49/500", 0, false}, {206, "items 5-4/500", 0, false}, {206, "items -1--1/5", 0, false},
	} {
		resp := &request.Response{Status: c.status, Header: http.Header{"Content-Range": {c.text}}}
		if from, more := following(resp); from != c.from || more != c.more {
			t.Errorf("%d %q: %d %v", c.status, c.text, from, more)
		}
	}
}

func TestSameInstant(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00Z", true}, {"2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.000000Z", true},
		{"2026-11-20T10:00:00.000Z", "2026-11-20T11:00:00+01:00", true}, {"2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.001Z", false}, {"x", "y", false}, {"x", "x", true},
	} {
		if got := sameInstant(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}

// Whatever a status is, an object is in one of its lists under the same id.
func FuzzStatus(f *testing.F) {
	for _, s := range []string{
		`{"id":"9d","status":"complete","success_count":1,"successes":["indicator--1"]}`,
		`{"id":"9d","status":"complete","failure_count":1,"failures":[{"id":"indicator--1","version":"2026-11-20T10:00:00.000Z","message":"no\nway"}]}`,
		`{"status":"pending","pendings":[{"id":"a"}, "b", 5, null]}`, `{"successes": {}}`, `[]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var st taxiiStatus
		if json.Unmarshal(b, &st) != nil {
			return
		}
		for _, d := range append(st.Successes, st.Failures...) {
			if text := oneLine(d.Message); len([]rune(text)) > maxMessage {
				t.Errorf("%d characters", len(text))
			}
		}
	})
}
