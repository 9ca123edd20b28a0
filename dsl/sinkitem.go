package dsl

import (
	"maps"

	"tqmap/dsl/code"
)

// sink compiles a sink. Where it has items, what its requests see differs: an element for each
// item, or a list of them, and no record where items are taken back.
func (d *decoder) sink(n *Node, env code.Env, record *Record) {
	if n.Val("item") != nil {
		withRecord, without := element(&record.Shape), element(nil)
		d.itemRequests(n, env, withRecord)
		d.itemRequests(n.Block("update"), env, withRecord)
		bare := maps.Clone(env)
		delete(bare, record.Name)
		d.itemRequests(n.Block("remove"), bare, without)
		d.itemRequests(n.Block("expire"), bare, without)
		d.held(n.Block("held"), env, bare, withRecord)
	}
	d.compile(n, env)
}

// itemRequests compiles the request of n, for one item or for a batch.
func (d *decoder) itemRequests(n *Node, env code.Env, item code.Shape) {
	r := n.Block("request")
	if r == nil {
		return
	}
	if n.Block("batch") == nil {
		d.compile(r, with(env, "each", item))
		return
	}
	d.compile(r, with(env, "batch", code.ListOf(item)))
}

func (d *decoder) held(n *Node, env, bare code.Env, item code.Shape) {
	if n == nil {
		return
	}
	held := code.Shape{Kind: code.Object, Open: true}
	d.compileVal(n.Val("same"), with(with(env, "each", item), "held", held))
	if n.Val("batch") != nil {
		bare = with(bare, "batch", code.ListOf(item))
	}
	if r := n.Block("request"); r != nil {
		d.compile(r, bare)
	}
}

func with(env code.Env, name string, s code.Shape) code.Env {
	env = maps.Clone(env)
	env[name] = s
	return env
}

// element is what expr sees of an item; record is nil where it is taken back, so that there
// is none, but always something that was delivered before.
func element(record *code.Shape) code.Shape {
	maybe, at := code.Shape{Optional: true}, code.Shape{Kind: code.Time, Optional: true}
	text := code.Shape{Kind: code.String}
	before := code.ObjectOf(map[string]code.Shape{"item": {}, "id": maybe, "expires": at, "since": at})
	fields := map[string]code.Shape{"key": text, "label": text, "id": maybe, "expires": at}
	if record != nil {
		before.Optional = true
		fields["item"], fields["record"] = code.Shape{}, *record
		fields["held"] = code.Shape{Kind: code.Object, Open: true, Optional: true}
	}
	fields["before"] = before
	return code.ObjectOf(fields)
}
