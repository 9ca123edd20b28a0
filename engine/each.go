package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sync/errgroup"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// eachBlock is a request for each record of a page: parent to detail.
func eachBlock() *dsl.Block {
	return &dsl.Block{
		Type: "each", Labels: []string{"name"},
		Summary: "A request for each record; what it answers becomes the record's field <name>, in place of one that it has. A failure keeps the cursor before the page; what an `on` block skips gives null.",
		Example: `each "detail" {
  key    = expr("alert.id")
  answer = jq(".detail")
  request {
    path = expr("'/alerts/' + url_encode(alert.id)")
  }
  on {
    status = [404]
    do     = skip
  }
}`,
		Attrs: []dsl.Attr{
			{Name: "client", Holds: dsl.Ref, Summary: "The server, where it is not the source's."},
			{Name: "when", Holds: dsl.Expr, Returns: []code.Kind{code.Bool}, Summary: "Ask only for records for which this is true."},
			{Name: "key", Holds: dsl.Expr, Summary: "What the answer depends on: records with the same key share one request in a run. Null: the record is not asked for."},
			{Name: "cache", Type: cty.Number, Scope: dsl.Run, Default: "10000", Summary: "Answers remembered for the run, by key; the oldest go first."},
			{Name: "batch", Type: cty.Number, Scope: dsl.Run, Summary: "Ask for up to so many keys at once; the request names them as `batch`, a list, and sees no record."},
			{Name: "match", Holds: dsl.JQ, Summary: "In a batch: the key that an element of the answer belongs to. Several elements of one key make a list."},
			{Name: "answer", Holds: dsl.JQ, Summary: "What is kept of the answer, or in a batch and with pages its elements; without it, all."},
			{Name: "parallel", Type: cty.Number, Scope: dsl.Run, Default: "4", Summary: "Requests at once."},
		},
		Blocks: []dsl.Child{
			{Block: dsl.RecordRequestBlock(dsl.Page), Min: 1, Max: 1},
			{Block: paginateBlock(), Max: 1},
			{Block: decodeBlock(), Max: 1},
			{Block: ruleBlock()},
		},
		Describe: describeEach,
		Check:    checkEach,
	}
}

func checkEach(r *dsl.Reading) {
	if r.Has("batch") && !(r.Has("key") && r.Has("match")) {
		r.Fail("batch", "Missing attribute", "A batch needs key, what to ask for, and match, the key that an element of the answer belongs to.")
	}
	if r.Has("match") && !r.Has("batch") {
		r.Fail("match", "Without effect", "Only the answer of a batch has elements to match.")
	}
	if r.Has("cache") && !r.Has("key") {
		r.Fail("cache", "Without effect", "Without key nothing tells which records share an answer.")
	}
	if n := r.Node().Block("paginate"); n.Val("reset") != nil {
		r.Fail("", "Without effect", "The paginate of an each block has no window that could begin again: leave reset (%s) out.", n.Val("reset").Range)
	}
	for _, name := range []string{"batch", "parallel"} {
		if r.Int(name, 1) < 1 {
			r.Fail(name, "Bad number", "%q takes a number of at least 1.", name)
		}
	}
}

// each sends the requests of one each block.
type each struct {
	inquiry
	source          *httpSource
	name            string
	batch, parallel int
	mu              sync.Mutex // of the cache, which slices that are read at once share
	cache           *answers

	granted, skipped atomic.Int64 // requests of the run
}

func openEach(ctx context.Context, s *httpSource, n *dsl.Node) (*each, error) {
	r := n.Read(s.run.Bound.Scope)
	e := &each{source: s, name: n.Labels[0], batch: r.Int("batch", 0), parallel: r.Int("parallel", 4)}
	e.inquiry = inquiry{bound: s.run.Bound, node: n, doer: s.doer, list: e.batch > 0}
	e.cache = newAnswers(r.Int("cache", 10000))
	if err := r.Err(); err != nil {
		return nil, err
	}
	if n.Val("client") != nil {
		var err error
		if e.doer, err = s.run.doer(ctx, n); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// wish is what is asked for at once, and the records that want it.
type wish struct {
	keys    []wanting // one, or those of a batch
	vars    map[string]any
	answers map[string]any // by key
}

// wanting are the records of one key.
type wanting struct {
	key     any
	text    string // "": it has none
	records []map[string]any
}

// fetch asks for what records need and puts it into them.
func (e *each) fetch(ctx context.Context, scope *dsl.Scoped, records []any) error {
	wishes, err := e.wishes(records)
	if err != nil {
		return fmt.Errorf("each %q: %w", e.name, err)
	}
	f := asking{scope: scope}
	if e.node.Block("paginate") == nil { // else each page has its own
		if f, err = e.form(scope, nil); err != nil {
			return fmt.Errorf("each %q: %w", e.name, err)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(e.parallel)
	for _, w := range wishes {
		group.Go(func() error {
			if err := e.grant(ctx, f, w); err != nil {
				return fmt.Errorf("each %q: %w", e.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	e.give(wishes)
	return nil
}

var errNotObject = errors.New("a record is no object, so it has no place for the answer: let extract make objects")

// wishes are the requests to send, without those whose answer is known already.
func (e *each) wishes(records []any) ([]*wish, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []*wish
	byKey := map[string]*wish{}
	for i, r := range records {
		record, ok := r.(map[string]any)
		if !ok {
			return nil, failedAt(e.node.Range, "Record without fields", errNotObject)
		}
		vars := maps.Clone(e.source.run.Bound.Vars)
		vars[e.source.flow.Record.Name] = record
		record = maps.Clone(record) // requests see it as it came; and jq may have made one value several records
		records[i], record[e.name] = record, nil
		key, text, wanted, err := e.key(vars)
		if err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		known, has := e.cache.get(text)
		switch {
		case text != "" && has:
			record[e.name] = known
		case text != "" && byKey[text] != nil:
			one := &byKey[text].keys[0]
			one.records = append(one.records, record)
		default:
			w := &wish{keys: []wanting{{key, text, []map[string]any{record}}}, vars: vars}
			byKey[text] = w
			out = append(out, w)
		}
	}
	if e.batch == 0 {
		return out, nil
	}
	var all []wanting
	for _, w := range out {
		all = append(all, w.keys...)
	}
	return e.batches(all, e.batch), nil
}

// key is what the answer for a record depends on; text is "" where there is none.
func (e *each) key(vars map[string]any) (key any, text string, wanted bool, err error) {
	if when := e.node.Val("when").Expr(); when != nil {
		yes, err := when.Eval(vars)
		if err == nil {
			e.bound.Seen.Decided(e.node.Val("when"), yes == true)
		}
		if err != nil || yes != true {
			return nil, "", false, err
		}
	}
	q := e.node.Val("key").Expr()
	if q == nil {
		return nil, "", true, nil
	}
	if key, err = q.Eval(vars); err != nil {
		return nil, "", false, err
	}
	text, wanted = code.Text(key)
	return key, text, wanted, nil
}

// batches puts up to n keys together.
func (e *each) batches(keys []wanting, n int) []*wish {
	var out []*wish
	for some := range slices.Chunk(keys, n) {
		var list []any
		for _, k := range some {
			list = append(list, k.key)
		}
		vars := maps.Clone(e.source.run.Bound.Vars)
		vars["batch"] = list
		out = append(out, &wish{keys: some, vars: vars})
	}
	return out
}

// grant asks for w and sorts the answer, a batch in halves where a rule says that it is too much.
func (e *each) grant(ctx context.Context, f asking, w *wish) error {
	answer, err := e.ask(ctx, f, w.vars)
	var ruled *request.RuledError
	switch {
	case errors.As(err, &ruled) && ruled.Action == request.Skip:
		e.skipped.Add(1)
		e.source.run.ignored(e.source.report, ruled)
	case errors.As(err, &ruled) && ruled.Action == request.Split:
		return e.halve(ctx, f, w, ruled)
	case err != nil:
		return err
	default:
		e.granted.Add(1)
	}
	if e.batch > 0 {
		w.answers, err = e.sorted(ctx, answer)
		return err
	}
	w.answers = map[string]any{w.keys[0].text: answer}
	return nil
}

// remark is what the operator should hear at the end: that nothing of what was asked for was
// given, which a rule for single records was hardly meant to hide.
func (e *each) remark() string {
	if n := e.skipped.Load(); n >= enoughRecords && e.granted.Load() == 0 {
		return fmt.Sprintf("each %q: all %d answers were skipped by rules; may the account read them?", e.name, n)
	}
	return ""
}

func (e *each) halve(ctx context.Context, f asking, w *wish, ruled *request.RuledError) error {
	n := len(w.keys)
	if n == 1 {
		return failedAt(e.node.Range, "Request for the record failed", fmt.Errorf("one key alone cannot be asked for in parts: %s", ruled))
	}
	w.answers = map[string]any{}
	for _, half := range e.batches(w.keys, (n+1)/2) {
		if err := e.grant(ctx, f, half); err != nil {
			return err
		}
		maps.Copy(w.answers, half.answers)
	}
	return nil
}

// give puts the answers into the records and remembers them.
func (e *each) give(wishes []*wish) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range wishes {
		for _, k := range w.keys {
			answer := w.answers[k.text]
			if k.text != "" {
				e.cache.put(k.text, answer)
			}
			for _, record := range k.records {
				record[e.name] = answer
			}
		}
	}
}

func describeEach(r *dsl.Reading) string {
	what := "Sent for each record"
	if size := r.Show("batch"); size != "" {
		what = "Sent for up to " + size + " records at once"
	}
	if q := r.Code("when"); q != "" {
		what += " where " + q
	}
	shared := ""
	if q := r.Code("key"); q != "" {
		shared = "Records with the same " + q + " share one answer, and the last " + worded(r, "cache", "10000") + " answers are remembered for the run."
	}
	keeps := "The answer"
	if q := r.Code("answer"); q != "" {
		keeps = "Of the answer, " + q
	}
	return sentences(what+", "+worded(r, "parallel", "4")+" at once at most.", shared, keeps+" becomes the record's field "+r.Node().Labels[0]+".",
		"A failure keeps the cursor before the page, unless a rule below says otherwise.")
}
