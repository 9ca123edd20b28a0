package taxii

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of faults. The numbers of statuses do as well for ParseFault.
const (
	FaultExpired       = "expired"       // 401, as if the password had been changed
	FaultForbidden     = "forbidden"     // 403
	FaultRate          = "rate"          // 429 with Retry-After
	FaultError         = "error"         // 500, not carried out
	FaultErrorAfter    = "error-after"   // 500, carried out
	FaultGateway       = "gateway"       // 502: an HTML page of a proxy in front
	FaultUnavailable   = "unavailable"   // 503 with Retry-After
	FaultNotJSON       = "not-json"      // 200: an HTML page
	FaultTruncated     = "truncated"     // the right answer, which stops in the middle
	FaultSlow          = "slow"          // the right answer, after Delay
	FaultDrop          = "drop"          // connection closed, call not carried out
	FaultDropAfter     = "drop-after"    // connection closed, call carried out
	FaultPending       = "pending"       // post: never processed
	FaultCounts        = "counts"        // post: a status without lists
	FaultObject        = "object"        // post: its first object is not taken
	FaultTooLarge      = "too-large"     // post: 413 above Max bytes, whatever the root says
	FaultUnprocessable = "unprocessable" // post: 422
)

func shortForms() map[string]string {
	return map[string]string{
		"401": FaultExpired, "403": FaultForbidden, "413": FaultTooLarge, "422": FaultUnprocessable, "429": FaultRate, "500": FaultError,
		"502": FaultGateway, "503": FaultUnavailable,
	}
}

func faultKinds() []string {
	return []string{FaultExpired, FaultForbidden, FaultRate, FaultError, FaultErrorAfter, FaultGateway, FaultUnavailable, FaultNotJSON,
		FaultTruncated, FaultSlow, FaultDrop, FaultDropAfter, FaultPending, FaultCounts, FaultObject, FaultTooLarge, FaultUnprocessable}
}

func routeNames() []string {
	return []string{"discovery", "root", "collections", "collection", "objects", "object", "manifest", "status", "post"}
}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

// Fault is a misbehaviour waiting for its calls.
type Fault struct {
	Kind string
	// Route is the name of an endpoint, such as "post" or "status". Empty means "post" for
	// those that Kind is about, and any for the others.
	Route string
	// After lets so many matching calls pass first, Times is how many it then hits: 0 means
	// 1, or Forever for FaultTooLarge.
	After, Times int
	// RetryAfter is sent with 429 and 503, one second if zero; negative leaves it out.
	RetryAfter time.Duration
	// Delay is how long FaultSlow waits, 5 seconds if zero.
	Delay time.Duration
	// Max is the limit of FaultTooLarge in bytes, 10,000 if zero.
	Max int
}

// ParseFault reads a kind (or its number, as 429) and options, all split by blanks:
// `on=post after=2 times=3 retry_after=2s delay=10s max=5000`. times may be `forever`,
// retry_after may be `none`.
func ParseFault(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Fault{}, fmt.Errorf("fault: nothing given; want one of %s", strings.Join(faultKinds(), ", "))
	}
	f := Fault{Kind: words[0]}
	if kind, ok := shortForms()[f.Kind]; ok {
		f.Kind = kind
	}
	for _, word := range words[1:] {
		if err := f.set(word); err != nil {
			return Fault{}, err
		}
	}
	return f, f.check()
}

func (f *Fault) check() error {
	switch {
	case !slices.Contains(faultKinds(), f.Kind):
		return fmt.Errorf("fault: unknown kind %q; want one of %s", f.Kind, strings.Join(faultKinds(), ", "))
	case f.Route != "" && !slices.Contains(routeNames(), f.Route):
		return fmt.Errorf("fault: on=%q is no endpoint; want one of %s", f.Route, strings.Join(routeNames(), ", "))
	case f.posted() && f.Route != "" && f.Route != "post":
		return fmt.Errorf("fault: %s is about posts, on=%s has none", f.Kind, f.Route)
	}
	return nil
}

// posted says that a fault is about POSTs alone.
func (f *Fault) posted() bool {
	return slices.Contains([]string{FaultPending, FaultCounts, FaultObject, FaultTooLarge, FaultUnprocessable}, f.Kind)
}

func (f *Fault) set(option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "on":
		f.Route = value
	case "after":
		f.After, err = count(value)
	case "max":
		f.Max, err = count(value)
	case "times":
		f.Times = Forever
		if value != "forever" {
			f.Times, err = count(value)
		}
	case "retry_after":
		f.RetryAfter = -1
		if value != "none" {
			f.RetryAfter, err = positive(value)
		}
	case "delay":
		f.Delay, err = positive(value)
	default:
		return fmt.Errorf("fault: unknown option %q; want on=, after=, times=, retry_after=, max= or delay=", key)
	}
	if err != nil {
		return fmt.Errorf("fault: %s=%q: %w", key, value, err)
	}
	return nil
}

func count(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0, errors.New("want a whole number above 0")
	}
	return int(n), nil
}

func positive(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("want a duration such as 2s")
	}
	return d, nil
}
