package engine

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// recordRequest is a request block whose path, query, headers and body are computed
// per record.
type recordRequest struct {
	node                                   *dsl.Node
	seen                                   *dsl.Seen       // may be nil
	line                                   request.Request // what no record changes
	path, query, headers, json, form, body dsl.Template
}

func newRecordRequest(n *dsl.Node, scope *dsl.Scoped, seen *dsl.Seen) (*recordRequest, error) {
	r := n.Read(scope)
	q := &recordRequest{node: n, seen: seen, line: requestLine(r)}
	q.line.Where = place(n.Range)
	var diags hcl.Diagnostics
	for name, t := range map[string]*dsl.Template{
		"path": &q.path, "query": &q.query, "headers": &q.headers, "json": &q.json, "form": &q.form, "body": &q.body,
	} {
		got, more := n.Val(name).Template(scope)
		diags = append(diags, more...)
		*t = got
	}
	if diags.HasErrors() {
		return nil, errors.Join(r.Err(), diags)
	}
	return q, r.Err()
}

// build makes the request for what vars hold.
func (q *recordRequest) build(vars map[string]any) (request.Request, error) {
	req := q.line
	req.Header = q.line.Header.Clone()
	f := fields{vars: vars, seen: q.seen}
	path := f.value(&q.path)
	req.Query = f.pairs(&q.query)
	for _, h := range f.pairs(&q.headers) {
		req.Header.Add(h.Name, h.Value)
	}
	var err error
	switch {
	case q.node.Val("json") != nil:
		if v := f.value(&q.json); f.err == nil {
			req.Body, err = encodeJSON(v)
		}
	case q.node.Val("form") != nil:
		req.Body = encodeForm(f.pairs(&q.form))
	case q.node.Val("body") != nil:
		req.Body = []byte(f.text(&q.body))
	}
	if err := errors.Join(f.err, err); err != nil {
		return req, err
	}
	var ok bool
	if req.Path, ok = code.Text(path); !ok {
		return req, failedAt(q.path.Range(), "Request cannot be made", errors.New("the path comes out as nothing"))
	}
	if _, err := url.Parse("/" + req.Path); err != nil {
		return req, failedAt(q.path.Range(), "Request cannot be made", fmt.Errorf("the path comes out as %q", req.Path))
	}
	return req, nil
}
