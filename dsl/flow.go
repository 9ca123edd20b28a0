package dsl

import "tqmap/dsl/code"

// jqVars are the variables that a jq program may name.
var jqVars = names(JQNames())

func names(of []Name) []string {
	var out []string
	for _, n := range of {
		out = append(out, n.Name)
	}
	return out
}

func (m *Mapping) flow(d *decoder, n *Node) *Flow {
	f := &Flow{Name: n.Labels[0], Node: n, When: n.Val("when"), Source: n.Block("source"), Sink: n.Block("sink")}
	read := d.static(n, m.staticScope())
	f.Title, f.Description = read.String("title", f.Name), read.String("description", "")
	rec := n.Block("record")
	if rec == nil || f.Source == nil {
		return f // reported as missing blocks
	}
	f.Record = &Record{Name: rec.Labels[0], Node: rec, Extract: rec.Val("extract").JQ(), Split: rec.Val("split").JQ()}
	if !d.name(rec, codeWord, false) || !nameFree(d, rec) {
		return f
	}
	f.Record.Shape = m.shape(d, f)
	d.distinct(f.Source.All("step"))
	d.distinct(f.Source.All("each"))
	for _, each := range f.Source.All("each") {
		d.each(each, m.env(f.Record))
		f.Record.Shape = withField(f.Record.Shape, each.Labels[0])
	}
	if f.Record.Split != nil && len(f.Source.All("each")) > 0 {
		f.Record.Shape = code.Shape{} // what it makes of their answers is not known before they come
	}
	f.Record.Shape = m.let(d, f.Record)
	env := m.env(f.Record)
	d.compile(f.Source, env)
	d.compile(rec, env)
	f.Record.Key = rec.Val("key").Expr()
	for _, s := range rec.All("skip") {
		r := d.static(s, m.staticScope())
		f.Record.Skips = append(f.Record.Skips, Skip{Reason: s.Labels[0], When: s.Val("when").Expr(), By: s.Val("by").Expr(), Warn: r.Bool("warn", false), Val: s.Val("when")})
	}
	f.Record.Rejects = rejects(rec)
	if f.Sink != nil {
		d.sink(f.Sink, env, f.Record)
	}
	for _, b := range n.blocks {
		if b.Spec.object != nil {
			f.Rules = append(f.Rules, d.rule(b, env))
		}
	}
	m.checkFlow(d, f)
	return f
}

// nameFree refuses record names that hide the other names of expr.
func nameFree(d *decoder, rec *Node) bool {
	switch name := rec.Labels[0]; name {
	case "param", "local", "table", "each", "current", "now", "connector",
		"not", "in", "and", "or", "matches", "contains", "startsWith", "endsWith", "let", "if", "else", "nil", "true", "false":
		d.errorf(rec.Range, "Name taken", "%q means something else in expr; call the record after what it is, such as \"alert\".", name)
		return false
	}
	return true
}

func (d *decoder) rule(n *Node, env code.Env) *Rule {
	r := &Rule{Type: n.typ, Name: n.Labels[0], Node: n}
	if v := n.Val("for_each"); v != nil {
		d.compileVal(v, env)
		r.ForEach = v.Expr()
		env = withEach(env, r.ForEach)
	}
	d.compile(n, env)
	r.When, r.Key, r.Rejects = n.Val("when").Expr(), n.Val("key").Expr(), rejects(n)
	if n.Spec.object.NeedsKey && n.Val("for_each") != nil && n.Val("key") == nil {
		d.errorf(n.Range, "Missing key", "%s makes one object for each element, so say what each is known by for ever: key = expr(\"each.id\"). Its place in the list will not do, as that changes with the list.", describe(n))
	}
	for _, ref := range n.Val("related").Refs() {
		r.Related = append(r.Related, ref.Type+"."+ref.Name)
	}
	if s := n.Block("sync"); s != nil {
		d.compile(s, withCurrent(env, code.Shape{Kind: code.Object, Open: true}))
		agreed := d.static(s, newScoped(nil)).String("agreed", "")
		r.Sync = &Sync{Field: s.Labels[0], Agreed: agreed, Local: s.Val("local").Expr()}
		if r.Sync.Field != "type" {
			d.errorf(s.Range, "Field not kept in step", "Only \"type\" can be kept in step, not %q.", r.Sync.Field)
		}
	}
	return r
}

func rejects(n *Node) []Reject {
	var out []Reject
	for _, b := range n.All("reject") {
		out = append(out, Reject{Reason: b.Labels[0], When: b.Val("when").Expr(), Message: b.Val("message").Expr(), At: b.Range, Val: b.Val("when")})
	}
	return out
}

// compile compiles every expr of n and of the blocks in it, except those that
// need a wider environment and are compiled by their owner.
func (d *decoder) compile(n *Node, env code.Env) {
	for _, name := range sortedKeys(n.values) {
		d.compileVal(n.values[name], env)
	}
	for _, b := range n.blocks {
		if b.typ != "sync" && b.typ != "each" {
			d.compile(b, env)
		}
	}
}

func (d *decoder) compileVal(v *Val, env code.Env) {
	switch {
	case v == nil || v.compiled:
	case v.Attr.Holds == Expr && v.src.Text != "":
		v.compiled = true
		prog, diags := code.CompileExpr(v.src, env, code.Returns(v.Attr.Returns...))
		d.diags = append(d.diags, diags...)
		v.expr = prog
	case v.tree != nil:
		v.compiled = true
		d.diags = append(d.diags, v.tree.compile(env)...)
	}
}

// checkFlow checks what one flow says about itself.
func (m *Mapping) checkFlow(d *decoder, f *Flow) {
	if f.Sink == nil && len(f.Rules) == 0 && len(f.Node.lost) == 0 {
		d.errorf(f.Node.Range, "Nothing to deliver", "Flow %q makes nothing of its records: add an object, such as an event or an indicator, or a sink.", f.Name)
	}
	if f.Sink != nil && len(f.Rules) > 0 {
		d.errorf(f.Sink.Range, "Two targets", "Flow %q has objects for ThreatQ and a sink; make it two flows.", f.Name)
	}
	known := map[string]bool{}
	var names []string
	for _, r := range f.Rules {
		d.name(r.Node, word, false)
		if known[r.ID()] {
			d.errorf(r.Node.Range, "Duplicate name", "There is another %s in this flow.", describe(r.Node))
		}
		known[r.ID()] = true
		names = append(names, r.ID())
	}
	for _, r := range f.Rules {
		for _, ref := range r.Node.Val("related").Refs() {
			if id := ref.Type + "." + ref.Name; !known[id] && !f.Node.lost[ref.Type] {
				d.errorf(ref.Range, "Unknown object", "Flow %q has no %s.%s", f.Name, id, code.Suggest(id, names))
			}
		}
	}
}
