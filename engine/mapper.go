package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/threatq"
)

// Mapped is what became of one record.
type Mapped struct {
	Flow   string
	Key    string
	Record any
	// Hash is of the record and of what the mapping made of it, for the boundary
	// of a window: a record that is mapped otherwise is not the same.
	Hash   string
	Cursor time.Time
	// Skipped is why the record was left out, "" if it was not.
	Skipped string
	Dead    *DeadLetter
	Objects []Object
	// Item is what a sink with items is given of the record; nil where there is none.
	Item *export.Item
	// Rejected are the objects that the mapping rejects one by one.
	Rejected []DeadLetter

	skip    *dsl.Skip      // that left it out, if one of the mapping did
	vars    map[string]any // what expr saw, for sinks
	content string         // hash of Record
	items   *itemMaker     // that made Item
}

// Object is one ThreatQ object that a rule made of a record.
type Object struct {
	threatq.Object
	Rule *dsl.Rule
	// Key is the object's key under its rule in the ledger.
	Key string
	// RelatedTo are the positions in Mapped.Objects of the objects to link to.
	RelatedTo []int

	hash string         // of the threatq.Object
	vars map[string]any // what expr saw, where the rule has a sync
	by   *rule          // Rule, with the places of its fields
}

// Vars is what expr saw: the record under its name, param, table and the others. It must
// not be changed.
func (m *Mapped) Vars() map[string]any { return m.vars }

// Linked are the objects linked to Objects[i], whichever of the two rules says so.
func (m *Mapped) Linked(i int) []*Object {
	var out []*Object
	for j := range m.Objects {
		other := &m.Objects[j]
		if i != j && (slices.Contains(other.RelatedTo, i) || slices.Contains(m.Objects[i].RelatedTo, j)) {
			out = append(out, other)
		}
	}
	return out
}

func (m *Mapped) index(o *Object) int {
	return slices.IndexFunc(m.Objects, func(other Object) bool { return other.Rule == o.Rule && other.Key == o.Key })
}

// mapper turns the records of one flow into objects. It is used by one goroutine.
type mapper struct {
	bound  *dsl.Bound
	flow   *dsl.Flow
	cursor cursor
	lets   []dsl.Field
	rules  []*rule
	items  *itemMaker // nil: the flow makes no items
	room   []byte     // to encode a record in
	hash   func(*threatq.Object) string
}

func newMapper(b *dsl.Bound, f *dsl.Flow) (*mapper, error) {
	m := &mapper{bound: b, flow: f, cursor: newCursor(f.Source.Block("window"), b), hash: threatq.Hash}
	var err error
	if m.lets, err = readLet(f, b); err != nil {
		return nil, err
	}
	for _, r := range f.Rules {
		own, err := newRule(r, b.Scope)
		if err != nil {
			return nil, err
		}
		m.rules = append(m.rules, own)
	}
	if f.Items() {
		var err error
		m.items, err = newItemMaker(f, b)
		return m, err
	}
	return m, nil
}

// Map never fails: a record that cannot be mapped comes back with Dead set.
func (m *mapper) Map(record any) Mapped {
	out := Mapped{Flow: m.flow.Name, Record: record, items: m.items}
	out.vars = maps.Clone(m.bound.Vars)
	out.vars[m.flow.Record.Name] = record
	if err := m.let(&out); err != nil {
		_ = m.identify(&out) // so that the letter has the record's key, if that is not what fails
		return m.dead(out, "", err)
	}
	if err := m.identify(&out); err != nil {
		return m.dead(out, "", err)
	}
	if out.Skipped != "" {
		return out
	}
	if err := m.skip(&out); out.Skipped != "" || err != nil {
		return m.deadIf(out, "", err)
	}
	if err := rejected(m.flow.Record.Rejects, out.vars, m.bound.Seen); err != nil {
		return m.dead(out, "", err)
	}
	for _, r := range m.rules {
		if err := m.apply(r, &out); err != nil {
			return m.dead(out, r.ID(), err)
		}
	}
	if m.items != nil {
		if err := m.items.fill(&out); err != nil {
			return m.dead(out, m.items.rule, err)
		}
	}
	relate(&out)
	if len(out.Rejected) > 0 {
		return out // no hash: it is looked at again
	}
	m.room = appendContent(m.room[:0], record)
	out.content = digest(m.room)
	out.Hash = hashMapped(&out)
	return out
}

// hashMapped covers the record and its objects by their own hashes.
func hashMapped(m *Mapped) string {
	var room [1 << 10]byte
	b := append(room[:0], m.content...)
	for i := range m.Objects {
		b = append(b, m.Objects[i].hash...)
		for _, other := range m.Objects[i].RelatedTo {
			b = strconv.AppendInt(append(b, ' '), int64(other), 10)
		}
	}
	return digest(b)
}

var errNoKey = errors.New("the record has no key, so it could not be known again")

func (m *mapper) identify(out *Mapped) error {
	key, err := m.flow.Record.Key.Eval(out.vars)
	if err != nil {
		return err
	}
	text, ok := code.Text(key)
	if !ok {
		return failedAt(m.flow.Record.Node.Val("key").Range, "Record without key", errNoKey)
	}
	out.Key = text
	if m.cursor.val == nil {
		return nil
	}
	at, err := m.cursor.val.Expr().Eval(out.vars)
	if err != nil {
		return err
	}
	if at == nil && m.cursor.missing != "fail" {
		if m.cursor.missing == "skip" {
			out.Skipped = noCursor
		}
		return nil
	}
	if out.Cursor, err = m.cursor.instant(at); err != nil {
		return failedAt(m.cursor.val.Range, "Not an instant", fmt.Errorf("the cursor: %w", err))
	}
	return nil
}

// noCursor is the reason under which records without a cursor are left out.
const noCursor = "without a cursor"

// cursor is how the instant is read that a window goes by.
type cursor struct {
	val     *dsl.Val // nil: there is none
	missing string   // what to do where it is null
	form    form
	given   bool // the mapping says how the API writes instants
}

func newCursor(n *dsl.Node, b *dsl.Bound) cursor {
	r := n.Read(b.Scope)
	return cursor{
		val: n.Val("cursor"), missing: r.String("missing_cursor", "fail"), form: readForm(r),
		given: r.Has("format") || r.Has("zone"),
	}
}

func (c cursor) instant(v any) (time.Time, error) {
	if c.given {
		return c.form.Parse(v)
	}
	return instant(v)
}

func (m *mapper) apply(r *rule, out *Mapped) error {
	if r.ForEach == nil {
		return m.object(r, out, out.vars)
	}
	list, err := r.ForEach.Eval(out.vars)
	if err != nil {
		return err
	}
	items, ok := list.([]any)
	if !ok && list != nil {
		return failedAt(r.Node.Val("for_each").Range, "Not a list", fmt.Errorf("for_each gives %T, not a list", list))
	}
	out.Objects = slices.Grow(out.Objects, len(items))
	vars := maps.Clone(out.vars)
	for _, item := range items {
		if r.Sync != nil { // which looks at them again when the object is delivered
			vars = maps.Clone(out.vars)
		}
		vars["each"] = item
		if err := m.object(r, out, vars); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) object(r *rule, out *Mapped, vars map[string]any) error {
	if r.When != nil {
		yes, err := r.When.Eval(vars)
		if err == nil {
			m.bound.Seen.Decided(r.Node.Val("when"), yes == true)
		}
		if err != nil || yes != true {
			return err
		}
	}
	if err := rejected(r.Rejects, vars, m.bound.Seen); err != nil {
		return m.rejectObject(r, out, vars, err)
	}
	made := Object{Rule: r.Rule, by: r}
	if err := m.fill(&made, r, out, vars); err != nil {
		return err
	}
	if r.Key != nil {
		if other := out.made(r.Rule, made.Key); other != nil && other.hash != made.hash {
			return failedAt(r.Node.Val("key").Range, "Two objects with one key", fmt.Errorf("the record makes two different objects of %s with the key %q", r.ID(), made.Key))
		}
	}
	if r.Sync != nil {
		made.vars = vars
	}
	m.bound.Seen.Made(r.Node.Range)
	out.Objects = append(out.Objects, made)
	return nil
}

// fill computes what an object says, its key and its hash.
func (m *mapper) fill(made *Object, r *rule, out *Mapped, vars map[string]any) error {
	f, o := fields{vars: vars, seen: m.bound.Seen}, &made.Object
	o.Collection = r.collection
	for i, field := range r.kind.Fields {
		f.own(o, field.Name, &r.own[i])
	}
	o.Description, o.Tags, o.Attributes = f.of("description").text(&r.description), f.of("tags").texts(&r.tags), f.attributes(&r.attributes)
	o.Sources = []threatq.Source{{Name: m.bound.Connector.Source, TLP: f.of("tlp").tlp(&r.tlp)}}
	if o.Sources[0].TLP == "" {
		o.Sources[0].TLP = m.bound.Connector.TLP
	}
	if f.err != nil {
		return &ofField{f.name, f.err}
	}
	if err := required(r, o); err != nil {
		return err
	}
	var err error
	if made.Key, err = objectKey(r, out, vars, o); err != nil {
		return err
	}
	made.hash = m.hash(o)
	return nil
}

func (m *Mapped) made(r *dsl.Rule, key string) *Object {
	for i := range m.Objects {
		if m.Objects[i].Rule == r && m.Objects[i].Key == key {
			return &m.Objects[i]
		}
	}
	return nil
}

// relate resolves `related` within one record.
func relate(out *Mapped) {
	if len(out.Objects) < 2 {
		return
	}
	made := map[string][]int{}
	for i := range out.Objects {
		id := out.Objects[i].Rule.ID()
		made[id] = append(made[id], i)
	}
	for i := range out.Objects {
		for _, id := range out.Objects[i].Rule.Related {
			for _, j := range made[id] {
				if i != j {
					out.Objects[i].RelatedTo = append(out.Objects[i].RelatedTo, j)
				}
			}
		}
	}
}

func (m *mapper) deadIf(out Mapped, ruleID string, err error) Mapped {
	if err == nil {
		return out
	}
	return m.dead(out, ruleID, err)
}

func (m *mapper) dead(out Mapped, ruleID string, err error) Mapped {
	out.Objects, out.Item, out.Rejected, out.Skipped = nil, nil, nil, ""
	out.Dead = newDeadLetter(ruleID, out.Key, err, out.Record, m.bound.Now)
	return out
}
