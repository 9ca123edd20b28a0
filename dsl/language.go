package dsl

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

var (
	anyType = cty.DynamicPseudoType
	truth   = []code.Kind{code.Bool}
)

// Grammar is the whole language: what may stand at the top of a mapping file.
func Grammar(v Vocabulary) *Block {
	return &Block{Type: "mapping", Summary: "One connector: the blocks at the top of its files.", Blocks: []Child{
		{Block: connectorBlock(v), Max: 1},
		{Block: paramBlock},
		{Block: localsBlock},
		{Block: tableBlock},
		{Block: definitionsBlock, Max: 1},
		{Block: clientBlock(v)},
		{Block: flowBlock(v)},
		{Block: testBlock},
	}}
}

func connectorBlock(v Vocabulary) *Block {
	return &Block{
		Type: "connector", Labels: []string{"name"},
		Summary: "Names the connector and the source it writes on every ThreatQ object.",
		Example: `connector "acme" {
  title  = "Acme Sandbox"
  source = "Acme"
  tlp    = "AMBER"
  lock {
    kill_after = "12h"
  }
}`,
		Attrs: []Attr{
			{Name: "title", Type: cty.String, Required: true, Summary: "The name people read."},
			{Name: "version", Type: cty.String, Summary: "The mapping's own version."},
			{Name: "source", Type: cty.String, Required: true, Summary: "Source name on every ThreatQ object."},
			{Name: "tlp", Type: cty.String, Words: v.TLP, Summary: "TLP label put on that source, e.g. \"AMBER\"."},
			{Name: "description", Type: cty.String, Summary: "What the connector does, in a sentence or two."},
			{Name: "requires", Type: cty.List(cty.String), Summary: "What must be there before it can run, such as a permission of the account; a sentence each, for the guide."},
			{Name: "limits", Type: cty.List(cty.String), Summary: "What its user should know that it cannot do; a sentence each, for the guide."},
			{Name: "executables", Type: cty.List(cty.String), Summary: "Names under which a copy or link of the program runs this mapping, beside tq-conn-<name>; for built-in mappings."},
		},
		Blocks: []Child{{Block: lockBlock, Max: 1}},
	}
}

var paramBlock = &Block{
	Type: "param", Labels: []string{"name"},
	Summary: "A setting of the operator.",
	Example: `param "days" {
  label   = "Initial Query Range"
  type    = integer
  default = 7
  validation {
    condition     = param.days >= 1
    error_message = "Ask for at least one day."
  }
}`,
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
		{Name: "unused", Type: cty.Bool, Default: "false", Summary: "Taken and kept as the connector that this one replaces did, though nothing reads it."},
		{Name: "aliases", Type: cty.List(cty.String), Summary: "Other spellings of the flag, e.g. [\"historical\"] beside --HISTORICAL."},
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
	Example: `locals {
  fields = ["id", "name", "created"]
}`,
	Open: true, OpenAttr: Attr{Type: anyType, Scope: Run, Summary: "A value, read as local.<name>."},
}

var tableBlock = &Block{
	Type: "table", Labels: []string{"name"},
	Summary: "Translates one vocabulary into another, both ways.",
	Example: `table "status" {
  ignore_case = true
  rows = {
    "CLOSED"    = "STATUS_CLOSED"
    "DISCARDED" = "STATUS_CLOSED"
    "OPEN"      = "STATUS_OPEN"
  }
  reverse = { "STATUS_CLOSED" = "CLOSED" }
}`,
	Attrs: []Attr{
		{Name: "rows", Type: cty.Map(cty.String), Required: true, Summary: "Key = value."},
		{Name: "reverse", Type: cty.Map(cty.String), Summary: "Which key a value goes back to, where several rows share the value."},
		{Name: "default", Holds: Keyword, Type: cty.String, Default: "none", Summary: "For an unknown key: none (null), keep (the key itself), fail (the record becomes a dead letter), or a value."},
		{Name: "ignore_case", Type: cty.Bool, Default: "false", Summary: "Compare keys trimmed and without regard to case."},
		{Name: "report", Type: cty.Bool, Default: "true", Summary: "Report unknown keys; false where the mapping deals with them itself."},
	},
}

var definitionsBlock = &Block{
	Type: "definitions", Summary: "Functions that every jq(\"…\") of the mapping may call, written once.",
	Example: `definitions {
  jq = jq(<<-EOT
    # What is neither null nor empty.
    def filled: map(select(. != null and . != ""));
    def titled($title): if . == [] then "" else "\($title): \(join(", "))" end;
  EOT
  )
}`,
	Attrs: []Attr{
		{Name: "jq", Holds: JQ, Shared: true, Required: true, Summary: "def name: program; one behind the other, and nothing else. Each sees those before it and the variables of jq; none may have the name of a function that jq has itself. A program that defines a function of the same name uses its own."},
	},
}

func flowBlock(v Vocabulary) *Block {
	b := &Block{
		Type: "flow", Labels: []string{"name"},
		Summary: "One way for data: from a source, through a record, to objects or a sink. Flows run in file order.",
		Example: `flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = "/alerts"
    }
  }
  record "alert" {
    extract = jq(".alerts[]")
    key     = expr("alert.id")
    samples = "testdata/alerts_*.json"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.name + ' (' + alert.id + ')'")
    happened_at = expr("alert.created")
  }
}`,
		Attrs: []Attr{
			{Name: "title", Type: cty.String, Summary: "What the guide calls the flow. Default: its name."},
			{Name: "description", Type: cty.String, Summary: "What the flow does, in a sentence or two, for the guide."},
			{Name: "when", Type: cty.Bool, Scope: Run, Default: "true", Summary: "Leave the flow out of a run where this is false, as for a list of names that the operator left empty. The report says so."},
			{Name: "max_dead", Type: cty.Number, Scope: Run, Default: "1000", Summary: "Most dead letters of one run; one more stops the flow."},
			{Name: "max_dead_share", Type: cty.Number, Scope: Run, Summary: "Largest share of dead letters among the records, from 0 to 1; looked at from 20 records on."},
		},
		Blocks: []Child{
			{Block: &Block{Type: "source", Labels: []string{"kind"}, Summary: "Where records come from.", Kinds: v.Source}, Min: 1, Max: 1},
			{Block: recordBlock, Min: 1, Max: 1},
		},
	}
	for i := range v.Objects {
		b.Blocks = append(b.Blocks, Child{Block: v.Objects[i].block(v.TLP)})
	}
	b.Blocks = append(b.Blocks, Child{Block: &Block{Type: "sink", Labels: []string{"kind"}, Summary: "Where records go, if not to ThreatQ objects.", Kinds: v.Sink}, Max: 1})
	return b
}

var recordBlock = &Block{
	Type: "record", Labels: []string{"name"},
	Summary: "One element of an answer. Its name is how expr refers to it.",
	Example: `record "alert" {
  extract = jq(".alerts[]")
  let = {
    family = expr("lower(split(alert.name, ' ')[0])")
  }
  key     = expr("alert.id")
  samples = "testdata/alerts_*.json"

  skip "closed before it was seen" {
    when = expr("alert.status == 'closed'")
  }
  skip "a family that is not ours" {
    when = expr("alert.family startsWith 'test'")
    by   = expr("alert.family")
    warn = true
  }
  reject "no name" {
    when    = expr("alert.name == ''")
    message = expr("alert.id")
  }
}`,
	Attrs: []Attr{
		{Name: "extract", Holds: JQ, Summary: "Cuts the records out of an answer."},
		{Name: "split", Holds: JQ, Summary: "Makes several records of each one that was cut out, after its `each` requests: a program over the record."},
		{Name: "let", Holds: PerRecord, Written: true, Summary: "Values computed of each record, in this order, before everything else. Each is then a field of the record, such as alert.family; none may have the name of a field that records have. Dead letters keep the record as it came."},
		{Name: "key", Holds: Expr, Required: true, Summary: "What identifies the record for ever; a record without it becomes a dead letter."},
		{Name: "samples", Type: cty.String, Summary: "Recorded answers (a glob beside this file): the shape that every expr is checked against."},
		{Name: "shape", Holds: Outline, Summary: "What a record looks like, as `tqmap shape --update` writes it: every expr is checked against it, also where no samples are at hand. A field is string, integer, number, bool, time, any, [of one of these] or { of fields }; optional(…) where it may be absent or null."},
	},
	Blocks: []Child{{Block: &Block{
		Type: "skip", Labels: []string{"reason"}, Summary: "Leaves a record out and counts it under the reason.",
		Attrs: []Attr{
			{Name: "when", Holds: Expr, Returns: truth, Required: true, Summary: "True for records to leave out."},
			{Name: "by", Holds: Expr, Summary: "A word of the record that is counted beside the reason, \"reason: word\"; null: the reason alone. Use one of few words, such as a type."},
			{Name: "warn", Type: cty.Bool, Default: "false", Summary: "Say so in the log, once for each record; beside `by`, once for each word."},
		},
	}}, {Block: rejectBlock("Makes nothing of a record, but a dead letter.")}},
}
