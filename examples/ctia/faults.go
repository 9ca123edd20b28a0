package ctia

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of faults. shortForms holds the numbers that ParseFault takes as well.
const (
	FaultExpired     = "expired"     // 401: the token of this call is no longer valid
	FaultScope       = "no-scope"    // 403: the client lacks a capability
	FaultRate        = "rate"        // 429: with Retry-After
	FaultError       = "error"       // 500: JSON
	FaultGateway     = "gateway"     // 502: an HTML page of a proxy in front
	FaultUnavailable = "unavailable" // 503
	FaultTruncated   = "truncated"   // the right answer, which stops in the middle
	FaultNotJSON     = "not-json"    // 200: an HTML page
	FaultSlow        = "slow"        // the right answer, after Delay
	FaultDrop        = "drop"        // connection closed, call not carried out
	FaultDropAfter   = "drop-after"  // connection closed, call carried out
	FaultItem        = "item"        // import: one judgement of the bundle is an error in a 200
	FaultLimit       = "limit"       // import and bulk: at most Max entities
	FaultPut         = "no-put"      // bulk-update: 403
	FaultForbidden   = "forbidden"   // bulk-update: every entity is another owner's
)

func shortForms() map[string]string {
	return map[string]string{
		"401": FaultExpired, "403": FaultScope, "429": FaultRate, "500": FaultError, "502": FaultGateway, "503": FaultUnavailable,
	}
}

func faultKinds() []string {
	return []string{FaultExpired, FaultScope, FaultRate, FaultError, FaultGateway, FaultUnavailable, FaultTruncated, FaultNotJSON, FaultSlow,
		FaultDrop, FaultDropAfter, FaultItem, FaultLimit, FaultPut, FaultForbidden}
}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

// Fault is a misbehaviour waiting for its calls.
type Fault struct {
	Kind string
	// Route is the name of an endpoint, such as "import", "bulk-update" or "token".
	// Empty means those that Kind is about, and any but "token" for the others.
	Route string
	// After lets so many matching calls pass first, Times is how many it then hits: 0
	// means 1, or Forever for FaultLimit.
	After, Times int
	// RetryAfter is sent with 429, one second if zero; negative leaves it out. Suffix
	// writes it as 3172s.
	RetryAfter time.Duration
	Suffix     bool
	// Delay is how long FaultSlow waits, 5 seconds if zero.
	Delay time.Duration
	// Max is the limit of FaultLimit, 50 if zero.
	Max int
}

// ParseFault reads a kind (or its number, as 429) and options, all split by blanks:
// `on=import after=2 times=3 retry_after=2s delay=10s max=50`. times may be `forever`,
// retry_after may be `none`, and `suffix` stands alone.
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
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

func (f *Fault) check() error {
	switch {
	case !slices.Contains(faultKinds(), f.Kind):
		return fmt.Errorf("fault: unknown kind %q; want one of %s", f.Kind, strings.Join(faultKinds(), ", "))
	case f.Route != "" && !slices.Contains(routeNames(), f.Route):
		return fmt.Errorf("fault: on=%q is no endpoint; want one of %s", f.Route, strings.Join(routeNames(), ", "))
	}
	return nil
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
	case "suffix":
		f.Suffix = true
	case "delay":
		f.Delay, err = positive(value)
	default:
		return fmt.Errorf("fault: unknown option %q; want on=, after=, times=, retry_after=, suffix, max= or delay=", key)
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
