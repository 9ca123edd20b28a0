package threatq

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// The stock hangs together, in circles, and no indicator is touched by that.
func TestStockRelations(t *testing.T) {
	b := start(t, Options{})
	if err := b.lib.Stock(context.Background(), 500); err != nil {
		t.Fatal(err)
	}
	counts, err := b.lib.Counts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want(t, map[string]any{"counts": fmt.Sprint(counts)}, "map[adversaries:4 attack_pattern:5 campaign:3 course_of_action:2 identity:2 indicators:500 intrusion_set:2 malware:6 report:4 tool:3 vulnerability:3]", "counts")
	first := b.do(200, "POST", "/api/indicators/query?limit=1&sort=id", `{"fields":["value","related_malware_count","related_adversary_count","related_event_count"]}`)
	want(t, first, 1.0, "data", 0, "related_malware_count")
	want(t, first, 1.0, "data", 0, "related_adversary_count")
	want(t, first, 0.0, "data", 0, "related_event_count")
	around := "/api/adversaries?name=Paper%20Heron&with=malware,tool,sources"
	want(t, b.do(200, "GET", around, nil), "SandLoader", "data", 0, "malware", 0, "value")
	want(t, b.do(200, "GET", around, nil), "Sandbox Reports", "data", 0, "sources", 0, "name")
	for _, o := range b.do(200, "GET", "/api/malware?with=tool,malware,indicators,attackPattern", nil)["data"].([]any) {
		row := o.(map[string]any)
		for _, kind := range []string{"tool", "malware", "indicators", "attackPattern"} {
			if list, _ := row[kind].([]any); len(list) == 0 {
				t.Errorf("%s has no %s", row["value"], kind)
			}
		}
	}
	touched := b.do(200, "POST", "/api/indicators/query?limit=1000", `{"criteria":{"touched_at":{"+gte":"NOW-100 seconds"}}}`)
	want(t, touched, 100.0, "total")
}

// A list reads the links of a page at once; it gives what each object gives alone.
func TestListWithLinks(t *testing.T) {
	b := start(t, Options{})
	if err := b.lib.Stock(context.Background(), 100); err != nil {
		t.Fatal(err)
	}
	const with = "with=attributes.sources,sources,tags,type,status,score,adversaries,malware,attack_pattern,indicators"
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprint(i+1))
	}
	list := b.do(200, "GET", "/api/indicators?sort=id&id="+strings.Join(ids, ",")+",999&"+with, nil)
	want(t, list, 30.0, "total")
	for i, o := range list["data"].([]any) {
		alone := b.do(200, "GET", fmt.Sprintf("/api/indicators?id=%d&%s", i+1, with), nil)["data"].([]any)[0]
		if fmt.Sprint(o) != fmt.Sprint(alone) {
			t.Errorf("in a list %v\nalone %v", o, alone)
		}
	}
	b.do(400, "GET", "/api/indicators?id=1,x", nil)
}

func TestOldWith(t *testing.T) {
	b := start(t, Options{OldWith: true})
	if err := b.lib.Stock(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	b.do(500, "GET", "/api/indicators?with=attack_pattern", nil)
	want(t, b.do(200, "GET", "/api/indicators?with=attackPattern", nil), "T1001 - Sand Obfuscation", "data", 0, "attackPattern", 0, "value")
	want(t, b.do(200, "GET", "/api/indicators/1/attack_pattern", nil), 1.0, "total")
}
