package threatq

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Call is one request as the library saw it.
type Call struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	// Query is the raw query; the values of secrets in it are "***".
	Query string `json:"query,omitempty"`
	// Status is the answer's; 0 means that the connection was dropped.
	Status int `json:"status"`
	// Fault is the kind of the fault switch that met the call, or "".
	Fault    string `json:"fault,omitempty"`
	BodySize int    `json:"body_size"`
	// Body is the start of the request body, at most Options.BodyCap bytes.
	// Token requests and calls long ago have none.
	Body string `json:"body,omitempty"`
}

const (
	maxCalls  = 10_000
	maxBodies = 8 << 20 // bytes of all bodies kept
)

// journal remembers the last calls.
type journal struct {
	bodyCap int

	mu     sync.Mutex
	calls  []Call
	bodies int // bytes kept
	oldest int // index of the oldest call that may have a body
}

func (l *Library) newCall(r *http.Request, body []byte) Call {
	c := Call{
		Time: l.options.Now().UTC(), Method: r.Method, Path: r.URL.Path,
		Query: maskQuery(r.URL.RawQuery), BodySize: len(body),
	}
	if keep := min(len(body), l.journal.bodyCap); keep > 0 && c.Path != "/api/token" {
		c.Body = string(bytes.ToValidUTF8(body[:keep], nil))
	}
	return c
}

// maskQuery hides the parameters that clients put secrets in.
func maskQuery(raw string) string {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return ""
	}
	masked := false
	for _, name := range []string{"client_secret", "refresh_token", "password", "access_token", "token"} {
		if values.Has(name) {
			values.Set(name, "***")
			masked = true
		}
	}
	if !masked {
		return raw
	}
	return strings.ReplaceAll(values.Encode(), "%2A%2A%2A", "***")
}

func (j *journal) add(c Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.calls) >= maxCalls+maxCalls/10 { // drop many at once: it is a copy
		j.drop(len(j.calls) - maxCalls)
	}
	j.calls = append(j.calls, c)
	j.bodies += len(c.Body)
	for ; j.bodies > maxBodies; j.oldest++ {
		j.bodies -= len(j.calls[j.oldest].Body)
		j.calls[j.oldest].Body = ""
	}
}

func (j *journal) drop(n int) {
	for _, c := range j.calls[:n] {
		j.bodies -= len(c.Body)
	}
	j.calls = append(j.calls[:0], j.calls[n:]...)
	clear(j.calls[len(j.calls):cap(j.calls)])
	j.oldest = max(0, j.oldest-n)
}

// Journal returns the last calls to the platform's routes, oldest first, at
// most 10,000. Calls to /_sandbox/ are not among them.
func (l *Library) Journal() []Call {
	j := &l.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Call(nil), j.calls[max(0, len(j.calls)-maxCalls):]...)
}

// ResetJournal forgets all calls.
func (l *Library) ResetJournal() {
	j := &l.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls, j.bodies, j.oldest = nil, 0, 0
}
