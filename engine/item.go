package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
)

// itemAttrs are what a sink says of its items. A sink that has them sends only what is new or
// has changed.
func itemAttrs() []dsl.Attr {
	policies := []string{"keep", string(export.Remove), string(export.Expire)}
	return []dsl.Attr{
		{Name: "item", Holds: dsl.PerRecord, Summary: "What is delivered of a record. The ledger remembers it, so that only new and changed items are sent."},
		{Name: "compare", Holds: dsl.PerRecord, Summary: "What of an item makes a difference, where not all of it does; a plan shows its changes."},
		{Name: "label", Holds: dsl.Expr, Summary: "What a plan calls the item. Default: its key."},
		{Name: "expires", Holds: dsl.Expr, Summary: "The instant at which the server forgets the item by itself; null: never, or by default_expires."},
		{Name: "default_expires", Holds: dsl.Expr, Summary: "The same for items without one, counted from now: what the server has already keeps the time it was given, until `renew` is due."},
		{Name: "renew", Type: cty.String, Scope: dsl.Run, Summary: "Send an unchanged item again once less than this is left of its time, e.g. \"12h\"; \"0s\": once it has expired. Default: never."},
		{Name: "differential", Type: cty.Bool, Scope: dsl.Run, Default: "true", Summary: "false: send everything, for a test of the server. What is remembered is neither read nor moved, and nothing is taken back."},
		{Name: "left", Type: cty.String, Scope: dsl.Run, Options: policies, Default: "keep", Summary: "What is done with items whose record the source has no more; found out only where the source was read as a whole."},
		{Name: "skipped", Type: cty.String, Scope: dsl.Run, Options: policies, Default: "keep", Summary: "The same for items whose record is there, but is left out by now."},
		{Name: "allow_empty", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Take a source that comes out empty at its word. Else nothing is taken back then, as it is a mistake more often."},
	}
}

// itemMaker makes the items of a flow.
type itemMaker struct {
	node, record              *dsl.Node // the sink, and the flow's record
	rule                      string    // under which the ledger and dead letters know the items
	item, compare             dsl.Template
	when                      *code.Expr
	label, expires, otherwise *code.Expr
	seen                      *dsl.Seen // may be nil
}

func newItemMaker(f *dsl.Flow, b *dsl.Bound) (*itemMaker, error) {
	n, s := f.Sink, b.Scope
	m := &itemMaker{
		node: n, record: f.Record.Node, rule: "sink." + n.Kind(), when: n.Val("when").Expr(), label: n.Val("label").Expr(),
		expires: n.Val("expires").Expr(), otherwise: n.Val("default_expires").Expr(), seen: b.Seen,
	}
	var err, err2 error
	if m.item, err = template(n, "item", s); n.Val("compare") == nil {
		m.compare = m.item
		return m, err
	}
	m.compare, err2 = template(n, "compare", s)
	return m, errors.Join(err, err2)
}

func template(n *dsl.Node, name string, s *dsl.Scoped) (dsl.Template, error) {
	t, diags := n.Val(name).Template(s)
	if diags.HasErrors() {
		return t, diags
	}
	return t, nil
}

// fill makes the item of a record, if the sink takes it.
func (m *itemMaker) fill(of *Mapped) error {
	if m.when != nil {
		yes, err := m.when.Eval(of.vars)
		if err == nil {
			m.seen.Decided(m.node.Val("when"), yes == true)
		}
		if err != nil || yes != true {
			of.Skipped = notWanted
			return err
		}
	}
	var err error
	of.Item, err = m.make(of)
	return err
}

// make makes the item of one record.
func (m *itemMaker) make(of *Mapped) (*export.Item, error) {
	it := &export.Item{Key: of.Key, Record: of.Record, Vars: of.vars}
	f := fields{vars: of.vars, seen: m.seen}
	it.Body = f.value(&m.item)
	sent := it.Body
	if m.node.Val("compare") != nil {
		sent = f.value(&m.compare)
	}
	if f.err != nil {
		return nil, f.err
	}
	it.Hash, it.Sent = contentHash(sent), json.RawMessage(contentOf(sent))
	var err error
	if m.label != nil {
		v, failed := m.label.Eval(of.vars)
		it.Label, _ = code.Text(v)
		err = failed
	}
	if err == nil {
		it.Expires, err = m.instant("expires", m.expires, of.vars)
	}
	if it.Expires.IsZero() && err == nil {
		it.Expires, err = m.instant("default_expires", m.otherwise, of.vars)
		it.Rolling = !it.Expires.IsZero()
	}
	return it, err
}

func (m *itemMaker) instant(name string, q *code.Expr, vars map[string]any) (time.Time, error) {
	if q == nil {
		return time.Time{}, nil
	}
	v, err := q.Eval(vars)
	if err != nil || v == nil {
		return time.Time{}, err
	}
	at, err := instant(v)
	if err != nil {
		return at, failedAt(m.node.Val(name).Range, "Not an instant", fmt.Errorf("%s: %w", name, err))
	}
	return at, nil
}

// ItemFields are the fields of the item, or its value, as [path, JSON] pairs in the order of paths.
func (m *Mapped) ItemFields() [][2]string {
	all := map[string]string{}
	flatten(all, "", m.Item.Body)
	var out [][2]string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		out = append(out, [2]string{path, all[path]})
	}
	return out
}

// itemConfig adds what any sink says of keeping items in step to what comes from its kind.
func itemConfig(c export.Config, r *Run, n *dsl.Node) (export.Config, error) {
	read := n.Read(r.Bound.Scope)
	c.Now, c.DryRun, c.Shared = r.Bound.Now, r.DryRun, r.Bound.Lock.Multiple
	c.All, c.AllowEmpty = !read.Bool("differential", true), read.Bool("allow_empty", false)
	if read.Has("renew") {
		if text := read.String("renew", ""); text != "" {
			d, err := dsl.ParseDuration(text)
			if err != nil {
				read.Fail("renew", "Bad duration", "%s.", err)
			}
			c.Renew = &d
		}
	}
	c.Left, c.Skipped = policy(read, "left", c.Max), policy(read, "skipped", c.Max)
	return c, read.Err()
}

func policy(read *dsl.Reading, name string, max map[export.Op]int) export.Op {
	op := export.Op(read.String(name, "keep"))
	if op == "keep" || op == "" {
		return ""
	}
	if max[op] == 0 {
		read.Fail(name, "Missing block", "%s = %q needs a block %q, which says how.", name, op, op)
	}
	return op
}

// describeItems says how a sink keeps its target in step.
func describeItems(r *dsl.Reading) string {
	text := "Keeps the server in step with the items: the ledger remembers each by its key, so only what is new or has changed is sent."
	if !r.Bool("differential", true) {
		text = "Sends every item in each run, as differential is false: what is remembered is neither read nor moved, and nothing is taken back."
	}
	does := map[string]string{"keep": "stays there", "": "stays there", "remove": "is taken back", "expire": "is made to end now"}
	text += fmt.Sprintf(" An item whose record has left the source %s; one whose record is left out by now %s.", does[r.Show("left")], does[r.Show("skipped")])
	if r.Show("left") != "keep" && r.Show("left") != "" && !r.Bool("allow_empty", false) {
		text += " Nothing is taken back where the source was not read as a whole, or came out empty."
	}
	if q := r.Code("expires"); q != "" {
		text += " The server forgets an item at " + q + "."
	}
	if q := r.Code("default_expires"); q != "" {
		text += " Items end at " + q + "."
	}
	if renew := r.Show("renew"); renew != "" {
		text += " An unchanged item is sent again once less than " + renew + " is left of its time."
	}
	return text
}
