package engine

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// written is the text of the mapping at a place, its first line.
func written(text string, at hcl.Range) string {
	line, _, _ := strings.Cut(text[at.Start.Byte:at.End.Byte], "\n")
	return line
}

func TestObjectAt(t *testing.T) {
	b := newBench(t)
	m := b.mapRecord("pull", record("hosts", listOf("h.example")))
	for _, tc := range []struct {
		object      int
		field, want string
	}{
		{0, "title", `expr("'Item ' + string(item.id)")`},
		{0, "type", `expr("table.state.reverse(item.state) ?? 'OPEN'")`},
		{0, "happened_at", `expr("item.created")`},
		{0, "attributes.Score", `expr("item?.score")`},
		{0, "attributes.First", `expr("item?.first")`},
		{0, "attributes.Format", `expr("item?.formats")`},
		{0, "attributes.None", `{`},
		{0, "attributes", `{`},
		{0, "description", `event "item"`},
		{0, "tags", `event "item"`},
		{0, "nonsense", `event "item"`},
		{1, "value", `expr("each")`},
		{1, "status", `"Review"`},
		{1, "related", `[event.item]`},
		{1, "indicators", `[event.item]`},
		{1, "attributes.Seen In", `expr("item.id")`},
	} {
		if got := written(b.text, m.Objects[tc.object].At(tc.field)); got != tc.want {
			t.Errorf("%s of %s: %s, want %s", tc.field, m.Objects[tc.object].Rule.ID(), got, tc.want)
		}
	}
}

const itemText = `
connector "feed" {
  title  = "Feed"
  source = "Feed"
}
client "api" { base_url = "https://api.example.test" }
locals { score = "score" }
flow "out" {
  source "threatq" { collections = ["Block"] }
  record "indicator" { key = expr("indicator.value") }
  sink "http" {
    client  = client.api
    item = {
      value         = expr("indicator.value")
      (local.score) = expr("indicator.score")
      fixed         = "x"
      more          = { list = ["a", expr("indicator.type")] }
    }
    default_expires = expr("now + duration('24h')")
    request {
      path = "/items"
      json = { value = expr("indicator.value") }
    }
  }
}
`

func TestItemAt(t *testing.T) {
	b := newBench(t)
	b.text = itemText
	m := b.mapRecord("out", map[string]any{"value": "v", "score": 1, "type": "FQDN"})
	for _, tc := range []struct {
		path []any
		want string
	}{
		{nil, "{"},
		{[]any{"value"}, `expr("indicator.value")`},
		{[]any{"score"}, `expr("indicator.score")`},
		{[]any{"fixed"}, `"x"`},
		{[]any{"more"}, `{ list = ["a", expr("indicator.type")] }`},
		{[]any{"more", "list", 1}, `expr("indicator.type")`},
		{[]any{"more", "list", 2}, `["a", expr("indicator.type")]`},
		{[]any{"none"}, `{`},
		{[]any{"key"}, `expr("indicator.value")`},
		{[]any{"label"}, `expr("indicator.value")`},
		{[]any{"expires"}, `expr("now + duration('24h')")`},
	} {
		if got := written(b.text, m.ItemAt(tc.path...)); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.path, got, tc.want)
		}
	}
	if at := (&Mapped{}).ItemAt("x"); at.Filename != "" {
		t.Error(at)
	}
}

// mapRecord maps one record of the flow called name.
func (b *bench) mapRecord(name string, of any) Mapped {
	b.t.Helper()
	bound := b.bound()
	m, err := newMapper(bound, bound.Flow(name))
	if err != nil {
		b.t.Fatal(err)
	}
	out := m.Map(of)
	if out.Dead != nil {
		b.t.Fatal(out.Dead.Reason)
	}
	return out
}
