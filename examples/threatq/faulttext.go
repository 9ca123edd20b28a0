package threatq

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var faultKinds = []FaultKind{
	Fault401, Fault429, Fault500, Fault502, FaultTruncate, FaultSlow, FaultDrop, FaultDropAfter,
	FaultEmptyPage, FaultEmptyObject, FaultNoTotal, FaultTotal, FaultDelete, FaultTouch, FaultTag, FaultUntag, FaultRefuse, FaultRefuseText, FaultRefuseItem,
}

var methods = []string{"*", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// ParseFault reads a fault switch as a command line gives it:
//
//	KIND[=ARGUMENT]:METHOD PATH[:TIMES[@AFTER]]
//
// such as "500:POST /api/events/consume:2", "401:* /api/**:1@5" (once, after
// five calls), "429=30:GET /api/indicators" (Retry-After 30 seconds),
// "slow=2s:* /api/**:-1", "refuse=poison:POST /api/*/consume" or
// "untag=17/block:POST /api/indicators/query:1@2" (once, after the third page). METHOD
// and PATH are as in Fault; the argument is the Retry-After or Delay as a duration (or
// whole seconds), what the name of a refused item contains, the total to tell, or the
// id of an object to change, with its tag.
func ParseFault(text string) (Fault, error) {
	head, rest, _ := strings.Cut(text, ":")
	// The argument of a refusing kind is cut at the first colon too, so that a
	// switch reads the same whatever its kind is.
	kind, argument, hasArgument := strings.Cut(head, "=")
	f := Fault{Kind: FaultKind(kind)}
	if !slices.Contains(faultKinds, f.Kind) {
		return Fault{}, faultError(text, "the kind %q is unknown; use one of %s", kind, faultKindList())
	}
	target, counts, hasCounts := strings.Cut(rest, ":")
	method, path, _ := strings.Cut(target, " ")
	if !slices.Contains(methods, method) || !strings.HasPrefix(path, "/") {
		return Fault{}, faultError(text, "after the kind comes a method (or *), a space and a path, not %q", target)
	}
	f.Method, f.Path = method, path
	if hasCounts {
		if err := f.parseCounts(counts); err != nil {
			return Fault{}, faultError(text, "%v", err)
		}
	}
	if err := f.parseArgument(argument, hasArgument); err != nil {
		return Fault{}, faultError(text, "%v", err)
	}
	return f, nil
}

func faultError(text, format string, args ...any) error {
	return fmt.Errorf("fault switch %q: %s; write KIND[=ARGUMENT]:METHOD PATH[:TIMES[@AFTER]]", text, fmt.Sprintf(format, args...))
}

func faultKindList() string {
	names := make([]string, len(faultKinds))
	for i, kind := range faultKinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

func (f *Fault) parseCounts(counts string) (err error) {
	times, after, hasAfter := strings.Cut(counts, "@")
	if f.Times, err = strconv.Atoi(times); err != nil || f.Times == 0 {
		return fmt.Errorf("the number of calls %q must be a whole number, negative for all", times)
	}
	if hasAfter {
		if f.After, err = strconv.Atoi(after); err != nil || f.After < 0 {
			return fmt.Errorf("the number of calls to let pass %q must be a whole number from 0", after)
		}
	}
	return nil
}

func (f *Fault) parseArgument(argument string, given bool) (err error) {
	switch {
	case f.refusing():
		if argument == "" {
			return fmt.Errorf("%s needs what the name of a refused item contains, as in %s=poison", f.Kind, f.Kind)
		}
		f.Contains = argument
	case f.changing():
		return f.parseChange(argument)
	case f.Kind == FaultTotal:
		if f.Total, err = strconv.Atoi(argument); err != nil || f.Total < 0 {
			return fmt.Errorf("total needs the number to tell, as in total=5")
		}
	case f.Kind == FaultSlow:
		f.Delay, err = parseSpan(argument)
	case f.Kind == Fault429 && given:
		f.RetryAfter, err = parseSpan(argument)
	case given:
		return fmt.Errorf("%s takes no argument", f.Kind)
	}
	return err
}

// parseSpan reads "2s", "500ms" or whole seconds.
func parseSpan(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration above zero such as 2s or 500ms", text)
	}
	return d, nil
}

// String is the form that ParseFault reads. A Gate has no such form.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	switch {
	case f.Contains != "":
		b.WriteString("=" + f.Contains)
	case f.changing():
		b.WriteString("=" + strconv.FormatInt(f.Object, 10))
		if f.Tag != "" {
			b.WriteString("/" + f.Tag)
		}
	case f.Kind == FaultTotal:
		b.WriteString("=" + strconv.Itoa(f.Total))
	case f.Delay > 0:
		b.WriteString("=" + f.Delay.String())
	case f.RetryAfter > 0:
		b.WriteString("=" + f.RetryAfter.String())
	}
	method, path := f.Method, f.Path
	if method == "" {
		method = "*"
	}
	if path == "" {
		path = "/**"
	}
	fmt.Fprintf(&b, ":%s %s", method, path)
	if f.Times != 0 || f.After != 0 {
		times := f.Times
		if times == 0 && f.refusing() {
			times = -1
		} else if times == 0 {
			times = 1
		}
		fmt.Fprintf(&b, ":%d", times)
	}
	if f.After > 0 {
		fmt.Fprintf(&b, "@%d", f.After)
	}
	return b.String()
}
