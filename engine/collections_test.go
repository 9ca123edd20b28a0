package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/dsl"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

const collectionsText = `
connector "feed" {
  title  = "Feed"
  source = "Feed"
}
param "collections" {
  type    = string
  default = "Main"
}
param "since" { type = time }
client "api" { base_url = "https://api.example.test" }
flow "out" {
  source "threatq" {
    collections = [for name in split(",", param.collections) : trimspace(name)]
    page_size   = 3
  }
  record "indicator" {
    key = expr("string(indicator.id)")
  }
  sink "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/block"
      json   = { value = expr("indicator.value") }
    }
  }
}
`

// stock is the search of a ThreatQ over HTTP: objects in data collections, which a test
// changes between pages.
type stock struct {
	t     *testing.T
	rows  []*stocked
	saved map[string]string // definition by name
	order []string          // the names as they are listed

	most     int           // rows of a page; 0: any
	total    func(int) any // what is told as total; nil: the truth, its nil: nothing
	hide     int           // no rows from this offset on; 0: none
	mark     func(string) string
	during   func(page int)
	searches []url.Values
	bodies   []map[string]any
	given    []int // rows of each page
}

type stocked struct {
	id      int
	in      []string
	touched time.Time
	more    map[string]any
}

func newStock(t *testing.T, n int) *stock {
	s := &stock{t: t, saved: map[string]string{}}
	s.collection("Main")
	for i := range n {
		s.put(i+1, "Main")
	}
	return s
}

func (s *stock) collection(name string) {
	s.order = append(s.order, name)
	s.saved[name] = fmt.Sprintf(`{"api_query":{"criteria":{},"filters":{"+and":[{"tags":%q}]}}}`, name)
}

func (s *stock) put(id int, in ...string) *stocked {
	o := &stocked{id: id, in: in, touched: noon.Add(time.Duration(-id) * time.Minute), more: map[string]any{}}
	s.rows = append(s.rows, o)
	return o
}

func (s *stock) at(id int) *stocked {
	return s.rows[slices.IndexFunc(s.rows, func(o *stocked) bool { return o.id == id })]
}

func (s *stock) take(ids ...int) {
	for _, id := range ids {
		s.at(id).in = nil
	}
}

func (s *stock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/search/query" {
		rows := []any{}
		for i, name := range s.order {
			rows = append(rows, map[string]any{"id": i + 1, "name": name, "json": json.RawMessage(s.saved[name])})
		}
		s.answer(w, map[string]any{"total": len(rows), "data": rows})
		return
	}
	if r.Method != "POST" || r.URL.Path != "/api/indicators/query" {
		http.Error(w, `{"errors":["no such route"]}`, 404)
		return
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Error(err)
	}
	q := r.URL.Query()
	s.searches, s.bodies = append(s.searches, q), append(s.bodies, body)
	s.search(w, q, body)
	if s.during != nil {
		s.during(len(s.searches))
	}
}

func (s *stock) search(w http.ResponseWriter, q url.Values, body map[string]any) {
	found := s.found(body)
	column := strings.TrimPrefix(strings.Split(q.Get("sort"), ",")[0], "-")
	slices.SortStableFunc(found, func(a, b *stocked) int {
		order := cmp.Compare(a.id, b.id)
		if column == "touched_at" {
			order = cmp.Or(a.touched.Compare(b.touched), order)
		}
		if strings.HasPrefix(q.Get("sort"), "-") {
			order = -order
		}
		return order
	})
	out := map[string]any{"total": len(found)}
	if s.total != nil {
		if out["total"] = s.total(len(found)); out["total"] == nil {
			delete(out, "total")
		}
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	if mark := q.Get("cursorMark"); mark != "" {
		offset, _ = strconv.Atoi(mark)
		found = slices.DeleteFunc(found, func(o *stocked) bool { return o.id <= offset })
		offset = 0
		out["nextCursorMark"] = mark
	}
	if s.most > 0 {
		limit = min(limit, s.most)
	}
	page := found[min(offset, len(found)):min(offset+limit, len(found))]
	if s.hide > 0 {
		page = page[:max(0, min(len(page), s.hide-offset))]
	}
	rows := []any{}
	for _, o := range page {
		rows = append(rows, o.row())
		if out["nextCursorMark"] != nil {
			out["nextCursorMark"] = strconv.Itoa(o.id)
		}
	}
	if mark, ok := out["nextCursorMark"].(string); ok && s.mark != nil {
		if out["nextCursorMark"] = s.mark(mark); out["nextCursorMark"] == "" {
			delete(out, "nextCursorMark")
		}
	}
	s.given = append(s.given, len(rows))
	out["data"] = rows
	s.answer(w, out)
}

// found are the objects with the tag, and the touch, that the query asks for.
func (s *stock) found(body map[string]any) (out []*stocked) {
	all := body["filters"].(map[string]any)["+and"].([]any)
	tag := all[0].(map[string]any)["tags"].(string)
	since := time.Time{}
	for _, more := range all[1:] {
		at, err := time.Parse(time.DateTime, more.(map[string]any)["touched_at"].(map[string]any)["+gte"].(string))
		if err != nil {
			s.t.Error(err)
		}
		since = later(since, at)
	}
	for _, o := range s.rows {
		if slices.Contains(o.in, tag) && !o.touched.Before(since) {
			out = append(out, o)
		}
	}
	return out
}

func (o *stocked) row() map[string]any {
	row := map[string]any{
		"id": o.id, "value": fmt.Sprintf("h%d.example", o.id), "type": "FQDN", "status": "Active",
		"touched_at": o.touched.Format(time.DateTime), "adversaries": []any{},
	}
	for name, v := range o.more {
		row[name] = v
	}
	return row
}

func (s *stock) answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.t.Error(err)
	}
}

// took is what a reading of a collection gave.
type took struct {
	ids     []int
	records []map[string]any
	notes   []string
	hints   []string
	whole   bool
	err     error
}

func (k *took) sorted() []int { return slices.Sorted(slices.Values(k.ids)) }

// collect reads the source of the mapping, changed by edits, from start on.
func (s *stock) collect(start time.Time, given map[string]string, edits ...string) *took {
	s.t.Helper()
	return readAll(s.newRun(given, edits...), start)
}

func readAll(r *Run, start time.Time) *took {
	src, err := r.source(context.Background(), r.Bound.Flows[0], &FlowReport{})
	if err != nil {
		return &took{err: err}
	}
	k := &took{}
	k.err = src.read(context.Background(), Window{Span: Span{Start: start, End: noon}}, func(b *batch) error {
		for _, record := range b.records {
			fields := record.(map[string]any)
			k.records, k.ids = append(k.records, fields), append(k.ids, fields["id"].(int))
		}
		if b.note != nil {
			k.notes = append(k.notes, b.note.Error())
		}
		if b.hint != "" {
			k.hints = append(k.hints, b.hint)
		}
		return nil
	})
	k.whole = src.(interface{ whole() bool }).whole()
	return k
}

func (s *stock) newRun(given map[string]string, edits ...string) *Run {
	s.t.Helper()
	return runOver(s.t, s, given, edits...)
}

// runOver is a run of the mapping, changed by edits, with a ThreatQ.
func runOver(t *testing.T, platform http.Handler, given map[string]string, edits ...string) *Run {
	t.Helper()
	server := httptest.NewServer(platform)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, text: collectionsText}
	b.edit(edits...)
	params := map[string]dsl.Given{}
	for name, value := range given {
		params[name] = dsl.Text(value, "test")
	}
	bound, errs := load(t, b.text).Bind(params, noon)
	if len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	client := threatq.NewClient(request.New(request.Config{BaseURL: base, Retries: request.NoRetries}), threatq.Options{})
	return &Run{Bound: bound, Platform: client, State: &memory{}, Log: slog.New(slog.DiscardHandler)}
}

func oneTo(n int) (out []int) {
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

func (k *took) want(t *testing.T, what string, ids []int, whole bool, notes ...string) {
	t.Helper()
	if k.err != nil {
		t.Errorf("%s: %v", what, k.err)
	}
	if !slices.Equal(k.sorted(), ids) {
		t.Errorf("%s: objects %v, want %v, each once", what, k.ids, ids)
	}
	if k.whole != whole {
		t.Errorf("%s: whole is %t", what, k.whole)
	}
	for i := range max(len(notes), len(k.notes)) {
		if i >= len(notes) || i >= len(k.notes) || !strings.Contains(k.notes[i], notes[i]) {
			t.Errorf("%s: notes %q, want %q", what, k.notes, notes)
			return
		}
	}
}

func TestCollectionIsRead(t *testing.T) {
	for _, paging := range []string{"offset", "cursor"} {
		for n := range 8 { // pages of three
			s := newStock(t, n)
			k := s.collect(time.Time{}, nil, "page_size   = 3", "page_size = 3\npaging = \""+paging+"\"")
			k.want(t, fmt.Sprint(paging, " ", n), oneTo(n), true)
			for i, q := range s.searches {
				if q.Get("sort") != "id" || (q.Get("offset") == "") != (paging == "cursor") || (q.Get("cursorMark") == "") != (paging == "offset") {
					t.Errorf("%s: search %d asks for %v", paging, i+1, q)
				}
			}
			if want := max(1, (n+2)/3); paging == "offset" && len(s.searches) != want {
				t.Errorf("%d objects in %d searches, want %d: the total tells the end", n, len(s.searches), want)
			}
		}
	}
	// A server that gives less than it is asked for, one object at a time at worst.
	s := newStock(t, 7)
	s.most = 2
	s.collect(time.Time{}, nil).want(t, "two at a time", oneTo(7), true)
	s = newStock(t, 5)
	s.collect(time.Time{}, nil, "page_size   = 3", "page_size = 1").want(t, "pages of one", oneTo(5), true)
}

func TestCollectionRecord(t *testing.T) {
	s := newStock(t, 0)
	s.put(7, "Main").more = map[string]any{
		"score": 4, "tags": []string{"a"}, "description": "<p>x</p>", "expires_at": "2026-04-01 00:00:00", "published_at": "2026-01-01 00:00:00",
		"created_at": "2026-01-01 00:00:00", "updated_at": "2026-01-02 00:00:00", "adversaries": []any{map[string]any{"id": 1, "name": "Bear"}},
		"sources":                 []any{map[string]any{"name": "Feed", "tlp_id": 1, "tlp_name": "Red"}, map[string]any{"name": "Other"}},
		"attributes":              []any{map[string]any{"name": "Disposition", "value": "Clean", "created_at": "2026-01-01 00:00:00", "updated_at": "2026-01-02 00:00:00"}},
		"related_adversary_count": 1,
	}
	s.put(8, "Main")
	k := s.collect(time.Time{}, nil)
	if len(k.records) != 2 {
		t.Fatalf("%+v", k)
	}
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
	for name, want := range map[string]any{
		"id": 7, "value": "h7.example", "type": "FQDN", "status": "Active", "score": 4, "collection": "Main", "description": "<p>x</p>",
		"expires_at": day(4, 1), "published_at": day(1, 1), "created_at": day(1, 1), "updated_at": day(1, 2), "touched_at": noon.Add(-7 * time.Minute),
		"tags": []any{"a"}, "adversaries": []any{"Bear"}, "related_adversary_count": 1, "related_event_count": nil, "title": nil,
		"sources":    []any{map[string]any{"name": "Feed", "tlp": "RED"}, map[string]any{"name": "Other", "tlp": nil}},
		"attributes": []any{map[string]any{"name": "Disposition", "value": "Clean", "created_at": day(1, 1), "updated_at": day(1, 2)}},
	} {
		if diff := difference(want, k.records[0][name]); diff != "" {
			t.Errorf("%s\n%s", name, diff)
		}
	}
	for name, want := range map[string]any{"score": nil, "expires_at": nil, "tags": []any{}, "sources": []any{}, "attributes": []any{}, "description": ""} {
		if diff := difference(want, k.records[1][name]); diff != "" {
			t.Errorf("left out %s\n%s", name, diff)
		}
	}
	shape := collectedShape()
	for name := range k.records[0] {
		if _, ok := shape.Fields[name]; !ok {
			t.Errorf("%s is not in the shape", name)
		}
	}
	for name := range shape.Fields {
		if _, ok := k.records[0][name]; !ok {
			t.Errorf("%s is not in the record", name)
		}
	}
	if got := fmt.Sprint(s.bodies[0]["fields"]); !strings.HasPrefix(got, "[id value type status score ") {
		t.Errorf("fields %s", got)
	}
	k = s.collect(time.Time{}, nil, "page_size   = 3", `fields = ["value", "related_adversary_count"]`)
	if got := fmt.Sprint(s.bodies[len(s.bodies)-1]["fields"]); got != "[id touched_at value related_adversary_count]" || len(k.ids) != 2 {
		t.Errorf("fields %s", got)
	}
}

// Objects of several collections come once, from the first that has them.
func TestSeveralCollections(t *testing.T) {
	s := newStock(t, 4)
	s.collection("More")
	s.collection("Same")
	s.put(5, "More", "Main")
	s.put(6, "More")
	s.at(2).in = []string{"Main", "More"}
	for _, o := range s.rows {
		o.in = append(o.in, "Same")
	}
	k := s.collect(time.Time{}, map[string]string{"collections": " More, ,Main ,More, Same"})
	k.want(t, "three", oneTo(6), true)
	var from []string
	for _, r := range k.records {
		from = append(from, fmt.Sprint(r["id"], " ", r["collection"]))
	}
	wantLines(t, "found in", from, []string{"2 More", "5 More", "6 More", "1 Main", "3 Main", "4 Main"})
}

func TestMissingCollection(t *testing.T) {
	s := newStock(t, 4)
	k := s.collect(time.Time{}, map[string]string{"collections": "main, Main, Nothing"})
	k.want(t, "one of three", oneTo(4), false, `"main" (did you mean "Main"?)`, `"Nothing"`)
	k = s.collect(time.Time{}, map[string]string{"collections": "main, Nothing"})
	var missing *threatq.NoCollectionError
	if !errors.As(k.err, &missing) || !strings.Contains(k.err.Error(), `"main"`) || !strings.Contains(k.err.Error(), `"Nothing"`) || k.whole {
		t.Errorf("%v, whole %t", k.err, k.whole)
	}
}

// Objects that leave, come or change while they are read: what stays is never missed.
func TestCollectionChangesWhileReading(t *testing.T) {
	type change func(s *stock)
	for _, tc := range []struct {
		name   string
		sort   string
		change change
		want   []int // that must come at least
	}{
		{"two before the page leave", "id", func(s *stock) { s.take(1, 2) }, []int{3, 4, 5, 6, 7, 8, 9}},
		{"the last of the page leaves", "id", func(s *stock) { s.take(3) }, []int{4, 5, 6, 7, 8, 9}},
		{"one behind the page leaves", "id", func(s *stock) { s.take(8) }, []int{1, 2, 3, 4, 5, 6, 7, 9}},
		{"one leaves and one comes behind: the total stays", "id", func(s *stock) { s.take(2); s.put(10, "Main") }, []int{3, 4, 5, 6, 7, 8, 9, 10}},
		{"all of the page leave and as many come", "id", func(s *stock) { s.take(1, 2, 3); s.put(10, "Main"); s.put(11, "Main"); s.put(12, "Main") }, []int{4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{"one comes before the page", "id", func(s *stock) { s.put(0, "Main").id = -1 }, oneTo(9)},
		{"all leave", "id", func(s *stock) { s.take(oneTo(9)...) }, []int{1, 2, 3}},
		{"one not read yet is touched", "-touched_at,-id", func(s *stock) { s.at(8).touched = noon }, oneTo(9)},
		{"two not read yet are touched, one of the page leaves", "-touched_at,-id", func(s *stock) { s.at(8).touched = noon; s.at(9).touched = noon; s.take(1) }, oneTo(9)},
		{"one that was read is touched", "touched_at,id", func(s *stock) { s.at(9).touched = noon }, oneTo(9)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStock(t, 9)
			s.during = func(page int) {
				if page == 1 {
					tc.change(s)
				}
			}
			k := s.collect(time.Time{}, nil, "page_size   = 3", fmt.Sprintf("page_size = 3\nsort = %q", tc.sort))
			if k.err != nil || len(k.notes) > 0 {
				t.Fatalf("%v %v", k.err, k.notes)
			}
			got := k.sorted()
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("some come twice: %v", got)
			}
			for _, id := range tc.want {
				if !slices.Contains(got, id) {
					t.Errorf("%d is missing of %v", id, got)
				}
			}
		})
	}
}

// Whatever happens between the pages: what is in the collection all the time comes, and once;
// in an order that changes do not disturb it always does, in another one it is told if not.
func TestCollectionChangesAtRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 25).Draw(rt, "objects")
		s := newStock(t, n)
		stays, next := map[int]bool{}, n
		for _, id := range oneTo(n) {
			stays[id] = true
		}
		changes := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 4*40), 0, 3), 30, 30).Draw(rt, "changes behind each page")
		s.during = func(page int) {
			if page > len(changes) {
				return
			}
			for _, change := range changes[page-1] {
				what, o := change%4, s.rows[:0]
				if len(s.rows) > 0 {
					o = s.rows[change/4%len(s.rows):]
				}
				switch {
				case what == 0:
					next++
					s.put(next, "Main").touched = noon.Add(time.Duration(page) * time.Second)
				case len(o) == 0:
				case what == 1:
					o[0].in, stays[o[0].id] = nil, false
				case what == 2:
					o[0].in = []string{"Main"} // back again, or there already
				default:
					o[0].touched = noon.Add(time.Duration(page) * time.Second)
				}
			}
		}
		sort := rapid.SampledFrom([]string{"id", "-id", "-touched_at,-id", "touched_at,id"}).Draw(rt, "sort")
		k := s.collect(time.Time{}, nil, "page_size   = 3", fmt.Sprintf("page_size = %d\nsort = %q", rapid.IntRange(1, 5).Draw(rt, "size"), sort))
		if k.err != nil {
			rt.Fatal(k.err)
		}
		if got := k.sorted(); len(slices.Compact(slices.Clone(got))) != len(got) {
			rt.Fatalf("some come twice: %v", got)
		}
		for id := range stays {
			if stays[id] && !slices.Contains(k.ids, id) && (strings.HasSuffix(sort, "id") && !strings.Contains(sort, ",") || k.whole) {
				rt.Fatalf("sorted by %s, %d is missing of %v; whole %t, notes %q", sort, id, k.ids, k.whole, k.notes)
			}
		}
	})
}

// Every page something leaves: it still comes to an end, with all that stays.
func TestCollectionThatShrinks(t *testing.T) {
	s := newStock(t, 60)
	s.during = func(page int) {
		if page <= 20 {
			s.take(page)
		}
	}
	k := s.collect(time.Time{}, nil)
	if k.err != nil {
		t.Fatal(k.err)
	}
	for id := 21; id <= 60; id++ {
		if !slices.Contains(k.ids, id) {
			t.Errorf("%d is missing", id)
		}
	}
}

func TestCollectionHeldBack(t *testing.T) {
	hidden := func(s *stock) { s.hide = 4 }
	repeated := func(s *stock) { s.mark = func(m string) string { return "*" } }
	for _, tc := range []struct {
		name   string
		paging string
		change func(s *stock)
		ids    []int
		whole  bool
		notes  []string
	}{
		{"U18 an empty page before the total", "offset", hidden, oneTo(4), false, []string{"at offset 4 came back empty although the server says there are 7 records"}},
		{"U18 an empty first page", "offset", func(s *stock) { s.total = func(int) any { return 5 }; s.rows = nil }, nil, false, []string{"at offset 0 came back empty"}},
		{"no total", "offset", func(s *stock) { s.total = func(int) any { return nil } }, oneTo(7), false, nil},
		{"a total too small", "offset", func(s *stock) { s.total = func(int) any { return 2 } }, oneTo(7), true, nil},
		{"a total too large", "offset", func(s *stock) { s.total = func(int) any { return 70 } }, oneTo(7), false, []string{"there are 70 records"}},
		{"marks that stop early", "cursor", func(s *stock) { s.mark = func(m string) string { return map[bool]string{true: m}[m < "6"] } }, oneTo(6), false, []string{"it has 7 objects and gave 6"}},
		{"no mark at all", "cursor", func(s *stock) { s.mark = func(string) string { return "" } }, oneTo(3), false, []string{"it has 7 objects and gave 3"}},
		{"P21 marks that lead back", "cursor", repeated, oneTo(3), false, []string{"it has 7 objects and gave 3"}},
		{"no total with marks", "cursor", func(s *stock) { s.total = func(int) any { return nil } }, oneTo(7), false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStock(t, 7)
			tc.change(s)
			k := s.collect(time.Time{}, nil, "page_size   = 3", "page_size = 3\npaging = \""+tc.paging+"\"")
			k.want(t, tc.name, tc.ids, tc.whole, tc.notes...)
			if tc.paging == "offset" { // what is looked at twice does not make up for it
				again := s.collect(time.Time{}, nil, "page_size   = 3", "page_size = 3\nsort = \"created_at,id\"")
				again.want(t, tc.name+", touched ones again", tc.ids, tc.whole, tc.notes...)
			}
			if untold := strings.HasPrefix(tc.name, "no total"); untold != (len(k.hints) > 0) {
				t.Errorf("hints %q", k.hints)
			}
		})
	}
}

// A server that gives the first page whatever the offset does not keep a run for ever.
func TestCollectionServerWithoutPaging(t *testing.T) {
	s := newStock(t, 3)
	for _, told := range []any{nil, 900} {
		s.total = func(int) any { return told }
		s.during = func(page int) {
			if page > 1000 {
				t.Fatal("no end")
			}
		}
		mux := http.NewServeMux()
		mux.Handle("/", s)
		if k := s.collect(time.Time{}, nil); k.whole || k.err != nil || !slices.Equal(k.sorted(), oneTo(3)) {
			t.Errorf("total %v: %+v", told, k)
		}
	}
}

func TestCollectionChangedSince(t *testing.T) {
	s := newStock(t, 6) // the object n was touched n minutes before noon
	s.at(3).touched = noon.Add(-3*time.Minute - 500*time.Millisecond).Truncate(time.Second)
	edit := []string{"page_size   = 3", "page_size = 3\nchanged_since = param.since"}
	since := noon.Add(-4 * time.Minute)
	k := s.collect(time.Time{}, map[string]string{"since": since.Format(time.RFC3339)}, edit...)
	k.want(t, "since", oneTo(4), false)
	s.collect(time.Time{}, nil, edit...).want(t, "null", oneTo(6), true)

	window := []string{"page_size   = 3", "page_size = 3\nwindow {\n cursor = expr(\"indicator.touched_at\")\n}"}
	s.collect(since.Add(300*time.Millisecond), nil, window...).want(t, "a window", oneTo(4), false)
	s.collect(time.Time{}, nil, window...).want(t, "the first window", oneTo(6), true)
}

func TestCollectionSettings(t *testing.T) {
	s := newStock(t, 1)
	for _, tc := range []struct{ old, new, says string }{
		{"page_size   = 3", "page_size = 0", "must be 1 or more"},
		{"page_size   = 3", `objects = "../users"`, "no collection of objects"},
		{`default = "Main"`, `default = " , "`, "leave the flow out with its `when`"},
		{"page_size   = 3", "window {\n cursor = expr(\"indicator.touched_at\")\n order = \"ascending\"\n}", `sort = "touched_at,id"`},
	} {
		if k := s.collect(time.Time{}, nil, tc.old, tc.new); k.err == nil || !strings.Contains(k.err.Error(), tc.says) || len(s.searches) > 0 {
			t.Errorf("%s: %v", tc.new, k.err)
		}
	}
	r := s.newRun(nil)
	r.Platform = nil
	if _, err := r.source(context.Background(), r.Bound.Flows[0], &FlowReport{}); err == nil || !strings.Contains(err.Error(), "needs a connection to ThreatQ") {
		t.Error(err)
	}
	s.saved["Main"] = `"{"`
	if k := s.collect(time.Time{}, nil); k.err == nil || !strings.Contains(k.err.Error(), `"Main" has a definition that cannot be read`) {
		t.Error(k.err)
	}
}

// A search that is refused or breaks off fails the flow, with the name of the collection.
func TestCollectionSearchFails(t *testing.T) {
	s := newStock(t, 7)
	s.saved["Main"] = `{"api_query":{"filters":{"+and":[{"tags":"Main"}]}}}`
	s.during = func(page int) {
		if page == 1 {
			s.total = func(int) any { panic(http.ErrAbortHandler) }
		}
	}
	k := s.collect(time.Time{}, nil)
	if k.err == nil || !strings.Contains(k.err.Error(), `data collection "Main"`) || k.whole || len(k.ids) != 3 {
		t.Errorf("%v %v whole %t", k.err, k.ids, k.whole)
	}
	if k := s.collect(time.Time{}, nil, "page_size   = 3", `objects = "malware"`); k.err == nil || !strings.Contains(k.err.Error(), "no such route") {
		t.Error(k.err)
	}
}

// What became a dead letter is JSON: its instants are instants again when it is tried again.
func TestCollectedRecordIsRestored(t *testing.T) {
	s := newStock(t, 1)
	s.at(1).more = map[string]any{"attributes": []any{map[string]any{"name": "a", "value": "b", "updated_at": "2026-01-02 00:00:00"}}, "description": "2026-01-02T00:00:00Z"}
	want := s.collect(time.Time{}, nil).records[0]
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	restoreTimes(got, collectedShape())
	got["id"] = want["id"] // an integer of Go, which is not what is tested here
	if diff := difference(want, got); diff != "" {
		t.Error(diff)
	}
	if _, ok := got["touched_at"].(time.Time); !ok || got["description"] != "2026-01-02T00:00:00Z" {
		t.Errorf("%v", got)
	}
}

// What can be seen wrong when the file is loaded, at its place.
func TestCollectionsAreChecked(t *testing.T) {
	for _, tc := range []struct{ old, new, says string }{
		{`[for name in split(",", param.collections) : trimspace(name)]`, `[" ", ""]`, "14: No collection"},
		{`[for name in split(",", param.collections) : trimspace(name)]`, `"Main"`, "14: Wrong type"},
		{"page_size   = 3", `paging = "pages"`, "15: Unknown value"},
		{"page_size   = 3", "changed_since = param.since\nwindow {\n cursor = expr(\"indicator.touched_at\")\n}", "15: Two starts"},
		{"page_size   = 3", "window {\n cursor = expr(\"indicator.touched_at\")\n slice = \"1d\"\n}", "17: Without effect"},
		{"page_size   = 3", "window {\n token = jq(\".x\")\n}", "16: Without effect"},
		{"indicator.value", "indicator.vlaue", "25: Unknown field"},
		{"indicator.value", "indicator.sources[0].tpl", "25: Unknown field"},
		{"indicator.value", "indicator.related_adversary_count", ""},
		{"indicator.value", "indicator.expires_at", ""},
	} {
		b := &bench{t: t, text: collectionsText}
		b.edit(tc.old, tc.new)
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
}
