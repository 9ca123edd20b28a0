package ironnet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kinds of faults. The number or word after each is the short form that
// ParseFault takes as well.
const (
	FaultExpired       = "expired"        // 401: the token of this call is no longer valid
	FaultGroup         = "no-group"       // 403: the account is not in the API's group
	FaultRefused       = "refused"        // 403: this one action is not allowed
	FaultRate          = "rate"           // 429: with Retry-After
	FaultError         = "error"          // 500: JSON with msg
	FaultGateway       = "gateway"        // 502: an HTML page of a proxy in front
	FaultUnavailable   = "unavailable"    // 503: with Retry-After
	FaultTruncated     = "truncated"      // 200: the JSON stops in the middle
	FaultNotJSON       = "not-json"       // 200: an HTML page
	FaultSlow          = "slow"           // the right answer, after Delay
	FaultDrop          = "drop"           // connection closed, call not carried out
	FaultDropAfter     = "drop-after"     // connection closed, call carried out
	FaultEmptyPage     = "empty-page"     // GetAlerts: no alerts although total says more
	FaultNoID          = "no-id"          // GetAlerts: first alert of the page without id
	FaultDuplicate     = "duplicate"      // GetAlerts: first hit of the list stands twice
	FaultUnknownStatus = "unknown-status" // GetAlerts: first alert has a status of the future
)

var shortForms = map[string]string{
	"401": FaultExpired, "403": FaultGroup, "429": FaultRate, "500": FaultError, "502": FaultGateway, "503": FaultUnavailable,
}

var faultKinds = []string{FaultExpired, FaultGroup, FaultRefused, FaultRate, FaultError, FaultGateway, FaultUnavailable, FaultTruncated,
	FaultNotJSON, FaultSlow, FaultDrop, FaultDropAfter, FaultEmptyPage, FaultNoID, FaultDuplicate, FaultUnknownStatus}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

const noHeader = -1 // as RetryAfter

// Fault is a misbehaviour waiting for its calls.
type Fault struct {
	Kind string
	// Endpoint is the last part of the path, such as "GetAlerts". Empty means
	// GetAlerts for the faults that bend its data and any endpoint but Login
	// for the others.
	Endpoint string
	// After lets so many matching calls pass first, Times is how many it then
	// hits: 0 means 1, or Forever for FaultDuplicate, whose doubled list must
	// stay the same over all pages.
	After, Times int
	// RetryAfter is sent with 429 and 503 in whole seconds: 0 means one second,
	// a negative value leaves the header out.
	RetryAfter time.Duration
	// Delay is how long FaultSlow waits, 5 seconds if zero.
	Delay time.Duration
}

// ParseFault reads a kind (or its number, as 429) and options, all split by
// blanks: `on=GetAlerts after=2 times=3 retry_after=2s delay=10s`. times may be
// `forever`, retry_after may be `none`.
func ParseFault(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Fault{}, fmt.Errorf("fault: nothing given; want one of %s", strings.Join(faultKinds, ", "))
	}
	f := Fault{Kind: words[0]}
	if kind, ok := shortForms[f.Kind]; ok {
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
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("fault: unknown kind %q; want one of %s", clip(f.Kind), strings.Join(faultKinds, ", "))
	case f.Endpoint != "" && !slices.Contains(endpoints, f.Endpoint):
		return fmt.Errorf("fault: on=%q is no endpoint; want one of %s", clip(f.Endpoint), strings.Join(endpoints, ", "))
	case f.Endpoint != "" && f.Endpoint != "GetAlerts" && f.bendsAlerts():
		return fmt.Errorf("fault: %s bends pages of GetAlerts, on=%s has none", f.Kind, f.Endpoint)
	}
	return nil
}

func (f *Fault) set(option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "on":
		f.Endpoint = value
	case "after":
		f.After, err = count(value)
	case "times":
		f.Times = Forever
		if value != "forever" {
			f.Times, err = count(value)
		}
	case "retry_after":
		f.RetryAfter = noHeader
		if value != "none" {
			f.RetryAfter, err = positive(value)
		}
	case "delay":
		f.Delay, err = positive(value)
	default:
		return fmt.Errorf("fault: unknown option %q; want on=, after=, times=, retry_after= or delay=", clip(key))
	}
	if err != nil {
		return fmt.Errorf("fault: %s=%q: %w", key, clip(value), err)
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

// String writes a fault in the form ParseFault reads.
func (f Fault) String() string {
	out := f.Kind
	if f.Endpoint != "" {
		out += " on=" + f.Endpoint
	}
	if f.After > 0 {
		out += " after=" + strconv.Itoa(f.After)
	}
	switch {
	case f.Times < 0:
		out += " times=forever"
	case f.Times > 0:
		out += " times=" + strconv.Itoa(f.Times)
	}
	switch {
	case f.RetryAfter < 0:
		out += " retry_after=none"
	case f.RetryAfter > 0:
		out += " retry_after=" + f.RetryAfter.String()
	}
	if f.Delay > 0 {
		out += " delay=" + f.Delay.String()
	}
	return out
}
