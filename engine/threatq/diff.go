package threatq

import (
	"slices"
	"strings"
)

// Plan is what has to be done to an object of ThreatQ. Its zero value is nothing.
type Plan struct {
	Fields         []FieldChange
	SetAttributes  []AttributeChange // rows that get another value
	AddAttributes  []Attribute
	DropAttributes []Attribute // rows that go, by RowID
	AddSources     []Source    // new ones, and stricter TLPs of those there
	AddTags        []string
	AddRelated     []Ref
	// Sources are those of added attributes; they are no change in themselves.
	Sources []Source
}

// Fields of an object that a Plan changes in ways of their own. The others go into an update
// as they are called in ThreatQ, and in mappings: "title", "name", "value", "expires_at".
const (
	FieldType        = "type"
	FieldStatus      = "status"
	FieldDescription = "description"
	FieldScore       = "score" // the manual one
)

// FieldChange is another value for one of the object's own fields.
type FieldChange struct{ Field, Old, New string }

// AttributeChange is another value for the attribute row RowID.
type AttributeChange struct {
	RowID          int64
	Name, Old, New string
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool {
	return len(p.Fields)+len(p.SetAttributes)+len(p.AddAttributes)+len(p.DropAttributes)+
		len(p.AddSources)+len(p.AddTags)+len(p.AddRelated) == 0
}

// Diff says what makes current, as read from ThreatQ, into what a mapping wants.
// What want leaves unset is not touched, and what only ThreatQ has stays, except
// for further values of a Replace attribute. HappenedAt and PublishedAt never
// change, nor do name and type of an indicator: they are its identity. The TLP of a source is made
// stricter only. Links are compared with current.Related, of which reading an
// object fills only what Client.Get says: see Client.Related for the others.
func Diff(current, want *Object) Plan {
	c, w := trimmed(current), normal(want)
	p := Plan{
		Fields:     fieldChanges(&c, &w),
		AddSources: sourceChanges(c.Sources, w.Sources),
		Sources:    w.Sources,
	}
	for _, a := range w.Attributes {
		p.attribute(a, rowsNamed(c.Attributes, a.Name))
	}
	for _, tag := range w.Tags {
		if !containsFold(c.Tags, tag) {
			p.AddTags = append(p.AddTags, tag)
		}
	}
	for _, r := range w.Related {
		if !slices.Contains(c.Related, r) {
			p.AddRelated = append(p.AddRelated, r)
		}
	}
	return p
}

// trimmed brings an object of ThreatQ close enough to normal form to be compared,
// but keeps each of its attribute rows.
func trimmed(o *Object) Object {
	t := *o
	t.Name, t.Description = strings.TrimSpace(o.Name), strings.TrimSpace(o.Description)
	t.Content = strings.TrimSpace(o.Content)
	t.Type, t.Status = strings.TrimSpace(o.Type), strings.TrimSpace(o.Status)
	t.Attributes = slices.Clone(o.Attributes)
	for i := range t.Attributes {
		a := &t.Attributes[i]
		a.Name, a.Value = strings.TrimSpace(a.Name), strings.TrimSpace(a.Value)
	}
	t.Sources = normalSources(o.Sources)
	t.Tags = normalTags(o.Tags)
	return t
}

func fieldChanges(c, w *Object) []FieldChange {
	var out []FieldChange
	add := func(field, old, new string, equal bool) {
		if new != "" && !equal {
			out = append(out, FieldChange{field, old, new})
		}
	}
	kind := w.Collection.Kind()
	if kind.Identity != ByValueAndType {
		add(w.Collection.NameField(), c.Name, w.Name, c.Name == w.Name)
		add(FieldType, c.Type, w.Type, strings.EqualFold(c.Type, w.Type))
	}
	add(FieldStatus, c.Status, w.Status, strings.EqualFold(c.Status, w.Status))
	add("value", c.Content, w.Content, c.Content == w.Content)
	add(FieldDescription, c.Description, w.Description, c.Description == w.Description)
	add(FieldScore, scoreText(c.Score), scoreText(w.Score), scoreText(c.Score) == scoreText(w.Score))
	have, wanted := c.times(), w.times()
	for i, name := range timeFields {
		if own := kind.field(name); own != nil && !own.Final {
			old, new := formatTime(*have[i]), formatTime(*wanted[i])
			add(name, old, new, old == new)
		}
	}
	return out
}

func sourceChanges(have, want []Source) []Source {
	var out []Source
	for _, s := range want {
		i := slices.IndexFunc(have, func(h Source) bool { return strings.EqualFold(h.Name, s.Name) })
		if i < 0 || tlpStricter(s.TLP, have[i].TLP) {
			out = append(out, s)
		}
	}
	return out
}

func rowsNamed(attrs []Attribute, name string) []Attribute {
	var out []Attribute
	for _, a := range attrs {
		if a.Name == name {
			out = append(out, a)
		}
	}
	return out
}

// attribute plans one wanted attribute, given the rows of its name.
func (p *Plan) attribute(a Attribute, rows []Attribute) {
	sameValue := func(r Attribute) bool { return r.Value == a.Value }
	switch {
	case len(rows) == 0, a.Mode == Add && !slices.ContainsFunc(rows, sameValue):
		p.AddAttributes = append(p.AddAttributes, a)
	case a.Mode == Replace:
		p.replace(a, rows, max(slices.IndexFunc(rows, sameValue), 0))
	}
}

// replace keeps one row. If a row has the value already it is that one, because
// ThreatQ does not hold a name and value twice. Rows read without id stay, as they
// cannot be addressed.
func (p *Plan) replace(a Attribute, rows []Attribute, keep int) {
	for i, r := range rows {
		switch {
		case i == keep && r.Value == a.Value:
		case i == keep && r.RowID == 0:
			p.AddAttributes = append(p.AddAttributes, a)
		case i == keep:
			p.SetAttributes = append(p.SetAttributes, AttributeChange{r.RowID, a.Name, r.Value, a.Value})
		case r.RowID != 0:
			p.DropAttributes = append(p.DropAttributes, r)
		}
	}
}
