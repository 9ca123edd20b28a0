package engine

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
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

	vars map[string]any // what expr saw, for sinks
}

// Object is one ThreatQ object that a rule made of a record.
type Object struct {
	threatq.Object
	Rule *dsl.Rule
	// Key is the object's key under its rule in the ledger.
	Key string
	// RelatedTo are the positions in Mapped.Objects of the objects to link to.
	RelatedTo []int

	hash string // of the threatq.Object
	vars map[string]any
}

// mapper turns the records of one flow into objects. It is used by one goroutine.
type mapper struct {
	bound  *dsl.Bound
	flow   *dsl.Flow
	cursor *dsl.Val // nil: none
	rules  []*rule
}

// rule is a dsl.Rule with the plain parts of its fields evaluated.
type rule struct {
	*dsl.Rule
	collection                                            threatq.Collection
	identity                                              string
	typ, name, status, description, happenedAt, tags, tlp dsl.Template
	attributes                                            dsl.Template
}

var collections = map[string]threatq.Collection{"event": threatq.Events, "indicator": threatq.Indicators}

func newMapper(b *dsl.Bound, f *dsl.Flow) (*mapper, error) {
	m := &mapper{bound: b, flow: f, cursor: f.Source.Block("window").Val("cursor")}
	var diags hcl.Diagnostics
	for _, r := range f.Rules {
		own := &rule{Rule: r, collection: collections[r.Type]}
		own.identity = r.Node.Read(b.Scope).String("identity", "")
		for name, t := range map[string]*dsl.Template{
			"type": &own.typ, own.collection.NameField(): &own.name, "status": &own.status, "description": &own.description,
			"happened_at": &own.happenedAt, "tags": &own.tags, "tlp": &own.tlp, "attributes": &own.attributes,
		} {
			got, more := r.Node.Val(name).Template(b.Scope)
			diags = append(diags, more...)
			*t = got
		}
		m.rules = append(m.rules, own)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return m, nil
}

// Map never fails: a record that cannot be mapped comes back with Dead set.
func (m *mapper) Map(record any) Mapped {
	out := Mapped{Flow: m.flow.Name, Record: record}
	out.vars = maps.Clone(m.bound.Vars)
	out.vars[m.flow.Record.Name] = record
	if err := m.identify(&out); err != nil {
		return m.dead(out, "", err)
	}
	if reason, err := m.skip(&out); reason != "" || err != nil {
		out.Skipped = reason
		return m.deadIf(out, "", err)
	}
	for _, r := range m.rules {
		if err := m.apply(r, &out); err != nil {
			return m.dead(out, r.ID(), err)
		}
	}
	relate(&out)
	hashes := []any{record}
	for i := range out.Objects {
		out.Objects[i].hash = threatq.Hash(&out.Objects[i].Object)
		hashes = append(hashes, out.Objects[i].hash, out.Objects[i].RelatedTo)
	}
	out.Hash = contentHash(hashes)
	return out
}

var errNoKey = errors.New("the record has no key, so it could not be known again")

func (m *mapper) identify(out *Mapped) error {
	key, err := m.flow.Record.Key.Eval(out.vars)
	if err != nil {
		return err
	}
	text, ok := code.Text(key)
	if !ok {
		return &placed{m.flow.Record.Node.Val("key").Range, errNoKey}
	}
	out.Key = text
	if m.cursor == nil {
		return nil
	}
	at, err := m.cursor.Expr().Eval(out.vars)
	if err != nil {
		return err
	}
	if out.Cursor, err = instant(at); err != nil {
		return &placed{m.cursor.Range, fmt.Errorf("the cursor: %w", err)}
	}
	return nil
}

func (m *mapper) skip(out *Mapped) (string, error) {
	for _, s := range m.flow.Record.Skips {
		yes, err := s.When.Eval(out.vars)
		if err != nil {
			return "", err
		}
		if yes == true {
			return s.Reason, nil
		}
	}
	return "", nil
}

// warns says whether the author wants each skip for this reason in the log.
func (m *mapper) warns(reason string) bool {
	for _, s := range m.flow.Record.Skips {
		if s.Reason == reason {
			return s.Warn
		}
	}
	return false
}

func (m *mapper) apply(r *rule, out *Mapped) error {
	if r.ForEach == nil {
		return m.object(r, out, out.vars, out.Key)
	}
	list, err := r.ForEach.Eval(out.vars)
	if err != nil {
		return err
	}
	items, ok := list.([]any)
	if !ok && list != nil {
		return &placed{r.Node.Val("for_each").Range, fmt.Errorf("for_each gives %T, not a list", list)}
	}
	for i, item := range items {
		vars := maps.Clone(out.vars)
		vars["each"] = item
		if err := m.object(r, out, vars, fmt.Sprintf("%s/%d", out.Key, i)); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) object(r *rule, out *Mapped, vars map[string]any, key string) error {
	if r.When != nil {
		if yes, err := r.When.Eval(vars); err != nil || yes != true {
			return err
		}
	}
	f := fields{vars: vars}
	o := threatq.Object{
		Collection: r.collection, Type: f.text(&r.typ), Name: f.text(&r.name), Status: f.text(&r.status),
		Description: f.text(&r.description), HappenedAt: f.instant(&r.happenedAt), Tags: f.texts(&r.tags),
		Attributes: f.attributes(&r.attributes),
	}
	label := f.text(&r.tlp)
	if label == "" {
		label = m.bound.Connector.TLP
	}
	o.Sources = []threatq.Source{{Name: m.bound.Connector.Source, TLP: label}}
	if f.err == nil {
		f.err = required(r, &o)
	}
	if f.err != nil {
		return f.err
	}
	if r.collection == threatq.Indicators {
		key = o.Type + ":" + o.Name
	}
	out.Objects = append(out.Objects, Object{Object: o, Rule: r.Rule, Key: key, vars: vars})
	return nil
}

func required(r *rule, o *threatq.Object) error {
	missing := ""
	switch {
	case o.Name == "":
		missing = r.collection.NameField()
	case o.Type == "":
		missing = "type"
	case r.collection == threatq.Events && o.HappenedAt.IsZero():
		missing = "happened_at"
	}
	if missing == "" {
		return nil
	}
	return &placed{r.Node.Val(missing).Range, fmt.Errorf("%s comes out without %s", r.ID(), missing)}
}

// relate resolves `related` within one record.
func relate(out *Mapped) {
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
	out.Objects, out.Skipped = nil, ""
	out.Dead = newDeadLetter(ruleID, out.Key, err, out.Record, m.bound.Now)
	return out
}
