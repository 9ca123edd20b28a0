package previewhtml

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/threatq"
)

// NewPage is the view of records that flows of m have mapped with b. Found are the differences to
// what ThreatQ holds, nil where nothing was compared; skipped is what was left out; both by flow.
func NewPage(m *dsl.Mapping, b *dsl.Bound, flows []*dsl.Flow, mapped []engine.Mapped, found map[string]engine.Comparisons, skipped map[string]map[string]int) Page {
	p := Page{
		Title: strings.TrimSpace(cmp.Or(m.Connector.Title, m.Connector.Name) + " " + m.Connector.Version), Name: m.Connector.Name,
		Mapping: strings.Join(slices.Sorted(maps.Keys(m.Files)), ", "),
		Clock:   b.Now, Compared: found != nil, Unknown: countUnknown(b.Tables.Unknown()),
	}
	if found != nil {
		p.Totals = map[string]int{}
	}
	used := map[string][]string{}
	for _, f := range flows {
		p.Flows = append(p.Flows, f.Name)
		p.Skipped = append(p.Skipped, countSkipped(f.Name, skipped[f.Name])...)
		used[f.Name] = Used(m.BlockText(f.Node), f.Record.Name)
		for _, d := range found[f.Name] {
			p.Totals[d.Op]++
		}
	}
	for i := range mapped {
		of := &mapped[i]
		p.Records = append(p.Records, newRecord(of, used[of.Flow], found[of.Flow]))
	}
	return p
}

// newRecord is the view of a mapped record. Found are the differences to what ThreatQ holds, nil
// where nothing was compared.
func newRecord(m *engine.Mapped, used []string, found engine.Comparisons) Record {
	r := Record{Flow: m.Flow, Key: m.Key, Raw: m.Record, Used: used}
	if m.Dead != nil {
		r.Letters = append(r.Letters, newLetter(*m.Dead))
		r.Key = cmp.Or(r.Key, m.Dead.Key)
	}
	if m.Item != nil {
		r.Objects = append(r.Objects, newItem(m))
	}
	for i := range m.Objects {
		o := newObject(m, i)
		if d, ok := found.Of(&m.Objects[i]); ok {
			o.compare(d)
		}
		r.Objects = append(r.Objects, o)
	}
	for _, letter := range m.Rejected {
		r.Letters = append(r.Letters, newLetter(letter))
	}
	return r
}

func newLetter(d engine.DeadLetter) Letter {
	l := Letter{Rule: d.Rule, Key: d.Key, Reason: d.Reason, Where: d.Where, Code: d.Code, Field: d.Field, Stage: d.Stage}
	for _, v := range d.Values {
		l.Values = append(l.Values, Field{v.Name, v.Text})
	}
	return l
}

func newItem(m *engine.Mapped) Object {
	o := Object{Kind: "item", Name: m.Item.Name()}
	if m.Item.Label != "" && m.Item.Label != m.Item.Key {
		o.Fields = append(o.Fields, Field{"key", m.Item.Key})
	}
	if at := m.Item.Expires; !at.IsZero() {
		o.Fields = append(o.Fields, Field{"expires", at.UTC().Format(time.RFC3339)})
	}
	for _, f := range m.ItemFields() {
		o.Attributes = append(o.Attributes, Field{f[0], f[1]})
	}
	return o
}

func newObject(m *engine.Mapped, i int) Object {
	from := &m.Objects[i]
	o := Object{Kind: from.Rule.Type, Name: from.Name, Type: from.Type, Hangs: Hangs(m, i), Description: from.Description, Tags: from.Tags}
	for _, f := range from.Collection.Kind().Fields {
		if text := from.Text(f.Name); text != "" && f.Name != from.Collection.NameField() && f.Name != "type" {
			o.Fields = append(o.Fields, Field{strings.ReplaceAll(f.Name, "_", " "), text})
		}
	}
	if len(from.Sources) > 0 {
		o.Source, o.TLP = from.Sources[0].Name, from.Sources[0].TLP
	}
	for _, a := range from.Attributes {
		o.Attributes = append(o.Attributes, Field{a.Name, a.Value})
	}
	for _, other := range m.Linked(i) {
		o.Relations = append(o.Relations, Relation{other.Rule.Type, other.Type, other.Name})
	}
	return o
}

// Hangs says whether an object is an indicator that is shown with another object.
func Hangs(m *engine.Mapped, i int) bool {
	return m.Objects[i].Collection == threatq.Indicators &&
		slices.ContainsFunc(m.Linked(i), func(o *engine.Object) bool { return o.Collection != threatq.Indicators })
}

func (o *Object) compare(d engine.Comparison) {
	o.Op, o.ID, o.Note = d.Op, d.ID, d.Note
	for _, c := range d.Changes {
		o.Changes = append(o.Changes, Change(c))
	}
}

// countSkipped sorts what was left out of a flow by reason.
func countSkipped(flow string, by map[string]int) []Skipped {
	var out []Skipped
	for _, reason := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Skipped{flow, reason, by[reason]})
	}
	return out
}

// countUnknown sorts the keys that tables did not have.
func countUnknown(by map[string]map[string]int) []Unknown {
	var out []Unknown
	for _, table := range slices.Sorted(maps.Keys(by)) {
		for _, key := range slices.Sorted(maps.Keys(by[table])) {
			out = append(out, Unknown{table, key, by[table][key]})
		}
	}
	return out
}
