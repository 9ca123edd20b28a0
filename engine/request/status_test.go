package request_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tqmap/engine/request"
)

var classes = []error{request.ErrUnauthorized, request.ErrForbidden, request.ErrRefused, request.ErrUnavailable}

// TestStatusTable has a row for each status that is treated in a way of its own (R01).
// Each server answers the status for ever.
func TestStatusTable(t *testing.T) {
	tests := []struct {
		status   int
		attempts int
		once     int // attempts of a Request.Once
		class    error
	}{
		{200, 1, 1, nil},
		{201, 1, 1, nil},
		{204, 1, 1, nil},
		{299, 1, 1, nil},
		{300, 1, 1, errors.New("none")},
		{304, 1, 1, errors.New("none")},
		{400, 1, 1, request.ErrRefused},
		{401, 1, 1, request.ErrUnauthorized},
		{403, 1, 1, request.ErrForbidden},
		{404, 1, 1, request.ErrRefused},
		{405, 1, 1, request.ErrRefused},
		{407, 1, 1, request.ErrUnauthorized},
		{408, 4, 1, request.ErrUnavailable},
		{409, 1, 1, request.ErrRefused},
		{418, 1, 1, request.ErrRefused}, // some peers repeat it
		{422, 1, 1, request.ErrRefused},
		{429, 4, 4, request.ErrUnavailable},
		{500, 4, 1, request.ErrUnavailable},
		{501, 4, 1, request.ErrUnavailable},
		{502, 4, 1, request.ErrUnavailable},
		{503, 4, 4, request.ErrUnavailable},
		{504, 4, 1, request.ErrUnavailable},
		{599, 4, 1, request.ErrUnavailable},
	}
	for _, test := range tests {
		for once, attempts := range map[bool]int{false: test.attempts, true: test.once} {
			t.Run(fmt.Sprintf("%d once=%t", test.status, once), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, request.Config{}, answers(test.status))
					resp, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Once: once})
					if len(s.seen) != attempts {
						t.Errorf("sent %d times, want %d", len(s.seen), attempts)
					}
					if test.class == nil {
						if err != nil || resp.Status != test.status {
							t.Fatalf("got %v, %v", resp, err)
						}
						return
					}
					expectStatus(t, err, test.status, attempts, test.class)
				})
			})
		}
	}
}

func expectStatus(t *testing.T, err error, status, attempts int, class error) {
	t.Helper()
	var e *request.StatusError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a StatusError", err)
	}
	if e.Status != status || e.Attempts != attempts || e.Message != `{"msg":"words"}` && status != 304 && status != 204 {
		t.Errorf("got %+v", *e)
	}
	for _, c := range classes {
		if errors.Is(err, c) != (c == class) {
			t.Errorf("errors.Is(%v, %v) = %t", err, c, c != class)
		}
	}
}

func TestRecovery(t *testing.T) {
	tests := []struct {
		name     string
		retries  int
		statuses []int
		sent     int
		want     string // in the error, "" for success
	}{
		{"one bad answer", 0, []int{503, 200}, 2, ""},
		{"the default is three retries", 0, []int{500, 502, 504, 200}, 4, ""},
		{"but not four", 0, []int{500, 500, 500, 500, 200}, 4, "after 4 attempts over "},
		{"R13 none", request.NoRetries, []int{503, 200}, 1, "answered 503 Service Unavailable: "},
		{"one", 1, []int{429, 408, 200}, 2, "answered 408 Request Timeout after 2 attempts"},
		{"waits share the budget", 0, []int{429, 500, 429, 503, 200}, 4, "after 4 attempts"},
		{"a refusal ends it", 0, []int{500, 404, 200}, 2, "answered 404 Not Found after 2 attempts"},
		{"401 without auth", 0, []int{401, 200}, 1, "check the user name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, request.Config{Retries: test.retries}, answers(test.statuses...))
				_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Body: []byte("b")})
				if len(s.seen) != test.sent {
					t.Errorf("sent %d times, want %d", len(s.seen), test.sent)
				}
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
			})
		})
	}
}

// renewer answers what it is told and counts.
type renewer struct {
	again          bool
	err            error
	applied, asked int
	refused        string
}

func (a *renewer) Apply(_ context.Context, r *http.Request) error {
	a.applied++
	r.Header.Set("Authorization", fmt.Sprint("key-", a.applied))
	return nil
}

func (a *renewer) Renew(_ context.Context, refused *http.Request) (bool, error) {
	a.asked++
	a.refused = refused.Header.Get("Authorization")
	return a.again, a.err
}

func TestRenewAfter401(t *testing.T) {
	tests := []struct {
		name     string
		auth     renewer
		statuses []int
		applied  []string
		asked    int
		want     error
	}{
		{"replayed", renewer{again: true}, []int{401, 200}, []string{"key-1", "key-2"}, 1, nil},
		{"once only", renewer{again: true}, []int{401, 401, 200}, []string{"key-1", "key-2"}, 1, request.ErrUnauthorized},
		{"nothing to renew", renewer{}, []int{401, 200}, []string{"key-1"}, 1, request.ErrUnauthorized},
		{"renewal fails", renewer{err: request.ErrUnavailable}, []int{401, 200}, []string{"key-1"}, 1, request.ErrUnavailable},
		{"403 is no matter of renewal", renewer{again: true}, []int{403, 200}, []string{"key-1"}, 0, request.ErrForbidden},
		{"each attempt gets its own", renewer{again: true}, []int{500, 401, 500, 200}, []string{"key-1", "key-2", "key-3", "key-4"}, 1, nil},
		{"the replay is no retry", renewer{again: true}, []int{401, 500, 500, 500, 200}, []string{"key-1", "key-2", "key-3", "key-4", "key-5"}, 1, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, request.Config{Auth: &test.auth}, answers(test.statuses...))
				_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Once: false})
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				var sent []string
				for _, r := range s.seen {
					sent = append(sent, r.Header.Get("Authorization"))
				}
				if !slices.Equal(sent, test.applied) || test.auth.asked != test.asked {
					t.Errorf("sent with %v, renewed %d times", sent, test.auth.asked)
				}
				if test.asked > 0 && !slices.Contains(sent, test.auth.refused) {
					t.Errorf("Renew saw %q, which was not sent", test.auth.refused)
				}
			})
		})
	}
}
