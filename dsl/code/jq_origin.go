package code

import (
	"fmt"
	"maps"
	"slices"

	"github.com/itchyny/gojq"
)

// Origins follows what the program makes of in: where the parts of one of its results come
// from. What cannot be told from the text is computed of whatever went into it.
func (q *JQ) Origins(in Origin) Origin {
	if q == nil {
		return in
	}
	query, err := gojq.Parse(q.src.Text)
	if err != nil {
		return computed("", in) // it was compiled, so it parses
	}
	t := &jqTracer{left: maxTraced}
	var s jqScope
	for _, i := range q.needs {
		def := q.opts.shared.defs[i]
		s = s.define(def.def.id, jqFunc{def: def.plain, scope: s})
	}
	return t.query(query, in, s)
}

// maxTraced bounds the work on programs whose functions call each other again and again.
const maxTraced = 20000

type jqTracer struct{ left int }

// jqScope is what a part of a program may name.
type jqScope struct {
	vars  map[string]Origin
	funcs map[string]jqFunc // by name and number of arguments: "map/1"
	depth int
	calls []*gojq.FuncDef // what this is in the middle of
}

// jqFunc is a function of the program, or an argument of one.
type jqFunc struct {
	def   *gojq.FuncDef
	query *gojq.Query // of an argument
	scope jqScope
}

func (s jqScope) bind(name string, to Origin) jqScope {
	s.vars = maps.Clone(s.vars)
	if s.vars == nil {
		s.vars = map[string]Origin{}
	}
	s.vars[name] = to
	return s
}

func (s jqScope) define(name string, f jqFunc) jqScope {
	s.funcs = maps.Clone(s.funcs)
	if s.funcs == nil {
		s.funcs = map[string]jqFunc{}
	}
	s.funcs[name] = f
	return s
}

func (t *jqTracer) query(q *gojq.Query, in Origin, s jqScope) Origin {
	if t.left--; q == nil || t.left < 0 {
		return computed("", in)
	}
	for _, def := range q.FuncDefs {
		s = s.define(fmt.Sprintf("%s/%d", def.Name, len(def.Args)), jqFunc{def: def, scope: s})
	}
	if q.Term != nil {
		return t.term(q.Term, in, s)
	}
	switch q.Op {
	case gojq.OpPipe:
		left := t.query(q.Left, in, s)
		if len(q.Patterns) > 0 {
			return t.query(q.Right, in, bindAll(s, q.Patterns, left))
		}
		return t.query(q.Right, left, s)
	case gojq.OpComma, gojq.OpAlt:
		return oneOf(t.query(q.Left, in, s), t.query(q.Right, in, s))
	case gojq.OpAdd:
		return merged(t.query(q.Left, in, s), t.query(q.Right, in, s))
	case gojq.OpAssign:
		if name := memberOf(q.Left); name != "" {
			return in.WithMember(name, t.query(q.Right, in, s))
		}
		return in
	case gojq.OpModify:
		if name := memberOf(q.Left); name != "" {
			return in.WithMember(name, t.query(q.Right, in.Member(name), s))
		}
		return in
	case gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		return in
	}
	return computed("", t.query(q.Left, in, s), t.query(q.Right, in, s))
}

// memberOf is the name in a program that is nothing but .name.
func memberOf(q *gojq.Query) string {
	if q != nil && q.Term != nil && q.Term.Type == gojq.TermTypeIndex && len(q.Term.SuffixList) == 0 {
		return indexName(q.Term.Index)
	}
	return ""
}

func indexName(i *gojq.Index) string {
	switch {
	case i.Name != "":
		return i.Name
	case i.Str != nil && len(i.Str.Queries) == 0:
		return i.Str.Str
	case i.Start != nil && !i.IsSlice && i.Start.Term != nil && i.Start.Term.Type == gojq.TermTypeString && len(i.Start.Term.Str.Queries) == 0:
		return i.Start.Term.Str.Str
	}
	return ""
}

// index is a part of a value: in is what a name that is computed is computed of.
func (t *jqTracer) index(i *gojq.Index, of, in Origin, s jqScope) Origin {
	name := indexName(i)
	switch {
	case name != "":
		return of.Member(name)
	case i.IsSlice:
		return of
	case len(of.fields) > 0: // words that are looked up in an object
		return computed("", of, t.query(i.Start, in, s))
	}
	return of.Elements()
}

func bindAll(s jqScope, patterns []*gojq.Pattern, to Origin) jqScope {
	for _, p := range patterns {
		if p.Name != "" {
			s = s.bind(p.Name, to)
		}
		for _, inner := range p.Array {
			s = bindAll(s, []*gojq.Pattern{inner}, to.Elements())
		}
		for _, o := range p.Object {
			name := o.Key
			if len(name) > 0 && name[0] == '$' {
				s = s.bind(name, to.Member(name[1:]))
				name = name[1:]
			}
			if o.Val != nil {
				s = bindAll(s, []*gojq.Pattern{o.Val}, to.Member(name))
			}
		}
	}
	return s
}

func (t *jqTracer) term(term *gojq.Term, in Origin, s jqScope) Origin {
	out := t.bare(term, in, s)
	for _, suffix := range term.SuffixList {
		switch {
		case suffix.Iter:
			out = out.Elements()
		case suffix.Index != nil:
			out = t.index(suffix.Index, out, in, s)
		}
	}
	return out
}

func (t *jqTracer) bare(term *gojq.Term, in Origin, s jqScope) Origin {
	switch term.Type {
	case gojq.TermTypeIdentity:
		return in
	case gojq.TermTypeRecurse, gojq.TermTypeFormat:
		return computed("", in)
	case gojq.TermTypeIndex:
		return t.index(term.Index, in, in, s)
	case gojq.TermTypeFunc:
		return t.call(term.Func, in, s)
	case gojq.TermTypeObject:
		return t.object(term.Object, in, s)
	case gojq.TermTypeArray:
		if term.Array.Query == nil {
			return Origin{}
		}
		return listOf(t.query(term.Array.Query, in, s))
	case gojq.TermTypeUnary:
		return computed("", t.term(term.Unary.Term, in, s))
	case gojq.TermTypeString:
		var all []Origin
		for _, q := range term.Str.Queries {
			all = append(all, t.query(q, in, s))
		}
		return computed("", all...)
	case gojq.TermTypeQuery:
		return t.query(term.Query, in, s)
	case gojq.TermTypeTry:
		return t.query(term.Try.Body, in, s)
	case gojq.TermTypeLabel:
		return t.query(term.Label.Body, in, s)
	}
	return t.control(term, in, s)
}

func (t *jqTracer) control(term *gojq.Term, in Origin, s jqScope) Origin {
	switch term.Type {
	case gojq.TermTypeIf:
		all := []Origin{t.query(term.If.Then, in, s)}
		for _, e := range term.If.Elif {
			all = append(all, t.query(e.Then, in, s))
		}
		if term.If.Else != nil {
			all = append(all, t.query(term.If.Else, in, s))
		} else {
			all = append(all, in)
		}
		out := oneOf(all...)
		if len(out.Places()) == 0 {
			return computed("", t.query(term.If.Cond, in, s))
		}
		return out
	case gojq.TermTypeReduce:
		r := term.Reduce
		start := t.query(r.Start, in, s)
		step := t.query(r.Update, start, bindAll(s, r.Patterns, t.query(r.Query, in, s)))
		return oneOf(start, step)
	case gojq.TermTypeForeach:
		f := term.Foreach
		s = bindAll(s, f.Patterns, t.query(f.Query, in, s))
		step := t.query(f.Update, t.query(f.Start, in, s), s)
		if f.Extract != nil {
			return t.query(f.Extract, step, s)
		}
		return step
	}
	return Origin{} // a constant
}

func (t *jqTracer) object(o *gojq.Object, in Origin, s jqScope) Origin {
	var out Origin
	for _, kv := range o.KeyVals {
		name := kv.Key
		if kv.KeyString != nil && len(kv.KeyString.Queries) == 0 {
			name = kv.KeyString.Str
		}
		variable := len(name) > 1 && name[0] == '$'
		switch {
		case name == "" && kv.Val != nil: // a computed name
			out = oneOf(out, computed("", t.query(kv.Val, in, s)))
		case kv.Val != nil:
			out = out.WithMember(name, t.query(kv.Val, in, s))
		case variable:
			out = out.WithMember(name[1:], s.vars[name])
		case name != "":
			out = out.WithMember(name, in.Member(name))
		}
	}
	return out
}

// kept are the functions that give what they are given, or a part of it.
var kept = []string{
	"unique", "sort", "reverse", "flatten", "arrays", "objects", "strings", "numbers", "booleans", "values", "scalars", "iterables",
	"select", "unique_by", "sort_by", "del", "recurse",
}

func (t *jqTracer) call(f *gojq.Func, in Origin, s jqScope) Origin {
	if own, ok := s.funcs[fmt.Sprintf("%s/%d", f.Name, len(f.Args))]; ok {
		return t.own(own, f, in, s)
	}
	if f.Name != "" && f.Name[0] == '$' {
		if o, ok := s.vars[f.Name]; ok {
			return o
		}
		return From(f.Name)
	}
	switch {
	case slices.Contains(kept, f.Name):
		return in
	case f.Name == "map" && len(f.Args) == 1:
		return listOf(t.query(f.Args[0], in.Elements(), s))
	case f.Name == "first" && len(f.Args) == 1:
		return t.query(f.Args[0], in, s)
	case slices.Contains([]string{"first", "last", "min", "max", "min_by", "max_by", "add"}, f.Name):
		return in.Elements()
	case f.Name == "limit" && len(f.Args) == 2:
		return t.query(f.Args[1], in, s)
	case slices.Contains([]string{"empty", "error", "now", "input_line_number"}, f.Name):
		return Origin{}
	}
	all := []Origin{in}
	for _, arg := range f.Args {
		all = append(all, t.query(arg, in, s))
	}
	return computed("", all...)
}

// maxDepth bounds functions that call themselves.
const maxDepth = 12

func (t *jqTracer) own(own jqFunc, f *gojq.Func, in Origin, s jqScope) Origin {
	if s.depth >= maxDepth || own.def != nil && slices.Contains(s.calls, own.def) {
		return computed("", in) // what it makes of it, it does once more
	}
	inner := own.scope
	inner.depth, inner.calls = s.depth+1, s.calls
	if own.query != nil { // an argument sees what its caller saw
		return t.query(own.query, in, inner)
	}
	inner.calls = append(slices.Clone(s.calls), own.def)
	inner = inner.define(fmt.Sprintf("%s/%d", own.def.Name, len(own.def.Args)), own)
	for i, name := range own.def.Args {
		if name != "" && name[0] == '$' {
			inner = inner.bind(name, t.query(f.Args[i], in, s))
			name = name[1:]
		}
		inner = inner.define(name+"/0", jqFunc{query: f.Args[i], scope: s})
	}
	return t.query(own.def.Body, in, inner)
}

// Text is the program as it is written.
func (q *JQ) Text() string {
	if q == nil {
		return ""
	}
	return q.src.Text
}
