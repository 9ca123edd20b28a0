package request_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// rawServer is a server of bytes: each connection gets the next of the answers, and what
// was asked is kept as it came over the wire.
type rawServer struct {
	url   string
	asked chan string
}

func newRawServer(t *testing.T, answers ...func(net.Conn)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{url: "http://" + l.Addr().String(), asked: make(chan string, 100)}
	stopped := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-stopped })
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.asked <- ask(c)
			answers[min(n, len(answers)-1)](c)
			c.Close()
		}
	}()
	return s
}

// ask reads one request: head, and a body of the length it tells.
func ask(c net.Conn) string {
	in := bufio.NewReader(c)
	var head strings.Builder
	length := 0
	for {
		line, err := in.ReadString('\n')
		head.WriteString(line)
		fmt.Sscanf(line, "Content-Length: %d", &length)
		if err != nil || line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	io.ReadFull(in, body)
	return head.String() + string(body)
}

func sends(text string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, text) } }

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

// direct connects without proxy, whatever the environment says, and keeps no connection.
func direct(t *testing.T) *http.Transport {
	tr := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestTargetBytes compares what is sent byte by byte.
func TestTargetBytes(t *testing.T) {
	pairs := []request.Pair{{Name: "z", Value: "a b&c"}, {Name: "a", Value: "é+/="}, {Name: "z", Value: ""}}
	tests := []struct {
		name string
		req  request.Request
		want string // the first line, without HTTP version
	}{
		{"slash kept encoded", request.Request{Path: "/a%2Fb/c"}, "GET /v%201/a%2Fb/c"},
		{"lower case kept", request.Request{Path: "/a%2fb%c3%a9"}, "GET /v%201/a%2fb%c3%a9"},
		{"both kept and encoded", request.Request{Path: "/a%2Fb/c d/é|[x]"}, "GET /v%201/a%2Fb/c%20d/%C3%A9%7C%5Bx%5D"},
		{"sub-delimiters kept", request.Request{Path: "/a;b=1,2/(x)/!$&'*+@:~"}, "GET /v%201/a;b=1,2/(x)/!$&'*+@:~"},
		{"dots kept", request.Request{Path: "/a/../b/./c//d"}, "GET /v%201/a/../b/./c//d"},
		{"order kept", request.Request{Path: "/x", Query: pairs}, "GET /v%201/x?z=a%20b%26c&a=%C3%A9%2B%2F%3D&z="},
		{"raw query", request.Request{Path: "/x", RawQuery: "q=[a]&&b|{c}=%zz+\"é\"&a=1"}, "GET /v%201/x?q=[a]&&b|{c}=%zz+\"é\"&a=1"},
		{"raw query at last", request.Request{Path: "/x?p=%2f", Query: pairs[2:], RawQuery: "$top=1"}, "GET /v%201/x?p=%2f&z=&$top=1"},
		{"other method", request.Request{Method: "PURGE", Path: "/x"}, "PURGE /v%201/x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newRawServer(t, sends(fine))
			var auth recorder
			client := request.New(request.Config{BaseURL: parse(t, s.url+"/v%201"), Transport: direct(t), Auth: &auth})
			test.req.Body, test.req.ContentType = []byte("{ \"b\" : 1}\x00\r\n"), "application/x-odd"
			if _, err := client.Do(t.Context(), test.req); err != nil {
				t.Fatal(err)
			}
			asked := <-s.asked
			line, rest, _ := strings.Cut(asked, " HTTP/1.1\r\n")
			head, body, _ := strings.Cut(rest, "\r\n\r\n")
			if line != test.want {
				t.Errorf("sent %s\nwant %s", line, test.want)
			}
			if body != string(test.req.Body) || !strings.Contains(head, "Content-Type: application/x-odd") {
				t.Errorf("sent %q, body %q", head, body)
			}
			if signed := test.req.Method + " " + auth.target; !strings.HasSuffix(line, signed) || auth.body != body {
				t.Errorf("signed %q %q", signed, auth.body)
			}
		})
	}
}

// recorder notes what an Authenticator gets to sign, and signs with a number used once.
type recorder struct {
	target, body string
	n            atomic.Int64
}

func (a *recorder) Apply(_ context.Context, r *http.Request) error {
	a.target = r.URL.RequestURI()
	in, err := r.GetBody()
	if err != nil {
		return err
	}
	body, err := io.ReadAll(in)
	a.body = string(body)
	r.Header.Set("X-Nonce", fmt.Sprint(a.n.Add(1)))
	return err
}

func (a *recorder) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

func TestBodylessRequest(t *testing.T) {
	s := newRawServer(t, sends(fine))
	client := request.New(request.Config{BaseURL: parse(t, s.url), Transport: direct(t)})
	if _, err := client.Do(t.Context(), request.Request{Path: "/x", ContentType: "application/json"}); err != nil {
		t.Fatal(err)
	}
	if asked := <-s.asked; strings.Contains(asked, "Content-") {
		t.Errorf("sent %q", asked)
	}
}

func TestRawQueryMistakes(t *testing.T) {
	for _, query := range []string{"k=hunter2 x", "k=hunter2\r\nHost: evil", "k=hunter2#x", "k=hunter2\x7f"} {
		s := newSite(t, request.Config{}, answers(200))
		_, err := s.Do(t.Context(), request.Request{Path: "/x", RawQuery: query})
		if err == nil || len(s.seen) != 0 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %d sent, %v", query, len(s.seen), err)
		}
	}
}

// TestEachAttemptIsSignedAnew: date and nonce must not be those of the first attempt.
func TestEachAttemptIsSignedAnew(t *testing.T) {
	s := newRawServer(t, sends("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), func(net.Conn) {}, sends(fine))
	client := request.New(request.Config{BaseURL: parse(t, s.url), Transport: direct(t), Auth: &recorder{}, Sleep: noSleep})
	if _, err := client.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		if asked := <-s.asked; !strings.Contains(asked, fmt.Sprintf("X-Nonce: %d\r\n", n)) || !strings.HasSuffix(asked, "\r\n\r\n{}") {
			t.Errorf("attempt %d: %q", n, asked)
		}
	}
}

func noSleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// TestLossOnTheWire is U27: whatever the network does, the same strategy follows.
func TestLossOnTheWire(t *testing.T) {
	packed := string(zip(t, bytes.Repeat([]byte("words "), 1000)))
	tests := []struct {
		name   string
		answer func(net.Conn)
		want   string
	}{
		{"hung up", func(net.Conn) {}, "got no answer after 4 attempts"},
		{"reset in mid-body", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"half\":")
			c.(*net.TCPConn).SetLinger(0)
		}, "got no answer after 4 attempts"},
		{"closed in mid-body", sends("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"half\":"), "the answer broke off"},
		{"closed in mid-chunk", sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{\"half\":"), "the answer broke off"},
		{"gzip cut short", sends(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(packed)/2, packed[:len(packed)/2])), "the answer broke off"},
		{"no HTTP", sends("SSH-2.0-OpenSSH_9.6\r\n"), "malformed HTTP"},
	}
	for _, test := range tests {
		for _, spool := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, " spool=", spool), func(t *testing.T) {
				s := newRawServer(t, test.answer)
				waits := 0
				client := request.New(request.Config{
					BaseURL: parse(t, s.url), Transport: direct(t), SpoolFrom: 3,
					Sleep: func(context.Context, time.Duration) error { waits++; return nil },
				})
				_, err := client.Do(t.Context(), request.Request{Path: "/x?k=hunter2", Spool: spool})
				var e *request.TransportError
				if !errors.As(err, &e) || e.Attempts != 4 || waits != 3 || !errors.Is(err, request.ErrUnavailable) || !e.Sent {
					t.Fatalf("%d waits, %v", waits, err)
				}
				if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v, want %q", err, test.want)
				}
			})
		}
	}
}

// drip is a body that gives a byte a second, for ever.
type drip struct{ ctx context.Context }

func (d drip) Read(p []byte) (int, error) {
	time.Sleep(time.Second) // of the bubble's clock
	return copy(p, "."), d.ctx.Err()
}

// TestSlowDrip is U27 and U14: the time of an attempt is that of the whole answer.
func TestSlowDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Timeout: 20 * time.Second, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(drip{r.Context()})}, nil
		})}, nil)
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		var e *request.TransportError
		if !errors.As(err, &e) || e.Attempts != 4 || !errors.Is(err, request.ErrUnavailable) || !strings.Contains(err.Error(), "no answer within 20s") {
			t.Errorf("got %v", err)
		}
	})
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	client := request.New(request.Config{BaseURL: parse(t, "http://"+l.Addr().String()), Transport: direct(t), Sleep: noSleep})
	_, err = client.Do(t.Context(), request.Request{Path: "/x", Once: true})
	var e *request.TransportError
	if !errors.As(err, &e) || e.Attempts != 4 || e.Sent || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("U27: %v", err)
	}
}

// TestPostRedirects: 303 and the like fetch the result, 307 and 308 ask again.
func TestPostRedirects(t *testing.T) {
	tests := []struct {
		method string
		status int
		want   string
	}{
		{"POST", 301, "GET /r "}, {"POST", 302, "GET /r "}, {"POST", 303, "GET /r "},
		{"PUT", 303, "GET /r "}, {"DELETE", 303, "GET /r "},
		{"POST", 307, "POST /r b"}, {"POST", 308, "POST /r b"}, {"PUT", 307, "PUT /r b"}, {"PATCH", 308, "PATCH /r b"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.method, " ", test.status), func(t *testing.T) {
			got, kind := "", ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/x" {
					w.Header().Set("Location", "/r")
					w.WriteHeader(test.status)
					return
				}
				body, _ := io.ReadAll(r.Body)
				got, kind = r.Method+" "+r.URL.Path+" "+string(body), r.Header.Get("Content-Type")
				if (len(body) > 0) != (r.Header.Get("Content-Language") != "") {
					t.Errorf("headers of the body: %v", r.Header)
				}
				if r.Header.Get("Authorization") != "key-2" {
					t.Errorf("credentials lost: %v", r.Header)
				}
			}))
			defer server.Close()
			client := request.New(request.Config{BaseURL: parse(t, server.URL), Transport: direct(t), Auth: &renewer{}, Header: http.Header{"Content-Language": {"en"}}})
			if _, err := client.Do(t.Context(), request.Request{Method: test.method, Path: "/x", Body: []byte("b"), ContentType: "text/plain", Once: true}); err != nil {
				t.Fatal(err)
			}
			if got != test.want || (kind != "") != strings.HasSuffix(test.want, "b") {
				t.Errorf("sent %q as %q, want %q", got, kind, test.want)
			}
		})
	}
}

// TestOnceBehindARedirect: after a 303 the server has acted, whatever comes next.
func TestOnceBehindARedirect(t *testing.T) {
	for _, status := range []int{503, 429, 500} {
		s := newSite(t, request.Config{Sleep: noSleep}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/x" {
				http.Redirect(w, r, "/result", http.StatusSeeOther)
				return
			}
			w.WriteHeader(status)
		})
		_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Once: true})
		if err == nil || !strings.Contains(err.Error(), "may have taken effect") || len(s.seen) != 2 {
			t.Errorf("%d: %d sent, %v", status, len(s.seen), err)
		}
	}
}

// TestRedirectTargetBytes: a redirect is followed as it is written.
func TestRedirectTargetBytes(t *testing.T) {
	s := newRawServer(t, sends("HTTP/1.1 302 Found\r\nLocation: /a%2Fb/c d?q=%2f#top\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), sends(fine))
	client := request.New(request.Config{BaseURL: parse(t, s.url), Transport: direct(t)})
	if _, err := client.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
		t.Fatal(err)
	}
	<-s.asked
	if line, _, _ := strings.Cut(<-s.asked, " HTTP/1.1"); line != "GET /a%2Fb/c%20d?q=%2f" {
		t.Errorf("sent %s", line)
	}
}
