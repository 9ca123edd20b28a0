package threatq

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What changes between two pages of a collection: the page that is answered is as it was before.
func TestFaultsThatChange(t *testing.T) {
	const asked = `{"criteria":{"tag_name":"block"},"fields":["value"]}`
	for _, test := range []struct{ fault, want string }{
		{"delete=1:POST /api/indicators/query", "2 4 "},
		{"untag=2/block:POST /api/indicators/query", "1 4 "},
		{"tag=3/block:POST /api/indicators/query", "1 2 3 4 "},
		{"touch=3:POST /api/indicators/query", "1 2 4 "},
		{"delete=77:POST /api/indicators/query", "1 2 4 "},
	} {
		t.Run(test.fault, func(t *testing.T) {
			b := start(t, Options{})
			for i := range 4 {
				b.do(201, "POST", "/api/indicators", fmt.Sprintf(`{"value":"h%d.example","type":"FQDN","status":"Active"}`, i+1))
			}
			for _, id := range []int{1, 2, 4} {
				b.do(201, "POST", fmt.Sprintf("/api/indicators/%d/tags", id), `{"name":"block"}`)
			}
			b.clock.advance(time.Minute)
			b.lib.Inject(parse(t, test.fault+":1@1"))
			for page := range 2 {
				if got := ids(t, b.do(200, "POST", "/api/indicators/query", asked)); got != "1 2 4 " {
					t.Errorf("page %d: %s", page+1, got)
				}
			}
			if got := ids(t, b.do(200, "POST", "/api/indicators/query", asked)); got != test.want {
				t.Errorf("then %s, want %s", got, test.want)
			}
			touched := ids(t, b.do(200, "POST", "/api/indicators/query", `{"criteria":{"touched_at":{"+gte":"NOW"}}}`))
			if want := map[string]string{"touch=3": "3 ", "tag=3/b": "3 ", "untag=2": "2 "}[test.fault[:7]]; touched != want {
				t.Errorf("touched %q, want %q", touched, want)
			}
		})
	}
}

func TestFaultsOfTheTotal(t *testing.T) {
	b := start(t, Options{})
	b.do(201, "POST", "/api/indicators", `{"value":"h.example","type":"FQDN","status":"Active"}`)
	b.lib.Inject(parse(t, "no-total:POST /api/indicators/query"))
	b.lib.Inject(parse(t, "total=12:POST /api/indicators/query"))
	answer := b.do(200, "POST", "/api/indicators/query", `{}`)
	if _, told := answer["total"]; told || len(answer["data"].([]any)) != 1 {
		t.Errorf("%v", answer)
	}
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 12, "total")
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 1, "total")
}

func TestChangingFaultTexts(t *testing.T) {
	for _, text := range []string{"delete=1:POST /x", "tag=12/block:* /api/**:3@2", "untag=1/a/b:GET /x:1", "total=0:GET /x", "no-total:GET /x"} {
		f := parse(t, text)
		if again := parse(t, f.String()); again != f {
			t.Errorf("%s reads as %+v, then %+v", text, f, again)
		}
	}
	for _, text := range []string{"delete:POST /x", "delete=x:POST /x", "delete=0:POST /x", "delete=1/a:POST /x", "tag=1:POST /x", "tag=1/:POST /x", "touch=:GET /x", "total:GET /x", "total=-1:GET /x", "no-total=1:GET /x"} {
		if f, err := ParseFault(text); err == nil {
			t.Errorf("%s is read as %+v", text, f)
		}
	}
}

// The library is edited without a token, and what is done so is in no journal.
func TestTrustedRoutes(t *testing.T) {
	b := start(t, Options{})
	b.lib.ResetJournal()
	b.lib.Inject(parse(t, "500:* /**:-1"))
	send := func(method, path, body string, status int) {
		t.Helper()
		request, err := http.NewRequest(method, b.url+"/_sandbox/api"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%s %s: %s, want %d", method, path, response.Status, status)
		}
	}
	send("POST", "/indicators", `{"value":"h.example","type":"FQDN","status":"Active"}`, 201)
	send("POST", "/indicators/1/tags", `{"name":"block"}`, 201)
	send("POST", "/indicators/1/attributes", `{"name":"Disposition","value":"Malicious"}`, 201)
	send("PUT", "/indicators/1", `{"status":"Whitelisted"}`, 200)
	send("GET", "/nothing", "", 404)
	if calls := b.lib.Journal(); len(calls) > 0 {
		t.Errorf("%v", calls)
	}
	b.lib.ClearFaults()
	answer := b.do(200, "POST", "/api/indicators/query", `{"criteria":{"tag_name":"block","status_name":"Whitelisted","attribute_value":"Malicious"}}`)
	want(t, answer, 1, "total")
	send("DELETE", "/indicators/1", "", 204)
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 0, "total")
}
