package engine

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// play is a server that answers what it is told to. Its text is a row of steps:
//
//	> GET /items?page=2      the request it is for; "> *" is any, "> *x" one whose body holds x
//	200 {"items": []}        status and body; or close, to break off without an answer
//	Name: value              headers; !gzip packs the body, !always keeps the step for further
//	                         requests, !after N waits until N requests have come, !items A-B of C makes items
//	                         whose ids are these numbers, and a total
//
// After a blank line follows a body of several lines. A request takes the first step that is for
// it; one without a step gets status 418.
type play struct {
	server *httptest.Server
	mu     sync.Mutex
	came   *sync.Cond
	steps  []*playStep
	got    []playRequest
}

type playRequest struct {
	line, body string
	header     http.Header
}

type playStep struct {
	line, status string
	header       http.Header
	body         []byte
	gzip, always bool
	used         bool
	after        int
}

func newPlay(t *testing.T) *play {
	s := &play{}
	s.came = sync.NewCond(&s.mu)
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *play) load(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = nil
	for _, part := range strings.Split("\n"+text, "\n> ")[1:] {
		s.steps = append(s.steps, parseStep(part))
	}
}

func parseStep(text string) *playStep {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	step := &playStep{line: lines[0], header: http.Header{}}
	status, inline, _ := strings.Cut(lines[1], " ")
	step.status = status
	step.body = []byte(inline)
	if inline == "" {
		step.body = []byte(strings.TrimSpace(body))
	}
	for _, line := range lines[2:] {
		name, value, _ := strings.Cut(line, " ")
		switch {
		case name == "!gzip":
			step.gzip = true
		case name == "!always":
			step.always = true
		case name == "!after":
			step.after, _ = strconv.Atoi(value)
		case name == "!items":
			step.body = manyItems(value)
		default:
			step.header.Add(strings.TrimSuffix(name, ":"), value)
		}
	}
	if step.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(step.body)
		_ = w.Close()
		step.body = packed.Bytes()
	}
	return step
}

// manyItems are items whose ids are the numbers from and to, one each second of the day.
func manyItems(span string) []byte {
	var from, to, total int
	if n, err := fmt.Sscanf(span, "%d-%d of %d", &from, &to, &total); n < 2 {
		panic(err)
	}
	items := []any{}
	for i := from; i <= to; i++ {
		items = append(items, map[string]any{"id": i, "at": at("00:00:00").Add(time.Duration(i) * time.Second)})
	}
	out, err := json.Marshal(map[string]any{"items": items, "total": total})
	if err != nil {
		panic(err)
	}
	return out
}

func (s *play) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.RequestURI
	step := s.next(line, string(body), r.Header)
	switch {
	case step == nil:
		w.WriteHeader(http.StatusTeapot)
		return
	case step.status == "close":
		panic(http.ErrAbortHandler)
	}
	status, err := strconv.Atoi(step.status)
	if err != nil {
		panic(err)
	}
	for name, values := range step.header {
		w.Header()[name] = values
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(step.body)
}

func (s *play) next(line, body string, header http.Header) *playStep {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, playRequest{line, body, header})
	s.came.Broadcast()
	for _, step := range s.steps {
		part, any := strings.CutPrefix(step.line, "*")
		if (step.line == line || any && strings.Contains(body, part)) && (!step.used || step.always) {
			step.used = true
			for len(s.got) < step.after {
				s.came.Wait()
			}
			return step
		}
	}
	return nil
}

// take returns the requests since the last time.
func (s *play) take() []playRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// done checks that every step was used.
func (s *play) done(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, step := range s.steps {
		if !step.used {
			t.Errorf("nobody asked for %q", step.line)
		}
	}
	s.steps = nil
}
