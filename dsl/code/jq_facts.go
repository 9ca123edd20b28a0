package code

import "slices"

// Names tells whether the program, or a shared function that it calls, reads one of the
// variables, which are given without $.
func (q *JQ) Names(vars ...string) bool {
	all := scanJQ(q.src.Text)
	for _, i := range q.needs {
		def := q.opts.shared.defs[i].def
		all = append(all, q.opts.shared.tokens[def.from:def.to]...)
	}
	return slices.ContainsFunc(all, func(t jqToken) bool {
		return t.kind == jqVar && slices.Contains(vars, t.text[1:])
	})
}

// Calls are the shared functions that the program calls, or those call, as name/arity.
func (q *JQ) Calls() []string {
	if q == nil {
		return nil
	}
	var out []string
	for _, i := range q.needs {
		out = append(out, q.opts.shared.defs[i].def.id)
	}
	return out
}

// Constant tells whether the program results in the same, whatever the answer: it reads
// neither its input nor a variable but $param and $local. False where that is not certain.
func (q *JQ) Constant() bool {
	if q == nil {
		return false
	}
	constants := []string{"true", "false", "null", "empty", "not", "and", "or"}
	for _, t := range scanJQ(q.src.Text) {
		switch {
		case t.kind == jqText || t.kind == jqNumber || fixedVar(t) || t.text == "|":
		case slices.Contains(constants, t.text):
		case t.kind == jqField && q.Names("param", "local") && !q.readsInput():
		default:
			return false
		}
	}
	return true
}

// readsInput tells whether a field stands for itself, and not behind $param or $local.
func (q *JQ) readsInput() bool {
	behind := false
	for _, t := range scanJQ(q.src.Text) {
		if t.kind == jqField && !behind {
			return true
		}
		behind = fixedVar(t) || t.kind == jqField && behind
	}
	return false
}

// fixedVar tells whether a variable is the same for every answer.
func fixedVar(t jqToken) bool { return t.text == "$param" || t.text == "$local" }

// Absent tells whether the program only reads a field, and v has no such field. A field that
// is null is there.
func (q *JQ) Absent(v any) bool {
	path := scanJQ(q.src.Text)
	if slices.ContainsFunc(path, func(t jqToken) bool { return t.kind != jqField }) {
		return false
	}
	for _, t := range path {
		fields, ok := v.(map[string]any)
		if !ok {
			return v == nil
		}
		if v, ok = fields[t.text[1:]]; !ok {
			return true
		}
		if v == nil {
			return false
		}
	}
	return false
}
