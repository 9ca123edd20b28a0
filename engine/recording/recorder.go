package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// Limits bound what is kept, in bytes of unpacked bodies. More is refused: half an answer is
// nothing to play back.
type Limits struct {
	// Body is the longest body, default 32 MiB; All is the sum of them, default 256 MiB.
	Body, All int64
}

func (l Limits) orDefault() Limits {
	if l.Body <= 0 {
		l.Body = 32 << 20
	}
	if l.All <= 0 {
		l.All = 256 << 20
	}
	return l
}

// LimitError says that an answer is too long to be kept. The run ends with it.
type LimitError struct {
	Request string
	// Limit is in bytes; All says that it is that of all bodies together.
	Limit int64
	All   bool
}

func (e *LimitError) Error() string {
	of := "one answer"
	if e.All {
		of = "all answers together"
	}
	return fmt.Sprintf("%s: a recording keeps no more than %d MiB of %s", e.Request, e.Limit>>20, of)
}

// Hint makes it final: to ask again is in vain.
func (e *LimitError) Hint() string {
	return "record less: --limit, a shorter window, or smaller pages"
}

// Recorder keeps the exchanges that pass its transports, in the order in which their answers
// ended. What breaks off because the run is stopped is left out. It is safe for concurrent use.
type Recorder struct {
	limits Limits

	mu   sync.Mutex
	kept []Exchange
	size int64
}

// NewRecorder returns a Recorder of nothing yet.
func NewRecorder(limits Limits) *Recorder { return &Recorder{limits: limits.orDefault()} }

// Transport records what rt sends for the client of that name. It fits
// engine.ClientOptions.
func (r *Recorder) Transport(client string, rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	return &recording{recorder: r, client: client, next: rt}
}

// Recording is what was kept of a run of b so far. It holds secrets until it is Scrubbed.
func (r *Recorder) Recording(b *dsl.Bound) *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &Recording{
		Run:       Run{Connector: b.Connector.Name, Version: b.Connector.Version, Now: b.Now.UTC(), Params: plain(b)},
		Exchanges: slices.Clone(r.kept),
	}
}

func (r *Recorder) keep(x Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, x)
}

// room takes n bytes of what may be kept in all.
func (r *Recorder) room(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size += int64(n)
	return r.size <= r.limits.All
}

type recording struct {
	recorder *Recorder
	client   string
	next     http.RoundTripper
}

func (t *recording) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		sent, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(sent)), nil }
	}
	x := Exchange{Client: t.client, Request: Request{Method: r.Method, URL: r.URL.String(), Header: telltale(r.Header), Body: sent}, added: addedTo(r, sent)}
	resp, err := t.next.RoundTrip(r)
	switch {
	case err != nil && r.Context().Err() != nil && !isTimeout(r):
		return nil, err
	case err != nil:
		x.Answer.Lost = lostText(err)
		t.recorder.keep(x)
		return nil, err
	}
	x.Answer.Status = resp.StatusCode
	resp.Body = &tee{ReadCloser: resp.Body, of: t.recorder, x: x, header: resp.Header.Clone(), request: r}
	return resp, nil
}

// isTimeout tells an attempt that took too long from a run that was stopped.
func isTimeout(r *http.Request) bool {
	err := r.Context().Err()
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

func lostText(err error) string {
	var quoting *url.Error // quotes the query
	if errors.As(err, &quoting) {
		err = quoting.Err
	}
	return err.Error()
}

// tee keeps a body while it is read.
type tee struct {
	io.ReadCloser
	of      *Recorder
	x       Exchange
	header  http.Header
	request *http.Request
	raw     bytes.Buffer
	done    bool
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if !t.done {
		t.raw.Write(p[:n])
		if over := t.over(n); over != nil {
			t.done = true
			return 0, over
		}
	}
	switch {
	case t.done || err == nil:
	case errors.Is(err, io.EOF):
		t.done = true
		if over := t.finish(); over != nil {
			return 0, over
		}
	case t.request.Context().Err() == nil || isTimeout(t.request):
		t.done = true
		t.x.Answer = Answer{Lost: "the answer broke off: " + lostText(err)}
		t.of.keep(t.x)
	}
	return n, err
}

func (t *tee) over(n int) error {
	at := t.request.Method + " " + t.request.URL.Path
	switch {
	case int64(t.raw.Len()) > t.of.limits.Body:
		return &LimitError{Request: at, Limit: t.of.limits.Body}
	case !t.of.room(n):
		return &LimitError{Request: at, Limit: t.of.limits.All, All: true}
	}
	return nil
}

func (t *tee) finish() error {
	body, packed, err := unpacked(t.raw.Bytes(), t.header, t.of.limits.Body)
	if err != nil {
		return &LimitError{Request: t.request.Method + " " + t.request.URL.Path, Limit: t.of.limits.Body}
	}
	if !t.of.room(len(body) - t.raw.Len()) {
		return &LimitError{Request: t.request.Method + " " + t.request.URL.Path, Limit: t.of.limits.All, All: true}
	}
	encoding := t.header.Get("Content-Encoding")
	t.x.Answer.Header = worthKeeping(t.header)
	if !packed && encoding != "" {
		t.x.Answer.Header.Set("Content-Encoding", encoding)
	}
	t.x.Answer.Body = body
	t.of.keep(t.x)
	return nil
}

// Close ends an exchange whose answer was not read to its end: a refusal, whose start says enough.
func (t *tee) Close() error {
	if !t.done && t.request.Context().Err() == nil {
		t.done = true
		_ = t.finish() // what is too long is left out
	}
	return t.ReadCloser.Close()
}

// credentials are what was put on a request beyond what its author declared, by place.
type credentials struct {
	query, header, body map[string]bool
}

func addedTo(r *http.Request, sent []byte) credentials {
	c := credentials{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	was, known := request.DeclaredOf(r.Context())
	if !known {
		return c
	}
	for name, values := range r.Header {
		if !slices.Equal(values, was.Header[name]) {
			c.header[name] = true
		}
	}
	before := was.URL.Query()
	for name, values := range r.URL.Query() {
		if !slices.Equal(values, before[name]) {
			c.query[name] = true
		}
	}
	if !bytes.Equal(sent, was.Body) {
		maps.Copy(c.body, changed(was.Body, sent))
	}
	return c
}

// changed are the fields of a JSON document or a form that are not as before.
func changed(before, after []byte) map[string]bool {
	was, out := fieldsOf(before), map[string]bool{}
	for name, value := range fieldsOf(after) {
		if old, there := was[name]; !there || old != value {
			out[name] = true
		}
	}
	return out
}

func fieldsOf(body []byte) map[string]string {
	out := map[string]string{}
	if _, ok := rewriteJSON(body, func(l leaf) (string, bool) {
		if !l.key && len(l.path) > 0 {
			out[l.path[len(l.path)-1]] += l.text + "\x00"
		}
		return l.text, l.quoted
	}); ok {
		return out
	}
	values, _ := url.ParseQuery(string(body))
	for name, all := range values {
		out[name] = strings.Join(all, "\x00")
	}
	return out
}
