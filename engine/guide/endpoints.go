package guide

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
)

// call is one request that is made of the other side.
type call struct{ client, method, path, means string }

// calls are all of them, in the order of clients, logins first.
func (g *maker) calls() []call {
	var out []call
	add := func(c call) {
		same := func(o call) bool { return o.client == c.client && o.method == c.method && o.path == c.path }
		if i := slices.IndexFunc(out, same); i >= 0 {
			if !strings.Contains(out[i].means, c.means) {
				out[i].means += "; " + c.means
			}
			return
		}
		out = append(out, c)
	}
	for _, c := range g.m.Clients {
		for _, auth := range c.Auth {
			g.authCalls(c, auth, add)
		}
		for _, f := range g.m.Flows {
			g.flowCalls(c, f, add)
		}
	}
	for _, f := range g.m.Flows { // what goes over a wire of its own
		if f.Sink != nil && g.clientOf(f.Sink) == nil {
			g.sent(f.Sink, "", title(f)+": ", add)
		}
	}
	return out
}

func (g *maker) authCalls(c *dsl.Client, n *dsl.Node, add func(call)) {
	when := ""
	if v := n.Val("when"); v != nil {
		if by := g.paramsOf(v.Reads()); len(by) > 0 {
			when = ", as " + paramWords(by) + " says"
		}
	}
	for _, name := range []string{"request", "probe", "logout"} {
		if r := n.Block(name); r != nil {
			add(call{c.Name, method(r), g.path(r), map[string]string{"request": "signs in", "probe": "asks whether the session is alive", "logout": "signs out"}[name] + when})
		}
	}
	g.sent(n, c.Name, "", add)
}

// sent are the requests that a kind makes by itself.
func (g *maker) sent(n *dsl.Node, client, before string, add func(call)) {
	for _, s := range n.Spec.Sends {
		path := s.Path
		if text, by := g.setting(n, s.Attr); text != "" {
			path = text
			if len(by) > 0 && !strings.Contains(text, "/") && !strings.Contains(text, "<") {
				path = "<" + by[0].Name + ">"
			}
		}
		of := client
		if s.Method == "TLS" { // not of the client, which is HTTP
			of = ""
		}
		add(call{of, s.Method, path, before + plain(s.Means)})
	}
}

func (g *maker) flowCalls(c *dsl.Client, f *dsl.Flow, add func(call)) {
	from := title(f) + ": "
	if g.clientOf(f.Source) == c {
		for _, s := range f.Source.All("step") {
			add(call{c.Name, method(s.Block("request")), g.path(s.Block("request")), from + "once before reading, " + span(s.Labels[0])})
		}
		if r := f.Source.Block("request"); r != nil {
			means := "reads " + plain(plural(strings.ReplaceAll(f.Record.Name, "_", " ")))
			if p := f.Source.Block("paginate"); p != nil && p.Kind() != "none" {
				means += ", page by page"
			}
			add(call{c.Name, method(r), g.path(r), from + means})
		}
		for _, e := range f.Source.All("each") {
			if r := e.Block("request"); r != nil {
				add(call{c.Name, method(r), g.path(r), from + "for each record, " + span(e.Labels[0])})
			}
		}
	}
	if f.Sink != nil && g.clientOf(f.Sink) == c {
		g.sinkCalls(c, f, from, add)
	}
}

func (g *maker) sinkCalls(c *dsl.Client, f *dsl.Flow, from string, add func(call)) {
	what := "sends what is new or has changed"
	if !f.Items() {
		what = "sends each record"
	}
	for _, b := range []struct {
		node  *dsl.Node
		means string
	}{
		{f.Sink, what}, {f.Sink.Block("held"), "asks what is there already"}, {f.Sink.Block("update"), "changes what is there already"},
		{f.Sink.Block("expire"), "lets something end"}, {f.Sink.Block("remove"), "takes something back"},
	} {
		if r := b.node.Block("request"); r != nil {
			add(call{c.Name, method(r), g.path(r), from + b.means})
		}
	}
	g.sent(f.Sink, c.Name, from, add)
}

func method(request *dsl.Node) string {
	return strings.ToUpper(request.Static().String("method", "GET"))
}

// path is the path of a request, with <name> for what differs from request to request.
func (g *maker) path(request *dsl.Node) string {
	v := request.Val("path")
	if v == nil {
		return ""
	}
	if v.Attr.Holds == dsl.PerRecord {
		if t, diags := v.Template(g.bound.Scope); !diags.HasErrors() {
			if e := t.Expr(); e != nil {
				return g.named(e.Outline())
			}
			c, _ := t.Constant()
			return g.named(shown(c))
		}
	}
	if e := v.Expr(); e != nil {
		return g.named(e.Outline())
	}
	if got, diags := v.Value(g.bound.Scope); !diags.HasErrors() {
		return g.named(shown(dsl.FromCty(got)))
	}
	return strings.NewReplacer("${", "<", "}", ">").Replace(strings.Trim(g.source(v), `"`))
}

// clientOf is the client that a source or a sink names.
func (g *maker) clientOf(n *dsl.Node) *dsl.Client {
	for _, r := range n.Val("client").Refs() {
		return g.m.Client(r.Name)
	}
	return nil
}

func (g *maker) endpoints() {
	calls := g.calls()
	g.doc.chapter("Endpoints", paragraph("What is called of "+g.vendor()+". Credentials go to these addresses only; names in angle brackets are parameters, or differ from request to request."))
	for _, c := range g.m.Clients {
		t := table{head: []string{"Method", "Path", "What for"}}
		for _, one := range calls {
			if one.client == c.Name {
				t.rows = append(t.rows, []string{one.method, prose.Or(spanEach(strings.Split(one.path, " or "))), one.means})
			}
		}
		base, _ := g.setting(c.Node, "base_url")
		where := "Client " + span(c.Name) + " at " + span(base)
		if auth := authWords(c); auth != "" {
			where += ", " + auth
		}
		if rate := g.settingWords(c.Node, "rate_limit"); rate != "" {
			where += ", no more requests than " + rate
		}
		if len(t.rows) > 0 {
			g.doc.part(3, "Client "+span(c.Name), paragraph(where+"."), t)
		}
	}
	other := table{head: []string{"Method", "Address", "What for"}}
	for _, one := range calls {
		if one.client == "" {
			other.rows = append(other.rows, []string{one.method, span(one.path), one.means})
		}
	}
	if len(other.rows) > 0 {
		g.doc.part(3, "Not HTTP", other)
	}
}

func authWords(c *dsl.Client) string {
	var kinds []string
	for _, a := range c.Auth {
		if !slices.Contains(kinds, a.Kind()) {
			kinds = append(kinds, a.Kind())
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return fmt.Sprintf("authenticated by %s", prose.Or(spanEach(kinds)))
}
