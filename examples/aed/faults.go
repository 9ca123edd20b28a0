package aed

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kinds of faults.
const (
	FaultToken     = "token"      // 401: the token is no longer good
	FaultLogin     = "login"      // 302 to the page for people, as without a token
	FaultLoginPage = "login-page" // 200 with that page
	FaultInput     = "input"      // 400 that names a field
	FaultMissing   = "missing"    // 404
	FaultRate      = "rate"       // 429 with Retry-After
	FaultBusy      = "busy"       // 503
	FaultError     = "error"      // 500
	FaultSaysError = "says-error" // 200 with errors in the body
	FaultDrop      = "drop"       // connection closed without an answer
	FaultTruncated = "truncated"  // 200: the JSON stops in the middle
	FaultCap       = "cap"        // pages hold no more than Size, whatever is asked for
	FaultIgnore    = "ignore"     // the parameters Param are not looked at
)

var faultKinds = []string{FaultToken, FaultLogin, FaultLoginPage, FaultInput, FaultMissing, FaultRate, FaultBusy, FaultError, FaultSaysError,
	FaultDrop, FaultTruncated, FaultCap, FaultIgnore}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

// Fault is a misbehaviour waiting for its calls.
type Fault struct {
	Kind string
	// On is the resource, such as "alerts". "" means every call.
	On string
	// After lets so many matching calls pass first, Times is how many it then hits: 0
	// means 1, or Forever for FaultCap and FaultIgnore.
	After, Times int
	// RetryAfter is sent with 429 in whole seconds, none if zero.
	RetryAfter time.Duration
	// Size is the cap of FaultCap, 7 if zero.
	Size int
	// Param is what FaultIgnore passes over, split by commas: "severity,q". "page" makes
	// every page the first one.
	Param string
}

// ParseFault reads a kind and options, split by blanks:
// `on=alerts after=2 times=3 retry_after=2s size=7 param=severity,q`. times may be forever.
func ParseFault(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 || !slices.Contains(faultKinds, words[0]) {
		return Fault{}, fmt.Errorf("fault %q: want one of %s", text, strings.Join(faultKinds, ", "))
	}
	f := Fault{Kind: words[0]}
	for _, word := range words[1:] {
		if err := f.set(word); err != nil {
			return Fault{}, fmt.Errorf("fault option %q: %w", word, err)
		}
	}
	return f, nil
}

func (f *Fault) set(option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "on":
		f.On = value
	case "after":
		f.After, err = strconv.Atoi(value)
	case "times":
		f.Times = Forever
		if value != "forever" {
			f.Times, err = strconv.Atoi(value)
		}
	case "retry_after":
		f.RetryAfter, err = time.ParseDuration(value)
	case "size":
		f.Size, err = strconv.Atoi(value)
	case "param":
		f.Param = value
	default:
		err = errors.New("want on=, after=, times=, retry_after=, size= or param=")
	}
	return err
}

// faultQueue holds the faults in the order they were injected.
type faultQueue struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. A call is hit by the first waiting fault that matches it.
func (s *Simulator) Inject(f Fault) {
	if f.Kind == FaultCap || f.Kind == FaultIgnore {
		setDefault(&f.Times, Forever)
	}
	if f.Kind == FaultCap {
		setDefault(&f.Size, 7)
	}
	setDefault(&f.Times, 1)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults forgets all faults that still wait.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// take uses up the first fault that hits a call.
func (q *faultQueue) take(r *http.Request) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n, f := range q.list {
		switch {
		case f.On != "" && !strings.HasSuffix(r.URL.Path, "/"+f.On+"/"):
			continue
		case f.After > 0:
			f.After--
			continue
		}
		hit := *f
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			q.list = slices.Delete(q.list, n, n+1)
		}
		return hit, true
	}
	return Fault{}, false
}

func (q *faultQueue) texts() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []string
	for _, f := range q.list {
		out = append(out, strings.TrimSpace(f.Kind+" "+f.On))
	}
	return out
}

// limit is the cap of a page.
func (f Fault) limit(otherwise int) int {
	if f.Size > 0 {
		return f.Size
	}
	return otherwise
}

// instead is the answer of a fault that keeps the call from being carried out.
func (f Fault) instead() *answer {
	switch f.Kind {
	case FaultToken:
		return unauthorized()
	case FaultLogin:
		return toLogin()
	case FaultLoginPage:
		return page(http.StatusOK, loginPage)
	case FaultInput:
		return badField("startTime", "Must be whole seconds since 1970.")
	case FaultMissing:
		return notFound()
	case FaultRate:
		out := refusal(http.StatusTooManyRequests, record{"message": "Too many requests."})
		if f.RetryAfter > 0 {
			out.header.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
		}
		return out
	case FaultBusy:
		return page(http.StatusServiceUnavailable, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n")
	case FaultError:
		return refusal(http.StatusInternalServerError, record{"message": "Internal error."})
	case FaultSaysError:
		return refusal(http.StatusOK, record{"code": "DatabaseError", "message": "The alerts are not available now."})
	}
	return nil
}
