package guide

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
	"tqmap/engine/threatq"
)

func (g *maker) intro() {
	c := g.m.Connector
	about := fmt.Sprintf("Connector %s", span(c.Name))
	if c.Version != "" {
		about += ", version " + plain(c.Version)
	}
	if len(g.imports()) > 0 {
		about += fmt.Sprintf(". Objects that it makes in ThreatQ have the source **%s**", g.vendor())
		if c.TLP != "" {
			about += ", TLP " + plain(c.TLP)
		}
	}
	blocks := []block{}
	if c.Description != "" {
		blocks = append(blocks, paragraph(plain(c.Description)))
	}
	blocks = append(blocks, paragraph(about+". This guide is made from the mapping by "+span("tqmap docs "+g.in.Command)+"."))
	g.doc.Chapters = append(g.doc.Chapters, Chapter{Blocks: blocks})
}

// purpose says what each flow does.
func (g *maker) purpose() {
	t := table{head: []string{"Flow", "From", "To", "What it does"}}
	for _, f := range g.m.Flows {
		from, to := g.vendor(), "ThreatQ"
		if f.OfThreatQ() {
			from = "ThreatQ"
		}
		if f.Exports() {
			to = g.vendor()
		}
		t.rows = append(t.rows, []string{title(f), from, to, g.does(f)})
	}
	intro := "The flows run in this order, one after the other, in every run."
	if len(g.m.Flows) == 1 {
		intro = "It has one flow."
	}
	g.doc.chapter("What it does", paragraph(intro), t)
}

// does is a short sentence about a flow.
func (g *maker) does(f *dsl.Flow) string {
	said := sentence(plain(f.Description))
	made := g.makes(f)
	return sentences(said, made, g.conditional(f))
}

// conditional says when a flow is left out.
func (g *maker) conditional(f *dsl.Flow) string {
	if f.When == nil {
		return ""
	}
	by := g.paramsOf(f.When.Reads())
	switch runs, diags := f.When.Value(g.bound.Scope); {
	case len(by) == 0:
		return "Left out where its condition does not hold"
	case !diags.HasErrors() && !runs.IsNull() && runs.False():
		return "Left out until the " + paramWords(by) + " says otherwise"
	}
	return "Left out where the " + paramWords(by) + " says so"
}

// makes says what comes of a record.
func (g *maker) makes(f *dsl.Flow) string {
	record := plain(strings.ReplaceAll(f.Record.Name, "_", " "))
	switch {
	case f.Exports() && f.Items():
		return fmt.Sprintf("Each %s of ThreatQ is one item at %s, kept in step from run to run", record, g.vendor())
	case f.Exports():
		return fmt.Sprintf("Each %s is one request to %s, where there is something to say", record, g.vendor())
	}
	var kinds, seen []string
	for i, r := range f.Rules {
		if slices.Contains(seen, kindOf(r)) {
			continue
		}
		seen = append(seen, kindOf(r))
		word := article(kindOf(r))
		if r.ForEach != nil || slices.ContainsFunc(f.Rules[i+1:], func(o *dsl.Rule) bool { return kindOf(o) == kindOf(r) }) {
			word = plural(kindOf(r))
		}
		kinds = append(kinds, word)
	}
	links := ""
	if slices.ContainsFunc(f.Rules, func(r *dsl.Rule) bool { return len(r.Related) > 0 }) {
		links = ", linked to each other"
	}
	return fmt.Sprintf("Each %s becomes %s%s", record, prose.And(kinds), links)
}

// kindOf is what the objects of a rule are called.
func kindOf(r *dsl.Rule) string {
	if object := r.Node.Static().String("object", ""); object != "" { // a type of the customer's own
		return strings.ReplaceAll(object, "_", " ")
	}
	return kindTitle(r.Type)
}

// kindTitle is a type of object as people call it: "attack pattern".
func kindTitle(typ string) string {
	for _, k := range threatq.Kinds() {
		if k.Code == typ {
			if strings.ToUpper(k.Title) == k.Title {
				return k.Title
			}
			return strings.ToLower(k.Title)
		}
	}
	return strings.ReplaceAll(typ, "_", " ")
}

func plural(word string) string {
	switch {
	case strings.HasSuffix(word, "ware"):
		return word
	case strings.HasSuffix(word, "y"):
		return strings.TrimSuffix(word, "y") + "ies"
	case strings.HasSuffix(word, "s"), strings.HasSuffix(word, "ch"), strings.HasSuffix(word, "sh"), strings.HasSuffix(word, "x"):
		return word + "es"
	}
	return word + "s"
}

// requirements are those of both sides.
func (g *maker) requirements() {
	g.doc.chapter("Requirements")
	g.doc.part(3, "In ThreatQ", g.threatqNeeds())
	if needs := g.vendorNeeds(); len(needs) > 0 {
		g.doc.part(3, "At "+g.vendor(), needs)
	}
}

func (g *maker) threatqNeeds() block {
	out := bullets{"Its address, the OAuth client id of the API, and the e-mail address and password of an account for integrations. " + span("tqmap configure") + " asks for them."}
	for _, f := range g.m.Flows {
		switch {
		case f.Source.Kind() == "threatq":
			names, by := g.setting(f.Source, "collections")
			what := "The account must see the data collection"
			if names != "" {
				what += " " + span(names)
			}
			out = append(out, what+byParams(by)+": a collection of another user must be shared with it.")
		case f.OfThreatQ():
			out = append(out, "The account must be allowed to read events with their attributes and sources.")
		}
	}
	if made := g.made(); len(made) > 0 {
		out = append(out, fmt.Sprintf("The account must be allowed to create and change %s, with attributes, sources, tags and links.", prose.And(made)))
	}
	if slices.ContainsFunc(g.m.Flows, func(f *dsl.Flow) bool { return f.Sink.Block("acknowledge") != nil }) {
		out = append(out, "What was sent is noted on the event in ThreatQ, so the account must be allowed to change its attributes.")
	}
	return slicesCompact(out)
}

func slicesCompact(in bullets) bullets {
	var out bullets
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// made are the types of objects that the flows make.
func (g *maker) made() []string {
	var out []string
	for _, f := range g.m.Flows {
		for _, r := range f.Rules {
			if word := plural(kindOf(r)); !slices.Contains(out, word) {
				out = append(out, word)
			}
		}
	}
	return out
}

func (g *maker) vendorNeeds() bullets {
	var out bullets
	for _, text := range g.m.Connector.Requires {
		out = append(out, sentence(plain(text)))
	}
	var secrets []string
	for _, p := range g.m.Params {
		if p.Sensitive {
			secrets = append(secrets, paramName(p))
		}
	}
	if len(secrets) > 0 {
		out = append(out, "Credentials for the parameters: "+strings.Join(secrets, ", ")+".")
	}
	if len(g.calls()) > 0 {
		out = append(out, "The account must be allowed to call what stands under [Endpoints](#endpoints), and this machine to reach it.")
	}
	return out
}
