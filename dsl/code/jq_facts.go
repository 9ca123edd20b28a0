package code

import "slices"

// Names tells whether the program reads one of the variables, which are given without $.
func (q *JQ) Names(vars ...string) bool {
	return slices.ContainsFunc(scanJQ(q.src.Text), func(t jqToken) bool {
		return t.kind == jqVar && slices.Contains(vars, t.text[1:])
	})
}

// Constant tells whether the program results in the same, whatever the answer: it reads
// neither its input nor a variable but $param. False where that is not certain.
func (q *JQ) Constant() bool {
	if q == nil {
		return false
	}
	constants := []string{"true", "false", "null", "empty", "not", "and", "or"}
	for _, t := range scanJQ(q.src.Text) {
		switch {
		case t.kind == jqText || t.kind == jqNumber || t.text == "$param" || t.text == "|":
		case slices.Contains(constants, t.text):
		case t.kind == jqField && q.Names("param") && !q.readsInput():
		default:
			return false
		}
	}
	return true
}

// readsInput tells whether a field stands for itself, and not behind $param.
func (q *JQ) readsInput() bool {
	behind := false
	for _, t := range scanJQ(q.src.Text) {
		if t.kind == jqField && !behind {
			return true
		}
		behind = t.text == "$param" || t.kind == jqField && behind
	}
	return false
}

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
