package dsl

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// Help, reference pages and messages are made of the grammar: everything in it
// must say what it is.
func TestGrammarIsDescribed(t *testing.T) {
	walk(t, "", Grammar(vocabulary()))
}

func walk(t *testing.T, path string, b *Block) {
	t.Helper()
	path += "/" + b.Type
	if b.Summary == "" {
		t.Errorf("%s has no summary", path)
	}
	if b.Open {
		describes(t, path, b.OpenAttr)
	} else if b.OpenAttr.Summary != "" {
		t.Errorf("%s: OpenAttr without Open", path)
	}
	seen := map[string]bool{}
	for _, a := range b.Attrs {
		if a.Name == "" || seen[a.Name] {
			t.Errorf("%s: attribute %q twice or without a name", path, a.Name)
		}
		seen[a.Name] = true
		describes(t, path+"."+a.Name, a)
	}
	for _, c := range b.Blocks {
		if seen[c.Type] || c.Max > 0 && c.Min > c.Max {
			t.Errorf("%s: block %q twice, named as an attribute, or of no possible number", path, c.Type)
		}
		seen[c.Type] = true
		walk(t, path, c.Block)
	}
	for _, k := range b.Kinds {
		if len(b.Labels) == 0 || seen[k.Type] {
			t.Errorf("%s: kind %q twice, or without a label that chooses it", path, k.Type)
		}
		seen[k.Type] = true
		walk(t, path, k)
	}
}

func describes(t *testing.T, path string, a Attr) {
	t.Helper()
	switch {
	case a.Summary == "":
		t.Errorf("%s has no summary", path)
	case a.Holds == Value && a.Type == cty.NilType:
		t.Errorf("%s is a value of no type", path)
	case a.Required && a.Default != "":
		t.Errorf("%s is required, so its default has no effect", path)
	case a.Written && a.Holds != PerRecord:
		t.Errorf("%s is written out, but not per record", path)
	}
}
