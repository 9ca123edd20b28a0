package guide

import "fmt"

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
