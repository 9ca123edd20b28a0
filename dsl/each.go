package dsl

import (
	"maps"

	"tqmap/dsl/code"
)

// RecordRequestBlock is a request for one record: what of it RequestBlock lets an
// author compute for a page can be computed with expr. Names and values are written out.
func RecordRequestBlock(scope Scope) *Block {
	b := RequestBlock(scope)
	for i := range b.Attrs {
		a := &b.Attrs[i]
		switch a.Name {
		case "path":
			a.Summary += " A value put into it goes through url_encode(…), or its slashes make another path of it."
		case "query":
			a.Summary = "Query parameters, sent in this order; null leaves one out, a list repeats one."
		}
		switch a.Name {
		case "query", "headers", "form":
			a.Holds, a.Written = PerRecord, true
		case "path", "json", "body":
			a.Holds = PerRecord
		}
	}
	return b
}

// each compiles the block of a sub-request: besides the record it sees what the blocks
// before it have fetched, and the keys it asks for at once.
func (d *decoder) each(n *Node, env code.Env) {
	d.compileVal(n.Val("key"), env)
	d.compileVal(n.Val("when"), env)
	if r := n.Block("request"); r != nil && n.Val("batch") != nil {
		env = maps.Clone(env)
		env["batch"] = code.ListOf(code.Shape{})
		d.compile(r, env)
	}
	d.compile(n, env)
}

// distinct refuses blocks that cannot be told apart or named.
func (d *decoder) distinct(blocks []*Node) {
	seen := map[string]bool{}
	for _, n := range blocks {
		d.name(n, codeWord, seen[n.Labels[0]])
		seen[n.Labels[0]] = true
	}
}

// withField is s with a field of which nothing is known.
func withField(s code.Shape, name string) code.Shape {
	return withShaped(s, name, code.Shape{Optional: true})
}
