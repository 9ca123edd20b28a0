package code

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/itchyny/gojq"

	"tqmap/dsl/prose"
)

// Involved is a value that a failing program worked on. It may be data of a person, and
// hold a secret that a server gave back: it is shown where someone asks about one record,
// redacted, and is no part of an error's text.
type Involved struct {
	Name string `json:"name"` // as the program spells it, such as alert.severity; "input" for what went into a stage of jq
	Kind string `json:"kind"` // null, string, int, object …
	Text string `json:"text"` // as JSON; of a long one the beginning
}

const (
	maxInvolved  = 5       // values that are worth reading
	maxShortJSON = 4 << 10 // bytes; more than is shown, so that a secret is whole when it is looked for
)

// Involve is v under its name, without the values of fields that look like credentials.
func Involve(name string, v any) Involved {
	out := Involved{Name: name, Kind: kindName(fmt.Sprintf("%T", v)), Text: shortJSON(v)}
	if SecretName(name[strings.LastIndexByte(name, '.')+1:]) {
		out.Text = hidden
	}
	return out
}

// secretField is what fields are called that hold credentials; their values are not kept.
var secretField = regexp.MustCompile(`(?i)passw|secret|token|credential|api_?key|private_?key`)

// SecretName says whether a field is called like something that holds a credential.
func SecretName(name string) bool { return secretField.MatchString(name) }

const hidden = `"(not shown)"`

// shortJSON is v as JSON, or the beginning of it. Its time is bounded as its length is: parts
// of v may be shared, so that written out it would never end.
func shortJSON(v any) string {
	text := string(appendShort(nil, v))
	if len(text) > maxShortJSON {
		text = strings.ToValidUTF8(text[:maxShortJSON], "") + "…"
	}
	return text
}

// appendShort stops soon after b is full.
func appendShort(b []byte, v any) []byte {
	if len(b) > maxShortJSON {
		return b
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		if len(v) > maxShortJSON {
			v = strings.ToValidUTF8(v[:maxShortJSON+1], "")
		}
		return append(b, prose.JSON(v)...)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			if b = appendShort(b, e); len(b) > maxShortJSON {
				return b
			}
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(append(b, prose.JSON(k)...), ": "...)
			if secretField.MatchString(k) {
				b = append(b, hidden...)
				continue
			}
			if b = appendShort(b, v[k]); len(b) > maxShortJSON {
				return b
			}
		}
		return append(b, '}')
	}
	switch v.(type) {
	case bool, int, float64, time.Time, *big.Int, json.Number:
		return append(b, prose.JSON(v)...)
	}
	return append(b, kindName(fmt.Sprintf("%T", v))...) // nothing that a program gives
}

// involved are the values of the names in the part of the program that failed, or where
// that has none, such as in a predicate, of those in the whole program.
func (e *Expr) involved(vars map[string]any, failed []ast.Node) []Involved {
	for _, n := range failed {
		if out := e.valuesOf(vars, n); len(out) > 0 {
			return out
		}
	}
	tree, err := check(e.src.Text, e.env)
	if err != nil {
		return nil
	}
	return e.valuesOf(vars, tree.Node)
}

func (e *Expr) valuesOf(vars map[string]any, n ast.Node) []Involved {
	var out []Involved
	for _, chain := range chains(n) {
		v, ok := e.valueOf(vars, chain)
		if !ok || slices.ContainsFunc(out, func(have Involved) bool { return have.Name == v.Name }) {
			continue
		}
		if out = append(out, v); len(out) == maxInvolved {
			break
		}
	}
	return out
}

// valueOf is the value of a chain, or of as much of it as can be read. Variables of the
// program and functions have none.
func (e *Expr) valueOf(vars map[string]any, chain ast.Node) (Involved, bool) {
	for chain != nil {
		at := extent(e.src.Text, chain)
		name := e.src.Text[at.from:at.to]
		program, err := compile(name, e.env, true)
		if err != nil {
			return Involved{}, false
		}
		if v, err := e.run(program, vars); err == nil {
			return Involve(name, v), v == nil || reflect.TypeOf(v).Kind() != reflect.Func
		}
		switch n := chain.(type) {
		case *ast.MemberNode:
			chain = n.Node
		case *ast.ChainNode:
			chain = n.Node
		default:
			chain = nil
		}
	}
	return Involved{}, false
}

// chains are the names in n with all the fields that are read of them, as in alert.a.b.
func chains(n ast.Node) []ast.Node {
	all, part, called := &collector{}, map[ast.Node]bool{}, map[ast.Node]bool{}
	ast.Walk(&n, all)
	for _, n := range all.nodes {
		switch n := n.(type) {
		case *ast.MemberNode:
			part[n.Node] = true
		case *ast.ChainNode:
			part[n.Node] = true
		case *ast.CallNode:
			called[n.Callee] = true
		}
	}
	var out []ast.Node
	for _, n := range all.nodes {
		if isChain(n) && !part[n] && !called[n] {
			out = append(out, n)
		}
	}
	return out
}

func isChain(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return true
	case *ast.ChainNode:
		return isChain(n.Node)
	case *ast.MemberNode:
		switch n.Property.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.IdentifierNode:
			return isChain(n.Node)
		}
	}
	return false
}

// into is what went into the stage at i..j of the program, which fails after head. It is
// the first output of head that the stage fails on.
func (l *locator) into(head string, i, j int) (any, bool) {
	head = strings.TrimSuffix(strings.TrimSpace(head), "|")
	if strings.TrimSpace(head) == "" {
		return l.input, true
	}
	before, err := l.compile(head)
	if err != nil {
		return nil, false
	}
	stage, err := l.compile(l.text(i, j))
	if err != nil { // it needs what stands before it, such as a variable
		return nil, false
	}
	outputs := before.RunWithContext(l.ctx, l.input, l.values...)
	for range l.q.opts.outputs {
		v, ok := outputs.Next()
		if _, failed := v.(error); !ok || failed {
			return nil, false
		}
		if endsWith(l.ctx, stage, v, l.values, l.message, l.q.opts.outputs) {
			return v, true
		}
	}
	return nil, false
}

func (l *locator) compile(program string) (*gojq.Code, error) {
	query, err := gojq.Parse(l.defs + program)
	if err != nil {
		return nil, err
	}
	return compileJQ(query, l.q.vars, l.q.opts.shared)
}

// endsWith tells whether program, run on input, ends with an error of these words.
func endsWith(ctx context.Context, program *gojq.Code, input any, values []any, message string, outputs int) bool {
	it := program.RunWithContext(ctx, input, values...)
	for range outputs {
		v, ok := it.Next()
		if !ok {
			return false
		}
		if err, failed := v.(error); failed {
			return err.Error() == message
		}
	}
	return false
}
