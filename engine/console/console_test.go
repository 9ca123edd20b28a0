package console

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
)

const mapping = `
connector "c" {
  title  = "C"
  source = "C"
}
param "limit" {
  type    = integer
  default = 5
}
param "secret" {
  type      = string
  default   = "hidden"
  sensitive = true
}
table "level" {
  rows = { "1" = "low" }
}
client "c" {
  base_url = "https://c.example/${param.secret}"
}
locals {
  doubled = param.limit * 2
  address = "https://${param.secret}.example"
}
definitions {
  jq = jq("def named: .parts[].name; def low: . < $local.doubled;")
}
flow "items" {
  source "http" {
    client = client.c
    request {
      path = "/items"
    }
  }
  record "item" {
    extract = jq(".[] | select(low or true)")
    let     = { both = expr("item.id + '/' + item.src.ip") }
    key     = expr("item.id")
    samples = "items.json"
    skip "not wanted" {
      when = expr("item.n > param.limit")
    }
  }
  event "e" {
    type        = "Alert"
    title       = expr("table.level.lookup(string(item.n)) ?? 'x'")
    happened_at = expr("item.at")
  }
}
`

const items = `[
  {"id": "a", "n": 1, "at": "2026-01-01T00:00:00Z", "src": {"ip": "10.0.0.1"}, "parts": [{"name": "p"}]},
  {"id": "b", "n": 9, "at": "2026-01-01T00:00:00Z", "src": {"ip": "10.0.0.2"}, "parts": []},
  {"id": "c", "n": 2, "at": "soon", "src": {"ip": "10.0.0.3"}, "parts": []}
]`

func open(t *testing.T) *Console {
	t.Helper()
	m, diags := dsl.Load(dsl.Input{
		FS:    fstest.MapFS{"c.hcl": {Data: []byte(mapping)}, "items.json": {Data: []byte(items)}},
		Names: []string{"c.hcl"},
	}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	bound, errs := m.Bind(nil, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var records []engine.Mapped
	run := &engine.Run{Bound: bound}
	if err := run.PreviewAnswer(context.Background(), m.Flows[0], []byte(items), func(m engine.Mapped) bool {
		records = append(records, m)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return New(bound, m.Flows[0], records)
}

func TestLines(t *testing.T) {
	c := open(t)
	for _, line := range []struct{ in, want string }{
		{"", ""},
		{"item.id", `"a"`},
		{"item.n < param.limit", "true"},
		{"item.both", `"a/10.0.0.1"`},
		{"table.level.lookup('1')", `"low"`},
		{"now", `"2026-01-02T00:00:00Z"`},
		{"item.parts", "[\n  {\n    \"name\": \"p\"\n  }\n]"},
		{"jq .parts[].name, .n", "\"p\"\n1"},
		{"jq empty", ""},
		{"jq $param.limit", "5"},
		{"jq named, (.n | low)", "\"p\"\ntrue"},
		{"jq $local", "{\n  \"doubled\": 10\n}"},
		{":type item.n", "integer"},
		{":type item.parts", "[{name: string}]"},
		{":type nil", "null"},
		{":next", "record 2 of 3: b"},
		{"item.id", `"b"`},
		{":record c", "record 3 of 3: c"},
		{":prev", "record 2 of 3: b"},
		{":record 1", "record 1 of 3: a"},
	} {
		got, err := c.Do(context.Background(), line.in)
		if diff := cmp.Diff(line.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", line.in, err, diff)
		}
	}
	for in, want := range map[string][]string{
		":records": {"1  a  (1 objects)", "2  b  (left out: not wanted)", "3  c  (dead: "},
		":fields":  {"item.parts[].name", "item.both"},
		":help":    {"item.<field>", ":quit"},
		":record":  {`"id": "a"`},
	} {
		got, err := c.Do(context.Background(), in)
		for _, part := range want {
			if err != nil || !strings.Contains(got, part) {
				t.Errorf("%s: %v, %q is not in\n%s", in, err, part, got)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	c := open(t)
	for in, want := range map[string]string{
		"item.idd":           `Did you mean "id"?`,
		"param.secret":       "secret",
		"time('x')":          "no RFC 3339 instant",
		"jq .a.b | keys":     "does not work on null",
		"jq .[":              "<code>",
		"jq .src.ip | named": "c.hcl",
		"jq .src.ip | nmaed": `Did you mean "named"?`,
		":nxt":               `Did you mean "next"?`,
		":record nothere":    "from 1 to 3",
		":record 4":          "from 1 to 3",
		":prev":              "there are 3 records",
		":type item.x":       "no field",
	} {
		got, err := c.Do(context.Background(), in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := c.Do(context.Background(), ":quit"); !errors.Is(err, ErrQuit) {
		t.Errorf(":quit: %v", err)
	}
	if _, err := c.Do(context.Background(), "param.secret"); err == nil {
		t.Error("a secret can be read")
	}
}

func TestComplete(t *testing.T) {
	c := open(t)
	for _, tt := range []struct {
		line  string // completed at its end
		from  int
		names []string
	}{
		{"it", 0, []string{"item"}},
		{"item.", 5, []string{"at", "both", "id", "n", "parts", "src"}},
		{"item.s", 5, []string{"src"}},
		{"item.src?.", 10, []string{"ip"}},
		{"item.parts[0].", 14, []string{"name"}},
		{"len(item.i", 9, []string{"id"}},
		{"ioc", 0, []string{"ioc_type(", "iocs("}},
		{"param.", 6, []string{"limit"}},
		{"table.l", 6, []string{"level"}},
		{"jq .s", 4, []string{"src"}},
		{"jq .src.", 8, []string{"ip"}},
		{"jq .parts[].", 12, []string{"name"}},
		{":re", 0, []string{":record", ":records"}},
		{"item.zzz.", 9, nil},
	} {
		from, names := c.Complete(tt.line, len(tt.line))
		if diff := cmp.Diff(tt.names, names); diff != "" && len(tt.names)+len(names) > 0 || from != tt.from {
			t.Errorf("%s: from %d, want %d\n%s", tt.line, from, tt.from, diff)
		}
	}
}
