package dsl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tqmap/dsl/code"
)

// page is one recorded answer of a source.
type page struct {
	name      string
	src       []byte
	documents int
	rest      any // what is left around the documents
	records   []any
}

// recorded runs what reads answers over the samples: what cuts records, paging and rules.
func (c *checker) recorded(f *Flow) {
	if len(f.Record.pages) == 0 {
		return
	}
	if c.cutsNothing(f) {
		return
	}
	if n := f.Source.Block("paginate"); n != nil {
		for _, v := range n.inOrder() {
			c.overSamples(f, v)
		}
	}
	c.overSamples(f, f.Source.Block("window").Val("token"))
	rules := f.Source.All("on")
	for _, ref := range f.Source.Val("client").Refs() {
		if cl := c.m.Client(ref.Name); cl != nil {
			rules = append(rules, cl.Node.All("on")...)
		}
	}
	for _, n := range rules {
		c.ruleOverSamples(f, n)
	}
}

// cutsNothing reports programs and paths that find no record in any sample.
func (c *checker) cutsNothing(f *Flow) bool {
	documents, records := 0, 0
	for _, p := range f.Record.pages {
		documents += p.documents
		records += len(p.records)
	}
	at := f.Record.Node.Val("split")
	if v := f.Record.Node.Val("extract"); v != nil {
		at = v
	}
	if v := f.Source.Block("decode").Val("stream"); v != nil && documents == 0 {
		at = v
	}
	if records > 0 || at == nil {
		return false
	}
	c.d.warn(at.Range, "No records", "%q finds no record in any sample (%s), so a run would bring nothing and say ok. Look at where the records are in the answer.", at.Attr.Name, f.Record.sampleNames())
	return true
}

// sampleNames are a few of the samples.
func (r *Record) sampleNames() string {
	var names []string
	for _, p := range r.pages {
		names = append(names, p.name)
	}
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return strings.Join(names, ", ")
}

// overSamples runs one program that reads the answer around the records.
func (c *checker) overSamples(f *Flow, v *Val) {
	q := v.JQ()
	if q == nil || q.Names("response", "page", "window") {
		return // these are not recorded
	}
	found, absent := false, true
	for _, p := range f.Record.pages {
		if p.rest == nil {
			return
		}
		out, err := q.Run(context.Background(), p.rest, c.m.jqValues()...)
		if err != nil {
			c.failed(err, p.name)
			return
		}
		found = found || len(out) > 0 && out[0] != nil
		absent = absent && q.Absent(p.rest)
	}
	counts := v.Attr.Name == "total" || v.Attr.Name == "total_pages"
	if !found && (counts || absent) && v.Attr.Name != "stop" {
		c.d.warn(v.Range, "Null in every sample", "%q finds nothing in any sample (%s). Look at where it is in the answer.", v.Attr.Name, f.Record.sampleNames())
	}
}

// failed reports a program that fails on a sample, where it fails.
func (c *checker) failed(err error, sample string) {
	var failed *code.EvalError
	if !errors.As(err, &failed) {
		return
	}
	for _, diag := range failed.Diagnostics() {
		diag.Detail += fmt.Sprintf(" (In the sample %s.)", sample)
		c.d.once(diag)
	}
}

// ruleOverSamples asks a rule for good answers about the samples, which are such.
func (c *checker) ruleOverSamples(f *Flow, n *Node) {
	q := n.Val("when").JQ()
	if q == nil || q.Names("response", "page", "window") || n.Val("retried") != nil {
		return
	}
	good := n.Val("status") == nil
	for _, status := range statusesOf(c.d.static(n, c.m.staticScope())) {
		good = good || status == 200
	}
	if !good {
		return
	}
	all := true
	for _, p := range f.Record.pages {
		out, err := q.Run(context.Background(), plainBody(p.src), c.m.jqValues()...)
		if err != nil {
			c.failed(err, p.name)
			return
		}
		all = all && len(p.records) > 0 && len(out) > 0 && out[0] != nil && out[0] != false
	}
	if do := n.Val("do").Word(); all && do != "ok" {
		c.d.warnOnce(n.Val("when").Range, "Holds for good answers", "This is true of every sample (%s), so the rule would %s all answers.", f.Record.sampleNames(), do)
	}
}

// plainBody is what rules see of an answer.
func plainBody(src []byte) any {
	if v, err := code.Decode(src); err == nil {
		return v
	}
	if strings.TrimSpace(string(src)) == "" {
		return nil
	}
	return strings.ToValidUTF8(string(src), "\uFFFD")
}
