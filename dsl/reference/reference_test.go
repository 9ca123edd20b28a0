package reference

import (
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

// small is a grammar with one kind of each sort.
func small() *Reference {
	kind := func(name string, more ...dsl.Attr) *dsl.Block {
		common := dsl.Attr{Name: "when", Type: cty.Bool, Scope: dsl.Run, Default: "true", Summary: "Use it | or not."}
		return &dsl.Block{Type: name, Summary: "Kind " + name + ".", Example: "auth \"" + name + "\" {}", Attrs: append([]dsl.Attr{common}, more...)}
	}
	g := dsl.Grammar(dsl.Vocabulary{
		Auth: []*dsl.Block{kind("basic", dsl.Attr{Name: "user", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "Who."}), kind("token")},
		Source: []*dsl.Block{{Type: "web", Summary: "Records of a server.", Blocks: []dsl.Child{
			{Block: dsl.RequestBlock(dsl.Page), Min: 1, Max: 1},
		}}},
		Sink: []*dsl.Block{{Type: "web", Summary: "Requests.", Blocks: []dsl.Child{{Block: dsl.RecordRequestBlock(dsl.Run), Min: 1, Max: 1}}}},
		Objects: []dsl.Object{
			{Type: "malware", Summary: "A malware.", Keyed: true}, {Type: "tool", Summary: "A tool.", Keyed: true},
			{Type: "event", Summary: "An event.", Synced: true, Attrs: []dsl.Attr{{Name: "title", Holds: dsl.PerRecord, Required: true, Summary: "Its title."}}},
		},
	})
	return New(g, []Answer{{"200-299", "ok", "an answer"}})
}

func TestPage(t *testing.T) {
	tests := []struct{ name, want string }{
		{"auth basic", "  user  (text; may name: run; needed)\n        Who.\n"},
		{"auth basic", "As every kind of auth:\n  when  (true or false; may name: run; default: true)\n"},
		{"auth", "  token  Kind token.\n"},
		{"client", "Blocks in it: `auth` (any number)"},
		{"flow", "`objects` (any number, or a sink), `sink`"},
		{"on", "  200-299  ok  an answer\n"},
		{"request", "  sink web    run; with expr the record, in path, query, headers, json, form and body\n"},
		{"malware", "As every object:\n"},
		{"event", "Blocks in it: `sync`."},
		{"sync", "in event"},
		{"locals", "  <name>  (any value; may name: run)\n"},
		{"names", "  window    for each window"},
		{"expr refang", "refang('joe[at]bad{dot}example')\n      = \"joe@bad.example\"\n"},
		{"expr", "  current                     the object as ThreatQ holds it"},
		{"functions origin", `origin("http://127.0.0.1:8080", null)`},
		{"jq", "$response"},
	}
	r := small()
	for _, test := range tests {
		p, err := r.Page(test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := p.Text(); !strings.Contains(got, test.want) {
			t.Errorf("%s lacks %q:\n%s", test.name, test.want, got)
		}
		for _, line := range strings.Split(p.Text(), "\n") {
			if len([]rune(line)) > width && strings.Contains(line, "  (") {
				t.Errorf("%s: too long: %s", test.name, line)
			}
		}
	}
}

func TestUnknownPage(t *testing.T) {
	tests := []struct{ name, hint string }{
		{"evnt", `Did you mean "event"?`},
		{"basic", `Did you mean "auth basic"?`},
		{"web", `Did you mean "source web" or "sink web"?`},
		{"auth basik", `Did you mean "basic"?`},
		{"expr rfang", `Did you mean "refang"?`},
		{"flow web", ""},
	}
	for _, test := range tests {
		_, err := small().Page(test.name)
		var unknown *UnknownError
		if !errors.As(err, &unknown) || unknown.Name != test.name || !strings.Contains(err.Error(), test.hint) {
			t.Errorf("%s: %v, want %s", test.name, err, test.hint)
		}
	}
}

func TestMarkdown(t *testing.T) {
	got := small().Markdown("# Intro")
	for _, want := range []string{
		"# Intro\n", "\n## auth\n", "\n### auth \"basic\"\n", "Use it \\| or not.", "[basic](#auth-basic)",
		"\n### malware, tool\n", "Stands in [`client`](#client-name).", "| `user` | text | run | **needed** | Who. |",
		"```hcl\nauth \"basic\" {}\n```",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "Use it \\| or not."); n != 1 {
		t.Errorf("what all kinds take is told %d times", n)
	}
	if strings.Contains(got, "\n### tool") {
		t.Error("a type with the fields of another has a heading of its own")
	}
}
