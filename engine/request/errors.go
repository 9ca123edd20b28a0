package request

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// What an error means for the caller, by errors.Is.
var (
	// ErrUnauthorized: the credentials are wrong or missing (401, 407). The run
	// cannot go on.
	ErrUnauthorized = errors.New("not authenticated")
	// ErrForbidden: the account lacks a right (403).
	ErrForbidden = errors.New("not allowed")
	// ErrRefused: this request can never work (other 4xx). Others may.
	ErrRefused = errors.New("refused")
	// ErrUnavailable: retries are used up (no answer, 408, 429, 5xx). Another
	// run may succeed.
	ErrUnavailable = errors.New("not available")
)

// StatusError is an answer outside 2xx that stands. Its text never holds query,
// headers or request body.
type StatusError struct {
	Client, Method string
	URL            string // without query, user and fragment
	Status         int
	// Message is the server's own text, on one line, at most 500 characters.
	// What it quotes is not known here: redact it before it is shown.
	Message     string
	ContentType string
	Body        []byte        // the start of the answer, up to 64 KiB
	Attempts    int           // how often the request was sent
	Elapsed     time.Duration // from the first attempt to the last answer
	Wait        time.Duration // what the last Retry-After asked for, if any
	Hint        string        // what to do about it
	Where       string        // file:line:column of the rule that says so, if any
	class       error         // what it is, where the status does not tell
}

func (e *StatusError) Error() string {
	s := fmt.Sprintf("%s: %s %s answered %d %s%s", e.Client, e.Method, e.URL, e.Status, http.StatusText(e.Status), tried(e.Attempts, e.Elapsed))
	if e.Message != "" {
		s += fmt.Sprintf(": %q", e.Message)
	}
	return s + by(e.Where) + hinted(e.Hint)
}

// Is sorts the statuses into ErrUnauthorized, ErrForbidden, ErrRefused and
// ErrUnavailable. A redirect that is not followed is none of them. Where a rule
// decided, it counts: retries in vain are ErrUnavailable whatever the status, a 200 that
// fails is ErrRefused, one that signing in again did not help ErrUnauthorized.
func (e *StatusError) Is(target error) bool {
	if e.class != nil {
		return target == e.class
	}
	switch s := e.Status; {
	case s == http.StatusUnauthorized || s == http.StatusProxyAuthRequired:
		return target == ErrUnauthorized
	case s == http.StatusForbidden:
		return target == ErrForbidden
	case s >= 500 || s == http.StatusRequestTimeout || s == http.StatusTooManyRequests:
		return target == ErrUnavailable
	case s >= 400:
		return target == ErrRefused
	}
	return false
}

func (k *call) statusError(a *answer) *StatusError {
	kind, body := a.Header.Get("Content-Type"), a.start()
	e := &StatusError{
		Client: k.cfg.Name, Method: a.sent.Method, URL: a.URL, Status: a.Status,
		Message: oneLine(a.ruling.Message), ContentType: kind, Body: body,
		Attempts: k.attempts, Elapsed: k.elapsed(), Hint: advice[a.Status],
		Where: a.ruling.Where, class: a.class(),
	}
	if e.Message == "" {
		e.Message = k.message(kind, body)
	}
	return e
}

// class is what a rule makes of a, nil where its status tells.
func (a *answer) class() error {
	switch {
	case !a.ruled:
		return nil
	case a.ruling.Action == Retry || a.ruling.Action == Wait:
		return ErrUnavailable
	case a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized:
		return nil
	case a.ruling.Action == Reauth:
		return ErrUnauthorized
	case a.Status < 400:
		return ErrRefused
	}
	return nil
}

var advice = map[int]string{
	http.StatusUnauthorized:      "check the user name, password or key",
	http.StatusForbidden:         "check the rights of the account",
	http.StatusNotFound:          "check host, port and path",
	http.StatusProxyAuthRequired: "check the user name and password of the proxy",
}

// TransportError is a request that got no whole answer. It matches ErrUnavailable,
// unless it would fail the same way each time (a certificate, say).
type TransportError struct {
	Client, Method string
	URL            string // without query, user and fragment
	Attempts       int
	Elapsed        time.Duration
	Err            error
	Hint           string
	// Sent is whether the last attempt may have reached the server.
	Sent      bool
	permanent bool
	final     bool // no matter for another attempt
}

func (e *TransportError) Error() string {
	return fmt.Sprintf("%s: %s %s got no answer%s: %v%s", e.Client, e.Method, e.URL, tried(e.Attempts, e.Elapsed), e.Err, hinted(e.Hint))
}

// Unwrap returns what the network said.
func (e *TransportError) Unwrap() error { return e.Err }

// Is makes it match ErrUnavailable where another run may succeed.
func (e *TransportError) Is(target error) bool { return target == ErrUnavailable && !e.permanent }

// OriginError is a URL on a host that the client must not call. Nothing was sent there.
type OriginError struct {
	Client   string
	URL      string // without query, user and fragment
	Origin   string // the client's own
	Redirect bool   // the server sent us there; else the path named it
}

func (e *OriginError) Error() string {
	how := "the request goes"
	if e.Redirect {
		how = "the server redirects"
	}
	return fmt.Sprintf("%s: %s to %s, outside %s: correct the base URL, or list the host in allow_hosts (it gets no credentials)", e.Client, how, e.URL, e.Origin)
}

func tried(attempts int, elapsed time.Duration) string {
	if attempts <= 1 {
		return ""
	}
	return fmt.Sprintf(" after %d attempts over %s", attempts, rounded(elapsed))
}

func rounded(d time.Duration) time.Duration {
	if d >= 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(time.Millisecond)
}

func hinted(hint string) string {
	if hint == "" {
		return ""
	}
	return "; " + hint
}
