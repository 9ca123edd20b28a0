package darktrace

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kinds of faults.
const (
	FaultRate      = "rate"       // 429 with Retry-After
	FaultReset     = "reset"      // 429 with X-Rate-Limit-Reset, RetryAfter from now
	FaultGateway   = "gateway"    // 502
	FaultError     = "error"      // 500
	FaultLarge     = "large"      // 504 for windows longer than Over, as often as they are asked for
	FaultSlow      = "slow"       // the right answer, after Delay
	FaultDrop      = "drop"       // connection closed, call not carried out
	FaultDropAfter = "drop-after" // connection closed, call carried out
	FaultTruncated = "truncated"  // 200: the JSON stops in the middle
	FaultLoginPage = "login-page" // 200 with the HTML of the login page
	FaultLogin     = "login"      // 302 to /login
	FaultForbidden = "forbidden"  // 302 to /403: the user lacks a permission
	FaultClock     = "clock"      // 400: the date is refused, as where a clock is wrong
	FaultSaysError = "says-error" // 200 with {"response": "ERROR"}
	FaultInput     = "input"      // 400 INPUT ERROR
)

var faultKinds = []string{FaultRate, FaultReset, FaultGateway, FaultError, FaultLarge, FaultSlow, FaultDrop, FaultDropAfter, FaultTruncated,
	FaultLoginPage, FaultLogin, FaultForbidden, FaultClock, FaultSaysError, FaultInput}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

// Fault is a misbehaviour waiting for its calls.
type Fault struct {
	Kind string
	// On is the last part of the path, with a method before it where that matters:
	// "modelbreaches" or "POST:intelfeed". "" means every call.
	On string
	// After lets so many matching calls pass first, Times is how many it then hits: 0
	// means 1, or Forever for FaultLarge.
	After, Times int
	// RetryAfter is sent with 429 in whole seconds, one if zero.
	RetryAfter time.Duration
	// Delay is how long FaultSlow waits, 5 seconds if zero.
	Delay time.Duration
	// Over is the longest window that FaultLarge lets pass, 3 hours if zero.
	Over time.Duration
}

// ParseFault reads a kind and options, split by blanks:
// `on=POST:intelfeed after=2 times=3 retry_after=2s delay=10s over=6h`. times may be forever.
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
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "over":
		f.Over, err = time.ParseDuration(value)
	default:
		err = errors.New("want on=, after=, times=, retry_after=, delay= or over=")
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
	if f.Kind == FaultLarge {
		setDefault(&f.Times, Forever)
	}
	setDefault(&f.Times, 1)
	setDefault(&f.RetryAfter, time.Second)
	setDefault(&f.Delay, 5*time.Second)
	setDefault(&f.Over, 3*time.Hour)
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
		case !f.matches(r):
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

func (f *Fault) matches(r *http.Request) bool {
	method, last, both := strings.Cut(f.On, ":")
	if !both {
		method, last = "", f.On
	}
	return (method == "" || method == r.Method) && (last == "" || strings.HasSuffix(r.URL.Path, "/"+last)) &&
		(f.Kind != FaultLarge || length(r.URL.Query()) > f.Over)
}

// length is how long a window is asked for.
func length(q url.Values) time.Duration {
	from, _ := strconv.ParseInt(q.Get("starttime"), 10, 64)
	to, _ := strconv.ParseInt(q.Get("endtime"), 10, 64)
	return time.Duration(to-from) * time.Millisecond
}

// instead is the answer of a fault that keeps the call from being carried out.
func (f Fault) instead(r *http.Request, now time.Time) *answer {
	switch f.Kind {
	case FaultRate:
		out := page(http.StatusTooManyRequests, "Too Many Requests\n")
		out.header.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
		return out
	case FaultReset:
		out := page(http.StatusTooManyRequests, "Too Many Requests\n")
		out.header.Set("X-Rate-Limit-Reset", strconv.FormatInt(now.Add(f.RetryAfter).Unix(), 10))
		return out
	case FaultGateway:
		return page(http.StatusBadGateway, "<html><head><title>502 Bad Gateway</title></head></html>\n")
	case FaultLarge:
		return page(http.StatusGatewayTimeout, "<html><head><title>504 Gateway Time-out</title></head></html>\n")
	case FaultError:
		return refusal(http.StatusInternalServerError, "error", "Internal Server Error")
	case FaultLoginPage:
		return page(http.StatusOK, loginPage)
	case FaultLogin:
		return redirect("/login")
	case FaultForbidden:
		return redirect("/403")
	case FaultClock:
		return refusal(http.StatusBadRequest, segment(r), "API DATE ERROR")
	case FaultSaysError:
		return refusal(http.StatusOK, "response", "ERROR")
	case FaultInput:
		return inputError()
	}
	return nil
}
