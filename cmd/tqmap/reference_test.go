package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"tqmap/dsl"
	"tqmap/engine"
)

// Every block and kind that the program knows has a page that names each of its
// attributes, and an example, if not that of the block around it.
func TestReferenceIsComplete(t *testing.T) {
	ref := language()
	var visit func(name, around string, b *dsl.Block)
	visit = func(name, around string, b *dsl.Block) {
		page, err := ref.Page(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		text := page.Text()
		for _, a := range b.Attrs {
			if !strings.Contains(text, "\n  "+a.Name+" ") && !strings.Contains(text, "It takes what") {
				t.Errorf("the page of %s does not say what %s is", name, a.Name)
			}
		}
		example := b.Example
		if example == "" {
			example = around
		}
		if example == "" && b.Kinds == nil && !b.IsObject() {
			t.Errorf("%s has no example", name)
		}
		for _, k := range b.Kinds {
			visit(name+" "+k.Type, "", k)
		}
		for _, c := range b.Blocks {
			inner := ""
			if regexp.MustCompile(`(?m)^\s*` + c.Type + `\b`).MatchString(example) {
				inner = example
			}
			visit(c.Type, inner, c.Block)
		}
	}
	for _, c := range dsl.Grammar(engine.Vocabulary()).Blocks {
		visit(c.Type, "", c.Block)
	}
}

// Each link of the reference leads to a heading of it, and to one only.
func TestReferenceLinks(t *testing.T) {
	text := language().Markdown(referenceIntro)
	anchors := anchorsOf(text)
	for i, a := range anchors {
		if slices.Contains(anchors[:i], a) {
			t.Errorf("two headings %q", a)
		}
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(text, -1)
	for _, l := range links {
		if !slices.Contains(anchors, l[1]) {
			t.Errorf("no heading for the link to %q", l[1])
		}
	}
	if len(links) < 100 || len(anchors) < 60 {
		t.Errorf("only %d links and %d headings", len(links), len(anchors))
	}
}

// anchorsOf are what links to the headings of a document are called.
func anchorsOf(text string) []string {
	var out []string
	for _, h := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(text, -1) {
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, h[1]))
	}
	return out
}

func TestReferenceFile(t *testing.T) {
	have, err := os.ReadFile(filepath.Join("..", "..", "mappings", "REFERENCE.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != language().Markdown(referenceIntro) {
		t.Error("mappings/REFERENCE.md is not what the program says any more: run make reference, and read the diff")
	}
}
