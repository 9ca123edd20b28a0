package dsl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// Table translates one vocabulary into another, both ways.
type Table struct {
	Name string
	Node *Node
	// Rows are in file order.
	Rows []Row

	fold     bool
	quiet    bool   // unknown keys are not counted
	fallback string // none, keep, fail or value
	value    string
	forward  map[string]string
	back     map[string]string
}

// Row is one pair of a table.
type Row struct {
	Key, Value string
	At         hcl.Range // of the row in the file
}

// UnknownKeyError says that a table with default = fail has no such key.
type UnknownKeyError struct{ Table, Key string }

// Summary is what kind of failure it is.
func (e *UnknownKeyError) Summary() string { return "Unknown table key" }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("table %q has no row for %q, and its default is fail", e.Table, e.Key)
}

func (d *decoder) table(n *Node, s *Scoped) *Table {
	t := &Table{Name: n.Labels[0], Node: n, forward: map[string]string{}, back: map[string]string{}, fallback: "none"}
	t.fold = d.static(n, s).Bool("ignore_case", false)
	t.quiet = !d.static(n, s).Bool("report", true)
	d.tableRows(t, s)
	d.reverse(t, s)
	if v := n.Val("default"); v != nil && !v.bad {
		d.tableDefault(t, v, s)
	}
	return t
}

func (d *decoder) tableDefault(t *Table, v *Val, s *Scoped) {
	words := []string{"none", "keep", "fail"}
	if t.fallback = v.Word(); slices.Contains(words, t.fallback) {
		return
	}
	if hcl.ExprAsKeyword(v.hcl) != "" {
		d.errorf(v.Range, "Wrong default", "The default of a table is none, keep, fail or a text.%s", code.Suggest(t.fallback, words))
		return
	}
	t.fallback = "value"
	if got, diags := v.Value(s); !diags.HasErrors() && got.IsNull() {
		d.errorf(v.Range, "Wrong default", "The default of a table is none, keep, fail or a text.")
	} else if !diags.HasErrors() {
		t.value = got.AsString()
	}
}

// line is one key = value in the file.
type line struct {
	key, value     string
	keyAt, valueAt hcl.Range
}

// lines reads an object of texts, in file order where it is written out. What
// cannot be evaluated is left out: the checker reports it.
func (d *decoder) lines(v *Val, s *Scoped) []line {
	if v == nil || v.bad {
		return nil
	}
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return d.computedLines(v, s)
	}
	var out []line
	for _, item := range obj.Items {
		key, bad := s.text(item.KeyExpr)
		value, badValue := s.text(item.ValueExpr)
		at := item.ValueExpr.Range()
		if !bad.HasErrors() && !badValue.HasErrors() {
			out = append(out, line{key, value, item.KeyExpr.Range(), at})
		} else if got, diags := s.eval(item.ValueExpr); !diags.HasErrors() && got.IsNull() {
			d.nullLine(v, at)
		}
	}
	return out
}

func (d *decoder) computedLines(v *Val, s *Scoped) []line {
	got, diags := v.Value(s)
	if diags.HasErrors() || got.IsNull() {
		return nil
	}
	var out []line
	m := got.AsValueMap()
	for _, key := range sortedKeys(m) {
		if m[key].IsNull() {
			d.nullLine(v, v.Range)
			continue
		}
		out = append(out, line{key, m[key].AsString(), v.Range, v.Range})
	}
	return out
}

func (d *decoder) nullLine(v *Val, at hcl.Range) {
	d.errorf(at, "Text expected", "%s leads from text to text, this is null.", v.Attr.Name)
}

func (d *decoder) tableRows(t *Table, s *Scoped) {
	for _, l := range d.lines(t.Node.Val("rows"), s) {
		if _, dup := t.forward[t.norm(l.key)]; dup {
			d.errorf(l.keyAt, "Duplicate row", "Table %q has a row for %q already; this one could never be reached.", t.Name, l.key)
			continue
		}
		t.Rows = append(t.Rows, Row{l.key, l.value, hcl.RangeBetween(l.keyAt, l.valueAt)})
		t.forward[t.norm(l.key)] = l.value
	}
}

// reverse builds the way back. A value of several rows needs a word of the
// author; leaving it out is an error only where the way back is used.
func (d *decoder) reverse(t *Table, s *Scoped) {
	several := map[string][]string{}
	for _, r := range t.Rows {
		v := t.norm(r.Value)
		several[v] = append(several[v], r.Key)
	}
	for value, keys := range several {
		if len(keys) == 1 {
			t.back[value] = keys[0]
		}
	}
	chosen := map[string]bool{}
	for _, l := range d.lines(t.Node.Val("reverse"), s) {
		value := t.norm(l.value)
		i := slices.IndexFunc(several[t.norm(l.key)], func(key string) bool { return t.norm(key) == value })
		switch back := t.norm(l.key); {
		case chosen[back]:
			d.errorf(l.keyAt, "Duplicate row", "reverse has a row for %q already.", l.key)
		case i < 0:
			d.errorf(l.valueAt, "Unknown row in reverse", "reverse sends %q back to %q, but no row of table %q leads from that key to that value.", l.key, l.value, t.Name)
		default:
			chosen[back] = true
			t.back[back] = several[back][i]
		}
	}
}

// ambiguous lists the values that have several keys and no choice among them.
func (t *Table) ambiguous() []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range t.Rows {
		v := t.norm(r.Value)
		if _, ok := t.back[v]; !ok && !seen[v] {
			seen[v] = true
			out = append(out, r.Value)
		}
	}
	return out
}

func (t *Table) norm(s string) string {
	if t.fold {
		return strings.ToLower(strings.TrimSpace(s))
	}
	return s
}

// Tables are the tables of one run. They count the keys they did not know.
type Tables struct {
	mu      sync.Mutex
	unknown map[string]map[string]int
	seen    *Seen // may be nil
}

// Unknown returns, for each table, how often each unknown key was asked for.
func (ts *Tables) Unknown() map[string]map[string]int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	out := make(map[string]map[string]int, len(ts.unknown))
	for table, keys := range ts.unknown {
		out[table] = maps.Clone(keys)
	}
	return out
}

func (ts *Tables) miss(table, key string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.unknown[table] == nil {
		ts.unknown[table] = map[string]int{}
	}
	if len(ts.unknown[table]) < 100 || ts.unknown[table][key] > 0 {
		ts.unknown[table][key]++
	}
}

// vars is what expr sees of t: table.<name>.lookup(key) and .reverse(value).
func (ts *Tables) vars(t *Table) map[string]any {
	return map[string]any{
		"lookup": func(key any) (any, error) { return ts.find(t, t.forward, key, true) },
		"reverse": func(value any) (any, error) {
			return ts.find(t, t.back, value, false)
		},
	}
}

func (ts *Tables) find(t *Table, in map[string]string, key any, withDefault bool) (any, error) {
	text, ok := key.(string)
	if !ok {
		if key == nil {
			return nil, nil
		}
		text = fmt.Sprint(key)
	}
	if v, ok := in[t.norm(text)]; ok {
		if ts.seen != nil {
			ts.seen.row(t, t.norm(text), v, withDefault)
		}
		return v, nil
	}
	if !t.quiet {
		ts.miss(t.Name, text)
	}
	if !withDefault {
		return nil, nil
	}
	switch t.fallback {
	case "keep":
		return text, nil
	case "fail":
		return nil, &UnknownKeyError{Table: t.Name, Key: text}
	case "value":
		return t.value, nil
	}
	return nil, nil
}
