package code

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"sync"

	"github.com/itchyny/gojq"
)

// guardedJQ are the definitions that a guarded program begins with. The arguments of
// operators stand in reverse, which is the order in which jq takes them.
const guardedJQ = `
def _tq_add($r; $l): _tq_adds($l; $r) | $l + $r;
def _tq_subtract($r; $l): _tq_subtracts($l; $r) | $l - $r;
def _tq_multiply($r; $l): _tq_multiplies($l; $r) | $l * $r;
def _tq_divide($r; $l): _tq_divides($l; $r) | $l / $r;
def _tq_eq($r; $l): _tq_compares($l; $r) | $l == $r;
def _tq_ne($r; $l): _tq_compares($l; $r) | $l != $r;
def _tq_gt($r; $l): _tq_compares($l; $r) | $l > $r;
def _tq_lt($r; $l): _tq_compares($l; $r) | $l < $r;
def _tq_ge($r; $l): _tq_compares($l; $r) | $l >= $r;
def _tq_le($r; $l): _tq_compares($l; $r) | $l <= $r;
def _tq_lhs(p): path(p) as $p | if _tq_path($p) | true then getpath($p) else empty end;
def _tq_update_add($x; p): p |= _tq_add($x; .);
def _tq_update_subtract($x; p): p |= _tq_subtract($x; .);
def _tq_update_multiply($x; p): p |= _tq_multiply($x; .);
def _tq_update_divide($x; p): p |= _tq_divide($x; .);
def _tq_join($s): _tq_joins($s) | join($s);
def _tq_contains($b): _tq_pair($b) | contains($b);
def _tq_inside($b): _tq_pair($b) | inside($b);
def _tq_index($b): _tq_pair($b) | index($b);
def _tq_rindex($b): _tq_pair($b) | rindex($b);
def _tq_indices($b): _tq_pair($b) | indices($b);
def _tq_setpath($p; $v): _tq_path($p) | setpath($p; $v);
def _tq_delpaths($p): _tq_paths($p) | delpaths($p);
def _tq_del(f): _tq_delpaths([path(f)]);
def _tq_pick(f): . as $v | reduce path(f) as $p (null; _tq_setpath($p; $v | getpath($p)));
def _tq_fromstream(f): fromstream(f | _tq_event);
def _tq_strftime($f): ($f | _tq_format) as $f | strftime($f);
def _tq_strptime($f): ($f | _tq_format) as $f | strptime($f);
`

// guardedDefs are the definitions of guardedJQ. They are shared, and never changed.
var guardedDefs = sync.OnceValues(func() ([]*gojq.FuncDef, error) {
	query, err := gojq.Parse(guardedJQ + ".")
	if err != nil {
		return nil, err
	}
	return query.FuncDefs, nil
})

// inputChecks are the functions whose input is checked before they are called.
func inputChecks() map[string]string {
	out := map[string]string{
		"split": "_tq_split", "explode": "_tq_split", "fromjson": "_tq_split", "tonumber": "_tq_digits", "transpose": "_tq_transpose",
	}
	for _, name := range []string{
		"tojson", "tostring", "add", "flatten", "sort", "sort_by", "min", "max", "min_by", "max_by", "unique", "unique_by",
		"group_by", "implode", "error", "bsearch", "from_entries", "with_entries", "INDEX", "IN", "ascii_downcase", "ascii_upcase",
	} {
		out[name] = "_tq_whole"
	}
	return out
}

// patterned are the functions whose first argument is a regular expression.
var patterned = map[string]bool{"match": true, "test": true, "capture": true, "scan": true, "splits": true, "sub": true, "gsub": true}

var (
	operators = map[gojq.Operator]string{
		gojq.OpAdd: "_tq_add", gojq.OpSub: "_tq_subtract", gojq.OpMul: "_tq_multiply", gojq.OpDiv: "_tq_divide",
		gojq.OpEq: "_tq_eq", gojq.OpNe: "_tq_ne", gojq.OpGt: "_tq_gt", gojq.OpLt: "_tq_lt", gojq.OpGe: "_tq_ge", gojq.OpLe: "_tq_le",
		gojq.OpUpdateAdd: "_tq_update_add", gojq.OpUpdateSub: "_tq_update_subtract", gojq.OpUpdateMul: "_tq_update_multiply", gojq.OpUpdateDiv: "_tq_update_divide",
	}
	assignments = map[gojq.Operator]bool{
		gojq.OpAssign: true, gojq.OpModify: true, gojq.OpUpdateAdd: true, gojq.OpUpdateSub: true, gojq.OpUpdateMul: true,
		gojq.OpUpdateDiv: true, gojq.OpUpdateMod: true, gojq.OpUpdateAlt: true,
	}
	renamed = map[string]int{ // with their number of arguments
		"join": 1, "contains": 1, "inside": 1, "index": 1, "rindex": 1, "indices": 1, "setpath": 2, "delpaths": 1,
		"del": 1, "pick": 1, "fromstream": 1, "strftime": 1, "strptime": 1,
	}
)

// compileJQ compiles query, which it changes, with what it calls of shared: no single step
// of it takes in or makes more than the bounds allow.
func compileJQ(query *gojq.Query, vars []string, shared *Library) (*gojq.Code, error) {
	defs, err := guardedDefs()
	if err != nil {
		return nil, err
	}
	needed := shared.neededBy(query)
	var before []*gojq.FuncDef
	if guardJQ(query) || len(needed) > 0 && shared.guards {
		before = append(before, defs...)
	}
	for _, i := range needed {
		before = append(before, shared.defs[i].guarded)
	}
	query.FuncDefs = append(before, query.FuncDefs...)
	return gojq.Compile(query, append(jqChecks(), gojq.WithVariables(vars))...)
}

// guardJQ puts checks into query, and tells whether they call some of guardedDefs.
func guardJQ(query *gojq.Query) bool {
	g := &jqGuard{checks: inputChecks()}
	g.query(query)
	return g.used
}

// jqGuard puts checks into a program.
type jqGuard struct {
	own    map[string]bool // functions that the program defines, as name/arity, seen from here
	checks map[string]string
	used   bool // some of guardedDefs
}

// query guards q inside out. What it defines is not what jq has under the same name, but
// only where the definition is seen.
func (g *jqGuard) query(q *gojq.Query) {
	outer := g.own
	defer func() { g.own = outer }()
	for _, def := range q.FuncDefs {
		own := maps.Clone(g.own)
		if own == nil {
			own = map[string]bool{}
		}
		own[fmt.Sprintf("%s/%d", def.Name, len(def.Args))] = true
		g.own = own
		g.walk(reflect.ValueOf(def))
	}
	defs := q.FuncDefs
	q.FuncDefs = nil
	g.walk(reflect.ValueOf(q).Elem())
	q.FuncDefs = defs
	g.visit(q)
}

func (g *jqGuard) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if q, is := v.Interface().(*gojq.Query); is {
			g.query(q)
			return
		}
		g.walk(v.Elem())
		g.visit(v.Interface())
	case reflect.Struct:
		for i := range v.NumField() {
			g.walk(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			g.walk(v.Index(i))
		}
	}
}

// walkJQ visits the parts of a query, inner ones first.
func walkJQ(v reflect.Value, visit func(any)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		walkJQ(v.Elem(), visit)
		visit(v.Interface())
	case reflect.Struct:
		for i := range v.NumField() {
			walkJQ(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkJQ(v.Index(i), visit)
		}
	}
}

func (g *jqGuard) visit(n any) {
	switch n := n.(type) {
	case *gojq.Query:
		g.operator(n)
	case *gojq.String:
		for i, q := range n.Queries { // of "\(…)"
			if q.Term == nil || q.Term.Str == nil {
				n.Queries[i] = asQuery(piped(q, "_tq_whole"))
			}
		}
	case *gojq.Term:
		switch {
		case n.Type == gojq.TermTypeFunc && !g.own[fmt.Sprintf("%s/%d", n.Func.Name, len(n.Func.Args))]:
			g.call(n)
		case n.Type == gojq.TermTypeFormat && n.Str == nil:
			g.before(n, "_tq_whole")
		}
	}
}

func (g *jqGuard) operator(n *gojq.Query) {
	if assignments[n.Op] && !plainPath.MatchString(n.Left.String()) {
		n.Left = asQuery(function("_tq_lhs", n.Left))
		g.used = true
	}
	name, args := operators[n.Op], []*gojq.Query{n.Right, n.Left}
	if name == "" || harmless(n) {
		return
	}
	g.used = true
	*n = gojq.Query{FuncDefs: n.FuncDefs, Term: function(name, args...)}
}

// plainPath is a path without anything that is computed.
var plainPath = regexp.MustCompile(`^\.(?:[A-Za-z_]\w*|\[\d{0,4}\]|\["[^"\\]*"\]|\.|\?)*$`)

// harmless says that one side makes the step short whatever the other one is.
func harmless(n *gojq.Query) bool {
	left, right := literal(n.Left), literal(n.Right)
	switch n.Op {
	case gojq.OpEq, gojq.OpNe, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe:
		return left != "" || right != ""
	case gojq.OpMul, gojq.OpUpdateMul:
		return left == "number" && right == "number" || left == "text" && right == "number"
	}
	return left == "number" || right == "number"
}

// literal is what kind of scalar q is that stands in the program, "" if none.
func literal(q *gojq.Query) string {
	if q.Term == nil || len(q.Term.SuffixList) > 0 || len(q.FuncDefs) > 0 {
		return ""
	}
	switch t := q.Term; t.Type {
	case gojq.TermTypeNumber:
		return "number"
	case gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse:
		return "word"
	case gojq.TermTypeString:
		if t.Str.Queries == nil {
			return "text"
		}
	}
	return ""
}

func (g *jqGuard) call(n *gojq.Term) {
	f := n.Func
	if renamed[f.Name] == len(f.Args) && len(f.Args) > 0 {
		n.Func = &gojq.Func{Name: "_tq_" + f.Name, Args: f.Args}
		g.used = true
		return
	}
	if patterned[f.Name] || f.Name == "split" && len(f.Args) == 2 {
		if len(f.Args) > 0 && literal(f.Args[0]) == "" {
			f.Args[0] = asQuery(piped(f.Args[0], "_tq_pattern"))
		}
		check := "_tq_match"
		if f.Name == "test" {
			check = "_tq_test"
		}
		g.before(n, check)
		return
	}
	if check := g.checks[f.Name]; check != "" {
		g.before(n, check)
	}
}

// before puts a check of the input before the term.
func (g *jqGuard) before(n *gojq.Term, check string) {
	inner := *n
	inner.SuffixList = nil
	*n = gojq.Term{Type: gojq.TermTypeQuery, SuffixList: n.SuffixList,
		Query: &gojq.Query{Left: asQuery(function(check)), Op: gojq.OpPipe, Right: asQuery(&inner)}}
}

func piped(q *gojq.Query, to string) *gojq.Term {
	return &gojq.Term{Type: gojq.TermTypeQuery, Query: &gojq.Query{Left: q, Op: gojq.OpPipe, Right: asQuery(function(to))}}
}

func function(name string, args ...*gojq.Query) *gojq.Term {
	return &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name, Args: args}}
}

func asQuery(t *gojq.Term) *gojq.Query { return &gojq.Query{Term: t} }
