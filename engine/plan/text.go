package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tqmap/dsl/prose"
)

// width is how many columns a line of the text has at most, where its words allow.
const width = 98

// page writes lines that are broken at blanks.
type page struct{ strings.Builder }

// line writes text after head, further lines below the first word of text.
func (p *page) line(indent int, head, text string) {
	lead := strings.Repeat(" ", indent) + head
	room := max(width-utf8.RuneCountInString(lead), 30)
	for i, part := range prose.Lines(text, room) {
		if i > 0 {
			lead = strings.Repeat(" ", utf8.RuneCountInString(lead))
		}
		fmt.Fprintln(p, strings.TrimRight(lead+part, " "))
	}
}

// longText is how much of a program is shown to people; JSON has it all.
const longText = 500

func short(text string) string {
	if runes := []rune(text); len(runes) > longText {
		return string(runes[:longText]) + " … (cut here; --format json has all of it)"
	}
	return text
}

// column is name with as many blanks behind it as make a column of wide.
func column(name string, wide int) string {
	return name + strings.Repeat(" ", max(wide-utf8.RuneCountInString(name), 0)+2)
}

func (p *page) facts(indent, wide int, list []Fact) {
	for _, f := range list {
		p.line(indent, column(f.Name, wide), short(f.Text))
	}
}

// longest is the length of the longest name, but not more than most.
func longest(list []Fact, most int) int {
	out := 0
	for _, f := range list {
		out = max(out, utf8.RuneCountInString(f.Name))
	}
	return min(out, most)
}

// Text is the plan for people.
func (p *Plan) Text() string {
	out := &page{}
	c := p.Connector
	fmt.Fprintln(out, prose.OneLine(c.Name+" "+c.Version)+": "+c.Title)
	out.line(0, "", "What a run would do. Nothing is sent to say this. What stands in <angle brackets> is filled in by the run, or is a setting that has no value yet or is secret.")
	source := fmt.Sprintf("Every object in ThreatQ gets the source %q", c.Source)
	if c.TLP != "" {
		source += " with TLP " + c.TLP
	}
	out.line(0, "", source+".")
	p.settings(out)
	for i := range p.Clients {
		p.Clients[i].text(out)
	}
	for i := range p.Flows {
		p.Flows[i].text(out)
	}
	p.table(out)
	return out.String()
}

func (p *Plan) settings(out *page) {
	var rows []Fact
	var unset []string
	for _, s := range p.Params {
		switch {
		case s.Origin == "" && s.Required:
			rows = append(rows, Fact{s.Name, "<" + s.Name + ">  needed, not set"})
		case s.Origin == "" || s.Value == "":
			unset = append(unset, s.Name)
		case s.Origin == "default":
			rows = append(rows, Fact{s.Name, s.Value + "  (default)"})
		default:
			rows = append(rows, Fact{s.Name, s.Value + "  (" + s.Origin + ")"})
		}
	}
	fmt.Fprintln(out, "\nPARAMETERS")
	out.facts(2, longest(rows, 30), rows)
	if len(unset) > 0 {
		out.line(2, "without a value: ", strings.Join(unset, ", "))
	}
}

func (c *Client) text(out *page) {
	fmt.Fprintf(out, "\nCLIENT %s\n", c.Name)
	out.facts(2, 11, c.Facts)
	for _, a := range c.Auth {
		out.line(2, column("auth", 11), a.Text)
	}
	if len(c.Auth) == 0 {
		out.line(2, column("auth", 11), "none: requests carry no credentials")
	}
	for _, unused := range c.Unused {
		out.line(2, column("", 11), "(not used: "+unused+")")
	}
	for _, rule := range c.Rules {
		out.line(2, column("on", 11), rule)
	}
	signsIn := func(a Fact) bool { return a.Name == "login" || a.Name == "oauth2" }
	if len(c.Rules) > 0 && slices.ContainsFunc(c.Auth, signsIn) {
		out.line(2, column("", 11), "none of these rules is asked about the requests that sign in")
	}
}

func (f *Flow) text(out *page) {
	from := "ThreatQ"
	if f.Source.Request != nil {
		from = "client " + f.Source.Request.Client
	}
	fmt.Fprintf(out, "\nFLOW %s: from %s to %s\n", f.Name, from, f.To)
	if f.Skipped != "" {
		out.line(2, "", "NOT RUN with these parameters: "+f.Skipped+" does not hold.")
	}
	if f.Source.Does != "" {
		out.line(2, column("source", 11), f.Source.Does)
	}
	for i := range f.Source.Steps {
		f.Source.Steps[i].text(out, "step "+f.Source.Steps[i].Name)
	}
	if f.Source.Request != nil {
		f.Source.Request.text(out, "request")
	}
	out.line(2, column("window", 11), f.Source.Window)
	for i := range f.Source.Each {
		f.Source.Each[i].text(out, "each "+f.Source.Each[i].Name)
	}
	f.Record.text(out)
	for i := range f.Objects {
		f.Objects[i].text(out)
	}
	if f.Sink != nil {
		f.Sink.text(out)
	}
	for _, note := range f.Notes {
		out.line(2, column("remembers", 11), note)
	}
}

func (r *Request) text(out *page, head string) {
	line := r.Method + " " + r.Path
	if r.Client != "" && head != "request" {
		line += "  (client " + r.Client + ")"
	}
	if len(head) > 11 {
		out.line(2, head+": ", line)
	} else {
		out.line(2, column(head, 11), line)
	}
	item := func(name, text string) {
		if text != "" {
			out.line(4, column(name, 9), short(text))
		}
	}
	item("", r.Does)
	for _, q := range r.Query {
		item("query", q)
	}
	for _, h := range r.Headers {
		item("header", h)
	}
	item("body", r.Body)
	item("pages", r.Pages)
	item("decode", r.Decode)
	for _, rule := range r.Rules {
		item("on", rule)
	}
	if len(r.Rules) > 0 {
		item("", "then the rules of the client, then the default table below")
	}
}

func (r *Record) text(out *page) {
	out.line(2, column("record", 11), r.Name)
	out.facts(4, longest(r.Facts, 10), r.Facts)
	for _, text := range r.Outs {
		out.line(4, "- ", short(text))
	}
}

func (o *Object) text(out *page) {
	out.line(2, column("makes", 11), o.Rule+": "+o.Makes)
	out.facts(4, max(longest(o.Fields, 24), 10), o.Fields)
	if len(o.Attributes) > 0 {
		out.line(4, "", "attributes")
		out.facts(6, longest(o.Attributes, 28), o.Attributes)
	}
	out.line(4, "- ", o.Again)
	for _, note := range o.Notes {
		out.line(4, "- ", note)
	}
}

func (s *Sink) text(out *page) {
	out.line(2, column("sink", 11), s.Does)
	out.facts(4, longest(s.Facts, 28), s.Facts)
	for i := range s.Requests {
		r := &s.Requests[i]
		head := "request"
		if r.Name != "" {
			head = r.Name
		}
		r.text(out, head)
	}
}

func (p *Plan) table(out *page) {
	fmt.Fprintln(out, "\nANSWERS OF WHICH NO RULE SPEAKS")
	for _, row := range p.Default {
		out.line(2, column(row.Status, 7)+column(row.Action, 6), row.Means)
	}
	out.line(2, column("other", 7)+column("fail", 6), "no such status is known")
}
