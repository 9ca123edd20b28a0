// Package threatq is the ThreatQ platform as tqmap sees it: its object model,
// its REST API and the plan that turns what is there into what a mapping wants.
package threatq

import "time"

// Collection is the path segment of an object kind, e.g. Indicators.
type Collection string

// The collections that need their own name field; every other collection
// (malware, asset, report, …) keeps its name in "value".
const (
	Indicators  Collection = "indicators"
	Events      Collection = "events"
	Adversaries Collection = "adversaries"
)

// NameField is the JSON field that holds Object.Name: "value", "title" or "name".
func (c Collection) NameField() string {
	switch c {
	case Events:
		return "title"
	case Adversaries:
		return "name"
	}
	return "value"
}

// Object is one object as a mapping wants it, or as ThreatQ holds it.
// Zero fields are unset: they are not sent, and were not asked for.
type Object struct {
	Collection  Collection
	ID          int64  // 0: not known to ThreatQ, or not looked up
	Name        string // value, title or name
	Type        string // type by name; events and indicators
	Status      string // status by name; indicators
	Description string
	HappenedAt  time.Time // events; kept to the second, UTC
	TouchedAt   time.Time // read only
	Sources     []Source
	Attributes  []Attribute
	Tags        []string
	// Related are links to objects whose ids are known.
	Related []Ref
}

// Ref points at an object.
type Ref struct {
	Collection Collection
	ID         int64
}

// Source says where an object came from. TLP is a label such as "AMBER", or "".
type Source struct{ Name, TLP string }

// Attribute is one name and value of an object. RowID is the id of the
// attribute row where it was read from ThreatQ.
type Attribute struct {
	Name, Value string
	Mode        Mode
	RowID       int64
}

// Mode says what an update does with an attribute that the object already has.
type Mode int

const (
	// Replace keeps exactly one value under the name: the old row is edited.
	Replace Mode = iota
	// Add puts the value beside those already there.
	Add
	// Fixed writes the attribute once; a value that is there stays.
	Fixed
)

// Attr returns the first value of the attribute called name.
func (o *Object) Attr(name string) (string, bool) {
	for _, a := range o.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}
