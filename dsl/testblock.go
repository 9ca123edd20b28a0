package dsl

import (
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

var testBlock = &Block{
	Type: "test", Labels: []string{"name"},
	Summary: "A check that `tqmap test` runs without any network. With `exchange` blocks the whole flow runs: window, steps, requests, paging, each, response rules, mapping and sink.",
	Example: `test "an alert with a hash" {
  flow      = flow.alerts
  responses = ["testdata/alerts_1.json"]

  expect "event" "Beacon (a1)" {
    type       = "Alert"
    attributes = { "Severity" = "high" }
  }
}`,
	Attrs: []Attr{
		{Name: "flow", Holds: Ref, Required: true, Summary: "The flow under test."},
		{Name: "responses", Type: cty.List(cty.String), Summary: "Files with recorded answers, one for each page. They are decoded, cut and split as in a run; what `each` would fetch is null."},
		{Name: "records", Type: anyType, Summary: "Records given in place of answers, as the mapping gets them: after split, with what `each` has fetched. Beside `exchange` they are what a source of ThreatQ's own objects yields."},
		{Name: "recording", Type: cty.String, Summary: "A recording beside the mapping, made with `tqmap record`, in place of `exchange` blocks: its requests must come again, and are answered as they were. Its clock and parameters are the test's, where that names none. If it was stopped at a limit, the test ends there, too, and cannot say how the run ends. Not for flows that read ThreatQ: give their records."},
		{Name: "params", Type: anyType, Summary: "Parameter values for this test. Required ones and secrets that are not given have a stand-in."},
		{Name: "now", Type: cty.String, Summary: "The run's clock, RFC 3339. Waits and retries move it and take no time."},
		{Name: "skipped", Type: cty.Map(cty.Number), Summary: "How many records each reason must leave out."},
		{Name: "dead", Type: cty.Number, Default: "0", Summary: "How many records must become dead letters."},
	},
	Blocks: []Child{
		{Block: stateBlock},
		{Block: exchangeBlock},
		{Block: &Block{
			Type: "expect", Labels: []string{"object", "name"}, Summary: "An object that must come out: `expect \"event\" \"<title or part of it>\"`; `expect \"item\" \"<key or label>\"` of a sink with items. In objects such as attributes only the names that are written are compared; null: it must not be there.",
			Open: true, OpenAttr: Attr{Type: anyType, Scope: Run, Summary: "What the object must have under this name."},
		}},
		{Block: &Block{
			Type: "expect_request", Summary: "A request that the flow's sink must send; any other is a failure. For sinks \"http\" alone, and without `exchange`, whose requests say it themselves; of other sinks the items are compared.",
			Example: `expect_request {
  method = "PUT"
  path   = "/alerts/a1"
  json   = { status = "closed" }
}`,
			Attrs: []Attr{
				{Name: "method", Type: cty.String, Summary: "HTTP method."},
				{Name: "path", Type: cty.String, Summary: "Path below base_url."},
				{Name: "json", Type: anyType, Summary: "Body."},
			},
		}},
		{Block: expectStateBlock},
		{Block: expectRunBlock, Max: 1},
	},
}

var exchangeBlock = &Block{
	Type: "exchange", Summary: "A request that the run must send, and what it is answered. Each request takes the first one in the file that is for it and not used up; a request that none is for is refused, and fails the test, as does one that nobody asks for. What a login or OAuth asks for needs one only to be tested: without an exchange of its path the client goes without that auth, and without auth that needs keys (\"jwt\", \"mtls\"). ThreatQ itself is empty and takes everything.",
	Example: `exchange {
  request {
    method = "POST"
    path   = "/alerts/search"
    json   = { offset = 0 }
  }
  response {
    json = { alerts = [{ id = "a1", name = "Beacon" }] }
  }
}`,
	Attrs: []Attr{
		{Name: "times", Type: cty.Number, Default: "1", Summary: "How many such requests it answers; all of them must come."},
	},
	Blocks: []Child{
		{Block: &Block{
			Type: "request", Summary: "What the request must be. Only what is written is compared: of objects the names that are written, of lists all elements; null: it must not be there.",
			Attrs: []Attr{
				{Name: "method", Type: cty.String, Summary: "HTTP method; default: any."},
				{Name: "path", Type: cty.String, Required: true, Summary: "Path below base_url, or from the root of the server, or a whole address. May have a query."},
				{Name: "query", Type: anyType, Summary: "Query parameters by name; a list for one that stands there several times."},
				{Name: "headers", Type: anyType, Summary: "Headers by name."},
				{Name: "json", Type: anyType, Summary: "Body, read as JSON."},
				{Name: "form", Type: anyType, Summary: "Fields of a body that is a form."},
				{Name: "body", Type: cty.String, Summary: "Body, to the letter."},
			},
		}, Min: 1, Max: 1},
		{Block: &Block{
			Type: "response", Summary: "What it is answered. Without json, body and file the answer is empty.",
			Attrs: []Attr{
				{Name: "status", Type: cty.Number, Default: "200", Summary: "HTTP status."},
				{Name: "headers", Type: cty.Map(cty.String), Summary: "Headers by name."},
				{Name: "json", Type: anyType, Summary: "Body, as JSON."},
				{Name: "body", Type: cty.String, Summary: "Body, as text."},
				{Name: "file", Type: cty.String, Summary: "File with the body, beside the mapping."},
				{Name: "lost", Type: cty.Bool, Default: "false", Summary: "The connection breaks off without an answer."},
			},
		}, Min: 1, Max: 1},
	},
}

func stateAttrs(cursor, token string) []Attr {
	return []Attr{
		{Name: "partition", Type: cty.String, Summary: "Of which of the source's partitions; without it, of the flow."},
		{Name: "cursor", Type: cty.String, Summary: cursor},
		{Name: "token", Type: cty.String, Summary: token},
	}
}

var stateBlock = &Block{
	Type: "state", Summary: "What the run before has left, in a test with `exchange`. Without it the run is the first.",
	Example: `state {
  cursor = "2026-01-01T00:00:00Z"
}`,
	Attrs: stateAttrs("Where the next window begins, RFC 3339.", "The mark from which the server goes on."),
}

var expectStateBlock = &Block{
	Type: "expect_state", Summary: "What the run must leave for the next one, in a test with `exchange`. Only what is written is compared; null: there must be none.",
	Example: `expect_state {
  cursor = "2026-01-02T00:00:00Z"
}`,
	Attrs: stateAttrs("The cursor, RFC 3339.", "The token."),
}

var expectRunBlock = &Block{
	Type: "expect_run", Summary: "How the run must end, in a test with `exchange`. Only what is written is compared; without it the flow must come to its end.",
	Example: `expect_run {
  outcome = "partial"
  fetched = 3
}`,
	Attrs: append([]Attr{
		{Name: "outcome", Type: cty.String, Options: []string{"ok", "partial", "failed"}, Summary: "ok, partial or failed, as in a report."},
		{Name: "error", Type: cty.String, Summary: "What the error must hold that the flow ends with."},
	}, counterAttrs()...),
}

func counterAttrs() (out []Attr) {
	for _, c := range [][2]string{
		{"fetched", "Records that came."}, {"mapped", "Objects, calls or items made of them."}, {"created", "Of those, new ones."},
		{"updated", "Of those, changed ones."}, {"unchanged", "Of those, left as they are."}, {"removed", "Items that were taken back."},
		{"skipped", "Records left out."}, {"dead", "Dead letters."}, {"ignored", "Answers that a rule skipped."}, {"failed", "Calls that the next run tries again."},
	} {
		out = append(out, Attr{Name: c[0], Type: cty.Number, Summary: c[1]})
	}
	return out
}

// Whole says that the whole flow runs, as against its mapping alone.
func (t *Test) Whole() bool {
	for _, typ := range []string{"exchange", "state", "expect_state", "expect_run"} {
		if t.Node.Block(typ) != nil {
			return true
		}
	}
	return t.Node.Val("recording") != nil
}

// test reads a test block; its flow and its params must exist.
func (m *Mapping) test(d *decoder, n *Node) *Test {
	t := &Test{Name: n.Labels[0], Node: n}
	for _, ref := range n.Val("flow").Refs() {
		if ref.Type == "flow" {
			t.Flow = m.Flow(ref.Name)
		}
		if t.Flow == nil && !m.lost["flow"] {
			d.unknownRef("Unknown flow", "flow", ref, m.flowNames())
		}
	}
	if all := n.All("expect_request"); len(all) > 0 && t.Flow != nil && t.Flow.Sink == nil && !t.Flow.Node.lost["sink"] {
		d.errorf(all[0].Range, "Without effect", "Flow %q has no sink, so it sends no requests that a test could see.", t.Flow.Name)
	}
	m.testWhole(d, t)
	if v := n.Val("params"); v != nil && !v.bad && !m.lost["param"] {
		m.testParams(d, v)
	}
	return t
}

// testWhole finds what a test of a whole flow cannot have beside it.
func (m *Mapping) testWhole(d *decoder, t *Test) {
	if !t.Whole() {
		return
	}
	if v := t.Node.Val("responses"); v != nil {
		d.errorf(v.NameRange, "Two ways to answer", "With exchange blocks the whole flow runs, and they hold the answers: response { file = … }.")
	}
	if v := t.Node.Val("recording"); v != nil && t.Node.Block("exchange") != nil {
		d.errorf(v.NameRange, "Two ways to answer", "The exchange blocks say what is answered; leave them or the recording out.")
	}
	if v := t.Node.Val("recording"); v != nil && t.Flow != nil && t.Flow.OfThreatQ() {
		d.errorf(v.NameRange, "Without effect", "Flow %q reads ThreatQ, which no test asks, so a recording gives it no records. Give them as records = [{ … }], and what it asks of others in exchange blocks.", t.Flow.Name)
	}
	if all := t.Node.All("expect_request"); len(all) > 0 {
		d.errorf(all[0].Range, "Without effect", "With exchange blocks each of them says which request must be sent.")
	}
	if v := t.Node.Val("records"); v != nil && t.Flow != nil && t.Flow.Source != nil && !t.Flow.OfThreatQ() {
		d.errorf(v.NameRange, "Two ways to answer", "The records of this flow come out of the answers that the exchange blocks give.")
	}
	for _, x := range t.Node.All("exchange") {
		oneBody(d, x.Block("request"), "json", "form", "body")
		oneBody(d, x.Block("response"), "json", "body", "file")
	}
}

// oneBody refuses a second one of the attributes of n that are different ways to say one thing.
func oneBody(d *decoder, n *Node, names ...string) {
	first := ""
	for _, name := range names {
		if v := n.Val(name); v == nil {
			continue
		} else if first != "" {
			d.errorf(v.NameRange, "One body expected", "%q says what the body is already.", first)
		}
		first = name
	}
}

func (m *Mapping) testParams(d *decoder, v *Val) {
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return
	}
	for _, item := range obj.Items {
		if name, diags := m.staticScope().text(item.KeyExpr); !diags.HasErrors() && m.Param(name) == nil {
			d.errorf(item.KeyExpr.Range(), "Unknown param", "There is no param %q.%s", name, code.Suggest(name, m.paramNames()))
		}
	}
}

func (m *Mapping) flowNames() []string {
	var out []string
	for _, f := range m.Flows {
		out = append(out, f.Name)
	}
	return out
}

// Setting returns the parameters and the clock that a test runs with; now, where
// the test names none.
func (t *Test) Setting(now time.Time) (map[string]Given, time.Time, error) {
	r := t.Node.Read(newScoped(nil))
	given := map[string]Given{}
	if v, ok := r.value("params"); ok {
		if !v.Type().IsObjectType() && !v.Type().IsMapType() {
			r.Fail("params", "Object expected", "params takes an object of names and values.")
			return given, now, r.Err()
		}
		for name, value := range v.AsValueMap() {
			given[name] = Given{Value: value, Origin: t.Node.Val("params").Range.String()}
		}
	}
	if text := r.String("now", ""); text != "" {
		at, err := ParseTime(text)
		if err != nil {
			r.Fail("now", "Bad time", "%s.", err)
		}
		now = at
	}
	return given, now, r.Err()
}
