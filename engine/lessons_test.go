package engine

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// U29: a run that fails leaves the state as it was, however often it is repeated.
func TestFailuresLeaveTheStateAsItWas(t *testing.T) {
	b := newBench(t)
	b.feed.item("a1", "10:00:00", "11:00:00")
	b.pull(Ok)
	before := *b.state.flow("pull")
	before.book = map[EntryKey]Entry{}
	for k, e := range b.state.flow("pull").book {
		before.book[k] = e
	}
	b.feed.before = func(int, string) (*request.Response, error) { return nil, status(503, "down") }
	for range 4 {
		b.pull(Failed)
		if after := *b.state.flow("pull"); !reflect.DeepEqual(after, before) {
			t.Fatalf("the state is\n%+v\nit was\n%+v", after, before)
		}
	}
}

var embedded = regexp.MustCompile(`(?:expr|jq)\("`)

// U45: every piece of embedded code is compiled when the mapping is loaded.
func TestEveryPieceOfCodeIsCompiled(t *testing.T) {
	places := embedded.FindAllStringIndex(mappingText, -1)
	if len(places) < 25 {
		t.Fatalf("only %d pieces of code", len(places))
	}
	for _, at := range places {
		end := at[1] + strings.IndexByte(mappingText[at[1]:], '"')
		text := mappingText[:at[1]] + ") (" + mappingText[end:]
		_, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, Vocabulary())
		line := 1 + strings.Count(mappingText[:at[1]], "\n")
		if errs := diags.Errs(); !slices.ContainsFunc(diags, func(d *hcl.Diagnostic) bool {
			return d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Start.Line == line
		}) {
			t.Errorf("line %d, %s: found %v", line, mappingText[at[0]:end], errs)
		}
	}
}

// U46: an error of a run says where in which file, of what rule and of which record, and
// keeps the record.
func TestErrorOfARunSaysWhere(t *testing.T) {
	b := newBench(t, `title       = expr("'Item ' + string(item.id)")`, `title       = expr("'Item ' + item.title")`)
	b.feed.item("a1", "10:00:00", "11:00:00")
	b.pull(Partial)
	line := 1 + strings.Count(b.text[:strings.Index(b.text, "item.title")], "\n")
	dead := b.state.flow("pull").dead
	if len(dead) != 1 {
		t.Fatalf("%d dead letters", len(dead))
	}
	d := dead[0]
	if d.Rule != "event.item" || d.Key != "a1" || !strings.HasPrefix(d.Where, fmt.Sprintf("m.hcl:%d:", line)) ||
		!strings.Contains(d.Reason, "item.title") || !strings.Contains(string(d.Input), `"id":"a1"`) {
		t.Errorf("%+v, wanted line %d; input %s", d, line, d.Input)
	}
	for _, want := range []string{"record=a1", "rule=event.item", d.Where} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, b.log)
		}
	}
}
