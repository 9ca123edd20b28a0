package dsl

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

var (
	anyType = cty.DynamicPseudoType
	truth   = []code.Kind{code.Bool}
)

// language is the whole grammar: what may stand at the top of a mapping file.
func language(v Vocabulary) *Block {
	return &Block{Type: "mapping", Summary: "One connector: the blocks at the top of its files.", Blocks: []Child{
		{Block: connectorBlock, Max: 1},
		{Block: paramBlock},
		{Block: localsBlock},
		{Block: tableBlock},
		{Block: clientBlock(v)},
		{Block: flowBlock(v)},
		{Block: testBlock},
	}}
}

var connectorBlock = &Block{
	Type: "connector", Labels: []string{"name"},
	Summary: "Names the connector and the source it writes on every ThreatQ object.",
	Attrs: []Attr{
		{Name: "title", Type: cty.String, Required: true, Summary: "The name people read."},
		{Name: "version", Type: cty.String, Summary: "The mapping's own version."},
		{Name: "source", Type: cty.String, Required: true, Summary: "Source name on every ThreatQ object."},
		{Name: "tlp", Type: cty.String, Summary: "TLP label put on that source, e.g. \"AMBER\"."},
		{Name: "description", Type: cty.String, Summary: "What the connector does, in a sentence or two."},
	},
}

var paramBlock = &Block{
	Type: "param", Labels: []string{"name"},
	Summary: "A setting of the operator.",
	Attrs: []Attr{
		{Name: "label", Type: cty.String, Summary: "The name the operator reads."},
		{Name: "help", Type: cty.String, Summary: "What it does, in a sentence."},
		{Name: "type", Holds: Keyword, Required: true, Summary: "string, number, integer, bool, time or list."},
		{Name: "default", Type: anyType, Summary: "The value where none is given."},
		{Name: "required", Type: cty.Bool, Default: "false", Summary: "Refuse to run without a value."},
		{Name: "sensitive", Type: cty.Bool, Default: "false", Summary: "Mask the value wherever tqmap writes."},
		{Name: "options", Type: cty.List(cty.String), Summary: "The only values allowed."},
		{Name: "env", Type: cty.String, Summary: "Environment variable read beside TQMAP_<CONNECTOR>_<PARAM>."},
		{Name: "flag", Type: cty.String, Summary: "Command line flag, e.g. \"start-historical\" for --start-historical."},
		{Name: "short", Type: cty.String, Summary: "Short form of the flag, e.g. \"s\" for -s or \"ep\" for -ep."},
	},
	Blocks: []Child{{Block: &Block{
		Type: "validation", Summary: "A condition that must hold before anything runs.",
		Attrs: []Attr{
			{Name: "condition", Type: cty.Bool, Scope: Run, Required: true, Summary: "True where the value is acceptable."},
			{Name: "error_message", Type: cty.String, Scope: Run, Required: true, Summary: "What the operator reads otherwise."},
		},
	}}},
}

var localsBlock = &Block{
	Type: "locals", Summary: "Named values, the same for the whole run.",
	Open: true, OpenAttr: Attr{Type: anyType, Scope: Run, Summary: "A value, read as local.<name>."},
}

var tableBlock = &Block{
	Type: "table", Labels: []string{"name"},
	Summary: "Translates one vocabulary into another, both ways.",
	Attrs: []Attr{
		{Name: "rows", Type: cty.Map(cty.String), Required: true, Summary: "Key = value."},
		{Name: "reverse", Type: cty.Map(cty.String), Summary: "Which key a value goes back to, where several rows share the value."},
		{Name: "default", Holds: Keyword, Type: cty.String, Default: "none", Summary: "For an unknown key: none (null), keep (the key itself), fail (the record becomes a dead letter), or a value."},
		{Name: "ignore_case", Type: cty.Bool, Default: "false", Summary: "Compare keys trimmed and without regard to case."},
	},
}

func clientBlock(v Vocabulary) *Block {
	return &Block{
		Type: "client", Labels: []string{"name"},
		Summary: "One server: address, credentials and limits of every request to it.",
		Attrs: []Attr{
			{Name: "base_url", Type: cty.String, Scope: Run, Required: true, Summary: "Scheme, host and path that every request path is joined to."},
			{Name: "rate_limit", Type: cty.String, Scope: Run, Summary: "Requests per second or minute, e.g. \"10/s\" or \"60/m\"."},
			{Name: "timeout", Type: cty.String, Scope: Run, Default: "60s", Summary: "Longest wait for one answer."},
			{Name: "retries", Type: cty.Number, Scope: Run, Default: "3", Summary: "Further attempts after one that may succeed later."},
			{Name: "retry_wait", Type: cty.String, Scope: Run, Default: "1s", Summary: "Wait before the first of them; it doubles each time, up to 30s. A server's Retry-After wins."},
			{Name: "max_body", Type: cty.String, Scope: Run, Default: "64MB", Summary: "Largest answer accepted, decompressed."},
			{Name: "verify_tls", Type: cty.Bool, Scope: Run, Default: "true", Summary: "Check the server's certificate."},
			{Name: "ca_file", Type: cty.String, Scope: Run, Summary: "PEM file of further certificate authorities."},
			{Name: "proxy", Type: cty.String, Scope: Run, Summary: "Proxy address, or \"threatq\" for the one configured in the ThreatQ UI; unset: the environment's."},
			{Name: "allow_hosts", Type: cty.List(cty.String), Scope: Run, Summary: "Other hosts that answers may point to; they get no credentials."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: Run, Summary: "Headers of every request."},
			{Name: "error_message", Holds: JQ, Summary: "The server's own words in an error answer."},
		},
		Blocks: []Child{{Block: &Block{Type: "auth", Labels: []string{"kind"}, Summary: "How requests are authenticated; the first one whose `when` holds.", Kinds: v.Auth}}},
	}
}

// RequestBlock describes an HTTP request whose values may use the names of scope.
func RequestBlock(scope Scope) *Block {
	return &Block{
		Type: "request", Summary: "One HTTP request.",
		Attrs: []Attr{
			{Name: "method", Type: cty.String, Scope: scope, Default: "GET", Summary: "HTTP method."},
			{Name: "path", Type: cty.String, Scope: scope, Required: true, Summary: "Path below the client's base_url."},
			{Name: "query", Type: anyType, Scope: scope, Summary: "Query parameters, sent in this order; null leaves one out."},
			{Name: "headers", Type: cty.Map(cty.String), Scope: scope, Summary: "Further headers."},
			{Name: "basic", Type: cty.List(cty.String), Scope: scope, Summary: "[user, password] for this request alone."},
			{Name: "json", Type: anyType, Scope: scope, Summary: "Body, sent as JSON."},
		},
	}
}

func flowBlock(v Vocabulary) *Block {
	return &Block{
		Type: "flow", Labels: []string{"name"},
		Summary: "One way for data: from a source, through a record, to objects or a sink. Flows run in file order.",
		Blocks: []Child{
			{Block: &Block{Type: "source", Labels: []string{"kind"}, Summary: "Where records come from.", Kinds: v.Source}, Min: 1, Max: 1},
			{Block: recordBlock, Min: 1, Max: 1},
			{Block: objectBlock("event", "An event in ThreatQ.", eventAttrs, []Child{{Block: syncBlock, Max: 1}})},
			{Block: objectBlock("indicator", "An indicator in ThreatQ.", indicatorAttrs, nil)},
			{Block: &Block{Type: "sink", Labels: []string{"kind"}, Summary: "Where records go, if not to ThreatQ objects.", Kinds: v.Sink}, Max: 1},
		},
	}
}

var recordBlock = &Block{
	Type: "record", Labels: []string{"name"},
	Summary: "One element of an answer. Its name is how expr refers to it.",
	Attrs: []Attr{
		{Name: "extract", Holds: JQ, Summary: "Cuts the records out of an answer."},
		{Name: "key", Holds: Expr, Required: true, Summary: "What identifies the record for ever; a record without it becomes a dead letter."},
		{Name: "samples", Type: cty.String, Summary: "Recorded answers (a glob beside this file): the shape that every expr is checked against."},
	},
	Blocks: []Child{{Block: &Block{
		Type: "skip", Labels: []string{"reason"}, Summary: "Leaves a record out and counts it under the reason.",
		Attrs: []Attr{
			{Name: "when", Holds: Expr, Returns: truth, Required: true, Summary: "True for records to leave out."},
			{Name: "warn", Type: cty.Bool, Default: "false", Summary: "Say so in the log, once for each record."},
		},
	}}},
}

func objectBlock(typ, summary string, own []Attr, blocks []Child) *Block {
	attrs := append([]Attr{
		{Name: "for_each", Holds: Expr, Returns: []code.Kind{code.List}, Summary: "A list: one object for each element, read as `each`."},
		{Name: "when", Holds: Expr, Returns: truth, Summary: "No object where this is false."},
	}, own...)
	attrs = append(attrs,
		Attr{Name: "description", Holds: PerRecord, Summary: "Text of the object."},
		Attr{Name: "attributes", Holds: PerRecord, Written: true, Summary: "Attribute name = value. One value, replaced on update; fixed(…) is written once, add(…) puts each value of a list beside those there. Null and empty values are left out."},
		Attr{Name: "tags", Holds: PerRecord, Summary: "Tags to add."},
		Attr{Name: "tlp", Holds: PerRecord, Summary: "TLP label of the source on this object."},
		Attr{Name: "related", Holds: Refs, Summary: "Objects of the same record to link to, e.g. [event.alert]."},
	)
	return &Block{Type: typ, Labels: []string{"name"}, Summary: summary, Attrs: attrs, Blocks: blocks}
}

var eventAttrs = []Attr{
	{Name: "type", Holds: PerRecord, Required: true, Summary: "Event type by name; created where it is missing."},
	{Name: "title", Holds: PerRecord, Required: true, Summary: "Title. Keep the identity in it: ThreatQ searches events by title."},
	{Name: "happened_at", Holds: PerRecord, Required: true, Summary: "When it happened (an instant). Part of ThreatQ's identity: use a time that never changes."},
	{Name: "identity", Type: cty.String, Summary: "Attribute whose value finds the event again in ThreatQ when the ledger does not know it."},
	{Name: "types", Type: cty.List(cty.String), Scope: Run, Summary: "Event types that must exist before the first event, for analysts to choose from."},
}

var indicatorAttrs = []Attr{
	{Name: "type", Holds: PerRecord, Required: true, Summary: "Indicator type by name."},
	{Name: "value", Holds: PerRecord, Required: true, Summary: "The indicator."},
	{Name: "status", Holds: PerRecord, Summary: "Status of a new indicator."},
}

var syncBlock = &Block{
	Type: "sync", Labels: []string{"field"},
	Summary: "Keeps a field that both sides change in step: a three-way merge against the last agreement.",
	Attrs: []Attr{
		{Name: "agreed", Type: cty.String, Required: true, Summary: "The attribute that remembers the last agreed value; what the mapping computes for it is the remote value."},
		{Name: "local", Holds: Expr, Required: true, Summary: "The value that ThreatQ's object stands for now (read as `current`), in the words of `agreed`; null where it stands for none."},
	},
}

var testBlock = &Block{
	Type: "test", Labels: []string{"name"},
	Summary: "A check that `tqmap test` runs without any network.",
	Attrs: []Attr{
		{Name: "flow", Holds: Ref, Required: true, Summary: "The flow under test."},
		{Name: "responses", Type: cty.List(cty.String), Summary: "Files with recorded answers, one for each page."},
		{Name: "records", Type: anyType, Summary: "Records given in place of answers."},
		{Name: "params", Type: anyType, Summary: "Parameter values for this test."},
		{Name: "now", Type: cty.String, Summary: "The run's clock, RFC 3339."},
		{Name: "skipped", Type: cty.Map(cty.Number), Summary: "How many records each reason must leave out."},
		{Name: "dead", Type: cty.Number, Summary: "How many records must become dead letters."},
	},
	Blocks: []Child{
		{Block: &Block{
			Type: "expect", Labels: []string{"object", "name"}, Summary: "An object that must come out: `expect \"event\" \"<title or part of it>\"`.",
			Open: true, OpenAttr: Attr{Type: anyType, Scope: Run, Summary: "What the object must have under this name."},
		}},
		{Block: &Block{
			Type: "expect_request", Summary: "A request that must be sent; any other is a failure.",
			Attrs: []Attr{
				{Name: "method", Type: cty.String, Summary: "HTTP method."},
				{Name: "path", Type: cty.String, Summary: "Path below base_url."},
				{Name: "json", Type: anyType, Summary: "Body."},
			},
		}},
	},
}
