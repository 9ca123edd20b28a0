package threatq

import (
	"testing"
	"time"
)

// shelf holds six indicators, made a second apart, ids 1 to 6.
func shelf(tb testing.TB, o Options) *bench {
	tb.Helper()
	b := start(tb, o)
	for _, body := range []string{
		`{"value":"a.example.com","type":"FQDN","status":"Active"}`,
		`{"value":"b.example.com","type":"FQDN","status":"Review","tags":["red"]}`,
		`{"value":"100%_sure","type":"String","status":"Active","attributes":[{"name":"Note","value":"needle"}]}`,
		`{"value":"100 sure","type":"String","status":"Expired","sources":[{"name":"Feed"}]}`,
		`{"value":"198.51.100.7","type":"IP Address","status":"Active","description":"needle in here"}`,
		`{"value":"A.EXAMPLE.COM","type":"String","status":"Active"}`,
	} {
		b.do(201, "POST", "/api/indicators", body)
		b.clock.advance(time.Second)
	}
	return b
}

func TestListFilters(t *testing.T) {
	b := shelf(t, Options{})
	for _, test := range []struct{ query, want string }{
		{"", "1 2 3 4 5 6 "},
		{"value=b.example.com", "2 "},
		{"value=a.example.com", "1 6 "},
		{"value=%25.example.com", "1 2 6 "},
		{"value=198.%25", "5 "},
		{"value=100%25", "3 4 "},
		{"value=100%25_sure", "3 "},
		{"value=a.example.com,b.example.com", "1 2 6 "},
		{"value=a.example.com,198%25", "1 5 6 "},
		{"value=none", ""},
		{"value=A%25com,%25_sure", "1 3 6 "},
		{"value=B%25,198.51.100.7&status_id=4", "2 "},
		{"value=100%25s%25", "3 4 "},
		{"type_id=11", "1 2 "},
		{"type_id=11,15", "1 2 5 "},
		{"status_id=1&type_id=27", "3 6 "},
		{"id=2,5", "2 5 "},
		{"id=77", ""},
		{"created_at=" + q("2024-05-01 10:00:03"), "4 "},
		{"description=needle%25", "5 "},
		{"sync_hash=ffffffffffffffffffffffffffffffff", ""},
		{"sort=-id", "6 5 4 3 2 1 "},
		{"sort=-created_at", "6 5 4 3 2 1 "},
		{"sort=value", "4 3 5 1 6 2 "},
		{"sort=-status_id,-touched_at", "2 4 6 5 3 1 "},
		{"sort=expires_at,-created", "6 5 4 3 2 1 "},
		{"limit=2", "1 2 "},
		{"limit=2&offset=5", "6 "},
		{"limit=2&offset=6", ""},
		{"limit=0", ""},
		{"offset=3", "4 5 6 "},
	} {
		if have := ids(t, b.get("/api/indicators?"+test.query)); have != test.want {
			t.Errorf("%s: ids %q, want %q", test.query, have, test.want)
		}
	}
	want(t, b.get("/api/indicators?type_id=11&limit=1"), 2, "total")
}

func TestListRefuses(t *testing.T) {
	b := shelf(t, Options{})
	for _, query := range []string{
		"valeu=x", "title=x", "type_id=x", "created_at=x", "sort=nothing", "limit=-1", "limit=x", "offset=x", "sync_hash=x", "hash=00",
	} {
		b.do(400, "GET", "/api/indicators?"+query, nil)
	}
}

func TestEventAndAdversaryFilters(t *testing.T) {
	b := start(t, Options{})
	for _, title := range []string{"One, two", "One", "Other"} {
		b.do(201, "POST", "/api/events", row{"title": title, "type": "Incident", "happened_at": "2024-01-01 00:00:00"})
		b.do(201, "POST", "/api/adversaries", row{"name": title})
	}
	for query, want := range map[string]string{
		"/api/events?title=One%25":                               "1 2 ",
		"/api/events?title=one":                                  "2 ",
		"/api/events?happened_at=2024-01-01+00:00:00&sort=title": "2 1 3 ",
		"/api/events?hash=3b3e1f0fb1b9e1b7b1a7d3c4d5a1b2c3":      "",
		"/api/adversaries?name=Other":                            "3 ",
	} {
		if have := ids(t, b.get(query)); have != want {
			t.Errorf("%s: ids %q, want %q", query, have, want)
		}
	}
	hash := at(t, b.get("/api/events/2"), "data", "hash").(string)
	if have := ids(t, b.get("/api/events?hash="+hash)); have != "2 " {
		t.Errorf("event of hash %s: %q", hash, have)
	}
}

func TestReferenceLists(t *testing.T) {
	b := start(t, Options{IndicatorTypes: []Type{{4, "Email Address", "network"}, {14, "IP Address", "network"}}})
	want(t, b.get("/api/indicator/types"), 2, "total")
	want(t, b.get("/api/indicator/types?name="+q("ip address")), 14, "data", 0, "id")
	want(t, b.get("/api/indicator/types?name=None"), 0, "total")
	want(t, b.get("/api/indicator/types/14"), "IP Address", "data", "name")
	b.do(404, "GET", "/api/indicator/types/15", nil)
	want(t, b.get("/api/indicator/statuses?name=Whitelisted"), 5, "data", 0, "id")
	want(t, b.get("/api/indicator/statuses/3"), "Y", "data", "protected")
	b.do(404, "GET", "/api/indicator/statuses/9", nil)
	want(t, b.get("/api/attachments/types?is_parsable=Y"), "Cuckoo", "data", 0, "name")
	want(t, b.get("/api/signature/types"), "YARA", "data", 1, "name")
	want(t, b.get("/api/event/types/14"), "Sighting", "data", "name")
}

func TestEventTypes(t *testing.T) {
	b := start(t, Options{})
	added := b.do(201, "POST", "/api/event/types", `{"name":"UNDER REVIEW"}`)
	want(t, added, 15, "data", "id")
	want(t, added, "Y", "data", "user_editable")
	want(t, b.get("/api/event/types?name="+q("UNDER REVIEW")), 15, "data", 0, "id")
	taken := b.do(400, "POST", "/api/event/types", `{"name":"Under Review"}`)
	want(t, taken, "The name has already been taken.", "data", "errors", "name", 0)
	b.do(400, "POST", "/api/event/types", `{}`)
	b.do(400, "POST", "/api/event/types", `x`)
	b.do(201, "POST", "/api/events", `{"title":"E","type":"UNDER REVIEW","happened_at":"2024-01-01 00:00:00"}`)
}

func TestObjectsRoute(t *testing.T) {
	b := start(t, Options{Custom: []CustomObject{{Code: "imei", Name: "IMEI"}}})
	byCollection := map[string]row{}
	for i := range at(t, b.get("/api/objects"), "data").([]any) {
		r := at(t, b.get("/api/objects"), "data", i).(row)
		byCollection[r["collection"].(string)] = r
	}
	want(t, byCollection["indicators"], "Whitelisted", "statuses", 4, "name")
	want(t, byCollection["indicators"], "ASN", "types", 0, "name")
	want(t, byCollection["events"], "event", "name")
	want(t, byCollection["imei"], "IMEI", "display_name_plural")
	length(t, byCollection["malware"], 0, "types")
	want(t, byCollection["incident"], "started_at", "fields", 2)
	if len(byCollection) != len(builtinKinds)+2 {
		t.Errorf("%d kinds, want %d", len(byCollection), len(builtinKinds)+2)
	}
	want(t, b.get("/api/configuration/proxy"), nil, "data", "host")
}

func TestKeyword(t *testing.T) {
	b := shelf(t, Options{})
	b.do(201, "POST", "/api/malware", `{"value":"Example.com stealer"}`)
	found := b.get("/api/search?query=EXAMPLE.com&limit=10")
	length(t, found, 4, "data")
	want(t, found, "malware", "data", 0, "object")
	length(t, b.get("/api/search?query=100%25_sure"), 1, "data")
}
