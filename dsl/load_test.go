package dsl

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl/code"
)

// parts is one mapping in four files. Two have flows, which run in the order of
// the files' names.
var parts = map[string]string{
	"a.hcl": `
flow "first" {
  source "list" { types = keys(table.t) }
  record "item" { key = expr("item.id + local.one") }
  event "e" {
    type        = "x"
    title       = expr("param.p + string(item.id)")
    happened_at = expr("item.seen")
  }
}`,
	"m.hcl": `
param "p" { type = string }
locals { two = local.one + 1 }
table "t" { rows = { "a" = "b" } }`,
	"n.hcl": `
locals { one = 1 }
connector "demo" {
  title  = "Demo"
  source = "Demo"
}`,
	"z.hcl": `
flow "second" {
  source "web" {
    client = client.api
    request { path = "/" }
  }
  record "item" {
    extract = jq(".[]")
    key     = expr("item.id")
    samples = "samples/*.json"
  }
  event "e" {
    type        = "x"
    title       = expr("string(local.two) + string(item.id)")
    happened_at = expr("item.seen")
  }
}
client "api" { base_url = "https://x.example" }
test "t" { flow = flow.first }`,
}

func TestLoadFolder(t *testing.T) {
	fsys, fallback := fstest.MapFS{}, fstest.MapFS{"samples/1.json": {Data: []byte(`[{"id": 1, "seen": "x"}]`)}}
	for name, text := range parts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	orders := [][]string{{"a.hcl", "m.hcl", "n.hcl", "z.hcl"}, {"z.hcl", "n.hcl", "m.hcl", "a.hcl"}, {"m.hcl", "z.hcl", "a.hcl", "n.hcl"}}
	for _, names := range orders {
		given := slices.Clone(names)
		m, diags := Load(Input{FS: fsys, Names: given, Prefix: "folder", Fallback: fallback}, vocabulary())
		if len(diags) > 0 {
			t.Errorf("%v: %s", names, show(diags))
			continue
		}
		if diff := cmp.Diff([]string{"first", "second"}, m.flowNames()); diff != "" {
			t.Errorf("%v: the order of flows: %s", names, diff)
		}
		b := bind(t, m, map[string]string{"p": "x"})
		if diff := cmp.Diff(map[string]any{"one": 1, "two": 2}, b.Vars["local"]); diff != "" {
			t.Errorf("%v: %s", names, diff)
		}
		if m.Files["folder/n.hcl"] == nil || len(m.Files) != 4 || m.Connector.Title != "Demo" || m.Tests[0].Flow != m.Flow("first") {
			t.Errorf("%v: %v", names, m)
		}
		if diff := cmp.Diff(names, given); diff != "" {
			t.Errorf("the caller's names were sorted: %s", diff)
		}
		if at := m.Flow("first").Node.Range.Filename; at != "folder/a.hcl" {
			t.Errorf("shown as %s", at)
		}
	}
}

func TestLoadUnreadable(t *testing.T) {
	fsys := fstest.MapFS{"base.hcl": {Data: []byte(base)}}
	for _, names := range [][]string{nil, {"gone.hcl"}, {"base.hcl", "gone.hcl"}} {
		m, diags := Load(Input{FS: fsys, Names: names}, vocabulary())
		if m == nil || len(diags) != 1 || diags[0].Summary != "Cannot read the mapping" || diags[0].Detail == "" {
			t.Errorf("%v: %s", names, show(diags))
		}
	}
}

// Windows editors put a byte order mark in front.
func TestLoadByteOrderMark(t *testing.T) {
	if _, diags := load("base.hcl", "\xef\xbb\xbf"+base); len(diags) > 0 {
		t.Errorf("%s", show(diags))
	}
	m, diags := load("base.hcl", "\xef\xbb\xbf"+strings.Replace(base, `expr("item.title")`, `expr("item.titel")`, 1))
	positions(t, m, diags)
	if got, want := show(diags), "error base.hcl:15:30-35 Unknown field: item has no field \"titel\". Did you mean \"title\"?\n"; got != want {
		t.Errorf("%swant %s", got, want)
	}
}

func TestReadFile(t *testing.T) {
	m, diags := Load(Input{
		FS:       fstest.MapFS{"base.hcl": {Data: []byte(base)}, "a.json": {Data: []byte("own")}},
		Names:    []string{"base.hcl"},
		Fallback: fstest.MapFS{"a.json": {Data: []byte("fallback")}, "dir/b.json": {Data: []byte("fallback b")}},
	}, vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, want := range map[string]string{"a.json": "own", "./a.json": "own", "dir/b.json": "fallback b", "dir/../a.json": "own"} {
		if got, err := m.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	for _, name := range []string{"none.json", "../a.json", "/etc/hosts", ""} {
		if got, err := m.ReadFile(name); err == nil || got != nil {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
	if _, err := m.ReadFile("none.json"); !strings.Contains(err.Error(), "none.json") || !isNotExist(err) {
		t.Errorf("%v", err)
	}
}

func isNotExist(err error) bool {
	pe, ok := err.(*fs.PathError)
	return ok && pe.Err == fs.ErrNotExist
}

func TestFindNothing(t *testing.T) {
	m := &Mapping{}
	if m.Flow("x") != nil || m.Client("x") != nil || m.Param("x") != nil || m.table("x") != nil {
		t.Error("found something in nothing")
	}
}

func TestFlow(t *testing.T) {
	m := mustLoad(t, `
flow "out" {
  source "list" {}
  record "item" {
    key = expr("item.id")
    skip "closed" {
      when = expr("item.status == 'CLOSED'")
      warn = true
    }
    skip "empty" { when = expr("item.title == ''") }
  }
  sink "web" {
    client = client.api
    when   = expr("item.id > 1")
    request {
      path = "/x"
      json = [expr("item.id")]
    }
  }
}
flow "in" {
  source "list" {}
  record "item" { key = expr("string(item.id)") }
  event "e" {
    type        = "x"
    title       = "x"
    happened_at = expr("item.seen")
    when        = expr("item.id > 1")
    sync "type" {
      agreed = upper("status")
      local  = expr("current.type")
    }
  }
  indicator "i" {
    for_each = expr("item.tags")
    type     = "String"
    value    = expr("each + item.title")
    related  = [event.e, event.e]
  }
}`)
	out, in := m.Flow("out"), m.Flow("in")
	if !out.Exports() || in.Exports() || out.Sink.Kind() != "web" || out.Source.Kind() != "list" {
		t.Error(out, in)
	}
	if s := out.Record.Skips; len(s) != 2 || s[0].Reason != "closed" || !s[0].Warn || s[1].Warn || s[1].When == nil {
		t.Errorf("%+v", s)
	}
	if len(in.Rules) != 2 || in.Rules[0].ID() != "event.e" || in.Rules[1].ID() != "indicator.i" {
		t.Fatalf("%+v", in.Rules)
	}
	if s := in.Rules[0].Sync; s == nil || s.Field != "type" || s.Agreed != "STATUS" || s.Local == nil || in.Rules[0].When == nil {
		t.Errorf("%+v", s)
	}
	if r := in.Rules[1]; r.ForEach == nil || len(r.Related) != 2 || r.Related[0] != "event.e" || r.Sync != nil {
		t.Errorf("%+v", r)
	}
	got, err := in.Rules[1].Node.Val("value").tree.expr.Eval(map[string]any{"each": "a", "item": map[string]any{"title": "b"}})
	if err != nil || got != "ab" {
		t.Error(got, err)
	}
	if in.Record.Shape.Kind != code.Object || in.Record.Key == nil || in.Record.Extract != nil {
		t.Errorf("%+v", in.Record)
	}
}

func TestNodes(t *testing.T) {
	m := mustLoad(t, `
client "c" {
  base_url = "https://x.example"
  retries  = 1
  auth "basic" {
    username = "u"
    password = "p"
  }
  auth "login" {
    token = jq(".token")
    request { path = "/login" }
  }
}`)
	c := m.Client("c")
	if len(c.Auth) != 2 || c.Auth[0].Kind() != "basic" || c.Auth[1].Kind() != "login" || c.Node.Block("auth") != c.Auth[0] {
		t.Errorf("%v", c.Auth)
	}
	if got := c.Node.Names(); !slices.Equal(got, []string{"base_url", "retries"}) {
		t.Error(got)
	}
	if c.Auth[1].Block("request").Kind() != "" || c.Auth[1].Val("token").JQ() == nil || c.Node.Block("none") != nil {
		t.Error(c.Auth[1])
	}
	if v := c.Node.Val("retries"); v.Word() != "" || v.Refs() != nil || v.JQ() != nil || v.Expr() != nil {
		t.Error(v)
	}
}

// What a file leaves out is nil, all the way down.
func TestNilNodeAndVal(t *testing.T) {
	var n *Node
	if n.Kind() != "" || n.Names() != nil || n.All("x") != nil || n.Block("x") != nil || n.Block("x").Block("y").Val("z") != nil {
		t.Error("a nil Node has something")
	}
	var v *Val
	if v.Expr() != nil || v.JQ() != nil || v.Refs() != nil || v.Word() != "" {
		t.Error("a nil Val has something")
	}
	r := n.Read(newScoped(nil))
	if r.String("x", "def") != "def" || r.Int("x", 3) != 3 || r.Pairs("x") != nil || r.Strings("x") != nil || r.Any("x") != nil || r.Err() != nil {
		t.Error("reading a nil Node gives something")
	}
}
