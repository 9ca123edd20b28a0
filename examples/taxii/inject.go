package taxii

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// matches reports whether a fault is about calls of a route.
func (f *Fault) matches(route string) bool {
	switch {
	case f.Route != "":
		return f.Route == route
	case f.posted():
		return route == "post"
	}
	return true
}

// faultQueue holds the faults in the order they were injected.
type faultQueue struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. A call is hit by the first waiting fault that matches it. It panics on a
// fault that ParseFault would refuse.
func (s *Simulator) Inject(f Fault) {
	if err := f.check(); err != nil {
		panic("taxii simulator: " + err.Error())
	}
	switch f.Kind {
	case FaultTooLarge:
		setDefault(&f.Times, Forever)
		setDefault(&f.Max, 10_000)
	case FaultRate, FaultUnavailable:
		setDefault(&f.RetryAfter, time.Second)
	case FaultSlow:
		setDefault(&f.Delay, 5*time.Second)
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
func (q *faultQueue) take(route string) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for n, f := range q.list {
		switch {
		case !f.matches(route):
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

func (q *faultQueue) kinds() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := make([]string, len(q.list))
	for n, f := range q.list {
		out[n] = f.Kind
	}
	return out
}

// chance is the fault that FailRate has for a POST.
func (s *Simulator) chance(route string) Fault {
	if route != "post" || s.opt.FailRate == 0 {
		return Fault{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rand.Float64() >= s.opt.FailRate {
		return Fault{}
	}
	kinds := []string{FaultError, FaultErrorAfter, FaultUnavailable, FaultDrop, FaultDropAfter}
	return Fault{Kind: kinds[s.rand.IntN(len(kinds))], RetryAfter: time.Second}
}

const (
	gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
	portalPage  = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in to continue.</p></body></html>\n"
)

// instead is what a fault answers that keeps the call from being carried out.
func (f Fault) instead() error {
	later := http.Header{}
	if f.RetryAfter >= 0 {
		later.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	}
	switch f.Kind {
	case FaultExpired:
		return unauthorized()
	case FaultForbidden:
		return problem(http.StatusForbidden, "the account lacks a right")
	case FaultRate:
		return &failure{status: http.StatusTooManyRequests, text: "slow down", header: later}
	case FaultUnavailable:
		return &failure{status: http.StatusServiceUnavailable, text: "in maintenance", header: later}
	case FaultError:
		return problem(http.StatusInternalServerError, "the server failed")
	case FaultGateway:
		return page(http.StatusBadGateway, gatewayPage)
	case FaultNotJSON:
		return page(http.StatusOK, portalPage)
	}
	return nil
}

func wait(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// faultLines reads all lines or none.
func (s *Simulator) faultLines(text string) (steps []func(), err error) {
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); line {
		case "":
		case "clear":
			steps = append(steps, s.ClearFaults)
		default:
			f, err := ParseFault(line)
			if err != nil {
				return nil, err
			}
			steps = append(steps, func() { s.Inject(f) })
		}
	}
	return steps, nil
}
