package engine

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
	"tqmap/engine/request"
)

// double stands in for the servers of a mapping in a test.
type double interface {
	// answer is what the server of base says to r; an error refuses it.
	answer(r *http.Request, base *url.URL) (*http.Response, error)
	// covers says whether something is there for the path, seen from base.
	covers(path string, base *url.URL) bool
	// unmet is what is wrong once the run is over.
	unmet() []Mismatch
}

// exchanges is the double that the exchange blocks of a test make.
type exchanges struct {
	mu      sync.Mutex
	all     []*exchange
	refused []Mismatch
	test    *dsl.Test
	stop    func(error) // ends the run
}

// exchange is one block.
type exchange struct {
	node         *dsl.Node
	asks         *dsl.Node
	method, path string
	query        url.Values     // of path
	want         map[string]any // the parts that are written, by attribute
	status       int
	header       http.Header
	body         []byte
	lost         bool
	times, used  int
}

// errRefused ends a run that asked for what no exchange stands for.
var errRefused = errors.New("no exchange of the test is for this request")

func newExchanges(t *dsl.Test, b *dsl.Bound, stop func(error)) (*exchanges, error) {
	out := &exchanges{test: t, stop: stop}
	for _, n := range t.Node.All("exchange") {
		x, err := newExchange(n, b)
		if err != nil {
			return nil, err
		}
		out.all = append(out.all, x)
	}
	return out, nil
}

func newExchange(n *dsl.Node, b *dsl.Bound) (*exchange, error) {
	x := &exchange{node: n, asks: n.Block("request"), want: map[string]any{}, header: http.Header{}}
	r, asks, says := n.Read(b.Scope), n.Block("request").Read(b.Scope), n.Block("response").Read(b.Scope)
	x.times, x.method = r.Count("times", 1, 1), strings.ToUpper(asks.String("method", ""))
	var query string
	x.path, query, _ = strings.Cut(asks.String("path", ""), "?")
	x.query, _ = url.ParseQuery(query)
	for _, name := range x.asks.Names() {
		if name != "method" && name != "path" {
			x.want[name] = code.Normalize(asks.Any(name))
		}
	}
	x.status, x.lost = says.Int("status", 200), says.Bool("lost", false)
	for _, p := range says.Pairs("headers") {
		x.header.Add(p.Name, p.Value)
	}
	err := x.readBody(says, b)
	return x, errors.Join(r.Err(), asks.Err(), says.Err(), err)
}

func (x *exchange) readBody(says *dsl.Reading, b *dsl.Bound) (err error) {
	kind := "text/plain; charset=utf-8"
	switch {
	case says.Has("json"):
		kind = "application/json"
		x.body, err = encodeJSON(says.Any("json"))
	case says.Has("file"):
		if x.body, err = b.ReadFile(says.String("file", "")); err != nil {
			err = failedAt(says.Node().Val("file").Range, "Unreadable file", err)
		}
		if strings.HasSuffix(says.String("file", ""), ".json") {
			kind = "application/json"
		}
	default:
		x.body = []byte(says.String("body", ""))
		if _, err := code.Decode(x.body); err == nil {
			kind = "application/json"
		}
	}
	if x.header.Get("Content-Type") == "" && len(x.body) > 0 {
		x.header.Set("Content-Type", kind)
	}
	return err
}

// roundTripper carries the requests of one client to a double.
type roundTripper struct {
	double
	base *url.URL
}

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return t.answer(r, t.base) }

func (s *exchanges) answer(r *http.Request, base *url.URL) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	got := asked{Request: r, base: base, body: body}
	var nearest *exchange
	var apart []Difference
	least := 0
	for _, x := range s.all {
		diff := x.differences(got)
		if len(diff) == 0 && x.used < x.times {
			x.used++
			return x.response(r)
		}
		if far := x.distance(diff); nearest == nil || far < least {
			nearest, apart, least = x, diff, far
		}
	}
	s.refuse(got, nearest, apart)
	return nil, errRefused
}

// distance is how far a request is from x: another path is further than anything else, and
// what is used up further than what is not.
func (x *exchange) distance(diff []Difference) int {
	n := len(diff)
	if x.used >= x.times {
		n += 500
	}
	for _, d := range diff {
		if d.Path[0] == "path" {
			n += 1000
		}
	}
	return n
}

func (x *exchange) response(r *http.Request) (*http.Response, error) {
	if x.lost {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{
		StatusCode: x.status, Status: fmt.Sprintf("%d %s", x.status, http.StatusText(x.status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: x.header.Clone(), Body: io.NopCloser(bytes.NewReader(x.body)), ContentLength: int64(len(x.body)), Request: r,
	}, nil
}

// maxRefused is how many requests that nothing is for are told.
const maxRefused = 5

// refuse notes a request that nothing is for, and ends the run: what follows would follow from it.
func (s *exchanges) refuse(got asked, nearest *exchange, apart []Difference) {
	s.stop(errRefused)
	if len(s.refused) >= maxRefused {
		return
	}
	m := Mismatch{At: s.test.Node.Range, Kind: Unexpected, Text: "no exchange is for the request " + got.line()}
	if where := request.Where(got.Context()); where != "" {
		m.Notes = append(m.Notes, "asked at  "+where)
	}
	if len(got.body) > 0 {
		m.Notes = append(m.Notes, "body      "+prose.Cut(string(got.body), 401))
	}
	if nearest == nil {
		m.Notes = append(m.Notes, "the test has no exchange")
	} else {
		used := ""
		if nearest.used >= nearest.times {
			used = ", which is used up"
		}
		m.Notes = append(m.Notes, fmt.Sprintf("nearest   %s %s%s", place(nearest.node.Range), nearest.line(), used))
	}
	for _, d := range apart {
		d.At = nearest.asks.Val(fmt.Sprint(d.Path[0])).Part(d.Path[1:]...)
		m.Differences = append(m.Differences, d)
	}
	s.refused = append(s.refused, m)
}

func (x *exchange) line() string { return cmp.Or(x.method, "any method") + " " + x.path }

func (s *exchanges) covers(path string, base *url.URL) bool {
	path, _, _ = strings.Cut(path, "?")
	return slices.ContainsFunc(s.all, func(x *exchange) bool {
		if x.path == path || strings.Trim(x.path, "/") == strings.Trim(path, "/") {
			return true
		}
		u, err := url.Parse(path)
		if err != nil {
			return false
		}
		if !u.IsAbs() {
			u = base.JoinPath(path)
		}
		return samePath(x.path, u, base)
	})
}

func (s *exchanges) unmet() []Mismatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) > 0 {
		return s.refused // what did not come after that says nothing
	}
	var out []Mismatch
	for _, x := range s.all {
		switch {
		case x.used == 0:
			out = append(out, Mismatch{At: x.node.Range, Kind: Unexpected, Text: "nobody asks for this exchange: " + x.line()})
		case x.used < x.times:
			out = append(out, Mismatch{At: x.node.Range, Kind: Unexpected, Text: fmt.Sprintf("%s is asked for %d times, expected %d", x.line(), x.used, x.times)})
		}
	}
	return out
}
