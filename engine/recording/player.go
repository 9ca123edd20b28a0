package recording

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Player answers requests from a recording, and sends nothing anywhere. A request is known
// again by its method, path, query and body, whatever its host and its credentials are; one
// that was sent several times gets its answers in the order in which they came. It is safe
// for concurrent use.
type Player struct {
	// Repeat gives the last answer again to a request that is sent more often than
	// recorded, in place of refusing it.
	Repeat bool

	exchanges []Exchange
	asked     []asked

	mu   sync.Mutex
	used []int // how often each was the answer
}

// NewPlayer plays r.
func NewPlayer(r *Recording) *Player {
	p := &Player{exchanges: r.Exchanges, used: make([]int, len(r.Exchanges))}
	for i := range p.exchanges {
		p.asked = append(p.asked, p.exchanges[i].asked())
	}
	return p
}

// Transport plays to the client of that name; it fits engine.ClientOptions, and sends
// nothing through the other one.
func (p *Player) Transport(client string, _ http.RoundTripper) http.RoundTripper {
	return playing{p, client}
}

// RoundTrip plays to any client.
func (p *Player) RoundTrip(r *http.Request) (*http.Response, error) {
	return playing{p, ""}.RoundTrip(r)
}

// Unused are the exchanges that nothing has asked for yet.
func (p *Player) Unused() []Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Exchange
	for i, n := range p.used {
		if n == 0 {
			out = append(out, p.exchanges[i])
		}
	}
	return out
}

// UnrecordedError is a request that the recording has no answer for.
type UnrecordedError struct {
	// Asked is the request, without its query's values: they may be secrets.
	Asked string
	// Nearest is the recorded request that is most like it; "" if there is none. Why says what is different.
	Nearest, Why string
	// Again is how often it was recorded, where it is asked once more than that.
	Again int
}

func (e *UnrecordedError) Error() string {
	switch {
	case e.Again > 0:
		return fmt.Sprintf("%s was recorded %d times, and is asked for once more", e.Asked, e.Again)
	case e.Nearest == "":
		return e.Asked + " is not in the recording, which holds no request of this client"
	}
	return fmt.Sprintf("%s is not in the recording; the nearest is %s, where %s", e.Asked, e.Nearest, e.Why)
}

// Hint makes it final.
func (e *UnrecordedError) Hint() string {
	return "record again, or edit the recording"
}

// playing is a Player for one client, "" for all.
type playing struct {
	*Player
	client string
}

func (p playing) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	now := askedOf(r.Method, r.URL, r.Header, body)
	x, err := p.take(&now)
	if err != nil {
		return nil, err
	}
	if x.Answer.Status == 0 {
		return nil, fmt.Errorf("%s (as recorded)", x.Answer.Lost)
	}
	return respond(x, r), nil
}

// take finds the answer to now and uses it up.
func (p playing) take(now *asked) (*Exchange, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	best, how, last, times := -1, noFit, -1, 0
	for i := range p.exchanges {
		if p.client != "" && p.exchanges[i].Client != p.client {
			continue
		}
		fit, _ := now.fit(&p.asked[i])
		if fit == noFit {
			continue
		}
		last, times = i, times+1
		if p.used[i] == 0 && fit > how {
			best, how = i, fit
		}
	}
	switch {
	case best >= 0:
	case last >= 0 && p.Repeat:
		best = last
	case last >= 0:
		return nil, &UnrecordedError{Asked: now.String(), Again: times}
	default:
		return nil, p.unrecorded(now)
	}
	p.used[best]++
	return &p.exchanges[best], nil
}

// unrecorded looks for the recorded request that is most like now.
func (p playing) unrecorded(now *asked) error {
	e := &UnrecordedError{Asked: now.String()}
	best := -1
	for i := range p.exchanges {
		if p.client != "" && p.exchanges[i].Client != p.client {
			continue
		}
		was := &p.asked[i]
		if n := likeness(now, was); n > best {
			best = n
			e.Nearest = was.String()
			_, e.Why = now.fit(was)
		}
	}
	return e
}

func likeness(now, was *asked) int {
	n := 0
	if now.method == was.method {
		n += 100
	}
	a, b := strings.Split(now.path, "/"), strings.Split(was.path, "/")
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			n += 50
		}
	}
	if len(a) == len(b) {
		n += 20
	}
	if now.path == was.path {
		n += 200
	}
	for name, values := range was.query {
		if strings.Join(values, "\x00") == strings.Join(now.query[name], "\x00") {
			n += 10
		}
	}
	if bytes.Equal(now.body, was.body) {
		n += 5
	}
	return n
}

// String is the request without values, which may be secrets.
func (a *asked) String() string {
	text := a.method + " " + a.path
	if names := sorted(a.query, nil); len(names) > 0 {
		text += "?" + strings.Join(names, "=…&") + "=…"
	}
	return text
}

func respond(x *Exchange, r *http.Request) *http.Response {
	h := x.Answer.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Length", strconv.Itoa(len(x.Answer.Body)))
	return &http.Response{
		Status: strconv.Itoa(x.Answer.Status) + " " + http.StatusText(x.Answer.Status), StatusCode: x.Answer.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(x.Answer.Body)), ContentLength: int64(len(x.Answer.Body)), Request: r,
	}
}
