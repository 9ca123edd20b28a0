package request

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// contentHeaders is all that a foreign host gets to see: any other header may be a
// key under a name of the vendor's choice.
var contentHeaders = []string{"Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "User-Agent"}

// send is one exchange: limit, credentials, round trip, body. A *TransportError of its
// own is returned bare, every other error is final.
func (k *call) send(ctx context.Context, at target) (*answer, error) {
	if err := k.pace(ctx); err != nil {
		return nil, err
	}
	r, err := k.build(ctx, at)
	if err != nil {
		return nil, err
	}
	begin := k.cfg.Now()
	a, err := k.exchange(k.declare(ctx, at), r, at.foreign)
	k.tell(ctx, at, a, err, k.cfg.Now().Sub(begin))
	if err != nil {
		return nil, err
	}
	a.sent, a.at = r, at
	if !at.foreign {
		k.keepCookies(at.url, a.Header)
	}
	k.budget(a)
	return a, nil
}

// build makes the request as it is sent. A login on the way may have set cookies: then it is
// made anew, as what signs must see them.
func (k *call) build(ctx context.Context, at target) (*http.Request, error) {
	before := k.cookies(at.url)
	r, err := k.compose(ctx, at)
	if err == nil && k.cookies(at.url) != before {
		return k.compose(ctx, at)
	}
	return r, err
}

func (k *call) compose(ctx context.Context, at target) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, at.method, "/", bytes.NewReader(at.body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.cfg.Name, err)
	}
	u := *at.url
	r.URL, r.Host = &u, u.Host
	r.Header = k.header(at)
	if at.foreign {
		maps.DeleteFunc(r.Header, func(name string, _ []string) bool { return !slices.Contains(contentHeaders, name) })
		return r, nil
	}
	k.addCookies(r)
	if k.cfg.Auth == nil {
		return r, nil
	}
	if err := k.cfg.Auth.Apply(ctx, r); err != nil {
		return nil, fmt.Errorf("%s: sign in: %w", k.cfg.Name, err)
	}
	return r, nil
}

func (k *call) header(at target) http.Header {
	h := http.Header{}
	h.Set("User-Agent", "tqmap")
	// Asked for here and not by the transport, which would unpack without a cap.
	h.Set("Accept-Encoding", "gzip")
	for _, from := range []http.Header{k.cfg.Header, k.req.Header} {
		for name, values := range from {
			h[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
		}
	}
	if at.dropped {
		maps.DeleteFunc(h, func(name string, _ []string) bool { return strings.HasPrefix(name, "Content-") })
	}
	if at.body != nil && k.req.ContentType != "" {
		h.Set("Content-Type", k.req.ContentType)
	}
	return h
}

// exchange sends r and reads the answer within the time of one attempt.
func (k *call) exchange(ctx context.Context, r *http.Request, foreign bool) (*answer, error) {
	attempt, cancel := context.WithTimeout(ctx, k.cfg.Timeout)
	defer cancel()
	if foreign {
		attempt = context.WithValue(attempt, nameless{}, true)
	}
	var line wire
	resp, err := k.cfg.Transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(attempt, line.trace())))
	k.reached = k.reached || err == nil || line.maySent(err)
	if err != nil {
		return nil, k.lost(ctx, attempt, r, err)
	}
	defer resp.Body.Close()
	whole := &Response{Status: resp.StatusCode, Header: resp.Header, URL: bare(r.URL)}
	cut, err := k.read(resp, whole)
	switch {
	case errors.Is(err, ErrTooLarge) || errors.Is(err, errEncoding) || errors.Is(err, errSpool):
		return nil, fmt.Errorf("%s: %s %s: %w", k.cfg.Name, r.Method, bare(r.URL), err)
	case err != nil:
		return nil, k.lost(ctx, attempt, r, fmt.Errorf("the answer broke off: %w", err))
	}
	whole.came = k.cfg.Now()
	return &answer{Response: whole, cut: cut}, nil
}

// lost is the error of an exchange without a whole answer.
func (k *call) lost(ctx, attempt context.Context, r *http.Request, err error) error {
	if ctx.Err() != nil {
		return k.stopped(ctx)
	}
	e := &TransportError{Client: k.cfg.Name, Method: r.Method, URL: bare(r.URL), Sent: k.reached}
	var quoting *url.Error // quotes the query
	if errors.As(err, &quoting) {
		err = quoting.Err
	}
	if attempt.Err() != nil {
		// Its own text, as context.DeadlineExceeded would look like the run's.
		err = timeoutError(k.cfg.Timeout)
	}
	e.Err = err
	e.Hint, e.permanent = diagnose(err)
	return e
}

// tell logs the exchange and shows it to the observer.
func (k *call) tell(ctx context.Context, at target, a *answer, err error, took time.Duration) {
	x := Exchange{Attempt: k.attempts, Method: at.method, URL: at.url.String(), RequestBody: at.body, Err: err, Duration: took}
	if a != nil {
		x.Status, x.Header, x.ResponseBody, x.Spooled = a.Status, a.Header, a.Body, a.spool != nil
		if x.Spooled {
			x.ResponseBody = a.start()
		}
	}
	k.cfg.Log.DebugContext(ctx, "exchange", "client", k.cfg.Name, "method", x.Method, "path", at.url.EscapedPath(),
		"attempt", x.Attempt, "status", x.Status, "duration", took, "bytes", len(x.ResponseBody))
	if k.cfg.Observe != nil {
		k.cfg.Observe(x)
	}
}

// wire watches whether a request got as far as a connection.
type wire struct{ asked, connected atomic.Bool }

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
	}
}

// maySent errs on the safe side with transports that do not report to a trace.
func (w *wire) maySent(err error) bool {
	if w.asked.Load() {
		return w.connected.Load()
	}
	var op *net.OpError
	return !errors.As(err, &op) || op.Op != "dial"
}
