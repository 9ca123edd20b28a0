package code

import (
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// Bounds of one evaluation; doc.go tells them to users.
const (
	maxNodes    = 1000
	maxNesting  = 2
	maxCalls    = 12
	maxElements = 100_000
	maxText     = 1 << 20
	maxSteps    = 2_000_000
	maxLoopText = 64 << 20 // what predicates result in, all loops together
)

// Functions that programs cannot call by name; the patcher puts them in.
const (
	addName  = "+"
	stepName = "step "
)

// removed are builtins of expr that mappings do not have, with what to use instead.
func removed() map[string]string {
	return map[string]string{
		"now":      "The run's clock is the variable now: write it without parentheses.",
		"date":     "It guesses layouts and zones. Use time(text), or time(text, zone) where the text names no zone.",
		"timezone": "Give the zone to time(text, zone).",
	}
}

// language is what the program may say. It gets the functions that it names, less
// those whose name it gives to a variable: a library that grows must not break
// the mappings that there are.
func language(text string, env Env) []expr.Option {
	out := []expr.Option{expr.Env(env.types()), expr.MaxNodes(maxNodes)}
	for name := range removed() {
		out = append(out, expr.DisableBuiltin(name))
	}
	named := namesIn(text)
	for _, f := range table() {
		if _, replaced := builtin.Index[f.Name]; replaced {
			out = append(out, expr.DisableBuiltin(f.Name))
		}
		if named[f.Name] {
			out = append(out, f.option())
		}
	}
	return out
}

// namesIn are the names in a program, but not those of its variables.
func namesIn(text string) map[string]bool {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil // it does not parse
	}
	names, variables := map[string]bool{}, []string{}
	for i, t := range tokens {
		if t.Kind != lexer.Identifier {
			continue
		}
		names[t.Value] = true
		if i > 0 && tokens[i-1].Is(lexer.Operator, "let") {
			variables = append(variables, t.Value)
		}
	}
	for _, v := range variables {
		delete(names, v)
	}
	return names
}

// bounds puts limits into a program that has been checked.
func bounds(nested bool) []expr.Option {
	return []expr.Option{
		Func{Name: addName, call: add, check: addCheck}.option(),
		expr.Function(stepName, step, new(func(any, any) any)),
		expr.Patch(&guard{nested: nested}),
		expr.Patch(newTyping()),
	}
}
