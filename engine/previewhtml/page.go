// Package previewhtml shows records beside what a mapping makes of them: as a view that any form
// of output can walk, and as one HTML page that needs no network and nothing beside itself.
package previewhtml

import "time"

// Page is everything that a preview shows. Its texts are as they were found: what writes them for
// people masks secrets.
type Page struct {
	// Title is the connector's, with its version; Name is what it is called on the command line.
	Title, Name string
	// Mapping is the file, Flows are those shown, in order.
	Mapping string
	Flows   []string
	// Source says where the records come from.
	Source string
	// Clock is what the run goes by.
	Clock time.Time
	// Compared says that the objects were compared with what ThreatQ holds.
	Compared bool
	// Totals counts the objects that were compared by Object.Op, each once in a flow.
	Totals  map[string]int
	Records []Record
	Skipped []Skipped
	Unknown []Unknown
}

// Record is one record and what became of it.
type Record struct {
	Flow, Key string
	// Raw is the record; Used are the paths of its fields that the flow names, such as
	// "src.ip": a field below one of them counts as used, too.
	Raw     any
	Used    []string
	Objects []Object
	Letters []Letter
}

// Object is one object for ThreatQ, or an item for the vendor.
type Object struct {
	// Kind is "event", "indicator" and so on, or "item".
	Kind string `json:"kind"`
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
	// Hangs says that it is shown with the object that it is related to.
	Hangs       bool     `json:"hangs,omitempty"`
	Fields      []Field  `json:"fields,omitempty"`
	Description string   `json:"description,omitempty"`
	Source      string   `json:"source,omitempty"`
	TLP         string   `json:"tlp,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	// Attributes of an item are its fields.
	Attributes []Field    `json:"attributes,omitempty"`
	Relations  []Relation `json:"relations,omitempty"`
	// Op is what ThreatQ would be told: "+" create, "~" update, "=" unchanged, "!" refused; ""
	// where nothing was compared. ID is the object's there, Note what is to be known beside it.
	Op      string   `json:"op,omitempty"`
	ID      int64    `json:"id,omitempty"`
	Note    string   `json:"note,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Op is something that would happen to objects.
type Op struct{ Sign, Word string }

// Ops are the values of Object.Op in words, in the order in which they are told.
func Ops() []Op {
	return []Op{{"+", "create"}, {"~", "update"}, {"=", "unchanged"}, {"!", "refused"}}
}

// Field is a name and a value.
type Field struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// Relation is a link to another object of the same record.
type Relation struct {
	Kind string `json:"kind"`
	Type string `json:"type,omitempty"`
	Name string `json:"name"`
}

// Change is one difference between an object and what ThreatQ holds.
type Change struct {
	Op   string `json:"op"`
	Part string `json:"part"`
	Name string `json:"name,omitempty"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Letter says why a record, or one object of it, is not made.
type Letter struct {
	Rule   string `json:"rule,omitempty"`
	Key    string `json:"key"`
	Reason string `json:"reason"`
	// Where is the place in the mapping, as file:line,columns.
	Where string `json:"where,omitempty"`
	// Code is that of the mistake, Values what the code at fault has seen; both may be empty.
	Code   string  `json:"code,omitempty"`
	Values []Field `json:"values,omitempty"`
	// Field is that of the object, Stage the part of a jq program, where it is known which fails.
	Field string `json:"field,omitempty"`
	Stage string `json:"stage,omitempty"`
}

// Skipped counts records of a flow that the mapping leaves out for a reason.
type Skipped struct {
	Flow, Reason string
	N            int
}

// Unknown counts how often a table was asked for a key that it does not have.
type Unknown struct {
	Table, Key string
	N          int
}

// Tally counts objects by kind, and records or objects that are not made. Kinds are in the order in
// which they are first met.
type Tally struct {
	Kinds []Count
	Dead  int
}

// Count is a number of something.
type Count struct {
	Of string
	N  int
}

// Tally counts what the page shows. Of the objects that several records make each counts.
func (p *Page) Tally() Tally {
	t := Tally{}
	at := map[string]int{}
	for _, r := range p.Records {
		t.Dead += len(r.Letters)
		for _, o := range r.Objects {
			i, met := at[o.Kind]
			if !met {
				i, at[o.Kind] = len(t.Kinds), len(t.Kinds)
				t.Kinds = append(t.Kinds, Count{Of: o.Kind})
			}
			t.Kinds[i].N++
		}
	}
	return t
}
