package dsl

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// vocabulary is a small engine: enough kinds to use every feature of the grammar.
func vocabulary() Vocabulary {
	return Vocabulary{
		Auth: []*Block{
			{Type: "basic", Summary: "User and password.", Attrs: []Attr{
				{Name: "when", Type: cty.Bool, Scope: Run, Summary: "Use it where this holds."},
				{Name: "username", Type: cty.String, Scope: Run, Required: true, Summary: "User."},
				{Name: "password", Type: cty.String, Scope: Run, Required: true, Summary: "Password."},
			}},
			{Type: "login", Summary: "A login request.", Attrs: []Attr{
				{Name: "token", Holds: JQ, Summary: "The token."},
			}, Blocks: []Child{{Block: RequestBlock(Run), Min: 1, Max: 1}}},
			checkedBlock(),
		},
		Client: func(r *Reading) {
			if all := r.All("auth"); len(all) > 2 {
				third := r.Of(all[2])
				third.Fail("", "Too much", "There are %d ways to authenticate.", len(all))
				r.Add(third)
			}
		},
		Sample: func(decode *Node, src []byte) ([]any, any, error) {
			if decode == nil {
				body, err := code.Decode(src)
				return []any{body}, body, err
			}
			r := decode.Static()
			if r.String("mark", "") == "!" {
				r.Fail("mark", "Bad mark", "It is no mark.")
				return nil, nil, r.Err()
			}
			var out []any
			for _, id := range strings.Split(strings.TrimSpace(string(src)), r.String("mark", " ")) {
				out = append(out, map[string]any{"id": id})
			}
			return out, nil, nil
		},
		Paginate: []*Block{pagesBlock()},
		TLP:      &Words{What: "TLP label", Known: []string{"RED", "AMBER"}, Only: func(s string) bool { return s == "RED" || s == "AMBER" }},
		Source:   []*Block{webBlock(), listBlock()},
		Sink:     []*Block{webSinkBlock()},
		Objects: []Object{
			{Type: "event", Summary: "An event.", Keyed: true, NeedsKey: true, Synced: true, Attrs: []Attr{
				{Name: "type", Holds: PerRecord, Required: true, Words: &Words{What: "event type", Known: []string{"Incident", "Malware"}}, Summary: "Event type by name; created where it is missing."},
				{Name: "title", Holds: PerRecord, Required: true, Summary: "Title. Keep the identity in it: ThreatQ searches events by title."},
				{Name: "happened_at", Holds: PerRecord, Required: true, Summary: "When it happened (an instant). Part of ThreatQ's identity: use a time that never changes."},
				{Name: "identity", Type: cty.String, Summary: "Attribute that finds the event again."},
				{Name: "types", Type: cty.List(cty.String), Scope: Run, Summary: "Event types that must exist."},
			}},
			{Type: "indicator", Summary: "An indicator.", Attrs: []Attr{
				{Name: "type", Holds: PerRecord, Required: true, Words: &Words{What: "indicator type", Known: []string{"FQDN", "IP Address", "IPv6 Address", "MD5", "SHA-1", "SHA-256", "URL", "String"}}, Summary: "Indicator type by name."},
				{Name: "value", Holds: PerRecord, Required: true, Summary: "The indicator."},
				{Name: "status", Holds: PerRecord, Words: &Words{What: "indicator status", Known: []string{"Active", "Expired", "Review"}}, Summary: "Status of a new indicator."},
			}},
			{Type: "malware", Summary: "A malware.", Keyed: true, Attrs: []Attr{
				{Name: "value", Holds: PerRecord, Required: true, Summary: "Its name."},
			}},
		},
	}
}

// checkedBlock looks at itself further than the grammar does.
func checkedBlock() *Block {
	return &Block{
		Type: "checked", Summary: "Wants an even size.",
		Attrs: []Attr{
			{Name: "mode", Type: cty.String, Scope: Run, Options: []string{"fast", "slow"}, Summary: "One of two."},
			{Name: "size", Type: cty.Number, Scope: Run, Summary: "An even number."},
		},
		Check: func(r *Reading) {
			if r.Known("size") && r.Int("size", 0)%2 != 0 {
				r.Fail("size", "Odd", "The size must be even.")
			}
		},
	}
}

func pagesBlock() *Block {
	return &Block{
		Type: "pages", Summary: "By number.", Provides: []string{"size", "number"},
		Attrs: []Attr{
			{Name: "size", Type: cty.Number, Scope: Run, Required: true, Summary: "Records of a page."},
			{Name: "total", Holds: JQ, Summary: "Records in all."},
			{Name: "endless", Type: cty.Bool, Scope: Run, Summary: "Go on after an empty page."},
		},
		Check: func(r *Reading) {
			if r.Int("size", 1) < 1 {
				r.Fail("size", "Bad page size", "Ask for at least one record at a time.")
			}
			if r.Bool("endless", false) && !r.Has("total") {
				r.Fail("total", "Endless paging", "%s has no end.", r.Node().Kind())
			}
		},
	}
}

// webBlock is a source whose records are cut out of answers.
func webBlock() *Block {
	return &Block{
		Type: "web", Summary: "Records of an API.",
		Attrs: []Attr{{Name: "client", Holds: Ref, Required: true, Summary: "The server."}},
		Blocks: []Child{
			{Block: RequestBlock(Page), Min: 1, Max: 1},
			{Block: &Block{Type: "window", Summary: "The part of time.", Attrs: []Attr{
				{Name: "cursor", Holds: Expr, Summary: "The instant it goes by."},
				{Name: "initial", Type: cty.String, Scope: Run, Summary: "How far the first run looks back."},
			}}, Max: 1},
			{Block: &Block{Type: "decode", Labels: []string{"kind"}, Summary: "What answers are written in.", Kinds: []*Block{
				{Type: "words", Summary: "Words.", Attrs: []Attr{{Name: "mark", Type: cty.String, Scope: Run, Summary: "Between them."}}},
			}}, Max: 1},
			{Block: &Block{Type: "paginate", Labels: []string{"kind"}, Summary: "The next page.", Kinds: []*Block{pagesBlock()}}, Max: 1},
		},
	}
}

// listBlock is a source that makes its records itself.
func listBlock() *Block {
	text := code.Shape{Kind: code.String}
	return &Block{
		Type: "list", Summary: "Records known beforehand.",
		Yields: &code.Shape{Kind: code.Object, Fields: map[string]code.Shape{
			"id": {Kind: code.Int}, "title": text, "status": text, "seen": {Kind: code.Time},
			"tags": code.ListOf(text), "note": {Kind: code.String, Optional: true},
		}},
		Attrs: []Attr{{Name: "types", Type: cty.List(cty.String), Scope: Run, Summary: "Which ones."}},
	}
}

func webSinkBlock() *Block {
	return &Block{
		Type: "web", Summary: "One request for each record.",
		Attrs: []Attr{
			{Name: "client", Holds: Ref, Required: true, Summary: "The server."},
			{Name: "when", Holds: Expr, Returns: []code.Kind{code.Bool}, Summary: "Send only where it is true."},
		},
		Blocks: []Child{{Block: RecordRequestBlock(Run), Min: 1, Max: 1}},
	}
}

// base is a mapping without any mistake; tests add files to it.
const base = `connector "demo" {
  title  = "Demo"
  source = "Demo"
}
client "api" {
  base_url = "https://api.example.com"
}
flow "base" {
  source "list" {}
  record "item" {
    key = expr("item.id")
  }
  event "item" {
    type        = "Incident"
    title       = expr("item.title")
    happened_at = expr("item.seen")
  }
}
flow "sent" {
  source "list" {}
  record "item" {
    key = expr("item.id")
  }
  sink "web" {
    client = client.api
    request {
      path = "/items"
    }
  }
}
`

// load reads base and further files, name and text in turn.
func load(files ...string) (*Mapping, hcl.Diagnostics) {
	fsys := fstest.MapFS{"base.hcl": {Data: []byte(base)}}
	in := Input{FS: fsys, Names: []string{"base.hcl"}}
	for i := 0; i+1 < len(files); i += 2 {
		if files[i] != "base.hcl" {
			in.Names = append(in.Names, files[i])
		}
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return Load(in, vocabulary())
}

// mustLoad is base and text, of which there is nothing to say but warnings.
func mustLoad(t *testing.T, text string) *Mapping {
	t.Helper()
	m, diags := load("case.hcl", text)
	if diags.HasErrors() {
		t.Fatal(show(diags))
	}
	return m
}
