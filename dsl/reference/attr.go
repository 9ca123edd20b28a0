package reference

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

// attribute is one line about an attribute. A needed one has no default.
type attribute struct {
	name, takes, names, otherwise, summary string
	needed                                 bool
}

func attributesPart(attrs []dsl.Attr, title string) []part {
	if len(attrs) == 0 {
		return nil
	}
	out := attributes{title: title}
	for _, a := range attrs {
		out.rows = append(out.rows, attribute{
			name: a.Name, takes: takes(a), names: mayName(a), otherwise: strings.Trim(a.Default, `"`), summary: a.Summary, needed: a.Required,
		})
	}
	return []part{out}
}

// takes is the type of an attribute in plain words.
func takes(a dsl.Attr) string {
	if len(a.Options) > 0 {
		return strings.Join(a.Options, ", ")
	}
	switch a.Holds {
	case dsl.Expr:
		if len(a.Returns) > 0 {
			var kinds []string
			for _, k := range a.Returns {
				kinds = append(kinds, k.String())
			}
			return "expr, " + plain(strings.Join(kinds, " or "))
		}
		return "expr"
	case dsl.JQ:
		return "jq"
	case dsl.PerRecord:
		if a.Written {
			return "object of values or expr"
		}
		return "value or expr"
	case dsl.Ref:
		return "reference"
	case dsl.Refs:
		return "references"
	case dsl.Outline:
		return "shape"
	case dsl.Keyword:
		if a.Type != cty.NilType {
			return "word or " + typeWord(a.Type)
		}
		return "word"
	}
	return typeWord(a.Type)
}

func plain(kind string) string {
	if strings.Contains(kind, "bool") {
		return "true or false"
	}
	return kind
}

func typeWord(t cty.Type) string {
	switch {
	case t == cty.String:
		return "text"
	case t == cty.Number:
		return "number"
	case t == cty.Bool:
		return "true or false"
	case t.IsListType():
		return fmt.Sprintf("list of %ss", typeWord(t.ElementType()))
	case t.IsMapType():
		return fmt.Sprintf("object of %ss", typeWord(t.ElementType()))
	}
	return "any value"
}

// mayName says in one word of the page "names" what the attribute is computed of.
func mayName(a dsl.Attr) string {
	switch a.Holds {
	case dsl.Value:
		return scopeWord(a.Scope)
	case dsl.Expr, dsl.PerRecord:
		return "record"
	case dsl.JQ:
		return "answer"
	}
	return scopeWord(dsl.Static)
}

func scopeWord(s dsl.Scope) string {
	switch s {
	case dsl.Run:
		return "run"
	case dsl.Window:
		return "window"
	case dsl.Page:
		return "page"
	}
	return "nothing"
}
