package guide

import (
	"cmp"
	"fmt"

	"tqmap/dsl"
)

// exports says how items are sent, changed and taken back.
func (g *maker) exports() {
	flows := g.flows((*dsl.Flow).Exports)
	if len(flows) == 0 {
		return
	}
	g.doc.chapter("What is sent, changed and taken back")
	for _, f := range flows {
		out := bullets{"A record is sent again only where what it comes out as has changed."}
		if f.Items() {
			out = g.itemWords(f)
		}
		g.doc.part(3, "Export of "+title(f), out)
	}
}

func (g *maker) itemWords(f *dsl.Flow) bullets {
	s := f.Sink
	if mode, by := g.setting(s, "mode"); mode == "full" {
		return g.mirrorWords(f, by)
	}
	out := bullets{"New items, and those that have changed since they were sent, are sent; what has not changed costs nothing."}
	if fields := g.compared(s); fields != "" {
		out = append(out, "Changed is an item where one of these differs: "+fields+".")
	}
	out = append(out, g.batches(s)...)
	if s.Block("held") != nil {
		out = append(out, "What is at the other side already is asked for and compared, so that nothing is written twice even where the state is lost.")
	}
	if s.Block("update") != nil {
		out = append(out, "An item that is there already and differs is changed in place.")
	}
	out = append(out, g.policy(s, "left", "An item whose record has left the source"), g.policy(s, "skipped", "An item whose record is there, but is left out by now"))
	if s.Val("allow_empty") == nil {
		out = append(out, "A source that comes out empty, or is not found, takes nothing back.")
	}
	out = append(out, g.expiry(f)...)
	if by := g.paramsOf(s.Val("differential").Reads()); len(by) > 0 {
		out = append(out, fmt.Sprintf("Everything is sent, whatever was sent before, and nothing of it remembered, where the %s says so.", paramWords(by)))
	}
	if s.Val("outcome") != nil {
		out = append(out, "The answer says of each item what became of it: one that is refused becomes a dead letter, and the others count.")
	}
	return out
}

// mirrorWords are about a target that is given everything at once.
func (g *maker) mirrorWords(f *dsl.Flow, by []*dsl.Param) bullets {
	out := bullets{
		"Whenever anything has changed, the target is given all that the source holds, in place of what it held: what has left the source, or is left out by now, is gone there, too.",
		"If nothing has changed, nothing is sent. If the source could not be read as a whole, nothing is sent either.",
	}
	if f.Sink.Val("allow_empty") == nil {
		out = append(out, "A source that comes out empty, or is not found, empties nothing.")
	}
	if len(by) > 0 {
		out = append(out, "Where the "+paramWords(by)+" says "+span("incremental")+", only what is new, has changed or is gone is sent.")
	}
	return out
}

// compared are the fields that make a difference, where not all do.
func (g *maker) compared(s *dsl.Node) string {
	t, diags := s.Val("compare").Template(g.bound.Scope)
	if diags.HasErrors() {
		return ""
	}
	var names []string
	for _, f := range t.Fields() {
		names = append(names, f.Name)
	}
	return spans(names)
}

func (g *maker) batches(s *dsl.Node) bullets {
	b := s.Block("batch")
	if b == nil {
		return nil
	}
	text := "At most " + cmp.Or(g.settingWords(b, "max_items"), span("500")) + " items go into one request"
	if size := g.settingWords(b, "max_bytes"); size != "" {
		text += ", and no more bytes than " + size
	}
	return bullets{text + ". One that is refused is halved down to the item that is to blame."}
}

var policyWords = map[string]string{"keep": "stays as it is", "remove": "is removed", "expire": "is made to end"}

// policy says what is done with items that are no longer wanted.
func (g *maker) policy(s *dsl.Node, name, what string) string {
	value, by := g.setting(s, name)
	if value == "" {
		value = "keep"
	}
	does := policyWords[value]
	if does == "" {
		does = value
	}
	if len(by) > 0 {
		does += ", unless the " + paramWords(by) + " says otherwise"
	}
	return what + " " + does + "."
}

func (g *maker) expiry(f *dsl.Flow) bullets {
	var out bullets
	if e := f.Sink.Val("expires").Expr(); e != nil {
		out = append(out, "An item ends by itself at the instant that "+g.readWords(f, e, nil)+" gives.")
	}
	if e := f.Sink.Val("default_expires").Expr(); e != nil {
		trace, where := g.traced(f, e, nil), ""
		if len(out) > 0 {
			where = "where there is no such instant, "
		}
		if by := g.paramsOf(rootReads(trace.Reads)); len(by) > 0 {
			out = append(out, sentence(where+"an item holds as long as the "+paramWords(by)+" says"))
		} else {
			out = append(out, sentence(where+"an item ends as "+g.readWords(f, e, nil)+" says"))
		}
	}
	if renew, by := g.setting(f.Sink, "renew"); renew == "" && len(by) > 0 {
		out = append(out, "What has not changed is sent anew before it ends, as the "+paramWords(by)+" says.")
	} else if renew := g.settingWords(f.Sink, "renew"); renew != "" {
		out = append(out, "What has not changed is sent anew once less than "+renew+" is left of its time.")
	}
	return out
}

// leftOut says which records make nothing, and why.
func (g *maker) leftOut() {
	g.doc.chapter("What is left out", paragraph("Every record that makes nothing is counted under its reason, which the report of a run shows. A *dead letter* is kept with its input, and can be tried again."))
	for _, f := range g.m.Flows {
		t := table{head: []string{"Reason", "Where", "What happens"}}
		for _, s := range f.Record.Skips {
			what := "left out"
			if s.By != nil {
				what += ", counted by " + g.fromWords(f, g.traced(f, s.By, nil))
			}
			if s.Warn {
				what += ", with a warning in the log"
			}
			t.rows = append(t.rows, []string{plain(s.Reason), g.readWords(f, s.When, nil), what})
		}
		for _, r := range f.Record.Rejects {
			t.rows = append(t.rows, []string{plain(r.Reason), g.readWords(f, r.When, nil), "dead letter"})
		}
		for _, rule := range f.Rules {
			for _, r := range rule.Rejects {
				t.rows = append(t.rows, []string{plain(r.Reason), g.readWords(f, r.When, g.elements(f, rule)), "dead letter, for the " + kindOf(rule) + " alone"})
			}
		}
		t.rows = append(t.rows, []string{"no key", "nothing in " + g.places(f, g.traced(f, f.Record.Key, nil).Value.Places()), "dead letter"})
		g.doc.part(3, "Left out by "+title(f), t)
	}
}
