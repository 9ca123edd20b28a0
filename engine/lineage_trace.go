package engine

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

func withName(vars map[string]any, name string, v any) map[string]any {
	out := maps.Clone(vars)
	out[name] = v
	return out
}

// template is the lineage of a value that may be computed.
func (t *tracing) template(kind, name string, v *dsl.Template, vars map[string]any) FieldLineage {
	out := FieldLineage{Name: name, Kind: kind, At: v.Range(), Where: place(v.Range()), Code: t.codeAt(v.Range())}
	value, err := v.Eval(vars)
	out.Value = value
	out.fail(err)
	if v.Computed() {
		t.steps(&out, v.Trace(vars), true)
	}
	return out
}

// expr is the lineage of a program.
func (t *tracing) expr(kind, name string, q *code.Expr, vars map[string]any) FieldLineage {
	steps := q.Trace(vars)
	last := steps[len(steps)-1]
	out := FieldLineage{Name: name, Kind: kind, At: last.Range, Where: place(last.Range), Code: last.Text, Value: last.Value}
	out.fail(last.Err)
	t.steps(&out, steps, true)
	return out
}

// codeAt is how a value is written in the file, on one line and without the call around code.
func (t *tracing) codeAt(at hcl.Range) string {
	text := prose.OneLine(t.bound.Text(at))
	if inner, ok := strings.CutPrefix(text, `expr("`); ok {
		text = strings.TrimSuffix(inner, `")`)
	}
	return text
}

// steps adds the parts of a program. through says that values which come from `let` are followed.
func (t *tracing) steps(out *FieldLineage, steps []code.Step, through bool) {
	for _, s := range steps {
		step := LineageStep{Text: s.Text, Where: place(s.Range), At: s.Range, Value: s.Value, Note: s.Note}
		if s.Err != nil {
			step.Error, step.Value = reasonOf(s.Err), nil
		}
		if note := t.lookup(s); note != "" {
			step.Note = strings.TrimSuffix(note+"; "+s.Note, "; ")
		}
		out.Steps = append(out.Steps, step)
		again := func(had LineageSource) bool {
			return had.Name == sourceName(s) || had.Value == nil && strings.HasPrefix(sourceName(s), had.Name+".")
		}
		if s.Reads != nil && s.Err == nil && !slices.ContainsFunc(out.Sources, again) {
			out.Sources = append(out.Sources, t.source(s, through))
		}
	}
}

var tableCall = regexp.MustCompile(`^table\.(\w+)\.(lookup|reverse)$`)

// lookup says which row of a table was hit.
func (t *tracing) lookup(s code.Step) string {
	m := tableCall.FindStringSubmatch(s.Call)
	if m == nil || len(s.Args) != 1 || s.Err != nil {
		return ""
	}
	hit, ok := t.bound.Find(m[1], s.Args[0], m[2] == "reverse")
	switch {
	case !ok:
		return ""
	case hit.Row != nil && m[2] == "reverse":
		return fmt.Sprintf("row %q = %q, read from right to left, at %s", hit.Row.Key, hit.Row.Value, lineOf(hit.At))
	case hit.Row != nil:
		return fmt.Sprintf("row %q = %q at %s", hit.Row.Key, hit.Row.Value, lineOf(hit.At))
	}
	does := map[string]string{"none": "so it is null", "keep": "the default keeps the key", "fail": "the default is to fail", "value": "the default takes its place"}
	return fmt.Sprintf("no row for %q; %s (%s)", fmt.Sprint(s.Args[0]), does[hit.Default], lineOf(hit.At))
}

// lineOf is file:line.
func lineOf(at hcl.Range) string { return fmt.Sprintf("%s:%d", at.Filename, at.Start.Line) }

// sourceName is what is read, as in alert.severity.
func sourceName(s code.Step) string { return strings.TrimPrefix(jsonPath(s.Reads), ".") }

// source is a value that was read as it is.
func (t *tracing) source(s code.Step, through bool) LineageSource {
	path := s.Reads
	out := LineageSource{Name: sourceName(s), Value: s.Value}
	root, _ := path[0].(string)
	switch {
	case root == "each":
		out.Note = "of the element that for_each gives"
	case root == "param":
		out.Note = "a parameter"
	case root == "local" || root == "table" || root == "connector":
		out.Note = "of the mapping"
	case root == "now":
		out.Note = "the clock of the run"
	case root == t.flow.Record.Name && len(path) > 1:
		field, _ := path[1].(string)
		if let, ok := t.letOf(field, through); ok {
			out.Let, out.Note = let, "computed by let"
			return out
		}
		switch {
		case t.flow.OfThreatQ():
			out.Note = "of the object in ThreatQ"
		case t.blocks[field]:
			out.Note = fmt.Sprintf("answer of the request each %q", field)
		case t.of.Origin.Path == ".":
			out.Path = jsonPath(path[1:])
		case t.of.Origin.Path != "":
			out.Path = t.of.Origin.Path + strings.TrimPrefix(jsonPath(path[1:]), dotBefore(path[1]))
		default:
			out.Note = "of the record as the mapping cuts it out"
		}
	}
	return out
}

// dotBefore is the dot that a path begins with for itself, where its first step has none.
func dotBefore(first any) string {
	if name, ok := first.(string); ok && plainName.MatchString(name) {
		return ""
	}
	return "."
}

// letOf is how a value that let adds to the record was computed; nil where that is not followed.
func (t *tracing) letOf(field string, through bool) (*FieldLineage, bool) {
	for i := range t.lets {
		if t.lets[i].Name != field {
			continue
		}
		if !through {
			return nil, true
		}
		v := &t.lets[i].Value
		out := FieldLineage{Name: field, Kind: "let", At: v.Range(), Where: place(v.Range()), Code: t.codeAt(v.Range())}
		value, err := v.Eval(t.of.vars)
		out.Value = value
		out.fail(err)
		if v.Computed() {
			t.steps(&out, v.Trace(t.of.vars), false)
		}
		return &out, true
	}
	return nil, false
}

// failing are the programs that made a dead letter of the record, or of an object of it.
func (t *tracing) failing(letter *DeadLetter) []FieldLineage {
	for _, try := range t.programs() {
		f := try()
		if f.Error != "" || f.Kind == "reject" && f.Value == true || f.holds(letter.Where) {
			if f.Error == "" && f.Kind != "reject" {
				f.Error = letter.Reason
			}
			return []FieldLineage{f}
		}
	}
	return nil
}

// holds says that a dead letter points to the value, which by itself did not fail.
func (f *FieldLineage) holds(where string) bool { return where != "" && f.Where == where }

// programs are all programs of the flow for the record, in the order in which Map runs them.
func (t *tracing) programs() []func() FieldLineage {
	var out []func() FieldLineage
	vars := t.of.vars
	add := func(kind, name string, q *code.Expr, vars map[string]any) {
		if q != nil {
			out = append(out, func() FieldLineage { return t.expr(kind, name, q, vars) })
		}
	}
	for i := range t.lets {
		out = append(out, func() FieldLineage { return t.template("let", t.lets[i].Name, &t.lets[i].Value, vars) })
	}
	add("record", "key", t.flow.Record.Key, vars)
	add("record", "cursor", t.cursor.val.Expr(), vars)
	holds := func(q *code.Expr, vars map[string]any) bool {
		if q == nil {
			return true
		}
		yes, err := q.Eval(vars)
		return err == nil && yes == true
	}
	for _, s := range t.flow.Record.Skips {
		add("record", "skip "+s.Reason, s.When, vars)
		if holds(s.When, vars) {
			add("record", "by", s.By, vars)
		}
	}
	reject := func(all []dsl.Reject, vars map[string]any) {
		for _, r := range all {
			if add("reject", r.Reason, r.When, vars); holds(r.When, vars) {
				add("record", "message", r.Message, vars)
			}
		}
	}
	reject(t.flow.Record.Rejects, vars)
	for _, r := range t.rules {
		for _, vars := range t.elements(r, add) {
			if add("record", "when", r.When, vars); !holds(r.When, vars) {
				continue
			}
			reject(r.Rejects, vars)
			for _, v := range t.fields(r) {
				out = append(out, func() FieldLineage { return t.placed(v, r, vars) })
			}
			add("record", "key", r.Key, vars)
		}
	}
	if t.items != nil {
		if add("record", "when", t.items.when, vars); !holds(t.items.when, vars) {
			return out
		}
		out = append(out, func() FieldLineage { return t.template("item", "item", &t.items.item, vars) })
		add("item", "label", t.items.label, vars)
		add("item", "expires", t.items.expires, vars)
		add("item", "default_expires", t.items.otherwise, vars)
	}
	return out
}

// placed is the lineage of a value, with what is wrong with it where it is computed well but
// cannot be written.
func (t *tracing) placed(v valued, r *rule, vars map[string]any) FieldLineage {
	out := t.template(v.kind, v.name, v.template, vars)
	if out.Error != "" {
		return out
	}
	f, made := fields{vars: vars}, Object{}
	made.Collection = r.collection
	switch {
	case v.name == "tlp":
		f.tlp(v.template)
	case v.kind == "field":
		f.own(&made.Object, v.name, v.template)
	}
	var own *placed
	if errors.As(f.err, &own) {
		out.Error = own.err.Error()
	}
	return out
}

// elements are the names that each object of a rule is made with.
func (t *tracing) elements(r *rule, add func(string, string, *code.Expr, map[string]any)) []map[string]any {
	if r.ForEach == nil {
		return []map[string]any{t.of.vars}
	}
	add("for_each", "for_each", r.ForEach, t.of.vars)
	list, err := r.ForEach.Eval(t.of.vars)
	items, _ := list.([]any)
	var out []map[string]any
	for i, item := range items {
		if err != nil || i == manyElements {
			break
		}
		out = append(out, withName(t.of.vars, "each", item))
	}
	return out
}

// manyElements is how many objects of one rule are looked at for what failed.
const manyElements = 1000
