package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

// walk goes through the pages of one window.
type walk struct {
	*httpSource
	window Window
	scope  *dsl.Scoped
	pages  page.Paginator
	yield  func(*batch) error

	number int
	target string    // where the next request goes; "": as declared
	asked  string    // the request of the page, for messages
	before string    // hash of the page before
	again  bool      // the page before was read in vain
	latest time.Time // the greatest cursor of the records in this window
	mixed  bool      // they came out of order
}

// pieceSize is how many records of one answer are taken at once.
const pieceSize = 1000

func (w *walk) all(ctx context.Context) error {
	for more := true; more; {
		w.number++
		var err error
		if more, err = w.page(ctx); err != nil {
			return err
		}
	}
	return nil
}

// explain says on which page it happened.
func (w *walk) explain(err error) error {
	return fmt.Errorf("page %d: %w", w.number, err)
}

// page reads one page and hands it on; it says whether there is another one.
func (w *walk) page(ctx context.Context) (bool, error) {
	vars := w.pages.Vars()
	p := &pageReader{walk: w, seen: sha256.New(), sight: view{bound: w.run.Bound, page: vars, window: w.window.Vars()}}
	resp, err := w.ask(ctx, vars, p.sight)
	if err != nil {
		return false, w.explain(err)
	}
	defer resp.Close()
	p.sight.response = resp
	rest, err := p.read(ctx, resp)
	if err != nil {
		return false, err
	}
	step, end := w.pages.Next(page.Answer{Body: rest, Records: p.count, Header: resp.Header, URL: resp.URL, Eval: func(v *dsl.Val) (any, error) {
		return p.sight.first(ctx, v.JQ(), rest)
	}})
	if end != nil && p.count == 0 && !page.HeldBack(end) {
		return false, w.explain(end)
	}
	if step.Seen {
		p.pending, p.origins = nil, nil
	}
	b, err := p.last(ctx, rest)
	if err != nil {
		return false, w.explain(err)
	}
	b.back, b.hint = step.Back || errors.Is(end, page.ErrLoop), step.Note
	if page.HeldBack(end) {
		b.note, end = end, nil
	}
	if err := w.hand(b); err != nil {
		return false, err
	}
	if end != nil {
		return false, w.explain(end)
	}
	return step.More, w.move(ctx, step)
}

// ask sends the request of the present page.
func (w *walk) ask(ctx context.Context, vars map[string]any, sight view) (*request.Response, error) {
	req, err := buildRequest(w.node.Block("request"), w.scope.With("page", vars))
	if err != nil {
		return nil, err
	}
	if w.target != "" {
		req.Path, req.Query, req.RawQuery = w.target, nil, ""
	}
	req.Spool = w.node.Block("decode") != nil
	if req.Judge, err = judge(w.node.All("on"), w.run.Bound, sight); err != nil {
		return nil, err
	}
	path, _, _ := strings.Cut(req.Path, "?") // the query may hold a secret
	w.asked = req.Method + " " + path
	return w.doer.Do(ctx, req)
}

// hand gives a batch to whoever reads.
func (w *walk) hand(b *batch) error {
	if err := w.yield(b); err != nil {
		return err
	}
	w.mixed = w.mixed || b.disorder
	if b.latest.After(w.latest) {
		w.latest = b.latest
	}
	return nil
}

// move goes to the next page.
func (w *walk) move(ctx context.Context, step page.Step) error {
	w.target, w.again = step.Target, step.Back
	if step.Back {
		w.before = "" // what is read again may look like it
	}
	switch {
	case !step.Restart:
		return nil
	case w.mixed:
		return w.explain(ErrMixed)
	case !w.latest.After(w.window.Start):
		return w.explain(ErrNotReduced)
	}
	w.window.Start, w.again, w.before = w.latest, true, ""
	scope, err := w.steps.scope(ctx, w.window)
	w.scope = scope
	return err
}

// pageReader takes the records out of one answer, piece by piece.
type pageReader struct {
	*walk
	sight   view
	pending []any
	origins []*Origin // of pending; nil unless the run is traced
	count   int
	begun   bool // a piece was handed on
	seen    hash.Hash
}

// read hands on all but the last piece and returns what is left of the answer
// around the records.
func (p *pageReader) read(ctx context.Context, resp *request.Response) (any, error) {
	rest, err := decodeAnswer(ctx, p.decoder, resp, func(doc any) error { return p.document(ctx, doc) })
	var own *ownError
	switch {
	case errors.As(err, &own):
		return nil, own.err
	case err != nil:
		return nil, p.explain(&DecodeError{Request: p.asked, Err: err})
	case p.count > 0 && p.hash() == p.before && !tellsApart(p.node.Block("paginate")):
		return nil, p.explain(ErrSamePage)
	}
	p.before = p.hash()
	return rest, nil
}

// tellsApart says whether the paginator itself knows records that it has met.
func tellsApart(paging *dsl.Node) bool { return paging.Val("ids") != nil }

// ownError carries an error of ours through a decoder.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }

func (p *pageReader) document(ctx context.Context, doc any) error {
	records, err := p.run.extract(ctx, p.flow.Record, doc, p.sight)
	if err != nil {
		return &ownError{p.explain(err)}
	}
	if p.run.traced {
		p.origins = append(p.origins, p.run.origins(ctx, p.flow.Record, doc, p.sight, p.where(), len(records))...)
	}
	for _, r := range records {
		p.count++
		p.seen.Write(contentOf(r))
		if p.pending = append(p.pending, r); len(p.pending) < pieceSize {
			continue
		}
		b, err := p.piece(ctx)
		if err != nil {
			return &ownError{p.explain(err)}
		}
		b.more = true
		if err := p.hand(b); err != nil {
			return &ownError{err}
		}
	}
	return nil
}

// piece enriches the pending records and makes a batch of them.
func (p *pageReader) piece(ctx context.Context) (*batch, error) {
	records, origins := p.pending, p.origins
	if p.pending, p.origins = nil, nil; len(origins) > len(records) { // of a document that is not taken as a whole
		origins, p.origins = origins[:len(records)], origins[len(records):]
	}
	var err error
	for _, e := range p.each {
		if err = e.fetch(ctx, p.scope, records); err != nil {
			return nil, err
		}
	}
	if split := p.flow.Record.Split; split != nil {
		if records, origins, err = p.split(ctx, split, records, origins); err != nil {
			return nil, err
		}
	}
	again := p.again && !p.begun
	p.begun = true
	return &batch{number: p.number, records: records, origins: origins, again: again}, nil
}

// split also gives each part the origin of its record, where there are origins.
func (p *pageReader) split(ctx context.Context, q *code.JQ, records []any, origins []*Origin) ([]any, []*Origin, error) {
	var out []any
	var from []*Origin
	for i, r := range records {
		more, err := p.sight.run(ctx, q, r)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, more...)
		if origins != nil {
			from = append(from, origins[i].parts(len(more))...)
		}
	}
	return out, from, nil
}

// last is the last piece of the page, with the mark that the answer gives.
func (p *pageReader) last(ctx context.Context, rest any) (*batch, error) {
	b, err := p.piece(ctx)
	if err != nil {
		return nil, err
	}
	if mark := p.node.Block("window").Val("token").JQ(); mark != nil {
		got, err := p.sight.first(ctx, mark, rest)
		if err != nil {
			return nil, err
		}
		b.token, _ = code.Text(got)
	}
	return b, nil
}

func (p *pageReader) hash() string { return string(p.seen.Sum(nil)) }
