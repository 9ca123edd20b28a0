package guide

import (
	"fmt"
	"strings"

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
	text := "At most " + firstOf(g.settingWords(b, "max_items"), span("500")) + " items go into one request"
	if size := g.settingWords(b, "max_bytes"); size != "" {
		text += ", and no more bytes than " + size
	}
	return bullets{text + ". One that is refused is halved down to the item that is to blame."}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
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

// answers says what is done about answers, where the mapping says more than is usual.
func (g *maker) answers() {
	t := table{head: []string{"Answer", "Where", "What happens"}}
	add := func(n *dsl.Node, where, skipped string) {
		for _, on := range n.All("on") {
			t.rows = append(t.rows, g.answer(on, where, skipped))
		}
	}
	for _, c := range g.m.Clients {
		add(c.Node, "client "+span(c.Name), "")
	}
	for _, f := range g.m.Flows {
		where := "flow " + span(f.Name)
		add(f.Source, where, "")
		for _, e := range f.Source.All("each") {
			add(e, where+", "+span(e.Labels[0]), "the record goes on without it")
		}
		add(f.Sink, where, "left out and counted")
		add(f.Sink.Block("update"), where+", changes", "it is not there, and is sent as a new one")
		add(f.Sink.Block("remove"), where+", taken back", "it is gone already")
		add(f.Sink.Block("expire"), where+", ended", "it is gone already")
	}
	usual := paragraph("Requests that may succeed later, because the other side does not answer, is overloaded (429) or fails (5xx), are sent again after a wait. A 401 is answered by signing in anew, once. Anything else that is no good answer ends the flow with the server's own words.")
	if len(t.rows) == 0 {
		g.doc.chapter("Answers that are no good", usual)
		return
	}
	g.doc.chapter("Answers that are no good", usual, paragraph("This connector also knows:"), t)
}

func (g *maker) answer(n *dsl.Node, where, skipped string) []string {
	status := strings.ReplaceAll(spans(n.Static().Strings("status")), span(dsl.Lost), "none, or not a whole one")
	if status == "" {
		status = "any"
	}
	if n.Val("when") != nil {
		status += ", by what it says"
	}
	does := actionWords[n.Val("do").Word()]
	if skipped != "" && n.Val("do").Word() == "skip" {
		does = skipped
	}
	if n.Val("retried") != nil {
		does = "After the last attempt: " + does
	}
	does = sentence(does)
	if v := n.Val("message"); v != nil {
		if text := messageText(v.JQ().Text()); text != "" {
			does += " It says: " + plain(text)
		}
	}
	return []string{status, where, sentence(does)}
}

// actionWords say what each action does, in a few words.
var actionWords = map[string]string{
	"ok": "a good answer", "skip": "left out and counted; the next run reads it again", "retry": "asked again after a wait",
	"wait": "asked again after as long as the server wants", "reauth": "signs in anew and asks once more",
	"split": "asks for half at a time", "stop": "the flow ends here without failure, and the next run goes on",
	"reset": "forgets where it stood and reads from the start", "fail": "the flow ends, and the next run tries again",
}

// messageText is a message that is one text and no program.
func messageText(jq string) string {
	jq = strings.TrimSpace(jq)
	inner := strings.TrimSuffix(strings.TrimPrefix(jq, `"`), `"`)
	if len(jq) < 2 || jq[0] != '"' || strings.ContainsAny(inner, `"\`) {
		return ""
	}
	return inner
}

// knownAgain says how objects are found again.
func (g *maker) knownAgain() {
	out := bullets{"What was delivered is remembered in the state (" + span("tqmap.db") + " in the folder of " + span("-c") + "), by the key of its record. Records that come again and have not changed make no request."}
	for _, f := range g.m.Flows {
		key := g.traced(f, f.Record.Key, nil)
		text := fmt.Sprintf("%s: a record is known by %s", title(f), g.fromWords(f, key))
		for _, r := range f.Rules {
			if identity := r.Node.Static().String("identity", ""); identity != "" {
				text += fmt.Sprintf("; where the state is lost, the %s is found by its attribute %s", kindOf(r), plain(identity))
			}
		}
		out = append(out, text+".")
	}
	if len(g.made()) > 0 {
		out = append(out, "Indicators are the same where type and value are. What another source or an analyst has made is kept: attributes, sources and links are put beside those there.")
	}
	g.doc.chapter("No duplicates", out)
}

func (g *maker) limits() {
	var out bullets
	for _, text := range g.m.Connector.Limits {
		out = append(out, sentence(plain(text)))
	}
	if len(out) > 0 {
		g.doc.chapter("Known limits", out)
	}
}

// trouble is where to look when something is wrong.
func (g *maker) trouble() {
	name := g.in.Command
	t := table{head: []string{"Exit code", "Means", "What to do"}}
	for _, e := range g.in.Exits {
		t.rows = append(t.rows, []string{fmt.Sprint(e.Code), plain(e.Means), plain(e.ThenWhat)})
	}
	look := table{head: []string{"To see", "Command"}}
	for _, row := range [][]string{
		{"what a run would do, and write nothing", "tqmap run " + name + " -c /etc/tq_labs --dry-run"},
		{"what the mapping makes of live records", "tqmap preview " + name + " -c /etc/tq_labs --limit 3"},
		{"what it makes of a recorded answer, without any account", "tqmap preview " + name + " --from answer.json"},
		{"the last runs", "tqmap runs " + name + " -c /etc/tq_labs"},
		{"where each flow stands", "tqmap state show " + name + " -c /etc/tq_labs"},
		{"records that were refused, and why", "tqmap deadletter list " + name + " -c /etc/tq_labs"},
		{"them tried again", "tqmap deadletter retry " + name + " -c /etc/tq_labs"},
		{"what every setting of the mapping means", "tqmap reference"},
	} {
		look.rows = append(look.rows, []string{row[0], span(row[1])})
	}
	if len(g.imports()) == 0 {
		look.rows[1] = []string{"the items that would be sent", span("tqmap preview " + name + " -c /etc/tq_labs --export --limit 3")}
		look.rows = append(look.rows[:2], look.rows[3:]...)
	}
	g.doc.chapter("When something is wrong", t, look)
}
