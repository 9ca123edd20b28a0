package guide

import (
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
)

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
		text = "Later runs go on from the latest " + prose.Or(strings.Split(g.places(f, g.traced(f, cursor, nil).Value.Places()), ", ")) + " that was delivered"
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
