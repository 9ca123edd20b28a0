package ctia

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// stored imports judgements and returns their long ids.
func stored(s *site, judgements ...entity) []string {
	s.t.Helper()
	got := results(s.t, s.want(200, s.call("POST", importPath, bundle(judgements...))))
	var ids []string
	for _, j := range judgements {
		ids = append(ids, got[j["id"].(string)]["id"].(string))
	}
	return ids
}

func short(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

const unknownID = "https://private.intel.amp.cisco.com:443/ctia/judgement/judgement-00000000-0000-4000-8000-000000000000"

func TestBulkUpdate(t *testing.T) {
	s := start(t, Options{})
	ids := stored(s, judged(1), judged(2))
	s.clock.add(time.Minute)
	change := judged(1, set("id", ids[0]), set("severity", "High"), unset("tlp"), unset("disposition"), unset("disposition_name"),
		set("valid_time", entity{"end_time": "2026-03-01T00:00:00.000Z"}))
	r := s.want(200, s.call("PUT", "/ctia/bulk", entity{"judgements": []any{change, judged(9, set("id", unknownID))}}))
	if want := fmt.Sprintf(`{"judgements":{"updated":[%q],"errors":{"not-found":[%q]}}}`, ids[0], unknownID); r.text != want {
		t.Errorf("answer %s, want %s", r.text, want)
	}
	got := s.Entities("judgement", "threatq-judgement-1")[0]
	valid := got["valid_time"].(map[string]any)
	if got["severity"] != "High" || got["tlp"] != "amber" || got["disposition_name"] != "Unknown" || valid["start_time"] != "2026-01-31T12:00:00.000Z" || valid["end_time"] != "2026-03-01T00:00:00.000Z" {
		t.Errorf("stored %v", got)
	}
	if got["created"] != "2026-01-31T12:00:00.000Z" || got["modified"] != "2026-01-31T12:01:00.000Z" {
		t.Errorf("created %v, modified %v", got["created"], got["modified"])
	}

	for name, row := range map[string]struct {
		bad  entity
		text string
	}{
		"no id":    {judged(2, unset("id")), `{"errors":{"judgements":[null,{"id":"missing-required-key"}]}}`},
		"bad word": {judged(2, set("id", ids[1]), set("severity", "x")), `{"errors":{"judgements":[null,{"severity":`},
		"green":    {judged(2, set("id", ids[1]), set("tlp", "green")), `"type":"Invalid TLP Error"`},
		"pair":     {judged(2, set("id", ids[1]), set("disposition", 1)), `Mismatched disposition`},
	} {
		r := s.want(400, s.call("PUT", "/ctia/bulk", entity{"judgements": []any{judged(1, set("id", ids[0])), row.bad}}))
		if !strings.Contains(r.text, row.text) {
			t.Errorf("%s: %s", name, r.text)
		}
		if s.Entities("judgement", "threatq-judgement-1")[0]["severity"] != "High" {
			t.Fatalf("%s: the good one was changed", name)
		}
	}
}

func TestBulkOthers(t *testing.T) {
	s := start(t, Options{MaxEntities: 3})
	r := s.want(201, s.call("POST", "/ctia/bulk", entity{"judgements": []any{judged(1), judged(2, set("tlp", "white"))}}))
	list := r.object(t)["judgements"].([]any)
	id, isID := list[0].(string)
	if refused, _ := list[1].(map[string]any); !isID || refused["error"] == nil || r.object(t)["tempids"].(map[string]any)["transient:j1"] != id {
		t.Fatalf("answer %s", r.text)
	}
	if r := s.want(400, s.call("POST", "/ctia/bulk", entity{"judgements": []any{judged(1), judged(2), judged(3), judged(4)}})); r.body != "Bulk max number of entities: 3" {
		t.Errorf("answer %s", r.text)
	}
	read := s.want(200, s.call("GET", "/ctia/bulk?judgements="+short(id)+"&judgements="+url.QueryEscape(unknownID), nil)).object(t)["judgements"].([]any)
	if len(read) != 2 || read[0].(map[string]any)["id"] != id || read[1] != nil {
		t.Errorf("read %v", read)
	}
	s.want(414, s.call("GET", "/ctia/bulk?judgements="+strings.Repeat("x", 9000), nil))
	exported := s.want(200, s.call("POST", "/ctia/bundle/export?include_related_entities=false", entity{"ids": []string{id, unknownID}})).object(t)
	if list := exported["judgements"].([]any); len(list) != 1 || list[0].(map[string]any)["id"] != id || exported["type"] != "bundle" {
		t.Errorf("exported %v", exported)
	}
	gone := s.want(200, s.call("DELETE", "/ctia/bulk", entity{"judgements": []string{id, unknownID}}))
	if want := fmt.Sprintf(`{"judgements":{"deleted":[%q],"errors":{"not-found":[%q]}}}`, id, unknownID); gone.text != want {
		t.Errorf("answer %s, want %s", gone.text, want)
	}
	if j, _, _ := s.Counts(); j != 0 {
		t.Errorf("%d judgements left", j)
	}
}

func TestExportRelated(t *testing.T) {
	s := start(t, Options{})
	body := bundle(judged(1))
	body["indicators"] = []any{entity{"id": "transient:feed", "producer": "ThreatQ"}}
	body["relationships"] = []any{entity{"source_ref": "transient:j1", "target_ref": "transient:feed", "relationship_type": "element-of", "external_ids": []any{"r"}}}
	id := results(t, s.call("POST", importPath, body))["transient:j1"]["id"]
	got := s.call("POST", "/ctia/bundle/export", entity{"ids": []any{id}}).object(t)
	if list, _ := got["relationships"].([]any); len(list) != 1 {
		t.Errorf("exported %v", got)
	}
}

func TestOneJudgement(t *testing.T) {
	s := start(t, Options{})
	r := s.want(201, s.call("POST", "/ctia/judgement?wait_for=true", entity{
		"observable": entity{"type": "ip", "value": "1.2.3.4"}, "disposition": 2, "source": "test", "priority": 100, "severity": "High",
		"confidence": "Low", "valid_time": entity{"start_time": "2016-02-11T00:40:48.212-00:00"}, "tlp": "amber",
	}))
	got := r.object(t)
	id := got["id"].(string)
	valid := got["valid_time"].(map[string]any)
	if got["disposition_name"] != "Malicious" || valid["end_time"] != never || valid["start_time"] != "2016-02-11T00:40:48.212Z" || r.header.Get("Location") != id || !longID.MatchString(id) {
		t.Fatalf("made %s at %s", r.text, r.header.Get("Location"))
	}
	s.want(200, s.call("GET", "/ctia/judgement/"+short(id), nil))
	s.want(404, s.call("GET", "/ctia/judgement/"+short(unknownID), nil))
	if r := s.want(403, s.call("PUT", "/ctia/judgement/"+short(id), judged(1))); !strings.Contains(r.text, `"capabilities":["create-judgement","developer"]`) {
		t.Errorf("PUT: %s", r.text)
	}
	s.want(400, s.call("POST", "/ctia/judgement/"+short(id)+"/expire", nil))
	s.clock.add(time.Hour)
	s.login(DefaultClientID, DefaultPassword)
	expired := s.want(200, s.call("POST", "/ctia/judgement/"+short(id)+"/expire?reason=gone+away", nil)).object(t)
	if expired["valid_time"].(map[string]any)["end_time"] != "2026-01-31T13:00:00.000Z" || expired["reason"] != "gone away" {
		t.Errorf("expired %v", expired)
	}
	s.want(204, s.call("DELETE", "/ctia/judgement/"+short(id), nil))
	s.want(404, s.call("DELETE", "/ctia/judgement/"+short(id), nil))
	s.want(403, s.call("POST", "/ctia/judgement", judged(1)))
	s.want(404, s.call("GET", "/ctia/feed", nil))
}

func TestIndicatorsMayBeReplaced(t *testing.T) {
	s := start(t, Options{})
	made := s.want(201, s.call("POST", "/ctia/indicator?wait_for=true", entity{"producer": "ThreatQ", "title": "a", "external_ids": []any{"x/1"}})).object(t)
	s.want(200, s.call("PUT", "/ctia/indicator/"+short(made["id"].(string)), entity{"producer": "ThreatQ", "title": "b", "external_ids": []any{"x/1"}}))
	found := s.want(200, s.call("GET", "/ctia/indicator/external_id/x%2F1", nil)).body.([]any)
	if len(found) != 1 || found[0].(map[string]any)["title"] != "b" || found[0].(map[string]any)["tlp"] != "amber" {
		t.Errorf("found %v", found)
	}
}

func TestSearchPages(t *testing.T) {
	s := start(t, Options{})
	var all []entity
	for n := range 250 {
		all = append(all, judged(n))
	}
	stored(s, all...)
	s.call("POST", importPath, bundle(judged(900, set("source", "elsewhere"))))
	seen, pages := map[any]bool{}, 0
	for next := "source=ThreatQ"; next != ""; pages++ {
		r := s.want(200, s.call("GET", "/ctia/judgement/search?source=ThreatQ&"+next, nil))
		for _, e := range r.body.([]any) {
			seen[e.(map[string]any)["id"]] = true
		}
		if r.header.Get("X-Total-Hits") != "250" {
			t.Fatalf("X-Total-Hits %s", r.header.Get("X-Total-Hits"))
		}
		next = r.header.Get("X-Next")
	}
	if pages != 3 || len(seen) != 250 {
		t.Errorf("%d pages of %d judgements", pages, len(seen))
	}
	if r := s.call("GET", "/ctia/judgement/search/count?source=elsewhere", nil); r.text != "1" {
		t.Errorf("count %s", r.text)
	}
	s.want(400, s.call("GET", "/ctia/judgement/search?limit=100&offset=9950", nil))
	s.want(400, s.call("GET", "/ctia/judgement/search?query=broken:", nil))
	s.want(400, s.call("GET", "/ctia/judgement/search?from=today", nil))
}

func TestVerdict(t *testing.T) {
	s := start(t, Options{})
	at := func(n int, change ...func(entity)) entity {
		return judged(n, append(change, set("observable", entity{"type": "domain", "value": "Bad.Example"}))...)
	}
	ids := stored(s,
		at(1, set("priority", 50), set("disposition", 1), set("disposition_name", "Clean")),
		at(2),
		at(3, set("disposition", 3), set("disposition_name", "Suspicious")),
		at(4, set("priority", 100), set("valid_time", entity{"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-02T00:00:00Z"})),
		at(5, set("valid_time", entity{"start_time": "2026-01-01T00:00:00Z"})),
	)
	got := s.want(200, s.call("GET", "/ctia/domain/bad.example/verdict", nil)).object(t)
	if got["judgement_id"] != ids[4] || got["disposition_name"] != "Malicious" || got["type"] != "verdict" {
		t.Errorf("verdict %v, want that of %s", got, ids[4])
	}
	if list := s.call("GET", "/ctia/domain/bad.example/judgements", nil).body.([]any); len(list) != 5 {
		t.Errorf("%d judgements of the observable", len(list))
	}
	s.want(404, s.call("GET", "/ctia/url/http%3A%2F%2Fx%2Fy/verdict", nil))
	s.want(400, s.call("GET", "/ctia/nothing/x/verdict", nil))
}
