package dsl

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// Trace is Eval part by part, for showing one record. A plain part has no steps.
func (t *Template) Trace(vars map[string]any) []code.Step {
	if t.kind == 'e' {
		return t.expr.Trace(vars)
	}
	var out []code.Step
	for _, f := range t.items {
		out = append(out, f.Value.Trace(vars)...)
		if n := len(out); n > 0 && out[n-1].Err != nil {
			break
		}
	}
	return out
}

// Computed says whether any of it is computed per record.
func (t *Template) Computed() bool {
	if t.kind == 'e' {
		return true
	}
	for i := range t.items {
		if t.items[i].Value.Computed() {
			return true
		}
	}
	return false
}

// Given says whether the file gives the value at all.
func (t *Template) Given() bool { return t.at.Filename != "" }

// Text is how the attribute's value is written: of expr and jq the program. "" for a nil Val.
func (v *Val) Text() string {
	switch {
	case v == nil:
		return ""
	case v.src.Text != "":
		return strings.TrimSpace(v.src.Text)
	}
	if v.Range.End.Byte > len(v.file) {
		return ""
	}
	return string(v.file[v.Range.Start.Byte:v.Range.End.Byte])
}

// Hit is how a look-up in a table came to its answer.
type Hit struct {
	Table string
	// Row is the row that was found; nil where there is none, and Default then says what
	// takes its place: none, keep, fail or value.
	Row     *Row
	At      hcl.Range // of the row, or of the default
	Default string
}

// Find is what a look-up of key, or with back of a value, finds. It counts nothing.
func (m *Mapping) Find(table string, key any, back bool) (Hit, bool) {
	t := m.table(table)
	if t == nil {
		return Hit{}, false
	}
	text, ok := code.Text(key)
	if !ok {
		return Hit{}, false
	}
	hit := Hit{Table: table, Default: t.fallback, At: t.Node.Range}
	wanted := text
	if back {
		hit.Default = "none"
		wanted, ok = t.back[t.norm(text)]
	} else if v := t.Node.Val("default"); v != nil {
		hit.At = v.Range
	}
	for i := range t.Rows {
		if ok && t.norm(t.Rows[i].Key) == t.norm(wanted) {
			hit.Row, hit.At = &t.Rows[i], t.Rows[i].At
			break
		}
	}
	return hit, true
}
