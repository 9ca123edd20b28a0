package ctia

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// matches reports whether a fault is about calls of a route.
func (f Fault) matches(route string) bool {
	if f.Route != "" {
		return f.Route == route
	}
	switch f.Kind {
	case FaultItem:
		return route == "import"
	case FaultPut, FaultForbidden:
		return route == "bulk-update"
	case FaultLimit:
		return slices.Contains([]string{"import", "bulk-create", "bulk-update"}, route)
	}
	return route != "token"
}

// faultQueue holds the faults in the order they were injected.
type faultQueue struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. A call is hit by the first waiting fault that matches it. It
// panics on a fault that ParseFault would refuse.
func (s *Simulator) Inject(f Fault) {
	if err := f.check(); err != nil {
		panic("ctia simulator: " + err.Error())
	}
	switch f.Kind {
	case FaultLimit:
		setDefault(&f.Times, Forever)
		setDefault(&f.Max, 50)
	case FaultRate:
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

const (
	gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
	portalPage  = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in to continue.</p></body></html>\n"
)

// instead is what a fault answers that keeps the call from being carried out.
func (f Fault) instead(opt Options) (*answer, error) {
	switch f.Kind {
	case FaultExpired:
		return nil, unauthorized("jwt_expired", "This JWT max lifetime has expired 2min 5s ago")
	case FaultScope:
		return nil, missingCapability(opt.Accounts[0].Owner, []string{"import-bundle"})
	case FaultRate:
		if f.RetryAfter < 0 {
			return nil, problem(http.StatusTooManyRequests, entity{"error": "Too Many Requests"})
		}
		return nil, tooMany(f.RetryAfter, f.Suffix)
	case FaultError:
		return nil, problem(http.StatusInternalServerError, entity{"type": "unknown-exception", "class": "java.lang.RuntimeException"})
	case FaultUnavailable:
		return nil, problem(http.StatusServiceUnavailable, entity{"message": "Service Unavailable"})
	case FaultGateway:
		return page(http.StatusBadGateway, gatewayPage), nil
	case FaultNotJSON:
		return page(http.StatusOK, portalPage), nil
	}
	return nil, nil
}

func page(status int, html string) *answer {
	return &answer{status, http.Header{"Content-Type": {"text/html"}}, []byte(html)}
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
