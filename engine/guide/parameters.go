package guide

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
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
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
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

// setup are the steps from nothing to a crontab line.
func (g *maker) setup() {
	conf := "-c /etc/tq_labs"
	run := "tqmap run " + g.in.Command
	var list steps
	list = append(list, step{text: "Make the folders of settings and logs.", code: "mkdir -p /etc/tq_labs /var/log/tq_labs"})
	list = append(list, step{
		text: "Answer the questions about ThreatQ and the parameters that must be given. They are written to " + span("/etc/tq_labs/"+g.m.Connector.Name+".hcl") + ", readable by you alone.",
		code: "tqmap configure " + g.in.Command + " " + conf,
	})
	list = append(list, step{text: "Add other parameters to that file. Secrets may stay out of it: " + span(`env("NAME")`) + " and " + span(`file("path")`) + " are read when a run begins.", code: g.settingsExample()})
	list = append(list, step{text: "Run it once by hand and write nothing. What would be created, changed or sent is printed.", code: run + " " + conf + " --dry-run"})
	list = append(list, step{text: "Run it in earnest.", code: run + " " + conf + " -ll /var/log/tq_labs -v3"})
	list = append(list, step{
		text: "Let cron run it, here every two hours. This writes " + span("/etc/cron.d/"+g.m.Connector.Name) + ", commented out: remove the " + span("#") + " when you are ready.",
		code: run + " " + conf + ` -ll /var/log/tq_labs --cron "0 */2 * * *"`,
	})
	g.doc.chapter("Setup", list)
	if names := g.executables(); len(names) > 0 {
		g.doc.part(3, "In place of the old connector",
			paragraph(fmt.Sprintf("A link of tqmap that is called %s behaves as %s, with the same flags. Put it where the old driver was, and the crontab line stays as it is:", or(spanEach(names)), span(run))),
			steps{
				{text: "Run " + span("tqmap configure") + " as above: what was configured in the ThreatQ UI is not read."},
				{text: "Put the link in the place of the old driver.", code: fmt.Sprintf("ln -sf \"$(command -v tqmap)\" /opt/tqvenv/<environment_name>/bin/%s", names[0])},
				{text: "Check that the line of the crontab does what it did.", code: fmt.Sprintf("/opt/tqvenv/<environment_name>/bin/%s %s -ll /var/log/tq_labs/ -v3 --dry-run", names[0], conf)},
			})
	}
	g.doc.part(3, "A second instance",
		paragraph(fmt.Sprintf("%s runs the same connector once more, with settings in %s, and with state, lock and log of its own.", span(run+" "+conf+" -n NAME"), span("/etc/tq_labs/NAME.hcl"))))
}

func spanEach(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, span(n))
	}
	return out
}

// settingsExample is the file that configure writes, with what must be given.
func (g *maker) settingsExample() string {
	var b strings.Builder
	b.WriteString("params {\n")
	width := 0
	var names, values []string
	for _, p := range g.m.Params {
		if !p.Required || p.Default() != "" {
			continue
		}
		value := `"…"`
		if p.Sensitive {
			value = fmt.Sprintf("file(%q)", p.Name+".secret")
		} else if p.Type == dsl.NumberParam || p.Type == dsl.IntegerParam {
			value = "1"
		}
		names, values, width = append(names, p.Name), append(values, value), max(width, len(p.Name))
	}
	for _, p := range g.m.Params { // and one that may be
		if len(p.Options) == 0 && p.Default() != "" && p.Flag == "" && p.Type != dsl.ListParam {
			value := p.Default()
			if p.Type == dsl.StringParam {
				value = fmt.Sprintf("%q", value)
			}
			names, values, width = append(names, p.Name), append(values, value), max(width, len(p.Name))
			break
		}
	}
	for i := range names {
		fmt.Fprintf(&b, "  %-*s = %s\n", width, names[i], values[i])
	}
	return b.String() + "}"
}

// executables are the names under which a link runs the mapping: those that it lists first,
// as that is what the connector before was called.
func (g *maker) executables() []string {
	if !g.in.Builtin {
		return nil
	}
	return append(append([]string{}, g.m.Connector.Executables...), "tq-conn-"+strings.ReplaceAll(g.m.Connector.Name, "_", "-"))
}

// schedule says what a run reads.
func (g *maker) schedule() {
	g.doc.chapter("When it runs, and what it reads", paragraph("A run reads what is new since the last good one and ends. If one fails, or is killed, the next one reads again from where work was acknowledged; nothing is doubled by that. How often is a matter of the crontab: every two hours is usual, more often than once an hour seldom helps."), paragraph(g.lock()))
	for _, f := range g.m.Flows {
		g.doc.part(3, "Flow "+title(f), g.reads(f))
	}
}

func (g *maker) reads(f *dsl.Flow) bullets {
	w := f.Source.Block("window")
	if w == nil {
		out := bullets{"Everything that the source has, in every run."}
		if f.Source.Kind() == "threatq" {
			out = bullets{"The whole of the data collection, in every run: only so it is seen what has changed or left."}
			if text := g.settingWords(f.Source, "changed_since"); text != "" && len(g.paramsOf(f.Source.Val("changed_since").Reads())) > 0 {
				out = append(out, "Only objects touched lately, where "+paramWords(g.paramsOf(f.Source.Val("changed_since").Reads()))+" is given.")
			}
		}
		return out
	}
	var out bullets
	if text := g.settingWords(w, "initial"); text != "" {
		out = append(out, "The first run looks back "+text+".")
	} else {
		out = append(out, "The first run reads everything that there is.")
	}
	out = append(out, g.later(f, w))
	for _, name := range []string{"since", "until"} {
		if by := g.paramsOf(w.Val(name).Reads()); len(by) > 0 {
			out = append(out, map[string]string{"since": "Another start for one run: ", "until": "Another end for one run: "}[name]+paramWords(by)+".")
		}
	}
	if text := g.settingWords(w, "from"); text != "" {
		out = append(out, "Nothing before "+text+" is ever read.")
	}
	if text := g.settingWords(w, "slice"); text != "" {
		out = append(out, "A long time is read in parts of "+text+", one after the other.")
	}
	if text := g.settingWords(f.Source.Block("paginate"), "size"); text != "" {
		out = append(out, "Records asked for at once: "+text+".")
	}
	return out
}

func (g *maker) later(f *dsl.Flow, w *dsl.Node) string {
	text := "Later runs go on from where the last good one ended"
	if cursor := w.Val("cursor").Expr(); cursor != nil {
		text = "Later runs go on from the latest " + or(strings.Split(g.places(f, g.traced(f, cursor, nil).Value.Places()), ", ")) + " that was delivered"
	} else if w.Val("token") != nil {
		text = "Later runs go on from the mark that the server gave"
	}
	if lookback := g.settingWords(w, "lookback"); lookback != "" {
		text += ", and look back " + lookback + " from there, for what came late"
	}
	return text + "."
}

// lock says what two runs at once do.
func (g *maker) lock() string {
	lock := g.m.Connector.LockBlock()
	text := "One run of an instance goes on at a time; another one ends with exit code 4"
	if by := g.paramsOf(lock.Val("multiple").Reads()); len(by) > 0 {
		text += ", unless the " + paramWords(by) + " lets several go on"
	}
	if after := g.settingWords(lock, "kill_after"); after != "" {
		text += ". A run that has gone on for longer than " + after + " is ended by the next one"
	}
	return text + "."
}

// places are paths as code with commas between.
func (g *maker) places(f *dsl.Flow, paths []code.Path) string {
	return spans(g.pathTexts(f, paths))
}

// pathTexts are the fields of the source among paths, each once. Where a record may stand at
// several places, they are told from the record on.
func (g *maker) pathTexts(f *dsl.Flow, paths []code.Path) []string {
	var out []string
	at := g.origins[f].As
	for _, p := range paths {
		if strings.HasPrefix(first(p), "$") {
			continue
		}
		if len(at) > 1 {
			p = below(p, at)
		}
		text := p.String()
		if text == "" {
			text = f.Record.Name
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// below is p from the longest of the places on that it begins with.
func below(p code.Path, at []code.Path) code.Path {
	longest := 0
	for _, a := range at {
		if len(a) <= len(p) && len(a) > longest && slices.Equal(a, p[:len(a)]) {
			longest = len(a)
		}
	}
	return p[longest:]
}
