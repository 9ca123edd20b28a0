package dsl

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Table translates one vocabulary into another, both ways.
type Table struct {
	Name string
	Node *Node
	// Rows are in file order.
	Rows []Row

	fold     bool
	fallback string // none, keep, fail or value
	value    string
	forward  map[string]string
	back     map[string]string
}

// Row is one pair of a table.
type Row struct{ Key, Value string }

// UnknownKeyError says that a table with default = fail has no such key.
type UnknownKeyError struct{ Table, Key string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("table %q has no row for %q, and its default is fail", e.Table, e.Key)
}

func (d *decoder) table(n *Node, s *Scoped) *Table {
	t := &Table{Name: n.Labels[0], Node: n, forward: map[string]string{}, back: map[string]string{}, fallback: "none"}
	r := n.Read(s)
	t.fold = r.Bool("ignore_case", false)
	d.diags = append(d.diags, r.diags...)
	d.tableRows(t, s)
	if v := n.Val("default"); v != nil {
		t.fallback = v.Word()
		if t.fallback == "" {
			t.fallback = "value"
			got, diags := s.eval(v.hcl)
			d.diags = append(d.diags, diags...)
			if !diags.HasErrors() && (got.IsNull() || got.Type() != cty.String) {
				d.errorf(v.Range, "Wrong default", "The default of a table is none, keep, fail or a text.")
			} else if !diags.HasErrors() {
				t.value = got.AsString()
			}
		} else if !strings.Contains(" none keep fail ", " "+t.fallback+" ") {
			d.errorf(v.Range, "Wrong default", "The default of a table is none, keep, fail or a text.%s", suggest(t.fallback, []string{"none", "keep", "fail"}))
		}
	}
	return t
}

func (d *decoder) tableRows(t *Table, s *Scoped) {
	v := t.Node.Val("rows")
	if v == nil {
		return
	}
	obj, ok := v.hcl.(*hclsyntax.ObjectConsExpr)
	if !ok {
		d.errorf(v.Range, "Rows expected", "rows is an object: key = value on each line.")
		return
	}
	several := map[string][]string{}
	for _, item := range obj.Items {
		key, diags := s.key(item.KeyExpr)
		d.diags = append(d.diags, diags...)
		value, diags := s.key(item.ValueExpr)
		d.diags = append(d.diags, diags...)
		if _, dup := t.forward[t.norm(key)]; dup {
			d.errorf(item.KeyExpr.Range(), "Duplicate row", "Table %q has a row for %q already; this one could never be reached.", t.Name, key)
			continue
		}
		t.Rows = append(t.Rows, Row{key, value})
		t.forward[t.norm(key)] = value
		several[t.norm(value)] = append(several[t.norm(value)], key)
	}
	d.reverse(t, several, s)
}

// reverse builds the way back. A value of several rows needs a word of the
// author; leaving it out is an error only where the way back is used.
func (d *decoder) reverse(t *Table, several map[string][]string, s *Scoped) {
	for value, keys := range several {
		if len(keys) == 1 {
			t.back[value] = keys[0]
		}
	}
	v := t.Node.Val("reverse")
	if v == nil {
		return
	}
	got, diags := v.Value(s)
	d.diags = append(d.diags, diags...)
	if diags.HasErrors() {
		return
	}
	for value, key := range got.AsValueMap() {
		keys := several[t.norm(value)]
		if !containsFold(keys, key.AsString()) {
			d.errorf(v.Range, "Unknown row in reverse", "reverse sends %q back to %q, but no row of table %q leads from that key to that value.", value, key.AsString(), t.Name)
			continue
		}
		t.back[t.norm(value)] = key.AsString()
	}
}

func containsFold(list []string, want string) bool {
	for _, s := range list {
		if strings.EqualFold(s, want) {
			return true
		}
	}
	return false
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
}

// Unknown returns, for each table, how often each unknown key was asked for.
func (ts *Tables) Unknown() map[string]map[string]int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.unknown
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
		return v, nil
	}
	ts.miss(t.Name, text)
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
