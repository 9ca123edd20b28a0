package code

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/hashicorp/hcl/v2"
)

var (
	unknownName  = regexp.MustCompile(`^unknown name (.*)$`)
	unknownField = regexp.MustCompile(`^(?:unknown field|type .* has no (?:field|method)) (.*)$`)
	wrongCount   = regexp.MustCompile(`^(?:too many|not enough) arguments to call (\w+)`)
	tokenKind    = regexp.MustCompile(`\b(?:Operator|Bracket|Identifier|Number|String)\(("[^"]*")\)`)
	goType       = regexp.MustCompile(`(?:map\[string\](?:interface \{\}|any)|\[\](?:interface \{\}|any|string|int|float64)|time\.Time|interface \{\}|float64|float32)`)
)

// explainCompile turns an error of expr's parser, checker or compiler into
// diagnostics.
func explainCompile(src Source, tree *parser.Tree, env Env, err error) hcl.Diagnostics {
	fe := fileError(err)
	if fe == nil {
		return hcl.Diagnostics{src.problem(0, len(src.Text), "Invalid expr", "%s.", sentence(err.Error()))}
	}
	from, to := bytesOf(runeOffsets(src.Text), fe.Location)
	report := func(summary, format string, args ...any) hcl.Diagnostics {
		return hcl.Diagnostics{src.problem(from, to, summary, format, args...)}
	}
	message := strings.TrimSpace(fe.Message)
	if m := unknownName.FindStringSubmatch(message); m != nil {
		called := strings.HasPrefix(src.Text[to:], "(")
		if hint := nameHint(m[1], called, env); hint != "" || !called {
			return report("Unknown name", "Nothing is called %q here.%s", m[1], hint)
		}
		return report("Unknown name", "expr has no function %q. tqmap reference expr lists those there are.", m[1])
	}
	if m := unknownField.FindStringSubmatch(message); m != nil {
		base, fields, closed := fieldsAt(tree, fe.Location)
		if closed {
			return report("Unknown field", "%s has no field %q.%s", orThis(base), m[1], Suggest(m[1], fields))
		}
		return report("Unknown field", "%s.", sentence(message))
	}
	if name := src.Text[from:to]; strings.HasSuffix(message, " is not callable") && functionNamed(name) != nil {
		return report("Not a function here", "%q is a name of this mapping or a variable of this program, which hides the function %s().", name, name)
	}
	if m := wrongCount.FindStringSubmatch(message); m != nil {
		if f := functionNamed(m[1]); f != nil {
			return report("Invalid expr", "%s does not take these arguments. Write %s.", f.Name, f.Signature)
		}
	}
	if text, ok := differing(tree, fe.Location, message); ok {
		return report("Kinds that differ", "%s", text)
	}
	if strings.Contains(message, "unexpected token EOF") {
		return report("Invalid expr", "The expression ends too early: something must follow.")
	}
	if strings.HasSuffix(message, "exceeds maximum allowed nodes") {
		return report("Code too long", "An expression has at most %d parts. Split it into several attributes, or cut the data with jq first.", maxNodes)
	}
	if why := ownWords(message, src.Text, from); why != "" {
		return report("Invalid expr", "%s", why)
	}
	return report("Invalid expr", "%s.%s", sentence(message), tokenHint(src.Text, from, to))
}

var (
	strangeCharacter = regexp.MustCompile(`^unrecognized character: U\+\w+ '(.)'`)
	wrongWord        = regexp.MustCompile(`^unexpected token Identifier\("(\w+)"\)`)
)

// ownWords are ours for what expr says of its tokens; "" where its own will do.
func ownWords(message, text string, from int) string {
	if m := strangeCharacter.FindStringSubmatch(message); m != nil && strings.Contains("‘’‚“”„", m[1]) {
		return m[1] + " is a quote of mails and documents: write the straight one, '."
	}
	if message == "literal not terminated" {
		return "A text has no end: a ' is missing."
	}
	if m := wrongWord.FindStringSubmatch(message); m != nil {
		switch word := strings.ToLower(m[1]); word {
		case "and", "or", "not", "in":
			return "Write " + word + " in small letters."
		}
		return "Before " + m[1] + " an operator is missing, such as +, == or and."
	}
	if strings.HasPrefix(text[from:], "=") && strings.HasPrefix(text[from+1:], ">") {
		return "Write >= for greater or equal."
	}
	return ""
}

// nameHint is what name may be a slip of, a function where it is called.
func nameHint(name string, called bool, env Env) string {
	switch name {
	case "null", "None", "undefined":
		return " The empty value is nil in expr."
	case "coalesce":
		return " The first of several that is not empty: first_of(a, b)."
	case "True", "False":
		return " Write " + strings.ToLower(name) + "."
	}
	known := env.names()
	for _, f := range table() {
		known = append(known, f.Name)
	}
	gone := removed()
	for _, b := range builtin.Names {
		if gone[b] == "" && !slices.Contains(known, b) {
			known = append(known, b)
		}
	}
	if hint := Suggest(name, known); hint != "" {
		return hint
	}
	if called {
		return ""
	}
	return Suggest(name, env.names())
}

// tokenHint knows what people who think in another language write.
func tokenHint(text string, from, to int) string {
	switch {
	case text[from:to] == ":" && strings.Contains(text[:from], "{"):
		return " Inside a predicate, braces begin its own: put an object into parentheses, as in map(list, ({'id': .id}))."
	case text[from:to] == "=":
		return " To compare, write ==."
	case text[from:to] == "," && strings.Contains(text[:from], "?"):
		return " A choice is written condition ? a : b."
	case strings.HasPrefix(text[from:], "===") || strings.HasSuffix(text[:to], "==="):
		return " To compare, write ==."
	}
	return ""
}

// fieldsAt finds the closed object whose member stands at loc, as the checker saw it.
func fieldsAt(tree *parser.Tree, loc file.Location) (base string, fields []string, closed bool) {
	if tree == nil || tree.Node == nil {
		return "", nil, false
	}
	all := &collector{}
	ast.Walk(&tree.Node, all)
	for _, n := range all.nodes {
		member, ok := n.(*ast.MemberNode)
		if !ok || member.Property.Location() != loc {
			continue
		}
		nature := member.Node.Nature()
		if nature.TypeData != nil && nature.Strict {
			return member.Node.String(), slices.Collect(maps.Keys(nature.Fields)), true
		}
	}
	return "", nil, false
}

func orThis(name string) string {
	if name == "" {
		return "This"
	}
	return name
}

// sentence makes expr's words readable: Go's names of types become ours.
func sentence(message string) string {
	message = goType.ReplaceAllStringFunc(message, kindName)
	message = tokenKind.ReplaceAllString(message, "$1")
	message = strings.TrimRight(strings.TrimSpace(message), ".")
	first, size := utf8.DecodeRuneInString(message)
	return string(unicode.ToUpper(first)) + message[size:]
}

// kindName is our word for a Go type, as printed by %T.
func kindName(goName string) string {
	switch {
	case goName == "<nil>" || goName == "nil":
		return "null"
	case strings.HasPrefix(goName, "map["):
		return "object"
	case strings.HasPrefix(goName, "[]"):
		return "list"
	case goName == "float64" || goName == "float32":
		return "float"
	case goName == "time.Time":
		return "time"
	case goName == "interface {}":
		return "any"
	case strings.HasPrefix(goName, "func("):
		return "function"
	}
	return goName
}

func article(noun string) string {
	switch {
	case noun == "null" || noun == "any":
		return noun
	case strings.ContainsRune("aeiou", rune(noun[0])):
		return "an " + noun
	}
	return "a " + noun
}

// runeOffsets maps rune counts, which expr uses, to byte offsets.
func runeOffsets(text string) []int {
	out := make([]int, 0, len(text)+1)
	for i := range text {
		out = append(out, i)
	}
	return append(out, len(text))
}

func bytesOf(at []int, loc file.Location) (from, to int) {
	last := len(at) - 1
	from = at[min(max(loc.From, 0), last)]
	return from, max(from, at[min(max(loc.To, 0), last)])
}
