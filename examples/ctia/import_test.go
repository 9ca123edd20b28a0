package ctia

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestImport(t *testing.T) {
	s := start(t, Options{})
	first := results(t, s.want(200, s.call("POST", importPath, bundle(judged(1), judged(2)))))
	if first["transient:j1"]["result"] != "created" || first["transient:j2"]["result"] != "created" {
		t.Fatalf("results %v", first)
	}
	second := results(t, s.want(200, s.call("POST", importPath, bundle(judged(1, set("severity", "High")), judged(3)))))
	if second["transient:j1"]["result"] != "exists" || second["transient:j1"]["id"] != first["transient:j1"]["id"] || second["transient:j3"]["result"] != "created" {
		t.Fatalf("results %v", second)
	}
	stored := s.Entities("judgement", "threatq-judgement-1")
	if len(stored) != 1 || stored[0]["severity"] != "Medium" {
		t.Errorf("an import changed what was there: %v", stored)
	}
	if j, _, _ := s.Counts(); j != 3 {
		t.Errorf("%d judgements, want 3", j)
	}
}

func TestImportTraps(t *testing.T) {
	t.Run("two of one external id in a request are both made", func(t *testing.T) {
		s := start(t, Options{})
		got := results(t, s.call("POST", importPath, bundle(judged(1), judged(1, set("id", "transient:other")))))
		if got["transient:j1"]["result"] != "created" || got["transient:other"]["result"] != "created" || len(s.Entities("judgement", "threatq-judgement-1")) != 2 {
			t.Errorf("results %v", got)
		}
	})
	t.Run("only external ids with the prefix count", func(t *testing.T) {
		s := start(t, Options{})
		own := judged(1, set("external_ids", []any{"other-1"}))
		s.call("POST", importPath, bundle(own))
		if got := results(t, s.call("POST", importPath, bundle(own))); got["transient:j1"]["result"] != "created" {
			t.Errorf("results %v", got)
		}
		if got := results(t, s.call("POST", "/ctia/bundle/import", bundle(own))); got["transient:j1"]["result"] != "exists" {
			t.Errorf("without a prefix: results %v", got)
		}
	})
	t.Run("results come in another order", func(t *testing.T) {
		s := start(t, Options{})
		var all []entity
		var asked, answered []string
		for n := range 50 {
			all = append(all, judged(n))
			asked = append(asked, fmt.Sprintf("transient:j%d", n))
		}
		for _, row := range s.call("POST", importPath, bundle(all...)).object(t)["results"].([]any) {
			answered = append(answered, row.(map[string]any)["original_id"].(string))
		}
		if slices.Equal(asked, answered) {
			t.Error("in the order asked")
		}
		slices.Sort(asked)
		if slices.Sort(answered); !slices.Equal(asked, answered) {
			t.Errorf("answered %v", answered)
		}
	})
	t.Run("an id of one's own needs a right", func(t *testing.T) {
		s := start(t, Options{})
		s.want(403, s.call("POST", importPath, bundle(judged(1, set("id", "https://private.intel.amp.cisco.com:443/ctia/judgement/judgement-7c0d8a38-9b62-4f0e-8a55-1f2c3d4e5f60")))))
	})
	t.Run("red of another owner is not found", func(t *testing.T) {
		s := start(t, Options{Accounts: []Account{{ClientID: "a", Password: "p", Owner: "one"}, {ClientID: "b", Password: "p", Owner: "two"}}})
		red, amber := judged(1, set("tlp", "red")), judged(2)
		s.call("POST", importPath, bundle(red, amber))
		s.login("b", "p")
		got := results(t, s.call("POST", importPath, bundle(red, amber)))
		if got["transient:j1"]["result"] != "created" || got["transient:j2"]["result"] != "exists" {
			t.Errorf("results %v", got)
		}
	})
}

func TestImportRelationships(t *testing.T) {
	feed := entity{"id": "transient:feed", "external_ids": []any{"threatq-indicator-1"}, "producer": "ThreatQ", "title": "Blocklist"}
	link := func(id, target string) entity {
		return entity{"id": id, "external_ids": []any{"threatq-relationship-" + id}, "relationship_type": "element-of", "source_ref": "transient:j1", "target_ref": target}
	}
	s := start(t, Options{})
	body := bundle(judged(1))
	body["indicators"] = []any{feed}
	body["relationships"] = []any{link("transient:good", "transient:feed"), link("transient:bad", "transient:nobody")}
	got := results(t, s.want(200, s.call("POST", importPath, body)))
	if got["transient:good"]["result"] != "created" || got["transient:bad"]["error"] != dangling {
		t.Fatalf("results %v", got)
	}
	stored := s.Entities("relationship", "")
	if len(stored) != 1 || stored[0]["source_ref"] != got["transient:j1"]["id"] || stored[0]["target_ref"] != got["transient:feed"]["id"] {
		t.Errorf("stored %v", stored)
	}

	again := bundle(judged(1))
	again["relationships"] = []any{link("transient:real", got["transient:feed"]["id"].(string))}
	if r := results(t, s.call("POST", importPath, again)); r["transient:real"]["result"] != "created" {
		t.Errorf("a real id as target: %v", r)
	}
	if r := results(t, s.call("POST", importPath, body)); r["transient:good"]["result"] != "exists" || r["transient:bad"]["error"] != dangling {
		t.Errorf("sent again: %v", r)
	}
	found := s.want(200, s.call("GET", "/ctia/relationship/search?relationship_type=element-of&target_ref="+got["transient:feed"]["id"].(string), nil))
	if list := found.body.([]any); len(list) != 2 {
		t.Errorf("%d relationships found, want 2", len(list))
	}
}

func TestImportRefusals(t *testing.T) {
	for name, row := range map[string]struct {
		change func(entity)
		status int
		text   string
	}{
		"unknown key":         {set("foo", 1), 400, `{"errors":{"judgements":[{"foo":"disallowed-key"}]}}`},
		"missing":             {unset("observable"), 400, `{"errors":{"judgements":[{"observable":"missing-required-key"}]}}`},
		"word":                {set("severity", "Severe"), 400, `"severity":"(not (#{`},
		"observable type":     {set("observable", entity{"type": "sha512", "value": "x"}), 400, `"type":"(not (#{acudid`},
		"priority as text":    {set("priority", "90"), 400, `{"errors":{"judgements":[{"priority":"(not (integer? \"90\"))"}]}}`},
		"disposition 6":       {set("disposition", 6), 400, `"disposition":"(not`},
		"no time":             {set("valid_time", entity{"start_time": "today"}), 400, `"start_time":"(not`},
		"green":               {set("tlp", "green"), 200, `"msg":"Invalid document TLP green, allowed TLPs are: amber,red"`},
		"pair":                {set("disposition_name", "Clean"), 200, `"error":"Mismatched disposition and dispositon_name for judgement"`},
		"end before start":    {set("valid_time", entity{"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}), 200, `"error":"Entity validation Error"`},
		"end after the limit": {set("valid_time", entity{"end_time": "4242-07-11T00:40:48.212Z"}), 200, `inst-in-range`},
		"priority 101":        {set("priority", 101), 200, `"error":"Entity validation Error"`},
		"long reason":         {set("reason", strings.Repeat("x", 1025)), 200, `(max-len 1024)`},
		"no address":          {set("reason_uri", "just words"), 200, `uri?`},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			r := s.want(row.status, s.call("POST", importPath, bundle(judged(1), judged(2, row.change))))
			if !strings.Contains(r.text, row.text) {
				t.Errorf("answer %s, want %s in it", r.text, row.text)
			}
			want := map[int]int{400: 0, 200: 1}[row.status]
			if j, _, _ := s.Counts(); j != want {
				t.Errorf("%d judgements stored, want %d", j, want)
			}
		})
	}
}

func TestImportLimits(t *testing.T) {
	s := start(t, Options{MaxEntities: 2, MaxBody: 4096})
	r := s.want(400, s.call("POST", importPath, bundle(judged(1), judged(2), judged(3, set("foo", 1)))))
	if r.body != "Bundle max nb of entities: 2" {
		t.Errorf("answer %s", r.text)
	}
	s.want(200, s.call("POST", importPath, bundle(judged(1), judged(2))))
	s.want(413, s.call("POST", importPath, bundle(judged(1, set("reason", strings.Repeat("x", 4096))))))
	s.want(400, s.call("POST", importPath, "{"))
	s.want(400, s.call("POST", importPath, bundle(judged(1), judged(1))["judgements"]))
	if r := s.want(400, s.call("POST", importPath, bundle(judged(7), judged(7)))); !strings.Contains(r.text, "distinct") {
		t.Errorf("equal elements: %s", r.text)
	}
}

// What was made without waiting is not found at once, so an import makes it again.
func TestIndexLag(t *testing.T) {
	s := start(t, Options{IndexLag: time.Second})
	s.want(201, s.call("POST", "/ctia/judgement", judged(1, unset("id"))))
	if list := s.call("GET", "/ctia/judgement/external_id/threatq-judgement-1", nil).body.([]any); len(list) != 0 {
		t.Errorf("found at once: %v", list)
	}
	if got := results(t, s.call("POST", importPath, bundle(judged(1)))); got["transient:j1"]["result"] != "created" {
		t.Errorf("results %v", got)
	}
	s.clock.add(time.Second)
	if list := s.call("GET", "/ctia/judgement/external_id/threatq-judgement-1", nil).body.([]any); len(list) != 2 {
		t.Errorf("%d found after a second, want 2", len(list))
	}
	s.want(201, s.call("POST", "/ctia/judgement?wait_for=true", judged(2, unset("id"))))
	if got := results(t, s.call("POST", importPath, bundle(judged(2)))); got["transient:j2"]["result"] != "exists" {
		t.Errorf("waited for: %v", got)
	}
}

func TestState(t *testing.T) {
	path := t.TempDir() + "/ctia.json"
	s := start(t, Options{StatePath: path})
	ids := results(t, s.call("POST", importPath, bundle(judged(1), judged(2))))
	one, two := ids["transient:j1"]["id"].(string), ids["transient:j2"]["id"].(string)
	s.want(200, s.call("PUT", "/ctia/bulk", entity{"judgements": []any{judged(1, set("id", one), set("severity", "High"))}}))
	s.want(204, s.call("DELETE", "/ctia/judgement/"+two[strings.LastIndexByte(two, '/')+1:], nil))
	want := s.Entities("judgement", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{StatePath: path})
	defer again.Close()
	if got := again.Entities("judgement", ""); !slices.EqualFunc(got, want, func(a, b map[string]any) bool { return maps.EqualFunc(a, b, sameJSON) }) {
		t.Errorf("after a restart %v, want %v", got, want)
	}
	if got := results(t, again.call("POST", importPath, bundle(judged(1), judged(2)))); got["transient:j1"]["result"] != "exists" || got["transient:j2"]["result"] != "created" {
		t.Errorf("results %v", got)
	}
}

func sameJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}
