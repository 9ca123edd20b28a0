package dsl

import (
	"io/fs"
	"path"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// Mapping is a loaded and checked mapping: one connector with its flows.
type Mapping struct {
	Connector Connector
	Params    []*Param
	Tables    []*Table
	Clients   []*Client
	Flows     []*Flow
	Tests     []*Test
	// Files are the sources by display name, for printing diagnostics.
	Files map[string]*hcl.File

	shared       *code.Library // what jq programs may call
	locals       []*Val
	secretLocals map[string]bool // made of sensitive parameters
	lost         map[string]bool // types of top blocks left out after a mistake
	fsys         []fs.FS         // where the mapping's own files are looked for, in order
	vocabulary   Vocabulary
}

// Connector is the identity of a mapping.
type Connector struct {
	Name, Title, Version, Description string
	// Source and TLP are written on every ThreatQ object.
	Source, TLP string
	// Instance is the name that the connector runs under: its own, unless As has given another.
	Instance string
	// Requires and Limits are sentences for the guide: what must be there before a run,
	// and what a user should know that the connector cannot do.
	Requires, Limits []string
	// Executables are names of the binary that run this mapping, beside tq-conn-<name>.
	Executables []string

	lock *Node
}

// Client is one server with its credentials and limits.
type Client struct {
	Name string
	Node *Node
	// Auth are the declared ways to authenticate; all whose `when` holds are used.
	Auth []*Node
}

// Flow is one way for data. Either Rules or Sink is set.
type Flow struct {
	Name string
	// Title and Description are for people; Title is the name where the file gives none.
	Title, Description string
	Node               *Node
	// When is whether the flow is run at all; nil: always.
	When   *Val
	Source *Node
	Record *Record
	Rules  []*Rule
	Sink   *Node
}

// Items says that the flow's sink keeps a target in step with items, and is not sent each record
// by itself.
func (f *Flow) Items() bool { return f.Sink.Val("item") != nil }

// OfThreatQ says that the flow reads ThreatQ itself.
func (f *Flow) OfThreatQ() bool { return f.Source.Spec.Yields != nil }

// Exports says whether the flow sends to the vendor rather than to ThreatQ.
func (f *Flow) Exports() bool { return f.Sink != nil }

// Record is how one element of an answer is cut out, known again and left out.
type Record struct {
	Name    string
	Node    *Node
	Extract *code.JQ // nil: the source yields records itself
	Split   *code.JQ // nil: one record stays one
	Key     *code.Expr
	Skips   []Skip
	Rejects []Reject
	// Shape is what the samples look like, with what `let` adds; every expr is checked
	// against it.
	Shape code.Shape

	pages []page // the samples
}

// Skip leaves records out under a reason.
type Skip struct {
	Reason string
	When   *code.Expr
	// By is counted, and warned of, each value by itself; nil: the reason alone is.
	By   *code.Expr
	Warn bool
	// Val is When in the file.
	Val *Val
}

// Reject makes a dead letter of a record or an object.
type Reject struct {
	Reason  string
	When    *code.Expr
	Message *code.Expr // nil: none
	At      hcl.Range
	Val     *Val // When in the file
}

// Rule makes objects of a record.
type Rule struct {
	Type, Name string // "event", "alert"
	Node       *Node
	ForEach    *code.Expr
	When       *code.Expr
	Key        *code.Expr // nil: the default of its type
	Rejects    []Reject
	Related    []string // IDs of rules of the same flow
	Sync       *Sync
}

// ID is "event.alert".
func (r *Rule) ID() string { return r.Type + "." + r.Name }

// Sync is the three-way merge of one field.
type Sync struct {
	Field  string // "type"
	Agreed string // attribute that remembers the last agreement
	Local  *code.Expr
}

// Test is a check that runs without any network.
type Test struct {
	Name string
	Node *Node
	Flow *Flow
}

// Flow returns the flow called name, or nil.
func (m *Mapping) Flow(name string) *Flow {
	for _, f := range m.Flows {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Client returns the client called name, or nil.
func (m *Mapping) Client(name string) *Client {
	for _, c := range m.Clients {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Param returns the parameter called name, or nil.
func (m *Mapping) Param(name string) *Param {
	for _, p := range m.Params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (m *Mapping) table(name string) *Table {
	for _, t := range m.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// ReadFile reads a file that the mapping names, such as a test's response:
// beside the mapping file, else among the built-in mappings.
func (m *Mapping) ReadFile(name string) ([]byte, error) {
	name = path.Clean(name)
	var first error
	for _, fsys := range m.fsys {
		b, err := fs.ReadFile(fsys, name)
		if err == nil {
			return b, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (m *Mapping) glob(pattern string) ([]string, error) {
	pattern = path.Clean(pattern)
	for _, fsys := range m.fsys {
		names, err := fs.Glob(fsys, pattern)
		if err != nil || len(names) > 0 {
			return names, err
		}
	}
	return nil, nil
}
