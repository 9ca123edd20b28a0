package threatq

import (
	"slices"
	"time"
)

// Kind is one kind of object: what a mapping calls it, where ThreatQ keeps it and
// which fields it has there. Everything that differs from kind to kind stands in
// the table of Kinds.
type Kind struct {
	// Code is the singular, as mappings and some addresses spell it: "attack_pattern".
	Code       string
	Collection Collection
	Title      string // for people: "Attack Pattern"
	// Fields are the kind's own, in the order in which people read them. Description,
	// sources, attributes, tags and links are every kind's.
	Fields   []Field
	Identity Identity

	nameField string
	types     string // address of the list of its types; "": ThreatQ checks the names
	statuses  string
	growing   bool   // types that are missing may be created
	with      string // parts to read with an object
	// linked is a collection whose links are read with each object; "": none.
	linked Collection
	// described says that descriptions are a list of their own beside the object.
	described bool
}

// Field is one of a kind's own fields.
type Field struct {
	Name     string // in mappings and, but for the score, in ThreatQ's JSON
	Required bool
	// Final says that it is written with a new object and never changed.
	Final   bool
	Summary string
}

// Identity is what ThreatQ tells two objects of a kind apart by.
type Identity int

const (
	// ByName is by name alone; case counts.
	ByName Identity = iota
	// ByValueAndType lets one value be two indicators. Neither ever changes.
	ByValueAndType
	// ByTitleAndTime is by title, whatever its case, and second. The type may change.
	ByTitleAndTime
)

const (
	withParts = "attributes,sources,tags"
	published = "When the source published it (an instant); only of a new object."
)

func name(field, summary string) Field { return Field{Name: field, Required: true, Summary: summary} }

func optional(field, summary string) Field { return Field{Name: field, Summary: summary} }

func statusField(of string) Field {
	return Field{Name: "status", Final: true, Summary: "Status of a new " + of + ", by name. What an analyst decides later stays."}
}

var publishedField = Field{Name: "published_at", Final: true, Summary: published}

// valued is a kind of the later object model: named by "value", without types and
// statuses, in a collection that is called as the kind.
func valued(code, title string, more ...Field) Kind {
	return Kind{
		Code: code, Collection: Collection(code), Title: title, nameField: "value", with: withParts,
		Fields: slices.Concat([]Field{name("value", "Its name.")}, more, []Field{publishedField}),
	}
}

func span(of string) []Field {
	return []Field{optional("started_at", "When the "+of+" began (an instant)."), optional("ended_at", "When the "+of+" ended (an instant).")}
}

// Kinds are the kinds of object that a mapping can make, in the order in which
// they are written: an object can link to those before it, indicators first and
// events last. Files are not among them, as their content needs an upload, nor
// are investigations, which belong to analysts.
//
// Inferred rather than documented: the collections of asset, note and
// infrastructure, that these have neither types nor statuses, that a signature is
// known by its name, and that published_at is taken from every kind.
func Kinds() []Kind {
	return []Kind{
		{
			Code: "indicator", Collection: Indicators, Title: "Indicator", nameField: "value", Identity: ByValueAndType,
			types: "/api/indicator/types", statuses: "/api/indicator/statuses", with: "type,status,score," + withParts,
			Fields: []Field{
				name("type", "Indicator type by name."), name("value", "The indicator."), statusField("indicator"),
				optional("score", "Manual score, a whole number from 0 to 10; replaced on update."),
				optional("expires_at", "When it expires (an instant); replaced on update."),
				optional("last_detected_at", "When it was last seen (an instant); replaced on update."), publishedField,
			},
		},
		valued("identity", "Identity"),
		valued("asset", "Asset"),
		valued("infrastructure", "Infrastructure"),
		valued("vulnerability", "Vulnerability"),
		valued("exploit_target", "Exploit Target"),
		valued("attack_pattern", "Attack Pattern"),
		valued("ttp", "TTP"),
		valued("course_of_action", "Course of Action"),
		valued("malware", "Malware"),
		valued("tool", "Tool"),
		{
			Code: "signature", Collection: "signatures", Title: "Signature", nameField: "name",
			types: "/api/signature/types", with: "type,status," + withParts,
			Fields: []Field{
				name("type", "Signature type by name, such as \"YARA\"."), name("name", "Its name."),
				name("value", "The text of the signature."), statusField("signature"), publishedField,
			},
		},
		{
			Code: "adversary", Collection: Adversaries, Title: "Adversary", nameField: "name", with: withParts, described: true,
			Fields: []Field{name("name", "Its name."), publishedField},
		},
		valued("intrusion_set", "Intrusion Set"),
		valued("campaign", "Campaign", span("campaign")...),
		valued("incident", "Incident", span("incident")...),
		valued("report", "Report"),
		valued("note", "Note"),
		{
			Code: "task", Collection: "tasks", Title: "Task", nameField: "name", with: "status," + withParts,
			Fields: []Field{name("name", "What is to be done."), statusField("task"), publishedField},
		},
		{
			Code: "event", Collection: Events, Title: "Event", nameField: "title", Identity: ByTitleAndTime,
			types: "/api/event/types", growing: true, with: "type," + withParts, linked: Indicators,
			Fields: []Field{
				name("type", "Event type by name; created where it is missing."),
				name("title", "Title. Keep the identity in it: ThreatQ searches events by title."),
				{Name: "happened_at", Required: true, Final: true, Summary: "When it happened (an instant). Part of ThreatQ's identity: use a time that never changes."},
				statusField("event"), publishedField,
			},
		},
	}
}

// CustomKind is an object type that an administrator of ThreatQ has made: its
// code is its collection.
func CustomKind(code string) Kind {
	k := valued(code, code, optional("type", "Type by name, if the object type has any."), statusField("object"))
	k.Fields = append(k.Fields, span("object")...)
	return k
}

var kinds = Kinds()

// Kind returns the kind of the objects in c, which is not to be changed.
func (c Collection) Kind() *Kind {
	for i := range kinds {
		if kinds[i].Collection == c {
			return &kinds[i]
		}
	}
	own := CustomKind(string(c))
	return &own
}

// NameField is the JSON field that holds Object.Name: "value", "title" or "name".
func (c Collection) NameField() string { return c.Kind().nameField }

// Order is the place of c when objects of several collections are written.
// Administrators' own come before events, in no order among themselves.
func (c Collection) Order() int {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Collection == c })
	if i < 0 {
		return 2*len(kinds) - 3
	}
	return 2 * i
}

func (k *Kind) field(name string) *Field {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// timeFields are the fields of the times that an object may have, in the order of
// Object.times.
var timeFields = [...]string{"happened_at", "started_at", "ended_at", "published_at", "last_detected_at", "expires_at"}

func (o *Object) times() [len(timeFields)]*time.Time {
	return [...]*time.Time{&o.HappenedAt, &o.StartedAt, &o.EndedAt, &o.PublishedAt, &o.LastDetectedAt, &o.ExpiresAt}
}
