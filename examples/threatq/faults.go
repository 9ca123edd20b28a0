package threatq

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

const (
	Fault401 FaultKind = "401" // Unauthorized, though the token is good
	Fault429 FaultKind = "429" // Too Many Requests, with Retry-After
	Fault500 FaultKind = "500" // Internal Server Error in the second error form
	Fault502 FaultKind = "502" // Bad Gateway with a page of HTML

	FaultTruncate    FaultKind = "truncate"     // the work is done, the JSON ends half-way
	FaultSlow        FaultKind = "slow"         // the work is done after Delay or Gate
	FaultDrop        FaultKind = "drop"         // the connection breaks, nothing is done
	FaultDropAfter   FaultKind = "drop-after"   // the work is done, then the connection breaks
	FaultEmptyPage   FaultKind = "empty-page"   // no rows, though the total says there are
	FaultEmptyObject FaultKind = "empty-object" // {} with 200, as an account without rights gets

	FaultRefuse     FaultKind = "refuse"      // 400 in the first form if an item's name has Contains
	FaultRefuseText FaultKind = "refuse-text" // 400 in the second form if an item's name has Contains
	FaultRefuseItem FaultKind = "refuse-item" // the third form: an error in the place of such an item
)

// Fault is a switch that makes matching calls go wrong. ParseFault reads one
// from text.
type Fault struct {
	Kind FaultKind
	// Method is a method, or "" or "*" for all.
	Method string
	// Path is a path in which * stands for one segment and a last ** for any
	// number of them; "" stands for all paths.
	Path string
	// Times is how many matching calls go wrong; negative means all, 0 one, or
	// all for the refusing kinds, since a bad item stays bad.
	Times int
	// After lets that many matching calls pass first.
	After int

	RetryAfter time.Duration   // of 429, whole seconds; 0: no header
	Delay      time.Duration   // of slow
	Gate       <-chan struct{} // of slow: waits for its closing, at most Delay if that is set
	Total      int             // of total
	Object     int64           // id, of the kinds that change one
	Tag        string          // of tag and untag
	Contains   string          // of the refusing kinds; calls whose body lacks it do not match
}

// Inject adds a fault switch. The first switch that matches a call and has
// calls left meets it; a call meets one switch.
func (l *Library) Inject(f Fault) {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
		if f.refusing() {
			f.Times = -1
		}
	}
	l.faults.list = append(l.faults.list, &f)
}

// faults are the switches that have calls left.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// take finds the fault that meets a call.
func (fs *faults) take(method, path string, body []byte) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.list {
		if !f.matches(method, path) || f.refusing() && !bytes.Contains(body, []byte(f.Contains)) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			fs.list = append(fs.list[:i:i], fs.list[i+1:]...)
		}
		taken := *f
		return &taken
	}
	return nil
}

func (f *Fault) matches(method, path string) bool {
	if f.Method != "" && f.Method != "*" && f.Method != method {
		return false
	}
	if f.Path == "" {
		return true
	}
	have := strings.Split(path, "/")
	for i, want := range strings.Split(f.Path, "/") {
		if want == "**" {
			return true
		}
		if i >= len(have) || want != "*" && want != have[i] {
			return false
		}
	}
	return len(have) == strings.Count(f.Path, "/")+1
}

// before applies the faults that keep the work from being done, and reports
// whether it must not be done.
func (f *Fault) before(ctx context.Context, out *answer) (stop bool) {
	if f == nil {
		return false
	}
	switch f.Kind {
	case Fault401:
		out.encode(reply{http.StatusUnauthorized, row{"errors": []string{"The access token has expired."}}})
	case Fault429:
		out.encode(reply{http.StatusTooManyRequests, row{"errors": []string{"Too Many Attempts."}}})
		if f.RetryAfter > 0 {
			out.header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
	case Fault500:
		out.encode(reply{http.StatusInternalServerError, row{"errors": []string{"Whoops, looks like something went wrong."}}})
	case Fault502:
		out.status, out.body = http.StatusBadGateway, []byte("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n")
		out.header.Set("Content-Type", "text/html")
	case FaultDrop:
		out.status = 0
	case FaultSlow:
		if f.wait(ctx) != nil {
			out.status = 0
			return true
		}
		return false
	default:
		return false
	}
	return true
}

// wait holds the call until its delay is over, its gate opens or the client goes.
func (f *Fault) wait(ctx context.Context) error {
	var over <-chan time.Time
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		over = timer.C
	} else if f.Gate == nil {
		return nil
	}
	select {
	case <-over:
	case <-f.Gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// after spoils the answer of work that was done.
func (f *Fault) after(out *answer) {
	if f == nil {
		return
	}
	switch f.Kind {
	case FaultTruncate:
		out.body = out.body[:len(out.body)/2]
	case FaultDropAfter:
		out.status = 0
	case FaultEmptyObject:
		out.status, out.body = http.StatusOK, []byte("{}")
	case FaultNoTotal, FaultTotal:
		f.spoilTotal(out)
	case FaultEmptyPage:
		var page row
		if json.Unmarshal(out.body, &page) == nil && page["data"] != nil {
			page["data"] = []any{}
			out.encode(reply{out.status, page})
		}
	}
}

// refuses reports whether an item of that name is to be refused.
func (f *Fault) refuses(name string) bool {
	return f != nil && f.refusing() && strings.Contains(name, f.Contains)
}

func (f *Fault) refusing() bool {
	return f.Kind == FaultRefuse || f.Kind == FaultRefuseText || f.Kind == FaultRefuseItem
}

func (f *Fault) refusal(field string) error {
	if f.Kind == FaultRefuseText {
		return refuse(http.StatusBadRequest, "An item whose %s contains %q was refused by a fault switch.", field, f.Contains)
	}
	return invalid(field, "The %s is refused by a fault switch.", field)
}
