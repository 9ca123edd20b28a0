package scaffold

import (
	"slices"
	"strings"
)

func (w *writer) event(p Plan, g guess) {
	w.line("event %s {\ntype = \"Alert\"", quote(g.record))
	title := quoteExpr(p.Title + ": ")
	if len(p.Answers) == 0 {
		title += " + " + g.record + "." + g.title
	} else if g.title != "" {
		title += " + " + g.table.reach(g.title)
	}
	switch {
	case len(p.Answers) == 0:
		title += " + ' (' + string(" + g.record + "." + g.key + ") + ')'"
	case g.key != "" && g.key != g.title:
		title += " + ' (' + string(" + g.table.reach(g.key) + ") + ')'"
	case g.title == "" && g.key == "":
		title += " + sha256(toJSON(" + g.record + "))"
	}
	w.line("title = %s", expr(title))
	switch {
	case g.time != "":
		w.line("happened_at = %s # %s", expr(g.readTime(g.time)), g.doubt(g.time))
	case len(p.Answers) == 0:
		w.line("happened_at = %s # TODO: when it happened", expr(g.record+".created"))
	default:
		w.line("happened_at = %s # TODO: no field of the sample is an instant", expr("now"))
	}
	w.attributes(g)
	w.line("}")
}

// doubt says what about a time could be wrong.
func (g guess) doubt(path string) string {
	t := g.instants[path]
	switch {
	case t.naive && strings.Contains(t.format, "/02/"):
		return "guessed, also that the month comes first. TODO: the zone that it is meant in"
	case t.naive:
		return "guessed. TODO: the zone that it is meant in"
	}
	return "guessed"
}

func (w *writer) attributes(g guess) {
	if len(g.attributes)+len(g.tags) == 0 {
		return
	}
	w.line("attributes = {")
	used := map[string]bool{}
	entry := func(path, value string) {
		name := label(path)
		for used[name] {
			name += " 2"
		}
		used[name] = true
		w.line("%s = %s", quote(name), value)
	}
	for _, path := range g.attributes {
		if t := g.instants[path]; t.read != "" && t.read != "·" {
			entry(path, expr(g.readTime(path)))
			continue
		}
		entry(path, expr(g.table.reach(path)))
	}
	for _, path := range g.tags {
		entry(path, "add("+expr(g.table.reach(path))+")")
	}
	w.line("}")
}

// feed makes an indicator of each record.
func (w *writer) feed(g guess, about string) {
	value := g.table.reach(about)
	w.line("indicator \"ioc\" {\nwhen = %s # guessed: what is no indicator makes none", expr("indicator_type("+value+") != nil"))
	w.line("type = %s\nvalue = %s", expr("indicator_type("+value+")"), expr(value))
	if g.time != "" {
		w.line("published_at = %s # %s", expr(g.readTime(g.time)), g.doubt(g.time))
	}
	g.attributes = slices.DeleteFunc(g.attributes, func(path string) bool { return path == about })
	if g.title != "" {
		g.attributes = append(g.attributes, g.title)
	}
	w.attributes(g)
	w.line("}")
}

// quoteExpr writes text as expr does.
func quoteExpr(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(text) + "'"
}

func (w *writer) indicators(g guess) {
	if len(g.observables)+len(g.spread) > 0 {
		var all []string
		for _, path := range g.observables {
			all = append(all, g.table.reach(path))
		}
		each := "[" + strings.Join(all, ", ") + "]"
		if len(g.spread) > 0 {
			lists := []string{each}
			if len(all) == 0 {
				lists = nil
			}
			for _, path := range g.spread {
				lists = append(lists, g.table.list(path))
			}
			if each = strings.TrimSuffix(strings.TrimPrefix(lists[0], "("), " ?? [])"); len(lists) > 1 {
				each = "concat(" + strings.Join(lists, ", ") + ")"
			}
		}
		w.line("\nindicator \"ioc\" {\nfor_each = %s # guessed: the fields that hold indicators", expr("compact("+each+")"))
		w.indicator("each", g.record)
	}
	for _, n := range g.nested {
		w.line("\nindicator %s {\nfor_each = %s # guessed: what it holds are indicators", quote(n.name), expr("compact("+g.table.reach(n.list)+")"))
		w.indicator(n.table.reach(n.observable), g.record, n.attributed()...)
	}
}

// indicator is the rest of a rule, with more lines before its end.
func (w *writer) indicator(value, record string, more ...string) {
	w.line("when = %s\ntype = %s\nvalue = %s", expr("indicator_type("+value+") != nil"), expr("indicator_type("+value+")"), expr(value))
	if len(more) > 0 {
		w.line("attributes = {\n%s\n}", strings.Join(more, "\n"))
	}
	w.line("related = [event.%s]\n}", record)
}

func (n nested) attributed() []string {
	var out []string
	used := map[string]bool{}
	for _, path := range n.attributes {
		if name := label(path); !used[name] {
			used[name] = true
			out = append(out, quote(name)+" = "+expr(n.table.reach(path)))
		}
	}
	return out
}
