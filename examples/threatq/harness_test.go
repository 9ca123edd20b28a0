package threatq

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// clock is a clock that moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is a library behind a real HTTP server, with a client that is logged in.
type bench struct {
	tb    testing.TB
	lib   *Library
	url   string
	token string
	clock *clock
}

const startText = "2024-05-01 10:00:00"

func start(tb testing.TB, o Options) *bench {
	tb.Helper()
	at, err := time.Parse(layout, startText)
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{tb: tb, clock: &clock{at: at}}
	if o.Now == nil {
		o.Now = b.clock.now
	}
	b.lib, err = Open(context.Background(), o)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(b.lib.Handler())
	b.url = server.URL
	tb.Cleanup(func() {
		server.Close()
		if err := b.lib.Close(); err != nil {
			tb.Error(err)
		}
	})
	b.login()
	return b
}

func (b *bench) login() {
	b.tb.Helper()
	opts := b.lib.options
	body, err := json.Marshal(row{"email": opts.Username, "password": opts.Password, "grant_type": "password", "client_id": opts.ClientID})
	if err != nil {
		b.tb.Fatal(err)
	}
	response, err := http.Post(b.url+"/api/token", "application/json", bytes.NewReader(body))
	if err != nil {
		b.tb.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		b.tb.Fatalf("login: status %d, error %v", response.StatusCode, err)
	}
	b.token = answer.Token
}

// raw sends a request; a body that is not a string is sent as JSON.
func (b *bench) raw(method, path string, body any) (*http.Response, []byte, error) {
	b.tb.Helper()
	var content []byte
	switch body := body.(type) {
	case nil:
	case string:
		content = []byte(body)
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			b.tb.Fatal(err)
		}
	}
	request, err := http.NewRequest(method, b.url+path, bytes.NewReader(content))
	if err != nil {
		b.tb.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+b.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, text, err
}

// do sends a request, wants the status and decodes the answer.
func (b *bench) do(status int, method, path string, body any) row {
	b.tb.Helper()
	response, text, err := b.raw(method, path, body)
	if err != nil {
		b.tb.Fatalf("%s %s: %v", method, path, err)
	}
	if response.StatusCode != status {
		b.tb.Fatalf("%s %s: status %d, want %d: %s", method, path, response.StatusCode, status, text)
	}
	if len(text) == 0 {
		return nil
	}
	var answer row
	if err := json.Unmarshal(text, &answer); err != nil {
		b.tb.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
	return answer
}

func (b *bench) get(path string) row { b.tb.Helper(); return b.do(200, "GET", path, nil) }

// at walks into an answer: names of members and indexes of arrays.
func at(tb testing.TB, v any, path ...any) any {
	tb.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(row)
			if !ok {
				tb.Fatalf("no object at %v of %v: %v", step, path, v)
			}
			v = m[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				tb.Fatalf("no element %d of %v in %v", step, path, v)
			}
			v = list[step]
		}
	}
	return v
}

// want compares a place in an answer by its text, so 1 is 1.0.
func want(tb testing.TB, v any, expected any, path ...any) {
	tb.Helper()
	if have := at(tb, v, path...); fmt.Sprint(have) != fmt.Sprint(expected) {
		tb.Errorf("%v = %v, want %v", path, have, expected)
	}
}

// absent wants a member not to be there.
func absent(tb testing.TB, v any, name string) {
	tb.Helper()
	if have, ok := v.(row)[name]; ok {
		tb.Errorf("%s is there: %v", name, have)
	}
}

func length(tb testing.TB, v any, expected int, path ...any) {
	tb.Helper()
	list, ok := at(tb, v, path...).([]any)
	if !ok || len(list) != expected {
		tb.Errorf("%v has %d elements, want %d: %v", path, len(list), expected, list)
	}
}

// ids are the ids of the rows of a list.
func ids(tb testing.TB, answer row) string {
	tb.Helper()
	text := ""
	for i := range at(tb, answer, "data").([]any) {
		text += fmt.Sprint(at(tb, answer, "data", i, "id"), " ")
	}
	return text
}

func q(text string) string { return url.QueryEscape(text) }
