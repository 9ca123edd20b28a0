package guide

import (
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
)

// parameters lists every one: first those that must be given.
func (g *maker) parameters() {
	if len(g.m.Params) == 0 {
		g.doc.chapter("Parameters", paragraph("There are none."))
		return
	}
	intro := fmt.Sprintf("They stand in the block %s of the settings file, or in the environment, or behind %s on the command line; the later one wins.", span("params { … }"), span("--param name=value"))
	if g.in.Env != nil {
		first := g.m.Params[0].Name
		intro += fmt.Sprintf(" The variable of %s is %s, and so for the others.", span(first), span(g.in.Env(g.m.Connector.Name, first)))
	}
	needed, others := table{head: []string{"Parameter", "Type", "Meaning"}}, table{head: []string{"Parameter", "Type", "Default", "Meaning"}}
	for _, p := range g.m.Params {
		name, kind, meaning := paramName(p), paramType(p), g.paramMeaning(p)
		if p.Required && p.Default() == "" {
			needed.rows = append(needed.rows, []string{name, kind, meaning})
			continue
		}
		others.rows = append(others.rows, []string{name, kind, paramDefault(p), meaning})
	}
	g.doc.chapter("Parameters", paragraph(intro))
	if len(needed.rows) > 0 {
		g.doc.part(3, "To be given", needed)
	}
	if len(others.rows) > 0 {
		g.doc.part(3, "Optional", others)
	}
}

func paramName(p *dsl.Param) string {
	if p.Label == "" || p.Label == p.Name {
		return span(p.Name)
	}
	return plain(p.Label) + " " + span(p.Name)
}

var typeWords = map[dsl.ParamType]string{
	dsl.StringParam: "text", dsl.NumberParam: "number", dsl.IntegerParam: "whole number", dsl.BoolParam: "true or false",
	dsl.TimeParam: "time, UTC", dsl.ListParam: "list, with commas",
}

func paramType(p *dsl.Param) string {
	word := typeWords[p.Type]
	if p.Sensitive {
		word += ", secret"
	}
	return word
}

func paramDefault(p *dsl.Param) string {
	if d := p.Default(); d != "" {
		return sample(d)
	}
	return "none"
}

func (g *maker) paramMeaning(p *dsl.Param) string {
	parts := []string{sentence(plain(p.Help))}
	if len(p.Options) > 0 {
		word := "One of "
		if p.Type == dsl.ListParam {
			word = "Some of "
		}
		parts = append(parts, word+spans(p.Options)+".")
	}
	for _, n := range p.Node.All("validation") {
		parts = append(parts, sentence(plain(n.Read(g.bound.Scope).String("error_message", ""))))
	}
	if p.Env != "" {
		parts = append(parts, "Also read from "+span(p.Env)+".")
	}
	if p.Flag != "" {
		parts = append(parts, "On the command line: "+span("--"+p.Flag)+".")
	}
	if p.Sensitive {
		parts = append(parts, "Masked wherever tqmap writes.")
	}
	return prose.OneLine(strings.Join(parts, " "))
}

// commandLine lists the flags of the mapping, and those of every one.
func (g *maker) commandLine() {
	own := table{head: []string{"Flag", "Value", "Meaning"}}
	for _, p := range g.m.Params {
		if p.Flag != "" {
			own.rows = append(own.rows, []string{spans(spellings(p)), flagValue(p), sentences(plain(p.Help), "Sets "+span(p.Name))})
		}
	}
	general := table{head: []string{"Flag", "Value", "Meaning"}}
	for _, f := range g.in.Flags {
		if name := g.clash(f); name != "" {
			f.Short = ""
		}
		general.rows = append(general.rows, []string{flagNames(f), plain(valueWord(f.Value)), sentence(plain(f.Help + defaultWords(f.Default)))})
	}
	g.doc.chapter("Command line", paragraph("A flag holds for one run and wins over the settings file. The mapping stands before its flags: "+span("tqmap run "+g.in.Command+" …")+"."))
	if len(own.rows) > 0 {
		g.doc.part(3, "Of this connector", own)
	}
	if len(general.rows) > 0 {
		g.doc.part(3, "Of every connector", general)
	}
}

// clash is the flag of the mapping that has the short form of f; "" if none has.
func (g *maker) clash(f Flag) string {
	for _, p := range g.m.Params {
		if p.Flag != "" && p.Short == f.Short {
			return p.Flag
		}
	}
	return ""
}

// spellings are all forms of a parameter's flag.
func spellings(p *dsl.Param) []string {
	out := []string{"--" + p.Flag}
	if p.Short != "" {
		out = append([]string{"-" + p.Short}, out...)
	}
	for _, a := range p.Aliases {
		out = append(out, "--"+a)
	}
	return out
}

func flagNames(f Flag) string {
	if f.Short == "" {
		return span("--" + f.Name)
	}
	return spans([]string{"-" + f.Short, "--" + f.Name})
}

func flagValue(p *dsl.Param) string {
	switch p.Type {
	case dsl.BoolParam:
		return ""
	case dsl.TimeParam:
		return "YYYY-MM-DDTHH:MM:SS"
	}
	return typeWords[p.Type]
}

// valueWord is a kind of value as people call it.
func valueWord(kind string) string {
	switch kind {
	case "string", "strings":
		return "text"
	case "int", "float":
		return "number"
	}
	return kind
}

func defaultWords(value string) string {
	switch value {
	case "", "false", "0", "[]":
		return ""
	}
	return " (default " + value + ")"
}
