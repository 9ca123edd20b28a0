package guide

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extended "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// HTML is the guide as one page that needs nothing else: the same Markdown, with a table of
// contents beside it. It reads in light and dark, on narrow screens and on paper.
func (d *Document) HTML() (string, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(
		parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(labels{}, 500)),
	))
	convert := func(source string) (string, error) {
		var out bytes.Buffer
		err := md.Convert([]byte(source), &out, parser.WithContext(parser.NewContext(parser.WithIDs(&ids{}))))
		return out.String(), err
	}
	body, err := convert(strings.Replace(d.Markdown(), d.contents(), "", 1))
	if err != nil {
		return "", fmt.Errorf("the guide's Markdown: %w", err)
	}
	contents, err := convert(d.contents())
	if err != nil {
		return "", fmt.Errorf("the guide's contents: %w", err)
	}
	body = strings.NewReplacer("<table>", `<div class="wide"><table>`, "</table>", "</table></div>").Replace(body)
	return fmt.Sprintf(page, html.EscapeString(d.Title), contents, body), nil
}

// labels says in each cell of a table what its column is, for screens on which a row does not
// fit beside itself.
type labels struct{}

func (labels) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		t, ok := n.(*extended.Table)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		var heads [][]byte
		for cell := t.FirstChild().FirstChild(); cell != nil; cell = cell.NextSibling() {
			head := []byte{}
			if word, ok := cell.FirstChild().(*ast.Text); ok { // the heads of our tables are nothing but text
				head = word.Segment.Value(reader.Source())
			}
			heads = append(heads, head)
		}
		for row := t.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
			i := 0
			for cell := row.FirstChild(); cell != nil && i < len(heads); cell = cell.NextSibling() {
				cell.SetAttributeString("data-label", heads[i])
				i++
			}
		}
		return ast.WalkSkipChildren, nil
	})
}

// ids gives headings the ids that GitHub gives them.
type ids struct{ given map[string]int }

func (i *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	if i.given == nil {
		i.given = map[string]int{}
	}
	id := anchor(string(value))
	n := i.given[id]
	i.given[id]++
	if n > 0 {
		id = fmt.Sprintf("%s-%d", id, n)
	}
	return []byte(id)
}

func (i *ids) Put([]byte) {}

const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
:root { color-scheme: light dark; --text: light-dark(#1c2024, #e6e8eb); --soft: light-dark(#5b636d, #9ba3ad); --page: light-dark(#ffffff, #14171a);
  --line: light-dark(#dfe3e8, #30363d); --shade: light-dark(#f4f6f8, #1d2227); --link: light-dark(#0b5cad, #79b8ff); }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); background: var(--page); }
.sheet { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 2.5rem; max-width: 84rem; margin: 0 auto; padding: 0 1.5rem; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 2rem 0; font-size: .9rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .25rem .6rem; border-left: 2px solid var(--line); color: var(--soft); text-decoration: none; }
nav a:hover, nav a:focus { color: var(--link); border-color: var(--link); }
main { padding: 1.5rem 0 4rem; min-width: 0; }
h1 { font-size: 2rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.4rem; margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.9rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
h1, h2, h3, h4, td, th, p, li { overflow-wrap: break-word; }
a { color: var(--link); }
code { font: .87em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--shade); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; }
pre { background: var(--shade); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%%; font-size: .92rem; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem; border-bottom: 1px solid var(--line); min-width: 5.5rem; }
th { background: var(--shade); font-weight: 600; white-space: nowrap; }
@media (max-width: 60rem) {
  .sheet { display: flex; flex-direction: column; gap: 0; padding: 0 1rem; }
  main { display: contents; }
  main > h1 { order: -2; margin-top: 2rem; }
  main > p:not(h2 ~ p) { order: -1; margin: 0 0 1rem; }
  main > :last-child { margin-bottom: 4rem; }
  nav { position: static; max-height: none; padding: 0; columns: 2; flex: none; }
}
@media (max-width: 34rem) {
  nav { columns: 1; }
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: block; padding: .15rem 0; border: 0; min-width: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label) ": "; color: var(--soft); }
}
@media print {
  nav { display: none; }
  .sheet { display: block; max-width: none; padding: 0; }
  body { font-size: 10pt; color: #000; background: #fff; }
  h2, h3, h4 { break-after: avoid; }
  tr, pre { break-inside: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  code, pre, th { background: none; }
}
</style>
</head>
<body>
<div class="sheet">
<nav aria-label="Contents">
%s</nav>
<main>
%s</main>
</div>
</body>
</html>
`
