package ironnet

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

func (f Fault) bendsAlerts() bool {
	return slices.Contains([]string{FaultEmptyPage, FaultNoID, FaultDuplicate, FaultUnknownStatus}, f.Kind)
}

func (f Fault) matches(endpoint string) bool {
	switch {
	case f.bendsAlerts():
		return endpoint == "GetAlerts"
	case f.Endpoint == "":
		return endpoint != "Login"
	}
	return f.Endpoint == endpoint
}

// faultQueue holds the faults in the order they were injected.
type faultQueue struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. A call is hit by the first waiting fault that matches it.
// It panics on a kind that does not exist.
func (s *Simulator) Inject(f Fault) {
	if err := f.check(); err != nil {
		panic("ironnet simulator: " + err.Error())
	}
	f.complete()
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

func (f *Fault) complete() {
	switch f.Kind {
	case FaultDuplicate:
		setDefault(&f.Times, Forever)
	case FaultRate, FaultUnavailable:
		setDefault(&f.RetryAfter, time.Second)
	case FaultSlow:
		setDefault(&f.Delay, 5*time.Second)
	}
	setDefault(&f.Times, 1)
}

// ClearFaults forgets all faults that still wait.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// take uses up the first fault that hits a call.
func (q *faultQueue) take(r *http.Request, endpoint string) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.Method != http.MethodPost {
		return Fault{}, false
	}
	for n, f := range q.list {
		switch {
		case !f.matches(endpoint):
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
	out := make([]string, len(q.list))
	for i, f := range q.list {
		out[i] = f.String()
	}
	return out
}

const (
	gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
	portalPage  = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in to continue.</p></body></html>\n"
)

// instead is the answer of a fault that keeps the call from being carried out.
func (f Fault) instead() (answer, bool) {
	fail := func(status int, msg string, retry time.Duration) (answer, bool) {
		return encode(nil, &failure{status, msg, retry}), true
	}
	switch f.Kind {
	case FaultExpired:
		return fail(http.StatusUnauthorized, badToken, 0)
	case FaultGroup:
		return fail(http.StatusForbidden, noGroup, 0)
	case FaultRefused:
		return fail(http.StatusForbidden, "This user does not have permission for this action.", 0)
	case FaultRate:
		return fail(http.StatusTooManyRequests, "too many requests on this endpoint", f.RetryAfter)
	case FaultUnavailable:
		return fail(http.StatusServiceUnavailable, "service unavailable", f.RetryAfter)
	case FaultError:
		return fail(http.StatusInternalServerError, "server error!", 0)
	case FaultGateway:
		return page(http.StatusBadGateway, gatewayPage), true
	case FaultNotJSON:
		return page(http.StatusOK, portalPage), true
	}
	return answer{}, false
}

func page(status int, html string) answer {
	return answer{status, http.Header{"Content-Type": {"text/html"}}, []byte(html)}
}

// bend spoils a finished answer.
func (f Fault) bend(ans answer) answer {
	if f.Kind == FaultTruncated {
		ans.body = ans.body[:len(ans.body)/2]
	}
	return ans
}

// bendAlerts spoils a page of alerts. The result is still what encodes as one.
func bendAlerts(kind string, alerts []Alert) any {
	if kind == FaultEmptyPage {
		return []Alert{}
	}
	if len(alerts) == 0 {
		return alerts
	}
	switch kind {
	case FaultUnknownStatus:
		alerts[0].Status = "STATUS_ESCALATED"
	case FaultNoID:
		var first map[string]any
		_ = json.Unmarshal(marshal(alerts[0]), &first) // its own encoding
		delete(first, "id")
		bent := []any{first}
		for _, a := range alerts[1:] {
			bent = append(bent, a)
		}
		return bent
	}
	return alerts
}
