// Package tutorial simulates the API of a malware feed that does not exist, with the
// habits that most real ones have: a key in a header, pages behind a cursor, a filter
// by time, a limit of requests, and one record that is not as documented.
//
//	GET /v1/samples?since=<RFC 3339>&limit=<1-100>&cursor=<next_cursor>
//	X-Api-Key: <key>
//
// It answers {"data": [sample…], "next_cursor": text or null}, samples by rising
// "added", from since on. Mistakes are answered with {"error": {"message": text}}.
package tutorial

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// DefaultKey is the API key that the feed takes.
	DefaultKey = "ember-7c41e9"
	// DefaultRate is its limit in requests per second.
	DefaultRate = 2
	// DefaultSamples is how many samples it holds.
	DefaultSamples = 25
)

// Options say what the feed is like.
type Options struct {
	Samples int     // 0: DefaultSamples
	Rate    float64 // 0: DefaultRate, negative: no limit
	Now     func() time.Time
}

// Feed is the simulated API.
type Feed struct {
	samples []Sample
	rate    float64
	now     func() time.Time

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// New makes a feed with its samples.
func New(o Options) *Feed {
	f := &Feed{rate: o.Rate, now: o.Now}
	if f.rate == 0 {
		f.rate = DefaultRate
	}
	if f.now == nil {
		f.now = time.Now
	}
	if o.Samples == 0 {
		o.Samples = DefaultSamples
	}
	for i := range o.Samples {
		f.samples = append(f.samples, sample(i))
	}
	f.tokens = f.rate
	return f
}

// Handler serves the API.
func (f *Feed) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/samples", f.list)
	return mux
}

func (f *Feed) list(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != DefaultKey {
		problem(w, http.StatusUnauthorized, "unknown API key")
		return
	}
	if !f.take() {
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusTooManyRequests, "slow down")
		return
	}
	page, err := f.page(r.URL.Query().Get("since"), r.URL.Query().Get("limit"), r.URL.Query().Get("cursor"))
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	reply(w, http.StatusOK, page)
}

// take counts a request; false if it is one too many.
func (f *Feed) take() bool {
	if f.rate < 0 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if !f.last.IsZero() {
		f.tokens = min(max(1, f.rate), f.tokens+now.Sub(f.last).Seconds()*f.rate)
	}
	f.last = now
	if f.tokens < 1 {
		return false
	}
	f.tokens--
	return true
}

// page is an answer.
type page struct {
	Data []Sample `json:"data"`
	Next *string  `json:"next_cursor"`
}

func (f *Feed) page(since, limit, cursor string) (page, error) {
	size, from, err := f.place(since, limit, cursor)
	if err != nil {
		return page{}, err
	}
	to := min(from+size, len(f.samples))
	out := page{Data: append([]Sample{}, f.samples[from:to]...)}
	if to < len(f.samples) {
		next := base64.RawURLEncoding.EncodeToString([]byte("at:" + strconv.Itoa(to)))
		out.Next = &next
	}
	return out, nil
}

// place is how many samples to give, and from which on.
func (f *Feed) place(since, limit, cursor string) (size, from int, err error) {
	size = 10
	if limit != "" {
		if size, err = strconv.Atoi(limit); err != nil || size < 1 || size > 100 {
			return 0, 0, fmt.Errorf("limit must be a number from 1 to 100")
		}
	}
	if cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if _, scan := fmt.Sscanf(string(text), "at:%d", &from); err != nil || scan != nil || from < 0 || from > len(f.samples) {
			return 0, 0, fmt.Errorf("unknown cursor")
		}
		return size, from, nil
	}
	if since == "" {
		return size, 0, nil
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return 0, 0, fmt.Errorf("since must be RFC 3339")
	}
	for from < len(f.samples) && f.samples[from].Added.Before(at) {
		from++
	}
	return size, from, nil
}

func problem(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"message": message}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}
