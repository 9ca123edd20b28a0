package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	sandbox "tqmap/examples/threatq"
)

// graph is a library with linked objects, behind HTTP.
type graph struct {
	t   testing.TB
	lib *sandbox.Library
	mu  sync.Mutex
	log bytes.Buffer

	asked []string // "METHOD path?query", unescaped
	// before is called with each request; a status other than 0 is the answer.
	before func(request string) int
	// alter changes an answer.
	alter func(request string, answer map[string]any)
}

func newGraph(t testing.TB, o sandbox.Options) *graph {
	o.Now = func() time.Time { return noon }
	lib, err := sandbox.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	g := &graph{t: t, lib: lib}
	g.collection("Main")
	return g
}

func (g *graph) collection(name string) {
	if err := g.lib.Save(context.Background(), sandbox.Collection{Name: name, Tag: name}); err != nil {
		g.t.Fatal(err)
	}
}

// route asks the library itself, without a line in asked.
func (g *graph) route(method, target string, body []byte) (int, []byte) {
	w := httptest.NewRecorder()
	g.lib.Handler().ServeHTTP(w, httptest.NewRequest(method, "/_sandbox"+target, bytes.NewReader(body)))
	return w.Code, w.Body.Bytes()
}

func (g *graph) call(method, path string, body any) map[string]any {
	raw, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	status, got := g.route(method, path, raw)
	var answer map[string]any
	if status > 299 || len(got) > 0 && json.Unmarshal(got, &answer) != nil {
		g.t.Fatalf("%s %s: %d %s", method, path, status, got)
	}
	return answer
}

// put makes objects of a collection, each tagged with the data collections it is in.
func (g *graph) put(collection string, items ...map[string]any) {
	g.call("POST", "/api/"+collection+"/consume", items)
}

func indicator(value string, in ...string) map[string]any {
	return map[string]any{"value": value, "type": "FQDN", "status": "Active", "tags": in}
}

func ofValue(value string) map[string]any { return map[string]any{"value": value} }
func ofName(name string) map[string]any   { return map[string]any{"name": name} }

func anObject(collection string, i int) map[string]any {
	if collection == "adversaries" {
		return ofName(fmt.Sprint(collection, i))
	}
	return ofValue(fmt.Sprint(collection, i))
}

// link links "adversaries 1" with each of others.
func (g *graph) link(one string, others ...string) {
	for _, other := range others {
		collection, id, _ := strings.Cut(other, " ")
		g.call("POST", "/api/"+strings.Replace(one, " ", "/", 1)+"/"+collection, map[string]any{"id": json.Number(id)})
	}
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	text, _ := url.QueryUnescape(r.URL.RequestURI())
	request := r.Method + " " + text
	g.asked = append(g.asked, request)
	if g.before != nil {
		if status := g.before(request); status != 0 {
			http.Error(w, `{"errors":["it does not want to"]}`, status)
			return
		}
	}
	status, answer := g.route(r.Method, r.URL.RequestURI(), body.Bytes())
	if g.alter != nil {
		var parsed map[string]any
		if json.Unmarshal(answer, &parsed) == nil {
			g.alter(request, parsed)
			answer, _ = json.Marshal(parsed)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// read reads the data collection with more in the source's block.
func (g *graph) read(t *testing.T, more string) *took {
	t.Helper()
	g.asked = nil
	r := runOver(t, g, nil, "page_size   = 3", more)
	r.Log = slog.New(slog.NewTextHandler(&g.log, nil))
	return readAll(r, time.Time{})
}

// lines are the records as "indicator h1.example@0: adversary Bear, …".
func (k *took) lines() (out []string) {
	for _, r := range k.records {
		line := fmt.Sprintf("%s %s@%d:", r["object"], r["value"], r["depth"])
		for _, l := range r["related"].([]any) {
			to := l.(map[string]any)
			line += fmt.Sprintf(" %s %s,", to["object"], to["value"])
		}
		out = append(out, strings.TrimSuffix(line, ","))
	}
	return out
}

func (k *took) wantRecords(t *testing.T, what string, want ...string) {
	t.Helper()
	if k.err != nil || len(k.notes) > 0 || !k.whole {
		t.Errorf("%s: error %v, notes %q, whole %t", what, k.err, k.notes, k.whole)
	}
	wantLines(t, what, k.lines(), want)
}

// chain is a b.example linked with an adversary, that with malware and so on, in a circle.
func chain(t testing.TB, o sandbox.Options) *graph {
	g := newGraph(t, o)
	g.put("indicators", indicator("a.example", "Main"), indicator("b.example", "Main"), indicator("c.example"))
	g.put("adversaries", ofName("Bear"))
	g.put("malware", ofValue("Loader"))
	g.put("attack_pattern", ofValue("T1001"))
	g.put("report", ofValue("Paper"), ofValue("Far away"))
	g.link("indicators 2", "adversaries 1")
	g.link("adversaries 1", "malware 1")
	g.link("malware 1", "attack_pattern 1", "indicators 3")
	g.link("attack_pattern 1", "report 1", "indicators 2")
	g.link("report 1", "report 2", "adversaries 1")
	return g
}

func TestRelatedByDepth(t *testing.T) {
	for _, o := range []sandbox.Options{{}, {OldSearch: true}, {OldWith: true}} {
		g := chain(t, o)
		members := []string{"indicator a.example@0:", "indicator b.example@0:"}
		g.read(t, "").wantRecords(t, "none", members...)
		plain := slices.Clone(g.asked)
		g.read(t, "depth = 0").wantRecords(t, "0", members...)
		wantLines(t, "0 asks for nothing else", g.asked, plain)

		members[1] += " adversary Bear, attack_pattern T1001"
		g.read(t, "depth = 1").wantRecords(t, "1", append(members, "attack_pattern T1001@1:", "adversary Bear@1:")...)
		second := []string{"attack_pattern T1001@1: malware Loader, report Paper", "adversary Bear@1: malware Loader, report Paper"}
		g.read(t, "depth = 2").wantRecords(t, "2", slices.Concat(members, second, []string{"malware Loader@2:", "report Paper@2:"})...)
		third := []string{"malware Loader@2: indicator c.example", "report Paper@2: report Far away", "indicator c.example@3:", "report Far away@3:"}
		g.read(t, "depth = 3").wantRecords(t, "3", slices.Concat(members, second, third)...)

		members[1] = "indicator b.example@0: adversary Bear"
		g.read(t, "depth = 3\nrelated = [\"report\", \"adversaries\"]").wantRecords(t, "two types", members[0], members[1],
			"adversary Bear@1: report Paper", "report Paper@2: report Far away", "report Far away@3:")
	}
}

func TestRelatedRecord(t *testing.T) {
	g := newGraph(t, sandbox.Options{})
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g.put("indicators", indicator("a.example", "Main"), map[string]any{"value": "192.0.2.1", "type": "IP Address", "status": "Review", "expires_at": "2026-01-02 03:04:05"})
	g.put("adversaries", map[string]any{"name": "Bear", "created_at": "2026-01-02 03:04:05",
		"sources":    []any{map[string]any{"name": "Feed", "tlp_id": 1}, map[string]any{"name": "Other"}},
		"attributes": []any{map[string]any{"name": "Country", "value": "Nowhere"}}, "tags": []any{"big"}})
	g.put("campaign", map[string]any{"value": "Summer", "description": "<p>hot</p>", "started_at": "2026-01-02 03:04:05"})
	g.link("indicators 1", "adversaries 1", "campaign 1", "indicators 2")
	g.link("adversaries 1", "indicators 2")
	k := g.read(t, "depth = 1")
	k.wantRecords(t, "all", "indicator a.example@0: adversary Bear, campaign Summer, indicator 192.0.2.1", "indicator 192.0.2.1@1: adversary Bear", "adversary Bear@1:", "campaign Summer@1:")
	for i, want := range map[int]map[string]any{
		0: {"object": "indicator", "depth": 0, "adversaries": []any{"Bear"}, "related_adversary_count": 1, "collection": "Main", "related": []any{
			map[string]any{"object": "adversary", "id": 1, "type": nil, "value": "Bear", "created_at": day, "updated_at": noon, "status": nil},
			map[string]any{"object": "campaign", "id": 1, "type": nil, "value": "Summer", "created_at": noon, "updated_at": noon, "status": nil},
			map[string]any{"object": "indicator", "id": 2, "type": "IP Address", "value": "192.0.2.1", "created_at": noon, "updated_at": noon, "status": "Review"},
		}},
		1: {"object": "indicator", "type": "IP Address", "status": "Review", "expires_at": day, "adversaries": []any{"Bear"}, "collection": ""},
		2: {"object": "adversary", "name": "Bear", "value": "Bear", "type": "", "status": "", "created_at": day, "tags": []any{"big"}, "related_malware_count": nil,
			"sources":    []any{map[string]any{"name": "Feed", "tlp": "RED"}, map[string]any{"name": "Other", "tlp": nil}},
			"attributes": []any{map[string]any{"name": "Country", "value": "Nowhere", "created_at": noon, "updated_at": noon}}},
		3: {"object": "campaign", "value": "Summer", "name": nil, "description": "<p>hot</p>", "started_at": day, "ended_at": nil, "adversaries": []any{}, "score": nil},
	} {
		for name, v := range want {
			if diff := difference(v, k.records[i][name]); diff != "" {
				t.Errorf("record %d: %s\n%s", i, name, diff)
			}
		}
		if got, want := len(k.records[i]), len(collectedShape().Fields); got != want {
			t.Errorf("record %d has %d fields, want %d", i, got, want)
		}
	}
}

// Diamonds, links of members among themselves, members that are met as related ones first,
// objects of two collections, and links of an object with itself.
func TestRelatedOnce(t *testing.T) {
	g := newGraph(t, sandbox.Options{})
	g.collection("More")
	g.put("indicators", indicator("a.example", "Main", "More"), indicator("b.example", "Main"), indicator("c.example"), indicator("d.example", "Main"), indicator("e.example", "More"))
	g.put("malware", ofValue("Left"), ofValue("Right"))
	g.put("tool", ofValue("Bottom"))
	g.link("indicators 1", "malware 1", "malware 2", "indicators 4", "indicators 5")
	g.link("tool 1", "malware 1", "malware 2")
	g.link("malware 1", "malware 2", "indicators 5")
	g.alter = func(request string, answer map[string]any) {
		if strings.HasPrefix(request, "GET /api/malware") {
			for _, row := range answer["data"].([]any) {
				o := row.(map[string]any)
				if list, ok := o["malware"].([]any); ok {
					o["malware"] = append(list, map[string]any{"id": o["id"], "value": o["value"]})
				}
			}
		}
	}
	k := readAll(runOver(t, g, map[string]string{"collections": "Main, More"}, "page_size   = 3", "page_size = 1\ndepth = 2"), time.Time{})
	k.wantRecords(t, "with indicators",
		"indicator a.example@0: indicator d.example, indicator e.example, malware Left, malware Right", "indicator b.example@0:",
		"indicator d.example@0: indicator a.example", "indicator e.example@0: indicator a.example, malware Left",
		"malware Left@1: malware Right, tool Bottom", "malware Right@1: malware Left, tool Bottom", "tool Bottom@2:")
	// Indicators are not followed: links of two members are told by the one read later.
	k = readAll(runOver(t, g, map[string]string{"collections": "Main, More"}, "page_size   = 3", "page_size = 1\ndepth = 1\nrelated = [\"tool\", \"malware\"]"), time.Time{})
	k.wantRecords(t, "without", "indicator a.example@0: malware Left, malware Right", "indicator b.example@0:",
		"indicator d.example@0: indicator a.example", "indicator e.example@0: indicator a.example, malware Left", "malware Left@1: malware Right", "malware Right@1: malware Left")
}

// An object has more links than the platform gives at once.
func TestRelatedByThePage(t *testing.T) {
	g := newGraph(t, sandbox.Options{})
	const n = 2500
	items := []map[string]any{indicator("first.example", "Main")}
	for i := range n {
		items = append(items, indicator(fmt.Sprintf("h%d.example", i)))
	}
	g.put("adversaries", ofName("Bear"))
	for _, item := range items {
		item["adversaries"] = []any{map[string]any{"id": 1}}
	}
	g.put("indicators", items...)
	g.alter = func(request string, answer map[string]any) {
		if rows, ok := answer["data"].([]any); ok && strings.HasPrefix(request, "GET /api/adversaries?") {
			for _, row := range rows {
				o := row.(map[string]any)
				if list, ok := o["indicators"].([]any); ok {
					o["indicators"] = list[:min(len(list), 1000)]
				}
			}
		}
	}
	k := g.read(t, "depth = 2")
	if k.err != nil || len(k.records) != n+2 || len(k.records[1]["related"].([]any)) != n {
		t.Errorf("%v: %d records", k.err, len(k.records))
	}
	if pages := strings.Count(strings.Join(g.asked, "\n"), "GET /api/adversaries/1/indicators?limit=1000"); pages != 3 {
		t.Errorf("%d pages of links", pages)
	}
	// From the other end: all of them lead to the adversary, so it is not asked for all at once.
	g.call("POST", "/api/search/query", map[string]any{"name": "Everything", "json": map[string]any{"api_query": map[string]any{"criteria": map[string]any{}, "filters": map[string]any{}}}})
	g.asked = nil
	k = readAll(runOver(t, g, map[string]string{"collections": "Everything"}, "page_size   = 3", "page_size = 1000\ndepth = 2"), time.Time{})
	if k.err != nil || len(k.records) != n+2 || len(k.records[n+1]["related"].([]any)) != 0 {
		t.Errorf("%v: %d records", k.err, len(k.records))
	}
	if i := slices.IndexFunc(g.asked, func(r string) bool {
		return strings.HasPrefix(r, "GET /api/adversaries?") && strings.Contains(r, "indicators")
	}); i >= 0 {
		t.Error(g.asked[i])
	}
}

// What goes while it is read is left out; what the platform holds back is not taken for gone.
func TestRelatedVanishes(t *testing.T) {
	g := chain(t, sandbox.Options{})
	g.before = func(request string) int {
		if strings.HasPrefix(request, "GET /api/adversaries?") {
			g.route("DELETE", "/api/adversaries/1", nil)
		}
		return 0
	}
	g.read(t, "depth = 3\nrelated = [\"adversaries\", \"attack_pattern\"]").wantRecords(t, "deleted", "indicator a.example@0:",
		"indicator b.example@0: adversary Bear, attack_pattern T1001", "attack_pattern T1001@1:")
	if log := g.log.String(); strings.Count(log, "left out") != 1 || !strings.Contains(log, "object=adversary id=1") {
		t.Error(log)
	}
	for what, answer := range map[string]func(request string, answer map[string]any){
		"no rows": func(r string, a map[string]any) {
			if strings.HasPrefix(r, "GET /api/attack_pattern?") {
				a["data"] = []any{}
			}
		},
		"no answer": func(r string, a map[string]any) {
			if strings.HasPrefix(r, "GET /api/attack_pattern?") {
				clear(a)
			}
		},
	} {
		g := chain(t, sandbox.Options{})
		g.alter = answer
		k := g.read(t, "depth = 1")
		if k.err == nil || k.whole || !strings.Contains(k.err.Error(), "related objects (attack_pattern)") || len(k.records) != 2 {
			t.Errorf("%s: %v, whole %t, %d records", what, k.err, k.whole, len(k.records))
		}
	}
}

func TestRelatedFails(t *testing.T) {
	for _, path := range []string{"GET /api/objects", "GET /api/indicators?", "GET /api/adversaries?", "GET /api/report?", "GET /api/indicator/types"} {
		for _, status := range []int{500, 403, 404, 503} {
			g := chain(t, sandbox.Options{})
			g.before = func(request string) int {
				if strings.HasPrefix(request, path) {
					return status
				}
				return 0
			}
			k := g.read(t, "depth = 3")
			if path == "GET /api/objects" && status == 404 {
				if k.err != nil || !k.whole {
					t.Errorf("%s %d: %v", path, status, k.err)
				}
				continue
			}
			if k.err == nil || k.whole {
				t.Errorf("%s %d: %v, whole %t", path, status, k.err, k.whole)
			}
		}
	}
}

// Versions that take no names with an underscore, in whatever spelling, or no names at all.
func TestRelatedOneByOne(t *testing.T) {
	for _, tc := range []struct {
		refused func(with string) bool
		asks    string // is asked for
	}{
		{func(with string) bool { return strings.Contains(with, "_") }, "attackPattern"},
		{func(with string) bool { return strings.Contains(with, "attack") }, "GET /api/indicators/2/attack_pattern?"},
		{func(with string) bool { return strings.Contains(with, "report") }, "GET /api/malware/1/report?"},
	} {
		g := chain(t, sandbox.Options{})
		want := g.read(t, "depth = 3").lines()
		g.before = func(request string) int {
			if _, with, ok := strings.Cut(request, "with="); ok && tc.refused(with) {
				return 500
			}
			return 0
		}
		g.read(t, "depth = 3").wantRecords(t, tc.asks, want...)
		if !strings.Contains(strings.Join(g.asked, "\n"), tc.asks) {
			t.Errorf("%s: %q", tc.asks, g.asked)
		}
	}
}

// An object type that the platform does not have is not asked for.
func TestRelatedTypesOfThePlatform(t *testing.T) {
	g := chain(t, sandbox.Options{})
	g.alter = func(request string, answer map[string]any) {
		if strings.HasPrefix(request, "GET /api/objects") {
			answer["data"] = slices.DeleteFunc(answer["data"].([]any), func(row any) bool { return row.(map[string]any)["name"] == "attack_pattern" })
			answer["total"] = len(answer["data"].([]any))
		}
	}
	k := g.read(t, "depth = 1")
	k.wantRecords(t, "without", "indicator a.example@0:", "indicator b.example@0: adversary Bear", "adversary Bear@1:")
	for _, request := range g.asked {
		if strings.HasPrefix(request, "GET ") && strings.Contains(request, "attack_pattern") {
			t.Error(request)
		}
	}
	if !strings.Contains(g.log.String(), "objects=attack_pattern") {
		t.Error(g.log.String())
	}
	g.alter = func(request string, answer map[string]any) {
		if strings.HasPrefix(request, "GET /api/objects") {
			clear(answer) // this account may not read it
		}
	}
	if k := g.read(t, "depth = 1"); k.err != nil || len(k.records) != 4 {
		t.Errorf("%v %q", k.err, k.lines())
	}
}

func TestRelatedTakesFewRequests(t *testing.T) {
	g := newGraph(t, sandbox.Options{})
	const n = 5000
	var items []map[string]any
	for i := range n {
		item := indicator(fmt.Sprintf("h%d.example", i), "Main")
		item["adversaries"], item["malware"] = []any{map[string]any{"id": i + 1}}, []any{map[string]any{"id": (i*7)%n + 1}}
		items = append(items, item)
	}
	for _, collection := range []string{"adversaries", "malware"} {
		var others []map[string]any
		for i := range n {
			others = append(others, anObject(collection, i))
		}
		g.put(collection, others...)
	}
	g.put("indicators", items...)
	for depth, most := range map[int]int{0: 7, 1: 120} {
		k := g.read(t, fmt.Sprintf("page_size = 1000\ndepth = %d", depth))
		want := n
		if depth > 0 {
			want = 3 * n
		}
		if k.err != nil || len(k.records) != want || !k.whole {
			t.Fatalf("%v: %d records", k.err, len(k.records))
		}
		t.Logf("depth %d: %d requests for %d records", depth, len(g.asked), len(k.records))
		if len(g.asked) > most {
			t.Errorf("depth %d: %d requests, want %d at most", depth, len(g.asked), most)
		}
		for _, request := range g.asked {
			if len(url.QueryEscape(request)) > 2500 {
				t.Fatalf("an address of %d bytes", len(request))
			}
		}
	}
}

// The set of records is what a search in breadth finds, and each link between them is told.
func TestRelatedOfAnyGraph(t *testing.T) {
	kinds := map[string]string{"indicator": "indicators", "adversary": "adversaries", "malware": "malware", "attack_pattern": "attack_pattern"}
	codes := []string{"indicator", "adversary", "malware", "attack_pattern"}
	rapid.Check(t, func(rt *rapid.T) {
		g := newGraph(t, sandbox.Options{OldSearch: rapid.Bool().Draw(rt, "old")})
		defer g.lib.Close()
		g.collection("More")
		type node struct {
			code string
			id   int
		}
		var nodes []node
		level := map[node]int{}
		for _, code := range codes {
			for i := range rapid.IntRange(0, 4).Draw(rt, code) {
				u := node{code, i + 1}
				nodes = append(nodes, u)
				item := anObject(kinds[code], i)
				if code == "indicator" {
					in := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"Main", "More"}), rapid.ID[string]).Draw(rt, "in")
					if item = indicator(fmt.Sprint("h", i, ".example"), in...); len(in) > 0 {
						level[u] = 0
					}
				}
				g.put(kinds[code], item)
			}
		}
		links := map[node][]node{}
		for i, u := range nodes {
			for _, v := range nodes[:i] {
				if rapid.IntRange(0, 3).Draw(rt, "link") == 0 {
					links[u], links[v] = append(links[u], v), append(links[v], u)
					g.link(fmt.Sprint(kinds[u.code], " ", u.id), fmt.Sprint(kinds[v.code], " ", v.id))
				}
			}
		}
		depth := rapid.IntRange(0, maxDepth).Draw(rt, "depth")
		follow := rapid.SliceOfDistinct(rapid.SampledFrom(codes), rapid.ID[string]).Draw(rt, "related")
		for step := range depth {
			for u, at := range level {
				for _, v := range links[u] {
					if _, met := level[v]; at == step && !met && slices.Contains(follow, v.code) {
						level[v] = step + 1
					}
				}
			}
		}

		names, _ := json.Marshal(follow)
		if follow == nil {
			names = []byte("[]")
		}
		more := fmt.Sprintf("page_size = %d\ndepth = %d\nrelated = %s", rapid.IntRange(1, 5).Draw(rt, "page"), depth, names)
		k := readAll(runOver(t, g, map[string]string{"collections": "More, Main"}, "page_size   = 3", more), time.Time{})
		if k.err != nil || !k.whole {
			rt.Fatalf("%v, whole %t", k.err, k.whole)
		}
		got, told, before := map[node]int{}, map[[2]node]bool{}, 0
		for _, r := range k.records {
			u := node{r["object"].(string), r["id"].(int)}
			if _, again := got[u]; again || r["depth"].(int) < before {
				rt.Fatalf("%v comes twice or late: %q", u, k.lines())
			}
			before = r["depth"].(int)
			got[u] = before
			for _, l := range r["related"].([]any) {
				v := node{l.(map[string]any)["object"].(string), l.(map[string]any)["id"].(int)}
				if _, there := level[v]; !there || !slices.Contains(links[u], v) || told[[2]node{u, v}] {
					rt.Errorf("%v tells of %v", u, v)
				}
				told[[2]node{u, v}] = true
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(level) {
			rt.Errorf("got %v\nwant %v", got, level)
		}
		for u := range level {
			for _, v := range links[u] {
				if _, there := level[v]; there && depth > 0 && !told[[2]node{u, v}] && !told[[2]node{v, u}] {
					rt.Errorf("nobody tells that %v and %v are linked: %q", u, v, k.lines())
				}
			}
		}
	})
}

func TestDepthIsChecked(t *testing.T) {
	for _, tc := range []struct{ new, says string }{
		{"depth = 4", "15: Depth out of range"},
		{"depth = -1", "15: Depth out of range"},
		{"depth = 1.5", "15: Whole number expected"},
		{"depth = 3", ""},
		{"related = [\"Malware\"]", "15: Bad object type"},
		{"related = [\"malware\", \"x_own\"]", ""},
		{"depth = 1\nwindow {\n cursor = expr(\"indicator.touched_at\")\n}", "15: Not with a window"},
	} {
		b := &bench{t: t, text: collectionsText}
		b.edit("page_size   = 3", tc.new)
		_, diags := loadFiles(b.text, nil)
		var got []string
		for _, d := range diags {
			if d.Summary != "Never used" {
				got = append(got, fmt.Sprintf("%d: %s", d.Subject.Start.Line, d.Summary))
			}
		}
		if strings.Join(got, "; ") != tc.says {
			t.Errorf("%s: %q, want %q", tc.new, got, tc.says)
		}
	}
	s := newStock(t, 1)
	k := s.collect(time.Time{}, map[string]string{"depth": "7"}, "page_size   = 3", "depth = param.depth", `param "since"`, "param \"depth\" {\n type = number\n}\nparam \"since\"")
	if k.err == nil || !strings.Contains(k.err.Error(), "Depth out of range") || !strings.Contains(k.err.Error(), ":18") {
		t.Error(k.err)
	}
}
