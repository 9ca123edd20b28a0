package ctia

import (
	"bytes"
	"net/http/httptest"
	"testing"
)

// Whatever is sent, the answer is the caller's fault or good, and what was stored can be read.
func FuzzBodies(f *testing.F) {
	for _, seed := range []any{
		bundle(judged(1)), bundle(judged(1, set("valid_time", entity{"end_time": nil})), judged(2, set("tlp", nil))),
		entity{"source": "x", "relationships": []any{entity{"source_ref": "transient:a", "target_ref": "", "relationship_type": "element-of"}}},
		entity{"source": "x", "indicators": []any{entity{"producer": "x", "tags": []any{"a"}, "kill_chain_phases": []any{entity{}}}}},
		entity{"judgements": []any{judged(1, set("id", unknownID))}}, entity{"ids": []any{unknownID}}, judged(1, unset("id")), []any{1}, nil,
	} {
		f.Add(marshal(seed))
	}
	routes := []struct{ method, path string }{
		{"POST", importPath}, {"PUT", "/ctia/bulk"}, {"POST", "/ctia/bulk"}, {"DELETE", "/ctia/bulk"}, {"POST", "/ctia/bundle/export"},
		{"POST", "/ctia/judgement"}, {"POST", "/ctia/indicator"}, {"POST", "/ctia/relationship"}, {"GET", "/ctia/judgement/search?source=ThreatQ"},
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sim, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		token := sim.issue(0, sim.opt.TokenLife)
		for _, r := range routes {
			req := httptest.NewRequest(r.method, r.path, bytes.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			sim.Handler().ServeHTTP(w, req)
			if w.Code >= 500 {
				t.Errorf("%s %s: %d %s", r.method, r.path, w.Code, w.Body)
			}
		}
		for _, k := range []string{"judgement", "indicator", "relationship"} {
			for _, e := range sim.Entities(k, "") {
				if id, _ := e["id"].(string); !longID.MatchString(id) {
					t.Errorf("stored %v", e)
				}
			}
		}
	})
}
