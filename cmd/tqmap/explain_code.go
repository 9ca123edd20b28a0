package main

import (
	"fmt"
	"regexp"
	"strings"

	"tqmap/cmd/show"
	"tqmap/dsl/code"
	"tqmap/dsl/diag"
)

// isCode says whether arg asks for explainCode: a code, or the word for all of them.
func isCode(arg string) bool {
	return arg == "codes" || codeForm.MatchString(arg)
}

var codeForm = regexp.MustCompile(`(?i)^tq[-_]?\d+$`)

// explainCode prints what the catalogue knows of a code such as TQ0203, or with "codes" all
// of them, one a line.
func (a *app) explainCode(name string) error {
	if name == "codes" {
		fmt.Fprint(a.stdout, show.Codes())
		return nil
	}
	e, ok := diag.Find(name)
	if !ok {
		return unknownCode(name)
	}
	fmt.Fprint(a.stdout, show.Code(e, a.columns()))
	return nil
}

func unknownCode(name string) error {
	var known, families []string
	for _, e := range diag.All() {
		known = append(known, e.Code)
	}
	for _, f := range diag.Families() {
		families = append(families, "  "+f.Code+"xx  "+f.Title)
	}
	hint := ""
	if near := code.Near(strings.ToUpper(name), known); near != "" {
		hint = fmt.Sprintf(" Did you mean %s?", near)
	}
	return usagef("there is no code %s.%s tqmap explain codes lists all of them. The families:\n%s", name, hint, strings.Join(families, "\n"))
}
