package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine/request"
)

const lineageMapping = `connector "acme" {
  title  = "Acme"
  source = "Acme"
}
client "api" { base_url = "https://api.example" }
table "levels" {
  default = "unknown"
  rows    = { "1" = "low" }
}
flow "f" {
  source "http" {
    client     = client.api
    partitions = ["eu", "us"]
    request {
      path  = "/things/${partition}"
      query = { page = page.number, from = window.start }
    }
    window {
      initial = "2d"
    }
    paginate "page" {
      size = 2
    }
    each "detail" {
      request { path = expr("'/detail/' + string(thing.id)") }
    }
  }
  record "thing" {
    extract = jq(".things[]")
    split   = jq(".detail as $d | .parts[] + {id, $d}")
    let     = { level = expr("table.levels.lookup(thing.d.level)") }
    key     = expr("string(thing.id) + '/' + thing.n")
    reject "broken" {
      when = expr("thing.n == 'bad'")
    }
  }
  malware "m" {
    value = expr("thing.n")
    attributes = {
      "Level" = expr("thing.level")
      "Raw"   = fixed(expr("thing.d.level"))
    }
  }
  indicator "i" {
    for_each = expr("thing.hosts")
    when     = expr("each != 'skip'")
    type     = "FQDN"
    value    = expr("each")
    reject "ours" {
      when    = expr("each endsWith '.own'")
      message = expr("each")
    }
  }
}
`

// things is a server of two partitions, of which the first has two pages.
type things struct {
	mu    sync.Mutex
	asked []string
}

func (s *things) Do(_ context.Context, r request.Request) (*request.Response, error) {
	line := r.Path
	for _, q := range r.Query {
		if q.Name == "page" {
			line += "?" + q.Value
		}
	}
	s.mu.Lock()
	s.asked = append(s.asked, line)
	s.mu.Unlock()
	body := map[string]string{
		"/things/eu?1": `{"things":[{"id":1,"parts":[{"n":"a","hosts":[]},{"n":"b","hosts":["x","skip","y.own","z"]}]},{"id":2,"parts":[]}]}`,
		"/things/eu?2": `{"things":[{"id":3,"parts":[{"n":"c","hosts":[]}]}]}`,
		"/things/us?1": `{"things":[{"id":4,"parts":[{"n":"d","hosts":null},{"n":"bad"}]}]}`,
	}[line]
	if strings.HasPrefix(line, "/detail/") {
		body = fmt.Sprintf(`{"level":%q}`, strings.TrimPrefix(line, "/detail/"))
	}
	return &request.Response{Status: 200, URL: "https://api.example" + line, Body: []byte(body)}, nil
}

func tracedRun(t *testing.T, doer request.Doer) (*Run, *dsl.Flow) {
	t.Helper()
	m := load(t, lineageMapping)
	bound, errs := m.As("").Bind(nil, time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := &Run{Bound: bound, State: &memory{}, DryRun: true, Log: slog.New(slog.DiscardHandler)}
	r.Clients = func(context.Context, *dsl.Client) (request.Doer, error) { return doer, nil }
	return r, m.Flows[0]
}

// find looks for one object among what the server has.
func find(t *testing.T, want string) (*Finder, *Lineage) {
	t.Helper()
	r, f := tracedRun(t, &things{})
	found := &Finder{Want: want}
	if err := r.Trace(context.Background(), f, found.See); err != nil {
		t.Fatal(err)
	}
	if len(found.Found()) != 1 {
		return found, nil
	}
	l, err := r.Lineage(context.Background(), f, found.Found()[0])
	if err != nil {
		t.Fatal(err)
	}
	return found, l
}

// TestTraceTellsOrigins holds where each record comes from: request, page, partition, its place,
// and which part of it.
func TestTraceTellsOrigins(t *testing.T) {
	r, f := tracedRun(t, &things{})
	var got []string
	err := r.Trace(context.Background(), f, func(one Traced) bool {
		o := one.Origin
		got = append(got, fmt.Sprintf("%s: %s page %d %s record %d of %d part %d %s", one.Key, o.Request, o.Page, o.Partition, o.Record, o.Of, o.Part, o.From.Format(time.DateOnly)))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1/a: GET /things/eu page 1 eu record 1 of 2 part 1 2024-05-01",
		"1/b: GET /things/eu page 1 eu record 1 of 2 part 2 2024-05-01",
		"3/c: GET /things/eu page 2 eu record 1 of 1 part 1 2024-05-01",
		"4/d: GET /things/us page 1 us record 1 of 1 part 1 2024-05-01",
		"4/bad: GET /things/us page 1 us record 1 of 1 part 2 2024-05-01",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTraceEnds says that no page is asked for once the object is found.
func TestTraceEnds(t *testing.T) {
	server := &things{}
	r, f := tracedRun(t, server)
	found := &Finder{Want: "1/a"}
	if err := r.Trace(context.Background(), f, found.See); err != nil {
		t.Fatal(err)
	}
	for _, line := range server.asked {
		if strings.HasPrefix(line, "/things/us") || line == "/things/eu?2" {
			t.Errorf("asked for %s", line)
		}
	}
}

// TestRunsAreNotTraced keeps origins out of what is no trace.
func TestRunsAreNotTraced(t *testing.T) {
	r, f := tracedRun(t, &things{})
	p, err := r.begin(context.Background(), f, &FlowReport{})
	if err != nil {
		t.Fatal(err)
	}
	p.page = func(_ context.Context, _ *track, b *batch) error {
		if b.origins != nil {
			t.Errorf("page %d has origins", b.number)
		}
		return nil
	}
	if err := p.read(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestLineageThroughLetAndTable(t *testing.T) {
	_, l := find(t, "c")
	fields, _ := l.Field("level")
	if len(fields) != 1 {
		t.Fatalf("%d fields", len(fields))
	}
	f := fields[0]
	if diff := cmp.Diff([]string{"unknown"}, f.Written); diff != "" {
		t.Error(diff)
	}
	let := f.Sources[0].Let
	if let == nil || let.Kind != "let" || let.Name != "level" {
		t.Fatalf("no let: %+v", f.Sources)
	}
	note := let.Steps[len(let.Steps)-1].Note
	if want := `no row for "3"; the default takes its place (m.hcl:7)`; note != want {
		t.Errorf("%q, want %q", note, want)
	}
	raw, _ := l.Field("Raw")
	if got := raw[0].Sources[0]; got.Name != "thing.d.level" || got.Path != "" {
		t.Errorf("what split made has a path: %+v", got)
	}
}

func TestLineageTellsWhatWasRejected(t *testing.T) {
	_, l := find(t, "1/b")
	if diff := cmp.Diff([]string{"indicator.i: ours: y.own, at m.hcl:49:5"}, l.Rejected); diff != "" {
		t.Error(diff)
	}
}

func TestLineageOfAnElement(t *testing.T) {
	_, l := find(t, "z")
	if l.Object != "indicator.i" || l.Element != 4 || l.Each == nil || l.Record != "1/b" {
		t.Errorf("%s element %d of %v, record %s", l.Object, l.Element, l.Each, l.Record)
	}
	value, near := l.Field("valeu")
	if value != nil || near != "value" {
		t.Errorf("%v %q", value, near)
	}
}

// TestLineageOfWhatDied tells what a rejected record, a rejected object and a record without a
// list die of.
func TestLineageOfWhatDied(t *testing.T) {
	_, l := find(t, "4/bad")
	if l.Dead != "broken" || len(l.Fields) != 1 || l.Fields[0].Kind != "reject" || l.Fields[0].Value != true {
		t.Errorf("%+v", l)
	}
	found, _ := find(t, "nothing of the kind")
	var dead []string
	for _, k := range found.Known() {
		if k.Rule == "dead letter" {
			dead = append(dead, k.Key+": "+k.Why)
		}
	}
	if diff := cmp.Diff([]string{"1/b: ours: y.own", "4/bad: broken"}, dead); diff != "" {
		t.Error(diff)
	}
}

func TestFinder(t *testing.T) {
	tests := []struct {
		want  string
		found []string
		near  string
	}{
		{"1/b", []string{"malware.m b"}, ""},
		{"b", []string{"malware.m b"}, ""},
		{"B", []string{"malware.m b"}, ""},
		{"FQDN:z", []string{"indicator.i z"}, ""},
		{"fqdn", []string{"indicator.i x", "indicator.i z"}, ""},
		{"5/a", nil, "1/a"},
		{"", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			found, _ := find(t, tt.want)
			var got []string
			for _, one := range found.Found() {
				got = append(got, one.Rule+" "+one.Name)
			}
			if diff := cmp.Diff(tt.found, got); diff != "" {
				t.Error(diff)
			}
			if near := found.Near(); tt.found == nil && near != tt.near {
				t.Errorf("near %q, want %q", near, tt.near)
			}
		})
	}
}

func TestLineageIsBounded(t *testing.T) {
	f := FieldLineage{Value: strings.Repeat("x", 1<<20), Written: []string{strings.Repeat("é", 1<<17)}, Steps: []LineageStep{{Value: []any{strings.Repeat("y", 1<<18)}}}}
	l := Lineage{Fields: []FieldLineage{f}}
	l.bound()
	got := l.Fields[0]
	for _, text := range []string{got.Value.(string), got.Steps[0].Value.(string)} {
		if len(text) > longLineage+10 {
			t.Errorf("%d bytes", len(text))
		}
	}
	if n := len([]rune(got.Written[0])); n > longLineage+1 {
		t.Errorf("%d characters", n)
	}
}

func TestJSONPath(t *testing.T) {
	for want, path := range map[string][]any{
		".": {}, ".a.b": {"a", "b"}, ".a[3].x": {"a", 3, "x"}, ".[0].x": {0, "x"}, `.a["b c"]`: {"a", "b c"}, `.["b c"].d`: {"b c", "d"},
	} {
		if got := jsonPath(path); got != want {
			t.Errorf("%v: %s, want %s", path, got, want)
		}
	}
}
