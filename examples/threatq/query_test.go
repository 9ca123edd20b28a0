package threatq

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestConditions(t *testing.T) {
	b := shelf(t, Options{TokenLife: 2 * time.Hour})
	b.do(200, "PUT", "/api/indicator/1/scores", `{"manual_score":8}`)
	b.do(200, "PUT", "/api/indicator/2/scores", `{"manual_score":4}`)
	b.do(201, "POST", "/api/indicators/6/comments", `{"value":"a needle"}`)
	b.clock.advance(time.Hour)
	for _, test := range []struct{ condition, want string }{
		{`{}`, "1 2 3 4 5 6 "},
		{`{"value":"b.example.com"}`, "2 "},
		{`{"value":{"is":"b.example.com"}}`, "2 "},
		{`{"value":["b.example.com","100 sure"]}`, "2 4 "},
		{`{"value":{"+in":["b.example.com","100 sure"]}}`, "2 4 "},
		{`{"value":{"+in":[]}}`, ""},
		{`{"value":{"+contains":"example"}}`, "1 2 6 "},
		{`{"value":{"+contains":"%"}}`, "3 "},
		{`{"value":{"+contains":"_"}}`, "3 "},
		{`{"type_name":"fqdn"}`, "1 2 "},
		{`{"type_name":{"+contains":"ip"}}`, "5 "},
		{`{"type_name":"Nothing"}`, ""},
		{`{"type":11}`, "1 2 "},
		{`{"status_name":["Review","Expired"]}`, "2 4 "},
		{`{"status_id":4}`, "2 "},
		{`{"id":{"+gte":2,"+lt":4}}`, "2 3 "},
		{`{"score":{"+gte":4,"+lte":8}}`, "1 2 "},
		{`{"score":0}`, "3 4 5 6 "},
		{`{"created_at":{"+gt":"2024-05-01 10:00:01","+lte":"2024-05-01 10:00:03"}}`, "3 4 "},
		{`{"touched_at":{"+lt":"NOW"}}`, "1 2 3 4 5 6 "},
		{`{"touched_at":{"+gt":"NOW-1 hour"}}`, ""},
		{`{"touched_at":{"+gt":"NOW - 2 days"}}`, "1 2 3 4 5 6 "},
		{`{"mentions":"needle"}`, "3 5 6 "},
		{`{"mentions":"red"}`, "2 "},
		{`{"tags":"RED"}`, "2 "},
		{`{"source_name":{"+contains":"fee"}}`, "4 "},
		{`{"attribute_name":"Note","attribute_value":"needle"}`, "3 "},
		{`{"sync_hash":"00000000000000000000000000000000"}`, ""},
		{`{"+or":[{"type_name":"FQDN"},{"status_name":"Expired"}]}`, "1 2 4 "},
		{`{"+and":[{"type_name":"FQDN"},{"+or":[{"value":"b.example.com"}]}]}`, "2 "},
		{`{"+and":[]}`, "1 2 3 4 5 6 "},
		{`{"+not":{"type_name":"FQDN"}}`, "3 4 5 6 "},
		{`{"+not":[{"type_name":"String"},{"status_name":"Active"}]}`, "1 2 4 5 "},
		{`{"type_name":"String","+or":[{"value":"100 sure"},{"mentions":"needle"}],"status_name":"Active"}`, "3 6 "},
	} {
		for _, part := range []string{"criteria", "filters"} {
			answer := b.do(200, "POST", "/api/indicators/query", `{"`+part+`":`+test.condition+`}`)
			if have := ids(t, answer); have != test.want {
				t.Errorf("%s %s: ids %q, want %q", part, test.condition, have, test.want)
			}
		}
	}
	both := b.do(200, "POST", "/api/indicators/query", `{"criteria":{"type_name":"FQDN"},"filters":{"status_name":"Review"}}`)
	if have := ids(t, both); have != "2 " {
		t.Errorf("criteria and filters: %q", have)
	}
	for _, body := range []string{``, `{}`, `{"criteria":[],"filters":null}`} {
		want(t, b.do(200, "POST", "/api/indicators/query", body), 6, "total")
	}
}

func TestConditionsRefused(t *testing.T) {
	b := shelf(t, Options{})
	for _, condition := range []string{
		`{"nothing":"x"}`, `{"value":{"+nothing":"x"}}`, `{"value":{"is":{"a":1}}}`, `"x"`, `[1]`, `{"+or":"x"}`, `{"+or":[1]}`,
		`{"score":"high"}`, `{"score":{"+contains":"1"}}`, `{"created_at":{"+gt":"soon"}}`, `{"created_at":{"+gt":"NOW-2 fortnights"}}`,
		`{"created_at":{"+contains":"2"}}`, `{"type_name":{"+gt":"a"}}`, `{"mentions":{"+gt":"a"}}`, `{"id":{"+contains":"1"}}`,
		`{"sync_hash":"x"}`, `{"sync_hash":{"+contains":"00"}}`, `{"title":{"+nothing":1}}`,
		strings.Repeat(`{"+not":`, 30) + `{}` + strings.Repeat(`}`, 30),
	} {
		answer := b.do(400, "POST", "/api/indicators/query", `{"criteria":`+condition+`}`)
		length(t, answer, 1, "data", "errors", "criteria")
	}
	b.do(400, "POST", "/api/indicators/query", `{"criteria"`)
	b.do(400, "POST", "/api/indicators/query?sort=nothing", `{}`)
	b.do(400, "POST", "/api/indicators/query?limit=x", `{}`)
	b.do(404, "POST", "/api/nothing/query", `{}`)
}

func TestSearchForm(t *testing.T) {
	b := shelf(t, Options{})
	b.do(201, "POST", "/api/adversaries", `{"name":"Bear"}`)
	b.do(201, "POST", "/api/indicators/2/adversaries", `{"id":1}`)
	b.do(201, "POST", "/api/indicators/4/attributes", `{"name":"N","value":"v","sources":[{"name":"S","tlp":"amber"}]}`)
	page := b.do(200, "POST", "/api/indicators/query?limit=4", `{}`)
	want(t, page, 6, "total")
	want(t, page, 4, "limit")
	want(t, page, 0, "offset")
	plain, second, fourth := at(t, page, "data", 0), at(t, page, "data", 1), at(t, page, "data", 3)
	for _, name := range []string{"description", "tags", "attributes", "comments", "expires_at", "manual_score"} {
		absent(t, plain, name)
	}
	length(t, plain, 0, "adversaries")
	want(t, plain, 0, "score")
	want(t, plain, "FQDN", "type", "name")
	want(t, plain, 0, "related_adversary_count")
	want(t, second, "red", "tags", 0)
	want(t, second, "Bear", "adversaries", 0, "name")
	want(t, second, 1, "related_adversary_count")
	want(t, fourth, "S", "attributes", 0, "sources", 0, "name")
	want(t, fourth, "AMBER", "attributes", 0, "sources", 0, "tlp_name")
	absent(t, at(t, fourth, "attributes", 0), "attribute")
	want(t, fourth, "other_sources", "sources", 0, "source_type")
}

func TestOldSearchForm(t *testing.T) {
	b := shelf(t, Options{OldSearch: true})
	item := at(t, b.do(200, "POST", "/api/indicators/query", `{"criteria":{"value":"100%_sure"}}`), "data", 0)
	for _, name := range []string{"uuid", "generated_score", "related_event_count"} {
		absent(t, item, name)
	}
	absent(t, at(t, item, "attributes", 0), "sources")
	absent(t, at(t, item, "sources", 0), "creator_source_name")
}

func TestProjection(t *testing.T) {
	b := shelf(t, Options{})
	page := b.do(200, "POST", "/api/indicators/query", `{"fields":["value","type","status","score","tags","related_event_count"]}`)
	item := at(t, page, "data", 1).(row)
	want(t, item, "FQDN", "type")
	want(t, item, "Review", "status")
	want(t, item, "red", "tags", 0)
	want(t, item, 2, "id")
	want(t, item, 0, "related_event_count")
	if len(item) != 7 {
		t.Errorf("members %v, want the six and id", item)
	}
	absent(t, at(t, page, "data", 0), "tags")
}

func TestSearchPages(t *testing.T) {
	b := start(t, Options{})
	var list []row
	for i := range 1005 {
		list = append(list, row{"value": fmt.Sprint(i), "type": "String"})
	}
	b.do(200, "POST", "/api/indicators/consume", list)
	page := b.do(200, "POST", "/api/indicators/query?limit=5000", `{}`)
	length(t, page, 1000, "data")
	want(t, page, 1005, "total")
	rest := b.do(200, "POST", "/api/indicators/query?limit=5000&offset=1000", `{}`)
	length(t, rest, 5, "data")
	length(t, b.do(200, "POST", "/api/indicators/query?offset=1005", `{}`), 0, "data")
}

// cursorWalk reads all pages and calls between after each.
func cursorWalk(t *testing.T, b *bench, path, method string, between func(page int)) (seen string) {
	t.Helper()
	mark := "*"
	for page := 0; page < 20; page++ {
		answer := b.do(200, method, path+"&cursorMark="+q(mark), nil)
		seen += ids(t, answer)
		next := at(t, answer, "nextCursorMark").(string)
		if next == mark {
			return seen
		}
		mark = next
		between(page)
	}
	t.Fatal("the cursor has no end")
	return ""
}

func TestCursor(t *testing.T) {
	b := shelf(t, Options{})
	b.do(200, "PUT", "/api/indicators/3", `{"description":"d"}`)
	for sort, expected := range map[string]string{
		"":                  "1 2 3 4 5 6 ",
		"-created_at,id":    "6 5 4 3 2 1 ",
		"value":             "4 3 5 1 6 2 ",
		"-value":            "2 1 6 5 3 4 ",
		"status_id,-id":     "6 5 3 1 4 2 ",
		"-status_id,value":  "2 4 3 5 1 6 ",
		"expires_at":        "1 2 3 4 5 6 ",
		"-description,id":   "5 3 1 2 4 6 ",
		"type_id,-touched":  "2 1 5 3 6 4 ",
		"-updated_at,value": "3 6 5 4 2 1 ",
	} {
		path := "/api/indicators/query?limit=2&sort=" + q(sort)
		if have := cursorWalk(t, b, path, "POST", func(int) {}); have != expected {
			t.Errorf("sort %q: ids %q, want %q", sort, have, expected)
		}
	}
}

func TestCursorWhileWriting(t *testing.T) {
	b := shelf(t, Options{})
	seen := cursorWalk(t, b, "/api/indicators/query?limit=2&sort=created_at,id", "POST", func(page int) {
		if page == 0 {
			b.do(204, "DELETE", "/api/indicators/1", nil)
			b.do(201, "POST", "/api/indicators", `{"value":"new","type":"String"}`)
		}
	})
	if seen != "1 2 3 4 5 6 7 " {
		t.Errorf("the cursor saw %s", seen)
	}
}

func TestCursorRefused(t *testing.T) {
	b := shelf(t, Options{})
	b.do(400, "POST", "/api/indicators/query?cursorMark=*&offset=1", `{}`)
	good := at(t, b.do(200, "POST", "/api/indicators/query?cursorMark=*&sort=value&limit=1", `{}`), "nextCursorMark").(string)
	for _, query := range []string{"cursorMark=garbage", "cursorMark=!!", "cursorMark=" + good, "cursorMark=" + good + "&sort=id,value"} {
		b.do(400, "POST", "/api/indicators/query?"+query, `{}`)
	}
}

func TestSavedSearches(t *testing.T) {
	b := shelf(t, Options{})
	object := `{"ui_query":{"x":[1]},"api_query":{"criteria":{"type_name":"FQDN"},"filters":{}}}`
	text, err := json.Marshal(`{"criteria":{},"filters":{"status_name":"Review"}}`)
	if err != nil {
		t.Fatal(err)
	}
	first := b.do(201, "POST", "/api/search/query", `{"name":"My FQDNs","json":`+object+`}`)
	second := b.do(201, "POST", "/api/search/query", `{"name":"Reviews","json":`+string(text)+`}`)
	unnamed := b.do(201, "POST", "/api/search/query", `{"name":null,"json":{}}`)

	list := b.get("/api/search/query")
	want(t, list, 2, "total")
	want(t, list, "FQDN", "data", 0, "json", "api_query", "criteria", "type_name")
	if _, ok := at(t, list, "data", 1, "json").(string); !ok {
		t.Errorf("the definition that came as a string is %v", at(t, list, "data", 1, "json"))
	}
	for _, test := range []struct {
		saved row
		want  string
	}{{first, "1 2 "}, {second, "2 "}, {unnamed, "1 2 3 4 5 6 "}} {
		hash := at(t, test.saved, "data", "hash").(string)
		if len(hash) != 32 {
			t.Errorf("hash %q", hash)
		}
		path := "/api/indicators/query/hash/" + hash
		if have := ids(t, b.get(path)); have != test.want {
			t.Errorf("by hash: ids %q, want %q", have, test.want)
		}
		if have := cursorWalk(t, b, path+"?limit=1", "GET", func(int) {}); have != test.want {
			t.Errorf("by hash and cursor: ids %q, want %q", have, test.want)
		}
		want(t, b.get("/api/search/query/"+hash+"?fields=name"), at(t, test.saved, "data", "id"), "data", "id")
	}
	b.do(404, "GET", "/api/indicators/query/hash/0123", nil)
	b.do(404, "GET", "/api/search/query/0123", nil)
	for _, bad := range []string{`{"name":"x"}`, `{"name":"x","json":5}`, `{"name":"x","json":"{"}`, `{`} {
		b.do(400, "POST", "/api/search/query", bad)
	}
}

func TestIndexDelay(t *testing.T) {
	b := start(t, Options{IndexDelay: 5 * time.Second})
	b.do(201, "POST", "/api/indicators", `{"value":"a","type":"String"}`)
	b.clock.advance(4 * time.Second)
	want(t, b.get("/api/indicators"), 1, "total")
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 0, "total")
	b.clock.advance(time.Second)
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 1, "total")
}
