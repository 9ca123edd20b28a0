package code

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/itchyny/gojq"
)

// explainParse turns jq's parse error into a diagnostic on the token.
func explainParse(src Source, err error) hcl.Diagnostics {
	var pe *gojq.ParseError
	if !errors.As(err, &pe) {
		return hcl.Diagnostics{src.problem(0, len(src.Text), "Invalid jq", "%s.", sentence(err.Error()))}
	}
	to := min(pe.Offset, len(src.Text))
	from := max(0, to-len(pe.Token))
	detail := sentence(pe.Error()) + "."
	switch {
	case strings.Contains(pe.Error(), "unterminated string"):
		detail = "The string has no end: a \" is missing."
		from = max(0, lastQuote(src.Text))
		to = from + 1
	case strings.Contains(pe.Error(), "EOF"):
		detail = "The program ends too early: something must follow." + unclosed(src.Text)
		from, to = len(src.Text), len(src.Text)
	case strings.Contains(pe.Error(), "escape sequence"):
		detail += ` In a quoted string of the mapping, write \\( for jq's \(, or use a heredoc.`
	default:
		detail += parseHint(src.Text, from, pe.Token)
	}
	return hcl.Diagnostics{src.problem(from, to, "Invalid jq", "%s", detail)}
}

func parseHint(text string, from int, token string) string {
	switch token {
	case "'":
		return ` Strings of jq stand in double quotes: "text".`
	case "&":
		return " Write and."
	case "|":
		if strings.HasSuffix(text[:from], "|") {
			return " Write or."
		}
	case "!":
		return " Write | not."
	case "=":
		return " To compare, write ==."
	}
	return ""
}

func lastQuote(text string) int {
	tokens := scanJQ(text)
	for _, t := range slices.Backward(tokens) {
		if t.kind == jqText && strings.HasPrefix(t.text, `"`) {
			return t.from
		}
	}
	return strings.LastIndexByte(text, '"')
}

// unclosed names the innermost bracket that is still open.
func unclosed(text string) string {
	s := &jqScanner{text: text}
	for s.skip(); s.at < len(text); s.skip() {
		s.next()
	}
	switch top := s.top(); top {
	case "(", "[", "{":
		return fmt.Sprintf(" A %q is still open.", top)
	case "if":
		return " An if has no end."
	case "def":
		return " A def has no ; at its end."
	}
	return ""
}

var (
	noFunction = regexp.MustCompile(`^function not defined: (.+)/(\d+)$`)
	noVariable = regexp.MustCompile(`^variable not defined: (.+)$`)
	noLabel    = regexp.MustCompile(`^label not defined: (.+)$`)
)

// explainJQCompile finds the tokens that jq's compiler, which knows no positions,
// complains about. Where the name occurs several times, each is reported.
func explainJQCompile(src Source, vars []string, tokens []jqToken, shared *Library, err error) hcl.Diagnostics {
	message := err.Error()
	if m := noFunction.FindStringSubmatch(message); m != nil {
		arity, _ := strconv.Atoi(m[2])
		if shared != nil && shared.lost {
			return nil // it may be there
		}
		names, arities := functionsOfJQ(tokens, shared)
		detail := fmt.Sprintf("jq has no function %s.%s", m[1], Suggest(m[1], names))
		switch known := arities[m[1]]; {
		case slices.Contains(known, m[2]):
			detail = fmt.Sprintf("%s is defined only behind this place. A function sees itself and those before it.", m[1])
		case len(known) > 0:
			detail = fmt.Sprintf("%s takes %s arguments here, not %d. Arguments are separated by ;.", m[1], strings.Join(known, " or "), arity)
		}
		return reportTokens(src, tokens, "Unknown function", detail, func(i int) bool {
			return tokens[i].kind == jqName && tokens[i].text == m[1] && arityAt(tokens, i) == arity && (i == 0 || tokens[i-1].text != "def")
		})
	}
	if m := noVariable.FindStringSubmatch(message); m != nil {
		known := slices.Clone(vars)
		for i, t := range tokens {
			if t.kind == jqVar && t.text != m[1] && i > 0 && tokens[i-1].text == "as" {
				known = append(known, t.text)
			}
		}
		return reportTokens(src, tokens, "Unknown variable", fmt.Sprintf("There is no variable %s.%s", m[1], Suggest(m[1], known)),
			func(i int) bool { return tokens[i].kind == jqVar && tokens[i].text == m[1] })
	}
	if m := noLabel.FindStringSubmatch(message); m != nil {
		return reportTokens(src, tokens, "Unknown label", fmt.Sprintf("There is no label %s around this break.", m[1]),
			func(i int) bool { return tokens[i].text == m[1] && i > 0 && tokens[i-1].text == "break" })
	}
	return hcl.Diagnostics{src.problem(0, len(src.Text), "Invalid jq", "%s.", sentence(message))}
}

func reportTokens(src Source, tokens []jqToken, summary, detail string, match func(i int) bool) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for i, t := range tokens {
		if match(i) {
			diags = append(diags, src.problem(t.from, t.to, summary, "%s", detail))
		}
	}
	if len(diags) == 0 {
		diags = hcl.Diagnostics{src.problem(0, len(src.Text), summary, "%s", detail)}
	}
	return diags
}

// arityAt is how many arguments the call at token i has.
func arityAt(tokens []jqToken, i int) int {
	if i+1 >= len(tokens) || tokens[i+1].text != "(" {
		return 0
	}
	count, depth := 1, 0
	for _, t := range tokens[i+1:] {
		switch {
		case t.kind == jqOpen:
			depth++
		case t.kind == jqClose:
			if depth--; depth == 0 {
				return count
			}
		case t.text == ";" && depth == 1:
			count++
		}
	}
	return count
}

// functionsOfJQ are the functions of jq, of the library and those that the program defines,
// with the numbers of arguments they take.
func functionsOfJQ(tokens []jqToken, shared *Library) (names []string, arities map[string][]string) {
	arities = map[string][]string{}
	forbidden := forbiddenJQ()
	if query, err := gojq.Parse("builtins"); err == nil {
		list, _ := query.Run(nil).Next()
		for _, b := range toList(list) {
			name, arity, _ := strings.Cut(fmt.Sprint(b), "/")
			if forbidden[name] == "" {
				arities[name] = append(arities[name], arity)
			}
		}
	}
	shared.arities(arities)
	for i, t := range tokens {
		if i > 0 && tokens[i-1].text == "def" {
			arities[t.text] = append(arities[t.text], strconv.Itoa(arityAt(tokens, i)))
		}
	}
	for name := range arities {
		slices.Sort(arities[name])
		names = append(names, name)
	}
	slices.Sort(names)
	return names, arities
}

func toList(v any) []any {
	list, _ := v.([]any)
	return list
}

const kindWord = `(null|boolean|number|string|array|object)`

var (
	jqExpected = regexp.MustCompile(`^expected (an? [a-z ]+?) but got: ` + kindWord)
	jqIterate  = regexp.MustCompile(`^cannot iterate over: ` + kindWord)
	jqBinary   = regexp.MustCompile(`(?s)^cannot (add|subtract|multiply|divide|modulo|compare): ` + kindWord + `.* and ` + kindWord + `(?: \(.*\))?$`)
	jqZero     = regexp.MustCompile(`(?s)^cannot (divide|modulo) .* by: number`)
	jqApplied  = regexp.MustCompile(`^(@?[a-z_][a-z0-9_]*)(?:\(.*?\))? cannot be applied to: ` + kindWord)
	jqWrapped  = regexp.MustCompile(`^(@?[a-z_][a-z0-9_]*)(?:\(.*?\))? cannot be applied to `)
	jqUnary    = regexp.MustCompile(`^cannot (negate|plus|minus): ` + kindWord)
)

// describeJQ says in our words what jq's run-time error says. jq puts values into
// its errors; we take out kinds and names only.
func describeJQ(program string, err error) (summary, detail string) {
	var bound jqBound
	if errors.As(err, &bound) {
		return "Too much at once", bound.Error()
	}
	var raised gojq.ValueError
	if errors.As(err, &raised) {
		return "jq raised an error", describeRaised(program, raised)
	}
	message := err.Error()
	if m := jqExpected.FindStringSubmatch(message); m != nil {
		return "Wrong kind of value", fmt.Sprintf("This needs %s, but got %s.%s", m[1], jqArticle(m[2]), nullHint(m[2]))
	}
	if m := jqIterate.FindStringSubmatch(message); m != nil {
		return "Wrong kind of value", fmt.Sprintf("[] goes over a list or object, but got %s.%s", jqArticle(m[1]), iterateHint(m[1]))
	}
	if m := jqZero.FindStringSubmatch(message); m != nil {
		return "jq failed", "A number cannot be divided by zero."
	}
	if m := jqBinary.FindStringSubmatch(message); m != nil {
		return "Wrong kind of value", fmt.Sprintf("jq cannot %s %s and %s.%s", m[1], jqArticle(m[2]), jqArticle(m[3]), textHint(m[2], m[3]))
	}
	if m := jqApplied.FindStringSubmatch(message); m != nil {
		return "Wrong kind of value", fmt.Sprintf("%s does not work on %s.%s", m[1], jqArticle(m[2]), nullHint(m[2]))
	}
	if m := jqUnary.FindStringSubmatch(message); m != nil {
		return "Wrong kind of value", fmt.Sprintf("jq cannot %s %s.", m[1], jqArticle(m[2]))
	}
	if m := jqWrapped.FindStringSubmatch(message); m != nil {
		return "jq failed", fmt.Sprintf("%s does not work on this value.", m[1])
	}
	return "jq failed", "This cannot be computed from this input."
}

// describeRaised shows the text of error("…") only where the program itself has
// it, because a computed text may hold data.
func describeRaised(program string, raised gojq.ValueError) string {
	text, ok := raised.Value().(string)
	if ok && text != "" && strings.Contains(program, strconv.Quote(text)) {
		return "The program refused the input: " + strings.TrimRight(text, ".") + "."
	}
	return "The program refused the input with error. The message is not shown, because it was computed from data."
}

func jqArticle(kind string) string {
	if kind == "array" {
		kind = "list"
	}
	return article(kind)
}

func nullHint(kind string) string {
	if kind != "null" {
		return ""
	}
	return " The field may be absent; // gives a fallback."
}

func iterateHint(kind string) string {
	if kind != "null" {
		return ""
	}
	return " Where the field may be absent, write []? to go over nothing."
}

func textHint(a, b string) string {
	if a == "string" && b == "number" || a == "number" && b == "string" {
		return " Turn one into the other with tonumber or tostring."
	}
	return ""
}
