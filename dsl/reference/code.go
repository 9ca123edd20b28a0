package reference

import (
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// namesPage explains the words in the column "may name" of all others.
func namesPage() *Page {
	t := table{head: []string{"may name", "computed", "names"}}
	t.rows = append(t.rows, []string{"nothing", "when the file is loaded", "none"})
	for _, of := range []struct {
		scope  dsl.Scope
		when   string
		before string
	}{{dsl.Run, "once for a run", ""}, {dsl.Window, "for each window", "those of run, "}, {dsl.Page, "for each page", "those of window, "}} {
		t.rows = append(t.rows, []string{scopeWord(of.scope), of.when, of.before + quoted(dsl.ScopeNames(of.scope))})
	}
	t.rows = append(t.rows,
		[]string{"record", "for each record", "in expr(\"…\"): see `expr`. A plain value in its place may name what `run` may"},
		[]string{"answer", "for each answer", "in jq(\"…\"): see `jq`. The input is the decoded body"})
	return &Page{
		Name: "names", Title: "What a value may name", level: 2, Summary: "Plain values are HCL and the same for every record; jq(\"…\") cuts answers; expr(\"…\") decides about one record.",
		parts: []part{t, definitions(append(append(dsl.ScopeNames(dsl.Run), dsl.ScopeNames(dsl.Window)...), dsl.ScopeNames(dsl.Page)...))},
	}
}

func quoted(names []dsl.Name) string {
	var out []string
	for _, n := range names {
		out = append(out, "`"+n.Name+"`")
	}
	return strings.Join(out, ", ")
}

func jqPage() *Page {
	return &Page{
		Name: "jq", Title: "jq", level: 2,
		Summary: "jq(\"…\") cuts JSON: records out of answers, cursors, totals. It is the language of https://jqlang.org/manual, without input, environment, modules and clock.",
		parts:   []part{text("Its input is the decoded answer. It may name:"), definitions(dsl.JQNames()), text("In a heredoc, jq(<<-EOT … EOT), backslashes and quotes need no escapes. Functions that several programs need are written once, in `definitions`.")},
	}
}

func exprPages() []*Page {
	top := &Page{
		Name: "expr", Title: "expr", level: 2,
		Summary: "expr(\"…\") decides about one record. The language is that of https://expr-lang.org/docs/language-definition; a field that samples lack is a mistake, `?.` and `??` say that it may be missing.",
	}
	var own []function
	list := links{}
	out := []*Page{top}
	for _, f := range code.Funcs() {
		one := function{signature: f.Signature, summary: f.Summary}
		for _, e := range f.Examples {
			one.examples = append(one.examples, dsl.FunctionExample{Call: e.Expr, Result: e.Result})
		}
		own = append(own, one)
		list = append(list, link{"expr " + f.Name, f.Signature, ""})
		out = append(out, functionPage("expr", f.Name, one))
	}
	top.parts = []part{text("It may name:"), definitions(dsl.ExprNames()), text("expr's own functions: " + strings.Join(code.Builtins(), ", ") + ".")}
	top.alone = []part{text("Further functions:"), list}
	return append(out, &Page{Name: "expr functions", Title: "Functions of expr", level: 3, group: true, under: "expr", parts: []part{functions(own)}})
}

func functionPages() []*Page {
	top := &Page{Name: "functions", Title: "Functions of plain values", level: 2, Summary: "What plain HCL values may call, as in base_url = origin(param.host, null). None of them knows the clock, the environment or files."}
	var all []function
	list := links{}
	out := []*Page{top}
	for _, f := range dsl.Functions() {
		one := function{f.Signature, f.Summary, f.Examples}
		all = append(all, one)
		list = append(list, link{"functions " + f.Name, f.Signature, ""})
		out = append(out, functionPage("functions", f.Name, one))
	}
	top.alone = []part{list}
	return append(out, &Page{Name: "functions all", level: 0, group: true, under: "functions", parts: []part{functions(all)}, Title: ""})
}

func functionPage(of, name string, f function) *Page {
	return &Page{Name: of + " " + name, Title: f.signature, Summary: f.summary, alone: []part{examples(f)}, under: of}
}
