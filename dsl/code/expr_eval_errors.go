package code

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// What expr's machine says when it stops. Each pattern takes out names of types
// and fixed words only, never a value.
var (
	typeWord    = `((?:<nil>|[\w.]+|map\[[\w.]+\](?:interface \{\}|\w+)|\[\](?:interface \{\}|\w+)))`
	cannotFetch = regexp.MustCompile(`^cannot (?:fetch|get) .* from ` + typeWord + `$`)
	assertion   = regexp.MustCompile(`^interface conversion: interface \{\} is ` + typeWord + `, not ` + typeWord)
	assertNil   = regexp.MustCompile(`^interface conversion: interface \{\} is nil, not ` + typeWord)
	binaryTypes = regexp.MustCompile(`^invalid operation: ` + typeWord + ` (\S{1,2}) ` + typeWord + `$`)
	unaryTypes  = regexp.MustCompile(`^invalid operation: (-|int|int64|float|bool)[ (]` + typeWord + `\)?$`)
	reflectKind = regexp.MustCompile(`^reflect: call of reflect\.Value\.Len on (\w+) Value$`)
	badArgument = regexp.MustCompile(`^invalid argument for (\w+) \(type ` + typeWord + `\)$`)
	outOfRange  = regexp.MustCompile(`^index out of range: (-?\d+) \(array length is (\d+)\)$`)
	notIterable = regexp.MustCompile(`^operator "in" not defined on ` + typeWord + `$`)
)

// mishap is a run-time failure in our words: what was found where something else
// was needed.
type mishap struct {
	got  string // kind found; "null" where nothing was there
	want string // what was needed, with article, or ""
	text string // a full sentence in place of got and want
	kind bool   // text is about kinds of values
	arg  int    // index of the argument at fault; negative where it is not known
}

func classify(fe *file.Error) mishap {
	message := fe.Message
	switch {
	case assertNil.MatchString(message):
		return mishap{got: "null", want: article(kindName(assertNil.FindStringSubmatch(message)[1]))}
	case assertion.MatchString(message):
		m := assertion.FindStringSubmatch(message)
		return mishap{got: kindName(m[1]), want: article(kindName(m[2]))}
	case cannotFetch.MatchString(message):
		return mishap{got: kindName(cannotFetch.FindStringSubmatch(message)[1]), want: "an object with this field"}
	case reflectKind.MatchString(message):
		kind := reflectKind.FindStringSubmatch(message)[1]
		if kind == "zero" {
			kind = "null"
		}
		return mishap{got: kind, want: "a list"}
	case badArgument.MatchString(message):
		m := badArgument.FindStringSubmatch(message)
		return mishap{got: kindName(m[2]), want: "something that " + m[1] + " works on"}
	case notIterable.MatchString(message):
		return mishap{got: kindName(notIterable.FindStringSubmatch(message)[1]), want: "a list or object"}
	}
	return classifyOperation(message)
}

func classifyOperation(message string) mishap {
	if m := binaryTypes.FindStringSubmatch(message); m != nil {
		left, right := kindName(m[1]), kindName(m[3])
		if left == "null" || right == "null" {
			return mishap{got: "null", want: "a value"}
		}
		return mishap{kind: true, text: fmt.Sprintf("The operator %s does not work on %s and %s.", m[2], article(left), article(right))}
	}
	if m := unaryTypes.FindStringSubmatch(message); m != nil {
		switch kindName(m[2]) {
		case "null":
			return mishap{got: "null", want: "a number"}
		case "string", "bool", "list", "object", "time":
			return mishap{got: kindName(m[2]), want: "a number"}
		}
		return mishap{text: "The text is not a whole number."}
	}
	if m := outOfRange.FindStringSubmatch(message); m != nil {
		return mishap{text: fmt.Sprintf("There is no element %s: the list has %s. Use ?? with a check of len().", m[1], m[2])}
	}
	switch message {
	case "memory budget exceeded":
		return mishap{text: fmt.Sprintf("The program made collections of more than %d elements. Cut the data with jq first.", maxElements)}
	case "invalid operation: cannot call nil":
		return mishap{text: "There is no such function here: the value called is null."}
	}
	return mishap{text: "This cannot be computed from the values of this record."}
}

// explainEval turns an error of expr's machine into an EvalError: the range is the
// operand at fault where it can be told, else the token that failed.
func explainEval(e *Expr, vars map[string]any, err error) *EvalError {
	fe := fileError(err)
	if fe == nil {
		return e.src.fail(err, 0, len(e.src.Text), "expr failed", "This cannot be computed from the values of this record.")
	}
	from, to := bytesOf(runeOffsets(e.src.Text), fe.Location)
	var bad misfit
	m := mishap{arg: -1}
	if errors.As(fe.Prev, &bad) {
		m = mishap{got: bad.got, want: bad.want, arg: bad.arg}
	} else if words := spoken(fe.Prev); words != nil {
		summary := spokenSummary(words)
		return e.src.fail(words, from, to, summary, "%s.", sentence(words.Error()))
	} else {
		m = classify(fe)
		m.arg = -1
	}
	if strings.HasPrefix(fe.Message, "invalid operation: int(") {
		if text := e.noField(vars, fe.Location); text != "" {
			return e.src.fail(nil, from, to, "Wrong kind of value", "%s", text)
		}
	}
	if m.kind {
		return e.src.fail(nil, from, to, "Wrong kind of value", "%s", m.text)
	}
	if m.text != "" {
		return e.src.fail(nil, from, to, "expr failed", "%s", m.text)
	}
	name := "A value here"
	if operand, ok := e.culprit(vars, fe.Location, m); ok {
		from, to = operand.from, operand.to
		name = e.src.Text[from:to]
	}
	if m.got == "null" {
		return e.src.fail(nil, from, to, "Value is null", "%s is null (absent in this record); use ?? to give a fallback, or ?. to read a field of what may be absent.", name)
	}
	return e.src.fail(nil, from, to, "Wrong kind of value", "%s is %s, but %s is needed.", name, article(m.got), m.want)
}

// spokenSummary is what an error says of itself that it is.
func spokenSummary(err error) (summary string) {
	var own interface{ Summary() string }
	if errors.As(err, &own) {
		return own.Summary()
	}
	return "expr failed"
}

// spoken is an error of a called function, whose words are meant for people.
// Errors of the Go runtime and of libraries are not.
func spoken(err error) error {
	var (
		bug     runtime.Error
		value   *reflect.ValueError
		pattern *syntax.Error
	)
	if err == nil || errors.As(err, &bug) || errors.As(err, &value) || errors.As(err, &pattern) {
		return nil
	}
	return err
}

// culprit evaluates the operands of the node at loc one by one, to find the first
// that is of the kind found. It can do so for operands outside closures.
func (e *Expr) culprit(vars map[string]any, loc file.Location, m mishap) (span, bool) {
	for _, n := range e.nodesAt(loc) {
		for i, operand := range operands(n) {
			if m.arg >= 0 && i != m.arg {
				continue
			}
			at := extent(e.src.Text, operand)
			if kind, ok := e.kindAt(vars, at); ok && kind == m.got {
				return at, true
			}
		}
	}
	return span{}, false
}

// noField explains a field read of what has none: expr takes the field's name for
// an index then, and complains about that.
func (e *Expr) noField(vars map[string]any, loc file.Location) string {
	for _, n := range e.nodesAt(loc) {
		member, ok := n.(*ast.MemberNode)
		if !ok {
			continue
		}
		at := extent(e.src.Text, member.Node)
		if kind, ok := e.kindAt(vars, at); ok {
			return fmt.Sprintf("%s is %s, which has no fields.", e.src.Text[at.from:at.to], article(kind))
		}
		return "What stands before this has no fields."
	}
	return ""
}

// failedNodes are the nodes at which the machine stopped, widest first.
func (e *Expr) failedNodes(err error) []ast.Node {
	fe := fileError(err)
	if fe == nil {
		return nil
	}
	nodes := e.nodesAt(fe.Location)
	slices.Reverse(nodes)
	return nodes
}

func (e *Expr) nodesAt(loc file.Location) []ast.Node {
	tree, err := check(e.src.Text, e.env)
	if err != nil {
		return nil
	}
	all := &collector{}
	ast.Walk(&tree.Node, all)
	return slices.DeleteFunc(all.nodes, func(n ast.Node) bool { return n.Location() != loc })
}

// kindAt evaluates a part of the program by itself.
func (e *Expr) kindAt(vars map[string]any, at span) (string, bool) {
	program, err := compile(e.src.Text[at.from:at.to], e.env, true)
	if err != nil {
		return "", false
	}
	v, err := e.run(program, vars)
	return kindName(fmt.Sprintf("%T", v)), err == nil
}

func operands(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		return []ast.Node{n.Node}
	case *ast.SliceNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond}
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.CallNode:
		return n.Arguments
	case *ast.PairNode:
		return []ast.Node{n.Key}
	case *ast.MapNode:
		return n.Pairs
	}
	return nil
}

// extent is all the text of a node, with the brackets that its tokens need.
func extent(text string, n ast.Node) span {
	all := &collector{}
	ast.Walk(&n, all)
	loc := n.Location()
	for _, inner := range all.nodes {
		if l := inner.Location(); l.To > l.From {
			loc.From, loc.To = min(loc.From, l.From), max(loc.To, l.To)
		}
	}
	loc = balance(text, loc)
	from, to := bytesOf(runeOffsets(text), loc)
	return span{from, to}
}

func balance(text string, loc file.Location) file.Location {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return loc
	}
	depth, lowest := 0, 0
	for _, t := range tokens {
		if t.From < loc.From || t.Kind != lexer.Bracket {
			continue
		}
		if t.From >= loc.To && depth <= 0 {
			break
		}
		switch t.Value {
		case "(", "[", "{":
			depth++
		default:
			depth--
		}
		lowest = min(lowest, depth)
		loc.To = max(loc.To, t.To)
	}
	for i := len(tokens) - 1; i >= 0 && lowest < 0; i-- {
		if t := tokens[i]; t.From < loc.From && t.Kind == lexer.Bracket {
			switch t.Value {
			case "(", "[", "{":
				lowest++
			default:
				lowest--
			}
			loc.From = t.From
		}
	}
	return loc
}
