package guide

import (
	"strings"

	"tqmap/dsl"
)

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
