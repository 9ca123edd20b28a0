package dsl

// cursor reports a cursor that is not the record's own instant, also where `let` computes it.
func (c *checker) cursor(f *Flow) {
	e := f.Source.Block("window").Val("cursor").Expr()
	at, sum := e.Sum()
	for range 10 { // let may read let
		path := e.Path()
		if sum || len(path) != 2 || path[0] != f.Record.Name {
			break
		}
		t := f.Record.computed(path[1])
		if t == nil {
			break
		}
		e = t.expr
		at, sum = e.Sum()
	}
	if sum {
		c.d.errorf(at, "Cursor arithmetic", "The cursor is the record's own instant: what is added to it jumps over records that lie between. Records on the edge of two windows are known again by their key; for an overlap, say lookback.")
	}
}

// computed is the value of `let` called name, or nil.
func (r *Record) computed(name string) *tree {
	v := r.Node.Val("let")
	if v == nil || v.tree == nil || len(v.tree.keys) != len(v.tree.items) {
		return nil
	}
	for i, key := range v.tree.keys {
		if got, diags := newScoped(nil).text(key); !diags.HasErrors() && got == name {
			return v.tree.items[i]
		}
	}
	return nil
}
