package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// Of is the plan of the flows given, and of the clients that they use.
func Of(s *dsl.Sketch, flows []*dsl.Flow) *Plan {
	c := s.Connector
	p := &Plan{Connector: Connector{Name: c.Name, Title: c.Title, Version: c.Version, Instance: c.Instance, Source: c.Source, TLP: c.TLP}, Params: params(s)}
	used := map[string]bool{}
	for _, f := range flows {
		for _, n := range append(f.Source.All("each"), f.Source, f.Sink) {
			for _, ref := range n.Val("client").Refs() {
				used[ref.Name] = true
			}
		}
		p.Flows = append(p.Flows, flow(s, f))
	}
	for _, c := range s.Clients {
		if used[c.Name] {
			p.Clients = append(p.Clients, client(s, c))
		}
	}
	for _, row := range request.Defaults() {
		status := fmt.Sprint(row.From)
		if row.To != row.From {
			status += "-" + fmt.Sprint(row.To)
		}
		p.Default = append(p.Default, AnswerRow{status, string(row.Action), row.Means})
	}
	return p
}

func params(s *dsl.Sketch) []Param {
	out := []Param{}
	for _, p := range s.Mapping.Params {
		if p.Unused {
			continue
		}
		value, origin := s.Setting(p)
		out = append(out, Param{Name: p.Name, Value: value, Origin: origin, Required: p.Required, Sensitive: p.Sensitive})
	}
	return out
}

// facts collects what has a text.
type facts []Fact

func (f *facts) add(name, text string) {
	if text != "" {
		*f = append(*f, Fact{name, text})
	}
}

func client(s *dsl.Sketch, c *dsl.Client) Client {
	r := c.Node.Read(s.Scope)
	var f facts
	f.add("address", r.Show("base_url"))
	f.add("TLS", tls(r))
	f.add("proxy", map[string]string{"": "that of the environment, if any", "threatq": "the one configured in the ThreatQ UI"}[r.Show("proxy")])
	if proxy := r.Show("proxy"); proxy != "" && proxy != "threatq" {
		f.add("proxy", "the address given") // which may hold a password
	}
	f.add("rate", rate(r))
	f.add("timeouts", timeouts(r))
	f.add("retries", retries(r))
	f.add("answers", "at most "+cmp.Or(r.Show("max_body"), "64MB")+", unpacked")
	f.add("headers", headerNames(r))
	if r.Bool("cookies", false) {
		f.add("cookies", "kept during the run and sent back to this server alone")
	}
	if hosts := r.Show("allow_hosts"); hosts != "" {
		f.add("other hosts", "answers may point to "+hosts+", which get no credentials")
	}
	if n := c.Node.Block("server_limit"); n != nil {
		l := r.Of(n)
		f.add("server limit", fmt.Sprintf("where an answer says that %s requests are left (%s), the next one waits until %s", cmp.Or(l.Show("floor"), "0"), l.Code("remaining"), l.Code("reset")))
	}
	f.add("errors", wrap("the server's own words are taken from %s", r.Code("error_message")))
	out := Client{Name: c.Name, Facts: f, Auth: []Fact{}, Rules: rules(r, c.Node)}
	for _, n := range c.Auth {
		a := r.Of(n)
		if !a.Bool("when", true) {
			out.Unused = append(out.Unused, fmt.Sprintf("auth %q: %s does not hold", n.Kind(), n.Val("when").Text()))
			continue
		}
		out.Auth = append(out.Auth, Fact{n.Kind(), describe(a)})
	}
	return said(s, out)
}

func tls(r *dsl.Reading) string {
	if strings.HasPrefix(r.Show("base_url"), "http://") {
		return "none: the address begins with http://"
	}
	if !r.Bool("verify_tls", true) {
		return "1.2 or later; THE SERVER'S CERTIFICATE IS NOT CHECKED (verify_tls is off)"
	}
	text := "1.2 or later; the server's certificate is checked"
	if file := r.Show("ca_file"); file != "" {
		text += ", also against the authorities in " + file
	}
	if r.Show("ca_pem") != "" {
		text += ", also against the authorities given"
	}
	return text
}

func rate(r *dsl.Reading) string {
	limit := r.Show("rate_limit")
	if limit == "" {
		return "no limit of our own"
	}
	return fmt.Sprintf("at most %s, %s at once", limit, cmp.Or(r.Show("burst"), "1"))
}

func timeouts(r *dsl.Reading) string {
	text := cmp.Or(r.Show("timeout"), "60s") + " for one answer"
	if deadline := r.Show("deadline"); deadline != "" {
		text += ", " + deadline + " for a request with all its attempts and waits"
	}
	return text
}

func retries(r *dsl.Reading) string {
	n := r.Int("retries", 3)
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("up to %d more attempts, after %s, then twice as long each time up to 30s; Retry-After wins, but no wait is longer than %s",
		n, cmp.Or(r.Show("retry_wait"), "1s"), cmp.Or(r.Show("max_wait"), "5m"))
}

// headerNames are the names alone: a value may be a key.
func headerNames(r *dsl.Reading) string {
	var out []string
	for _, p := range r.ShowPairs("headers") {
		out = append(out, p.Name)
	}
	return strings.Join(out, ", ")
}

// wrap is format with text, "" without it.
func wrap(format, text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(format, text)
}

// describe is what the kind of the block says of itself, else its summary.
func describe(r *dsl.Reading) string {
	if spec := r.Node().Spec; spec.Describe != nil {
		return spec.Describe(r)
	}
	return r.Node().Spec.Summary
}

// rules are the `on` blocks of n in words, in the order in which they are asked.
func rules(r *dsl.Reading, n *dsl.Node) []string {
	var out []string
	for _, on := range n.All("on") {
		out = append(out, ruleWords(r.Of(on)))
	}
	return out
}

func ruleWords(r *dsl.Reading) string {
	var when []string
	if status := r.Show("status"); status != "" {
		when = append(when, "status "+status)
	}
	if q := r.Code("when"); q != "" {
		when = append(when, "where "+q)
	}
	if r.Bool("retried", false) {
		when = append(when, "at the last attempt")
	}
	do := r.Show("do")
	text := strings.Join(when, " ") + ": " + do
	if means := actions()[do]; means != "" {
		text += " (" + means + ")"
	}
	text += wrap(", after %s", r.Code("wait"))
	return text + wrap(", saying %s", r.Code("message"))
}

// actions are what the words of `do` mean, without the full stop.
func actions() map[string]string {
	out := map[string]string{}
	for _, a := range dsl.RuleActionTable() {
		first, _, _ := strings.Cut(a.Means, ". ")
		out[a.Word] = strings.TrimSuffix(strings.ToLower(first[:1])+first[1:], ".")
	}
	return out
}

// outgoing is the request in n, a block that has one.
func outgoing(r *dsl.Reading, n *dsl.Node) Request {
	line := r.Of(n.Block("request"))
	out := Request{Method: cmp.Or(line.Show("method"), "GET"), Path: line.Show("path"), Rules: rules(r, n)}
	for _, p := range line.ShowPairs("query") {
		out.Query = append(out.Query, strings.TrimPrefix(p.Name+" = "+p.Value, " = "))
	}
	for _, p := range line.ShowPairs("headers") {
		out.Headers = append(out.Headers, p.Name+": "+p.Value)
	}
	if line.Has("basic") {
		out.Headers = append(out.Headers, "Authorization: Basic of "+line.Show("basic"))
	}
	switch {
	case line.Has("json"):
		out.Body = line.ShowJSON("json")
	case line.Has("form"):
		var fields []string
		for _, p := range line.ShowPairs("form") {
			fields = append(fields, p.Name+"="+p.Value)
		}
		out.Body = "form: " + strings.Join(fields, "&")
	case line.Has("body"):
		out.Body = line.Show("body")
	}
	if refs := n.Val("client").Refs(); len(refs) > 0 {
		out.Client = refs[0].Name
	}
	if pages := n.Block("paginate"); pages != nil {
		out.Pages = describe(r.Of(pages))
	}
	if d := n.Block("decode"); d != nil {
		out.Decode = describe(r.Of(d))
	}
	return out
}

func flow(s *dsl.Sketch, f *dsl.Flow) Flow {
	r := f.Node.Read(s.Scope)
	out := Flow{Name: f.Name, To: "ThreatQ", Source: source(s, f), Record: record(s, f)}
	if f.Exports() {
		out.To = s.Connector.Title
		out.Sink = sink(s, f)
	}
	if !r.Bool("when", true) {
		out.Skipped = f.Node.Val("when").Text()
	}
	for _, rule := range f.Rules {
		out.Objects = append(out.Objects, object(s, rule))
	}
	limit := cmp.Or(r.Show("max_dead"), "1000")
	text := "What cannot be mapped, or is refused, is kept as a dead letter; more than " + limit + " in a run stop the flow."
	if share := r.Show("max_dead_share"); share != "" {
		text += " So does a share above " + share + " of the records, from 20 on."
	}
	out.Notes = append(out.Notes, text)
	if !f.Exports() {
		out.Notes = append(out.Notes, "The ledger remembers each object by its key, with a hash of what was written: what has not changed is not sent again. Cursor and ledger are stored together, after ThreatQ has acknowledged a page.")
	}
	return said(s, out)
}

func source(s *dsl.Sketch, f *dsl.Flow) Source {
	r := f.Source.Read(s.Scope)
	out := Source{Kind: f.Source.Kind(), Does: describe(r)}
	if f.Source.Block("request") != nil {
		req := outgoing(r, f.Source)
		out.Request = &req
	}
	if n := f.Source.Block("window"); n != nil {
		out.Window = describe(r.Of(n))
	} else {
		out.Window = "There is none: every run reads everything."
	}
	for _, n := range f.Source.All("step") {
		out.Steps = append(out.Steps, further(r, n))
	}
	for _, n := range f.Source.All("each") {
		out.Each = append(out.Each, further(r, n))
	}
	return out
}

// further is a request beside that for the pages.
func further(r *dsl.Reading, n *dsl.Node) Request {
	out := outgoing(r.Of(n), n)
	out.Name, out.Does = n.Labels[0], describe(r.Of(n))
	return out
}

func record(s *dsl.Sketch, f *dsl.Flow) Record {
	r := f.Record.Node.Read(s.Scope)
	var list facts
	list.add("cut out by", r.Code("extract"))
	list.add("split by", r.Code("split"))
	for _, p := range r.ShowPairs("let") {
		list.add("let "+p.Name, p.Value)
	}
	list.add("key", r.Code("key"))
	out := Record{Name: f.Record.Name, Facts: list}
	for _, n := range f.Record.Node.All("skip") {
		skip := r.Of(n)
		text := fmt.Sprintf("left out as %q where %s", n.Labels[0], skip.Code("when"))
		text += wrap("; counted for each %s", skip.Code("by"))
		if skip.Bool("warn", false) {
			text += "; with a warning"
		}
		out.Outs = append(out.Outs, text)
	}
	out.Outs = append(out.Outs, rejects(r, f.Record.Node)...)
	return out
}

func rejects(r *dsl.Reading, n *dsl.Node) []string {
	var out []string
	for _, b := range n.All("reject") {
		reject := r.Of(b)
		out = append(out, fmt.Sprintf("a dead letter %q where %s", b.Labels[0], reject.Code("when"))+wrap("; saying %s", reject.Code("message")))
	}
	return out
}

func sink(s *dsl.Sketch, f *dsl.Flow) *Sink {
	r := f.Sink.Read(s.Scope)
	out := &Sink{Kind: f.Sink.Kind(), Does: describe(r)}
	var list facts
	for _, p := range r.ShowPairs("item") {
		list.add("item "+p.Name, p.Value)
	}
	if f.Sink.Val("compare") != nil {
		list.add("compared by", r.Show("compare"))
	}
	list.add("label", r.Code("label"))
	list.add("outcome", wrap("what became of each item is read from the answer: %s", r.Code("outcome")))
	out.Facts = list
	named := map[string]string{"update": "to change an item", "remove": "to take an item back", "expire": "to let an item end", "held": "to ask what is there already"}
	for _, name := range []string{"", "held", "update", "remove", "expire"} {
		n := f.Sink
		if name != "" {
			n = f.Sink.Block(name)
		}
		if n == nil || n.Block("request") == nil {
			continue
		}
		req := outgoing(r.Of(n), n)
		req.Name, req.Does = named[name], batches(r.Of(n), n)
		out.Requests = append(out.Requests, req)
	}
	return out
}

// batches says how items are put together, and what is read of the answer.
func batches(r *dsl.Reading, n *dsl.Node) string {
	var text []string
	if b := n.Block("batch"); b != nil {
		batch := r.Of(b)
		text = append(text, "In batches of up to "+cmp.Or(batch.Show("max_items"), "500")+" items"+wrap(", at most %s long", batch.Show("max_bytes"))+"; a refused batch is halved down to the guilty item.")
	}
	if size := r.Show("batch"); size != "" {
		text = append(text, "Asked for up to "+size+" items at once.")
	}
	if q := r.Code("answer"); q != "" {
		text = append(text, "What is there: "+q+".")
	}
	if q := r.Code("same"); q != "" {
		text = append(text, "An item counts as there where "+q+".")
	}
	if n.Spec.Type != "http" && r.Code("outcome") != "" {
		text = append(text, "What became of each item: "+r.Code("outcome")+".")
	}
	return strings.Join(text, " ")
}

// shownApart are the attributes of a rule that are no fields of the object.
var shownApart = []string{"for_each", "when", "key", "attributes", "related", "identity", "types", "object"}

func isField(name string) bool { return !slices.Contains(shownApart, name) }
