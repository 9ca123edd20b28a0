package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
	"tqmap/engine/threatq"
)

// Lineage is where the values of one object come from.
type Lineage struct {
	Flow string `json:"flow"`
	// Record is the key of the record. Object is the rule that made the object, such as
	// event.alert, "" for a record of which nothing came; Key and Name are the object's.
	Record string `json:"record"`
	Object string `json:"object,omitempty"`
	Key    string `json:"key,omitempty"`
	Name   string `json:"name,omitempty"`
	Origin Origin `json:"origin"`
	// Stages are what `extract` gave of the answer, pipe by pipe.
	Stages []LineageStep `json:"stages,omitempty"`
	// Each is the list that the object is one element of, Element its place from 1.
	Each    *FieldLineage `json:"for_each,omitempty"`
	Element int           `json:"element,omitempty"`
	// Skipped or Dead say why nothing came of the record, or no object.
	Skipped string         `json:"skipped,omitempty"`
	Dead    string         `json:"dead,omitempty"`
	Where   string         `json:"where,omitempty"`
	Fields  []FieldLineage `json:"fields"`
	// Rejected are the objects of the same record that the mapping rejects.
	Rejected []string `json:"rejected,omitempty"`

	At hcl.Range `json:"-"` // of the rule
}

// FieldLineage is where one value comes from.
type FieldLineage struct {
	// Name is the field, such as title, or the attribute, such as Severity.
	Name string `json:"name"`
	// Kind is field, attribute, let, record, for_each, skip, reject or item.
	Kind string `json:"kind"`
	// Where is file:line:column of the value, Code how it is written there.
	Where string `json:"where"`
	Code  string `json:"code"`
	// Sources are the values of the record, or of what stands beside it, that were read.
	Sources []LineageSource `json:"sources,omitempty"`
	Steps   []LineageStep   `json:"steps,omitempty"`
	// Value is what the program came to, Written what the object has of it.
	Value   any      `json:"value"`
	Written []string `json:"written"`
	// Notes say what was done with the value afterwards.
	Notes []string `json:"notes,omitempty"`
	Error string   `json:"error,omitempty"`

	At hcl.Range `json:"-"`
	// Failed is the part that failed, as far as it can be told; else At.
	Failed hcl.Range `json:"-"`
}

// LineageSource is one value that was read as it is.
type LineageSource struct {
	Name string `json:"name"` // alert.severity
	// Path is where it stands in the answer, such as .alerts[3].severity; "" where that cannot be told.
	Path  string `json:"path,omitempty"`
	Value any    `json:"value"`
	Note  string `json:"note,omitempty"`
	// Let is how the value was computed, for one that `let` adds to the record.
	Let *FieldLineage `json:"let,omitempty"`
}

// LineageStep is one part of a program with its value.
type LineageStep struct {
	Text  string `json:"text"`
	Where string `json:"where"`
	Value any    `json:"value"`
	Note  string `json:"note,omitempty"`
	Error string `json:"error,omitempty"`

	At hcl.Range `json:"-"`
}

// tracing computes the lineage of one record.
type tracing struct {
	*mapper
	of     Traced
	blocks map[string]bool // sub-requests that add a field to the record
}

// Lineage tells where the values of an object of f come from.
func (r *Run) Lineage(ctx context.Context, f *dsl.Flow, one Found) (*Lineage, error) {
	of := one.Traced
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return nil, err
	}
	t := &tracing{mapper: m, of: of, blocks: map[string]bool{}}
	for _, each := range f.Source.All("each") {
		t.blocks[each.Labels[0]] = true
	}
	out := &Lineage{Flow: f.Name, Record: of.Key, Origin: of.Origin, Skipped: of.Skipped, At: f.Record.Node.Range}
	for _, s := range of.Origin.Stages(ctx) {
		step := LineageStep{Text: s.Text, Where: place(s.Range), At: s.Range, Note: fmt.Sprintf("gives %d values", len(s.Outputs))}
		if len(s.Outputs) == 1 {
			step.Note = "gives 1 value"
		}
		if s.Err != nil {
			step.Error = reasonOf(s.Err)
		}
		out.Stages = append(out.Stages, step)
	}
	switch {
	case one.Letter != nil:
		out.Record, out.Dead, out.Where = cmp.Or(of.Key, one.Letter.Key), one.Letter.Reason, one.Letter.Where
		out.Fields = t.failing(one.Letter)
	case one.Object >= 0:
		for _, letter := range of.Rejected {
			out.Rejected = append(out.Rejected, letter.Rule+": "+letter.Reason+", at "+letter.Where)
		}
		err = t.object(out, &of.Objects[one.Object])
	case of.Skipped != "":
		if of.skip != nil {
			out.Fields = []FieldLineage{t.expr("skip", of.skip.Reason, of.skip.When, of.vars)}
		}
	case of.Item != nil:
		out.Object, out.Key, out.Name = t.items.rule, of.Item.Key, of.Item.Name()
		out.Fields = t.item()
	}
	out.bound()
	return out, err
}

// longLineage is how many bytes of JSON a value in a lineage has at most.
const longLineage = 64 << 10

// bound keeps values to what can be printed.
func (l *Lineage) bound() {
	if l.Each != nil {
		l.Each.bound()
	}
	for i := range l.Fields {
		l.Fields[i].bound()
	}
}

func (f *FieldLineage) bound() {
	f.Value = boundValue(f.Value)
	for i := range f.Steps {
		f.Steps[i].Value = boundValue(f.Steps[i].Value)
	}
	for i := range f.Sources {
		s := &f.Sources[i]
		if s.Value = boundValue(s.Value); s.Let != nil {
			s.Let.bound()
		}
	}
	for i, text := range f.Written {
		f.Written[i] = prose.Cut(text, longLineage+1)
	}
}

// boundValue is v, or where that is long or no JSON, its beginning as text.
func boundValue(v any) any {
	text, err := json.Marshal(v)
	switch {
	case err != nil:
		return fmt.Sprint(v)
	case len(text) > longLineage:
		return strings.ToValidUTF8(string(text[:longLineage]), "") + "…"
	}
	return v
}

// object fills in the lineage of an object that was made.
func (t *tracing) object(out *Lineage, o *Object) error {
	out.Object, out.Key, out.Name, out.At = o.Rule.ID(), o.Key, o.Name, o.Rule.Node.Range
	i := slices.IndexFunc(t.rules, func(r *rule) bool { return r.Rule == o.Rule })
	if i < 0 {
		return errors.New("the object is of another flow")
	}
	r := t.rules[i]
	vars, place, err := t.element(r, o)
	if err != nil {
		return err
	}
	if r.ForEach != nil {
		each := t.expr("for_each", "for_each", r.ForEach, t.of.vars)
		out.Each, out.Element = &each, place
	}
	for _, f := range t.fields(r) {
		out.Fields = append(out.Fields, t.written(f, r, o, vars))
	}
	return nil
}

// element are the names that the object was made with, and its place among those of the rule.
func (t *tracing) element(r *rule, o *Object) (map[string]any, int, error) {
	if r.ForEach == nil {
		return t.of.vars, 0, nil
	}
	list, err := r.ForEach.Eval(t.of.vars)
	if err != nil {
		return nil, 0, err
	}
	items, _ := list.([]any)
	for i, item := range items {
		var made Object
		vars := withName(t.of.vars, "each", item)
		made.Rule = r.Rule
		if t.fill(&made, r, &t.of.Mapped, vars) == nil && made.Key == o.Key && made.hash == o.hash {
			return vars, i + 1, nil
		}
	}
	return nil, 0, errors.New("the object cannot be made again of its record")
}

// valued is a value that a rule computes.
type valued struct {
	name, kind, mode string
	template         *dsl.Template
}

// fields are the values of a rule: its own fields as people read them, then the attributes.
func (t *tracing) fields(r *rule) []valued {
	var out []valued
	for i, f := range r.kind.Fields {
		out = append(out, valued{f.Name, "field", "", &r.own[i]})
	}
	out = append(out, valued{"description", "field", "", &r.description}, valued{"tags", "field", "", &r.tags}, valued{"tlp", "field", "", &r.tlp})
	attributes := r.attributes.Fields()
	for i := range attributes {
		out = append(out, valued{attributes[i].Name, "attribute", attributes[i].Mode, &attributes[i].Value})
	}
	return slices.DeleteFunc(out, func(v valued) bool { return !v.template.Given() })
}

// written is the lineage of a value of an object, with what the object has of it.
func (t *tracing) written(v valued, r *rule, o *Object, vars map[string]any) FieldLineage {
	out := t.template(v.kind, v.name, v.template, vars)
	switch {
	case v.kind == "attribute":
		for _, a := range o.Attributes {
			if a.Name == v.name {
				out.Written = append(out.Written, a.Value)
			}
		}
	case v.name == "tags":
		out.Written = o.Tags
	case v.name == "description":
		out.Written = filled(o.Description)
	case v.name == "tlp":
		out.Written = filled(o.Sources[0].TLP)
	default:
		out.Written = filled(o.Text(v.name))
	}
	out.Notes = append(out.Notes, afterwards(v, r, &out)...)
	for i, text := range out.Written {
		out.Written[i] = strings.TrimSpace(text)
	}
	return out
}

func filled(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// afterwards says what the engine does with a value once it is computed.
func afterwards(v valued, r *rule, f *FieldLineage) []string {
	var notes []string
	list, isList := f.Value.([]any)
	text, has := code.Text(f.Value)
	switch {
	case f.Error != "":
	case isList && v.kind == "attribute" && len(list) > 0:
		notes = append(notes, fmt.Sprintf("a list of %d: one attribute for each, what is null or empty left out", len(list)))
	case !has && len(f.Written) > 0:
		notes = append(notes, "nothing came of it, so the connector's own is written")
	case !has:
		notes = append(notes, "null or empty, so it is left out")
	case len(f.Written) == 1 && v.name == "tlp" && !strings.EqualFold(f.Written[0], text):
		notes = append(notes, "written as the TLP label "+f.Written[0])
	case len(f.Written) == 1 && strings.TrimSpace(text) != text:
		notes = append(notes, "blanks around it are cut off")
	case len(f.Written) == 1 && f.Written[0] != text && isTimeField(v.name):
		notes = append(notes, "an instant, written in UTC as ThreatQ has it")
	case len(f.Written) == 1 && f.Value == true || f.Value == false:
		notes = append(notes, "true and false are written as Yes and No")
	}
	if v.name == r.identity && v.kind == "attribute" {
		notes = append(notes, "the attribute by which the object is found again in ThreatQ where the ledger does not know it")
	}
	for _, own := range r.kind.Fields {
		if v.kind == "field" && own.Name == v.name && own.Final {
			notes = append(notes, "written of a new object only; an update leaves it")
		}
	}
	if v.kind == "attribute" && len(f.Written) > 0 {
		notes = append(notes, map[string]string{
			"": "an update replaces the value in ThreatQ", "fixed": "fixed: written once, an update leaves it", "add": "add: put beside the values that ThreatQ has",
		}[v.mode])
	}
	return notes
}

func isTimeField(name string) bool { return (&threatq.Object{}).Time(name) != nil }

// item are the values of an item, by its own entries where it is written out.
func (t *tracing) item() []FieldLineage {
	var out []FieldLineage
	fields := t.items.item.Fields()
	for i := range fields {
		f := t.template("item", fields[i].Name, &fields[i].Value, t.of.vars)
		f.Written = filled(jsonLine(f.Value))
		out = append(out, f)
	}
	if len(fields) == 0 {
		f := t.template("item", "item", &t.items.item, t.of.vars)
		f.Written = filled(jsonLine(f.Value))
		out = append(out, f)
	}
	for name, q := range map[string]*code.Expr{"label": t.items.label, "expires": t.items.expires, "default_expires": t.items.otherwise} {
		if q != nil {
			out = append(out, t.expr("item", name, q, t.of.vars))
		}
	}
	slices.SortStableFunc(out[len(fields):], func(a, b FieldLineage) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func jsonLine(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(contentOf(v))
}

// fail notes why a value could not be computed, and where that is.
func (f *FieldLineage) fail(err error) {
	if f.Failed = f.At; err == nil {
		return
	}
	f.Error = reasonOf(err)
	if d := diagnosticOf(err); d != nil && d.Subject != nil {
		f.Failed = *d.Subject
	}
}

// reasonOf is an error without its place.
func reasonOf(err error) string {
	if d := diagnosticOf(err); d != nil {
		return d.Summary + ": " + d.Detail
	}
	return err.Error()
}

func diagnosticOf(err error) *hcl.Diagnostic {
	var located interface{ Diagnostics() hcl.Diagnostics }
	if errors.As(err, &located) {
		if diags := located.Diagnostics(); len(diags) > 0 {
			return diags[0]
		}
	}
	return nil
}
