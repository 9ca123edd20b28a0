// Package reference makes the pages about the mapping language of the grammar itself, so that
// they cannot say anything else than what is checked: as text for a terminal, and
// all of them as Markdown.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// Answer is a line of the table of what is done about answers that no rule speaks of.
type Answer struct{ Status, Action, Means string }

// Page is what there is to say of a block, a kind of it, or a function.
type Page struct {
	// Name is what a reader asks for: "auth oauth2".
	Name string
	// Title is the heading, for blocks as mappings write them: auth "oauth2".
	Title string
	// Summary is one line.
	Summary string

	level int // of the heading
	parts []part
	alone []part // what a page by itself says, too, and the whole reference elsewhere
	in    string // the blocks that it stands in
	group bool   // stands for others in the whole reference
	under string // page of the contents that lists it; "": none, it has a line of its own
}

// Reference is the whole language.
type Reference struct{ pages []*Page }

// UnknownError says that there is no page of a name.
type UnknownError struct{ Name, hint string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the language has no %q.%s", e.Name, e.hint)
}

// New describes the language of g. Answers is the default table of the engine.
func New(g *dsl.Block, answers []Answer) *Reference {
	r := &Reference{pages: []*Page{namesPage()}}
	for _, p := range blockPages(g) {
		if p.Name == "on" {
			p.parts = append(p.parts, answerParts(answers)...)
		}
		r.pages = append(r.pages, p)
	}
	r.pages = append(r.pages, jqPage())
	r.pages = append(r.pages, exprPages()...)
	r.pages = append(r.pages, functionPages()...)
	return r
}

// Page returns the page called name, which may be several words. The error is an
// *UnknownError.
func (r *Reference) Page(name string) (*Page, error) {
	var names, kinds []string
	for _, p := range r.pages {
		if p.Name == name && !p.group {
			return p, nil
		}
		names = append(names, p.Name)
		if _, kind, ok := strings.Cut(p.Name, " "); ok && kind == name {
			kinds = append(kinds, fmt.Sprintf("%q", p.Name))
		}
	}
	if own, ok := strings.CutPrefix(name, "expr "); ok && slices.Contains(code.Builtins(), own) {
		return &Page{Name: name, Title: "expr " + own, Summary: fmt.Sprintf("%s is one of expr's own functions: https://expr-lang.org/docs/language-definition#%s", own, strings.ToLower(own))}, nil
	}
	if len(kinds) > 0 {
		return nil, &UnknownError{name, " Did you mean " + strings.Join(kinds, " or ") + "?"}
	}
	if block, kind, ok := strings.Cut(name, " "); ok { // a kind is missed among those of its block
		if of := within(names, block); len(of) > 0 {
			return nil, &UnknownError{name, code.Suggest(kind, of)}
		}
	}
	return nil, &UnknownError{name, code.Suggest(name, topOf(names))}
}

// within are the second words of the names that begin with block.
func within(names []string, block string) []string {
	var out []string
	for _, n := range names {
		if kind, ok := strings.CutPrefix(n, block+" "); ok {
			out = append(out, kind)
		}
	}
	return out
}

func topOf(names []string) []string {
	var out []string
	for _, n := range names {
		if !strings.Contains(n, " ") {
			out = append(out, n)
		}
	}
	return out
}

func answerParts(answers []Answer) []part {
	t := table{head: []string{"status", "is", "because"}}
	for _, a := range answers {
		t.rows = append(t.rows, []string{a.Status, a.Action, a.Means})
	}
	actions := table{head: []string{"do", "what happens"}}
	for _, a := range dsl.RuleActionTable() {
		actions.rows = append(actions.rows, []string{a.Word, a.Means})
	}
	return []part{text("What each action does:"), actions, text("Where no rule holds, the first line with the status decides:"), t}
}
