// Package threatq is the ThreatQ platform as tqmap sees it: its object model,
// its REST API and the plan that turns what is there into what a mapping wants.
package threatq

import (
	"strconv"
	"time"
)

// Collection is the path segment of an object kind, e.g. Indicators.
type Collection string

// The collections that code has to name; see Kinds for all.
const (
	Indicators  Collection = "indicators"
	Events      Collection = "events"
	Adversaries Collection = "adversaries"
)

// Object is one object as a mapping wants it, or as ThreatQ holds it.
// Zero fields are unset: they are not sent, and were not asked for.
type Object struct {
	Collection  Collection
	ID          int64  // 0: not known to ThreatQ, or not looked up
	Name        string // value, title or name
	Type        string // type by name, of kinds that have types
	Status      string // status by name, of kinds that have statuses
	Content     string // of signatures: the text of the rule, "value" in ThreatQ
	Description string
	Score       *int // indicators: the manual score, 0 to 10
	// Times are kept to the second, in UTC. Kind.Fields says who has which.
	HappenedAt, StartedAt, EndedAt, PublishedAt, LastDetectedAt, ExpiresAt time.Time
	TouchedAt                                                              time.Time // read only
	Sources                                                                []Source
	Attributes                                                             []Attribute
	Tags                                                                   []string
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

// Time returns the time of a field such as "started_at"; nil where field is no time.
func (o *Object) Time(field string) *time.Time {
	for i, at := range o.times() {
		if timeFields[i] == field {
			return at
		}
	}
	return nil
}

// Text returns one of the object's own fields as ThreatQ shows it; "" where it is unset.
func (o *Object) Text(field string) string {
	if at := o.Time(field); at != nil {
		return formatTime(*at)
	}
	switch field {
	case o.Collection.NameField():
		return o.Name
	case "type":
		return o.Type
	case "status":
		return o.Status
	case "value":
		return o.Content
	case "score":
		return scoreText(o.Score)
	}
	return ""
}

func scoreText(score *int) string {
	if score == nil {
		return ""
	}
	return strconv.Itoa(*score)
}
