package request_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// says is a Judge that always rules the same.
func says(r request.Ruling) request.Judge {
	return func(context.Context, *request.Response) (request.Ruling, error) { return r, nil }
}

// first rules only about the first answer it sees.
func first(r request.Ruling) request.Judge {
	n := 0
	return func(context.Context, *request.Response) (request.Ruling, error) {
		if n++; n == 1 {
			return r, nil
		}
		return request.Ruling{}, nil
	}
}

func TestRulingEndsTheCall(t *testing.T) {
	for _, action := range []request.Action{request.Skip, request.Split, request.Stop, request.Reset} {
		for _, status := range []int{200, 302, 404, 500} {
			t.Run(fmt.Sprint(action, " ", status), func(t *testing.T) {
				s := newSite(t, request.Config{Judge: says(request.Ruling{Action: action, Message: "too\nmany", Where: "m.hcl:3:5"})}, answers(status))
				_, err := s.Do(t.Context(), request.Request{Path: "/x?k=hunter2"})
				var e *request.RuledError
				if !errors.As(err, &e) || e.Action != action || e.Status != status || string(e.Response.Body) != `{"msg":"words"}` || len(s.seen) != 1 {
					t.Fatalf("%d sent, %v", len(s.seen), err)
				}
				want := fmt.Sprintf(`client.test: GET https://api.example/v1/x answered %d %s, so %s: "too many" (rule at m.hcl:3:5)`, status, http.StatusText(status), action)
				if err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				for _, class := range classes {
					if errors.Is(err, class) {
						t.Errorf("a ruling is no %v", class)
					}
				}
			})
		}
	}
}

func TestRulingAccepts(t *testing.T) {
	for _, status := range []int{200, 302, 401, 404, 429, 500} {
		long := strings.Repeat("x", 100_000)
		s := newSite(t, request.Config{Judge: says(request.Ruling{Action: request.Accept})}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(status)
			io.WriteString(w, long)
		})
		resp, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if err != nil || resp.Status != status || string(resp.Body) != long || len(s.seen) != 1 {
			t.Errorf("%d: %d sent, %v", status, len(s.seen), err)
		}
	}
}

func TestRulingFails(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		message string
		class   error
		want    string
	}{
		{"error in a 200", 200, "quota used up", request.ErrRefused, `answered 200 OK: "quota used up" (rule at m.hcl:3:5)`},
		{"R03 the default message is kept", 404, "", request.ErrRefused, `answered 404 Not Found: "{\"msg\":\"words\"}" (rule at m.hcl:3:5); check host, port and path`},
		{"its own class", 403, "", request.ErrForbidden, "answered 403"},
		{"no retry", 503, "for good", request.ErrUnavailable, `answered 503 Service Unavailable: "for good"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, request.Config{Judge: says(request.Ruling{Action: request.Fail, Message: test.message, Where: "m.hcl:3:5"})}, answers(test.status))
			_, err := s.Do(t.Context(), request.Request{Path: "/x"})
			if err == nil || !strings.Contains(err.Error(), test.want) || len(s.seen) != 1 {
				t.Errorf("%d sent, got %v, want %s", len(s.seen), err, test.want)
			}
			for _, class := range classes {
				if errors.Is(err, class) != (class == test.class) {
					t.Errorf("%v is %v: %t", err, class, class != test.class)
				}
			}
		})
	}
}

// TestRulingWaits: U25, one budget for all repeats, and none of them at once.
func TestRulingWaits(t *testing.T) {
	const backOff = -1
	tests := []struct {
		name     string
		ruling   request.Ruling
		status   int
		header   string
		once     bool
		attempts int
		want     time.Duration
	}{
		{"retry", request.Ruling{Action: request.Retry}, 404, "", false, 4, backOff},
		{"retry for so long", request.Ruling{Action: request.Retry, Wait: time.Minute}, 200, "5", false, 4, time.Minute},
		{"retry as the server says", request.Ruling{Action: request.Retry}, 500, "5", false, 4, 5 * time.Second},
		{"retry, once", request.Ruling{Action: request.Retry}, 500, "", true, 1, 0},
		{"retry, once, but not acted", request.Ruling{Action: request.Retry, Wait: time.Second}, 503, "", true, 4, time.Second},
		{"wait", request.Ruling{Action: request.Wait, Wait: 7 * time.Second}, 409, "", false, 4, 7 * time.Second},
		{"wait, once", request.Ruling{Action: request.Wait}, 200, "3", true, 4, 3 * time.Second},
		{"U25 wait of nothing", request.Ruling{Action: request.Wait, Wait: -1}, 200, "0", false, 4, backOff},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, request.Config{Judge: says(test.ruling)}, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", test.header)
					w.WriteHeader(test.status)
				})
				_, err := s.Do(t.Context(), request.Request{Path: "/x", Once: test.once})
				if len(s.at) != test.attempts || !errors.Is(err, request.ErrUnavailable) {
					t.Fatalf("%d attempts: %v", len(s.at), err)
				}
				if errors.Is(err, request.ErrRefused) {
					t.Error("retries in vain are no refusal")
				}
				for i := 1; i < len(s.at); i++ {
					got := s.at[i] - s.at[i-1]
					if test.want == backOff && got < time.Second/2 || test.want != backOff && got != test.want {
						t.Errorf("wait %d was %s, want %s", i, got, test.want)
					}
				}
			})
		})
	}
}

func TestRulingWaitTooLong(t *testing.T) {
	s := newSite(t, request.Config{Judge: says(request.Ruling{Action: request.Wait, Wait: time.Hour, Where: "m.hcl:1:1"})}, answers(200))
	_, err := s.Do(t.Context(), request.Request{Path: "/x"})
	var e *request.StatusError
	if !errors.As(err, &e) || e.Wait != time.Hour || !errors.Is(err, request.ErrUnavailable) || !strings.Contains(err.Error(), "it asks to wait 1h0m0s, more than the 5m0s allowed") {
		t.Errorf("U26: got %v", err)
	}
}

// TestRulingReauth: U22, also where the status says that all is well.
func TestRulingReauth(t *testing.T) {
	tests := []struct {
		name   string
		judge  request.Judge
		auth   *renewer
		status []int
		sent   int
		want   error
	}{
		{"U22 in a 200", first(request.Ruling{Action: request.Reauth}), &renewer{again: true}, []int{200}, 2, nil},
		{"instead of a redirect to the login page", first(request.Ruling{Action: request.Reauth}), &renewer{again: true}, []int{302, 200}, 2, nil},
		{"once per request", says(request.Ruling{Action: request.Reauth}), &renewer{again: true}, []int{200}, 2, request.ErrUnauthorized},
		{"after a 401", says(request.Ruling{Action: request.Reauth}), &renewer{again: true}, []int{401}, 2, request.ErrUnauthorized},
		{"a 403 that stays", says(request.Ruling{Action: request.Reauth}), &renewer{again: true}, []int{403}, 2, request.ErrForbidden},
		{"nothing to renew", says(request.Ruling{Action: request.Reauth}), &renewer{}, []int{200}, 1, request.ErrUnauthorized},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, request.Config{Auth: test.auth, Judge: test.judge}, answers(test.status...))
			_, err := s.Do(t.Context(), request.Request{Path: "/x", Once: true})
			if !errors.Is(err, test.want) || len(s.seen) != test.sent || test.auth.asked != 1 {
				t.Errorf("%d sent, %d renewed, %v", len(s.seen), test.auth.asked, err)
			}
			if last := s.seen[len(s.seen)-1].Header.Get("Authorization"); last != fmt.Sprint("key-", test.sent) {
				t.Errorf("last sent with %q", last)
			}
		})
	}
}

func TestJudgesInTurn(t *testing.T) {
	var asked []string
	name := func(name string, r request.Ruling) request.Judge {
		return func(context.Context, *request.Response) (request.Ruling, error) {
			asked = append(asked, name)
			return r, nil
		}
	}
	do := func(own, client request.Judge) error {
		asked = nil
		_, err := newSite(t, request.Config{Judge: client}, answers(404)).Do(t.Context(), request.Request{Path: "/x", Judge: own})
		return err
	}
	silent, accepts := request.Ruling{}, request.Ruling{Action: request.Accept}
	if err := do(name("own", accepts), name("client", request.Ruling{Action: request.Fail})); err != nil || !slices.Equal(asked, []string{"own"}) {
		t.Errorf("the request's own rules come first: %v, %v", asked, err)
	}
	if err := do(name("own", silent), name("client", accepts)); err != nil || !slices.Equal(asked, []string{"own", "client"}) {
		t.Errorf("then the client's: %v, %v", asked, err)
	}
	if err := do(name("own", silent), name("client", silent)); !errors.Is(err, request.ErrRefused) {
		t.Errorf("then the table: %v", err)
	}
	if err := do(name("own", request.Ruling{Action: "dance", Where: "m.hcl:1:1"}), nil); err == nil || !strings.Contains(err.Error(), `no action "dance"`) {
		t.Errorf("got %v", err)
	}
}

func TestJudgeError(t *testing.T) {
	broken := errors.New("m.hcl:4:12: jq failed")
	s := newSite(t, request.Config{Judge: func(context.Context, *request.Response) (request.Ruling, error) {
		return request.Ruling{Action: request.Accept}, broken
	}}, answers(500))
	if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != broken || len(s.seen) != 1 {
		t.Errorf("%d sent, %v", len(s.seen), err)
	}
}

// TestJudgeSeesWholeRefusals: half a refusal must not be taken for an answer.
func TestJudgeSeesWholeRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSite(t, request.Config{
			Judge: says(request.Ruling{Action: request.Accept}), MaxBody: 1000,
			Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				body := io.Reader(strings.NewReader("whole"))
				if n++; n == 1 {
					body = io.MultiReader(strings.NewReader("half"), broken{})
				}
				return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(body)}, nil
			}),
		}, nil)
		resp, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if err != nil || string(resp.Body) != "whole" || n != 2 {
			t.Errorf("%d sent, %v, %v", n, resp, err)
		}
	})
	s := newSite(t, request.Config{Judge: says(request.Ruling{Action: request.Accept}), MaxBody: 1000}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		w.Write(bytes.Repeat([]byte("x"), 2000))
	})
	if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); !errors.Is(err, request.ErrRefused) {
		t.Errorf("a refusal that is too long goes by the table: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestDefaults: the table can be printed, and has a word for each status.
func TestDefaults(t *testing.T) {
	want := map[int]request.Action{
		200: request.Accept, 226: request.Accept, 304: request.Fail, 401: request.Reauth, 403: request.Fail, 407: request.Fail,
		408: request.Retry, 418: request.Fail, 425: request.Fail, 429: request.Wait, 500: request.Retry, 503: request.Wait, 599: request.Retry,
	}
	for status := 200; status <= 599; status++ {
		i := slices.IndexFunc(request.Defaults(), func(r request.Row) bool { return r.From <= status && status <= r.To })
		if i < 0 || request.Defaults()[i].Means == "" {
			t.Fatalf("nothing is said of %d", status)
		}
		if got := request.Defaults()[i].Action; want[status] != "" && got != want[status] {
			t.Errorf("R01 %d: %s, want %s", status, got, want[status])
		}
	}
	request.Defaults()[0].Action = request.Fail
	if request.Defaults()[0].Action != request.Accept {
		t.Error("a caller can change the table")
	}
}

// What is lost is shown once, without status, when nothing more is tried; an answer knows
// whether another attempt follows.
func TestRulingOnTheLastAttempt(t *testing.T) {
	type sight struct {
		status int
		last   bool
	}
	broken := roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	refused := roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	})
	long := inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), 200)) })}
	for _, tc := range []struct {
		name   string
		server http.RoundTripper
		want   []sight
		says   string
	}{
		{"an error", inProcess{answers(500)}, []sight{{500, false}, {500, true}}, "answered 500 Internal Server Error, so split"},
		{"broken off", broken, []sight{{0, true}}, `got no whole answer, so split: "client.test: GET https://api.example/v1/x got no answer after 2 attempts`},
		{"too long", long, []sight{{0, true}}, `got no whole answer, so split: "client.test: GET https://api.example/v1/x: the answer is too large`},
		{"never sent", refused, nil, "connection refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []sight
				judge := func(_ context.Context, a *request.Response) (request.Ruling, error) {
					seen = append(seen, sight{a.Status, a.Last})
					if a.Last {
						return request.Ruling{Action: request.Split}, nil
					}
					return request.Ruling{}, nil
				}
				s := newSite(t, request.Config{Judge: judge, Retries: 1, MaxBody: 100, Transport: tc.server}, nil)
				_, err := s.Do(t.Context(), request.Request{Path: "/x?k=hunter2"})
				var e *request.RuledError
				if errors.As(err, &e) != (tc.want != nil) || err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v, want %q", err, tc.says)
				}
				if !slices.Equal(seen, tc.want) {
					t.Errorf("the judge saw %v, want %v", seen, tc.want)
				}
			})
		})
	}
}
