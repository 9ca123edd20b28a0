package code

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/itchyny/gojq"
)

// Library is the jq functions that programs share. It is safe for concurrent use; a nil
// Library has none.
type Library struct {
	src    Source
	tokens []jqToken
	defs   []sharedDef // in the order of the file
	guards bool        // some of guardedDefs are called
	lost   bool        // what it defines is not known, after a mistake in it
}

// sharedDef is one function of a library, which sees itself and those before it.
type sharedDef struct {
	def            jqDef
	plain, guarded *gojq.FuncDef
	calls          []string // functions as name/arity
}

// CompileLibrary compiles src, which has definitions and nothing else. vars are as for
// [CompileJQ]. The Library is never nil: after a mistake it is that of [LostLibrary].
func CompileLibrary(src Source, vars []string) (*Library, hcl.Diagnostics) {
	if diags := src.tooLong(); diags != nil {
		return LostLibrary(), diags
	}
	query, err := gojq.Parse(src.Text)
	if err != nil {
		return LostLibrary(), explainParse(src, err)
	}
	l := &Library{src: src, tokens: scanJQ(src.Text)}
	diags := lintJQ(src, l.tokens)
	defs := leadingDefs(l.tokens, 0, len(l.tokens))
	diags = append(diags, l.onlyDefs(defs)...)
	diags = append(diags, l.names(defs)...)
	plain := query.FuncDefs
	if err := compileDefs(plain, vars); err != nil {
		diags = append(diags, explainJQCompile(src, dollars(vars), l.tokens, nil, err)...)
	}
	if diags.HasErrors() {
		return LostLibrary(), diags
	}
	again, err := gojq.Parse(src.Text) // as a guard changes what it guards
	if err != nil || len(defs) != len(plain) {
		return LostLibrary(), hcl.Diagnostics{src.problem(0, len(src.Text), "Invalid jq", "The definitions cannot be told apart.")}
	}
	l.guards = guardJQ(again)
	for i, def := range defs {
		l.defs = append(l.defs, sharedDef{def, plain[i], again.FuncDefs[i], callsOf(plain[i])})
	}
	return l, nil
}

// LostLibrary stands for one that cannot be read: a program that calls a function which is
// not there does not compile, but nothing is said of it.
func LostLibrary() *Library { return &Library{lost: true} }

// Definition is a function of a [Library].
type Definition struct {
	Name  string    // as name/arity, such as titled/1
	Range hcl.Range // of its name
}

// Spelled is the function as it is called, such as titled(…).
func (d Definition) Spelled() string {
	name, arity, _ := strings.Cut(d.Name, "/")
	if arity == "0" {
		return name
	}
	return name + "(…)"
}

// Definitions are the functions that the library defines, in its order.
func (l *Library) Definitions() []Definition {
	if l == nil {
		return nil
	}
	var out []Definition
	for _, d := range l.defs {
		name := l.tokens[d.def.name]
		out = append(out, Definition{d.def.id, l.src.Range(name.from, name.to)})
	}
	return out
}

// onlyDefs refuses what stands behind the definitions, or no definition.
func (l *Library) onlyDefs(defs []jqDef) hcl.Diagnostics {
	end := 0
	if len(defs) > 0 {
		end = defs[len(defs)-1].to
	}
	if end == len(l.tokens) && len(defs) > 0 {
		return nil
	}
	from := 0
	if end < len(l.tokens) {
		from = l.tokens[end].from
	}
	return hcl.Diagnostics{l.src.problem(from, len(strings.TrimRight(l.src.Text, " \t\n")), "Definitions expected",
		"Only definitions stand here, each as def name: program; — move this to the program that it belongs to.")}
}

// names refuses functions that all programs would find in the place of others.
func (l *Library) names(defs []jqDef) hcl.Diagnostics {
	var diags hcl.Diagnostics
	builtin, _ := functionsOfJQ(nil, nil)
	seen := map[string]bool{}
	for _, d := range defs {
		t := l.tokens[d.name]
		switch {
		case slices.Contains(builtin, t.text):
			diags = append(diags, l.src.problem(t.from, t.to, "Name taken", "jq has a function %s of its own, which no program of the mapping could call any more; choose another name.", t.text))
		case seen[d.id]:
			diags = append(diags, l.src.problem(t.from, t.to, "Duplicate name", "There is another function %s before this one, with as many arguments.", t.text))
		}
		seen[d.id] = true
	}
	return diags
}

func compileDefs(defs []*gojq.FuncDef, vars []string) error {
	_, err := gojq.Compile(&gojq.Query{FuncDefs: defs, Term: &gojq.Term{Type: gojq.TermTypeIdentity}}, gojq.WithVariables(dollars(vars)))
	return err
}

// neededBy are the definitions that a program calls, or those call, in their order: places
// in l.defs.
func (l *Library) neededBy(query *gojq.Query) []int {
	if l == nil || len(l.defs) == 0 {
		return nil
	}
	needed := map[string]bool{}
	for _, name := range callsOf(query) {
		needed[name] = true
	}
	var out []int
	for i, d := range slices.Backward(l.defs) { // each calls only those before it
		if needed[d.def.id] {
			out = append(out, i)
			for _, name := range d.calls {
				needed[name] = true
			}
		}
	}
	slices.Reverse(out)
	return out
}

// callsOf are the functions that a part of a program calls, as name/arity, also those that
// it defines itself.
func callsOf(part any) []string {
	var out []string
	walkJQ(reflect.ValueOf(part), func(n any) {
		if f, is := n.(*gojq.Func); is {
			out = append(out, fmt.Sprintf("%s/%d", f.Name, len(f.Args)))
		}
	})
	return out
}

// arities adds the functions of the library to those of jq.
func (l *Library) arities(into map[string][]string) {
	if l == nil {
		return
	}
	for _, d := range l.defs {
		name, arity, _ := strings.Cut(d.def.id, "/")
		into[name] = append(into[name], arity)
	}
}

// jqDef is a definition in a program: tokens from..to, of which name is the name and
// body..to-1 what it computes.
type jqDef struct {
	id             string // name/arity
	params         []string
	from, name, to int
	body           int
}

// leadingDefs are the definitions that tokens i..j begin with.
func leadingDefs(tokens []jqToken, i, j int) []jqDef {
	var out []jqDef
	for i+1 < j && tokens[i].kind == jqOpen && tokens[i].text == "def" {
		d, depth := jqDef{from: i, name: i + 1}, 0
		for d.to = i; d.to < j; d.to++ {
			switch t := tokens[d.to]; {
			case t.kind == jqOpen:
				depth++
			case t.kind == jqClose:
				depth--
			case t.text == ":" && depth == 1 && d.body == 0:
				d.body = d.to + 1
			case depth == 2 && d.body == 0 && (t.kind == jqName || t.kind == jqVar):
				d.params = append(d.params, t.text)
			}
			if depth == 0 {
				break
			}
		}
		if d.to == j || d.body == 0 { // it has no end
			return out
		}
		d.to++
		d.id = tokens[d.name].text + "/" + strconv.Itoa(len(d.params))
		out, i = append(out, d), d.to
	}
	return out
}

func dollars(vars []string) []string {
	var out []string
	for _, v := range vars {
		out = append(out, "$"+strings.TrimPrefix(v, "$"))
	}
	return out
}
