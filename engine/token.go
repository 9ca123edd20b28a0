package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// tokenFinder reads the token out of the answer to a login, and when it ends.
type tokenFinder struct {
	jq                   *code.JQ
	header               string
	cookie               func(*request.Response) (string, time.Time, error) // may be nil
	expiresIn, expiresAt *code.JQ
	bound                *dsl.Bound
	now                  func() time.Time // nil: time.Now
}

// find returns "" where there is none; the caller makes that an error.
func (t tokenFinder) find(resp *request.Response) (token string, end time.Time, err error) {
	body, unread := code.Decode(resp.Body)
	if t.jq != nil && unread == nil {
		if token, err = t.text(t.jq, resp, body); err != nil {
			return "", time.Time{}, err
		}
	}
	if token == "" && t.header != "" {
		token = resp.Header.Get(t.header)
	}
	if token == "" && t.cookie != nil {
		if token, end, err = t.cookie(resp); err != nil {
			return "", time.Time{}, err
		}
	}
	if unread == nil && token != "" {
		said, err := t.expiry(resp, body)
		if err != nil {
			return "", time.Time{}, err
		}
		if !said.IsZero() {
			end = said
		}
	}
	return token, end, nil
}

// text is the first output of q as text, "" if it is null.
func (t tokenFinder) text(q *code.JQ, resp *request.Response, body any) (string, error) {
	out, err := view{bound: t.bound, response: resp}.first(context.Background(), q, body)
	if err != nil {
		return "", err
	}
	switch out.(type) {
	case map[string]any, []any:
		return "", errNoText
	}
	text, _ := code.Text(out)
	return text, nil
}

var errNoText = errors.New("the jq program finds an object or a list, where text is needed")

// expiry is what the body says, the zero time if nothing.
func (t tokenFinder) expiry(resp *request.Response, body any) (time.Time, error) {
	at, err := t.end("expires_at", t.expiresAt, tokenEnd, resp, body)
	if err != nil || !at.IsZero() {
		return at, err
	}
	return t.end("expires_in", t.expiresIn, t.after, resp, body)
}

// end is what q finds, as read understands it; the zero time for null.
func (t tokenFinder) end(name string, q *code.JQ, read func(string) (time.Time, bool), resp *request.Response, body any) (time.Time, error) {
	if q == nil {
		return time.Time{}, nil
	}
	text, err := t.text(q, resp, body)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, ok := read(text)
	if !ok {
		return time.Time{}, fmt.Errorf("%s: %w", name, errNoEnd)
	}
	return at, nil
}

// after is the time in so many seconds.
func (t tokenFinder) after(text string) (time.Time, bool) {
	now := t.now
	if now == nil {
		now = time.Now
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0) {
		return time.Time{}, false
	}
	return now().Add(time.Duration(min(seconds, maxLife.Seconds()) * float64(time.Second))), true
}

var errNoEnd = errors.New("what it finds in the answer is no end of a token: expires_in takes a positive number of seconds, expires_at RFC 3339 or a time since 1970")

// maxLife bounds the life of a token to what can be added to a time.
const maxLife = 100 * 365 * 24 * time.Hour

// milliseconds is where a number of seconds since 1970 would be in the year 5138.
const milliseconds = 1e11

func tokenEnd(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(n) || n <= 0 || n > milliseconds*1000:
		return time.Time{}, false
	case n >= milliseconds:
		return time.UnixMilli(int64(n)), true
	}
	return time.UnixMilli(int64(n * 1000)), true
}
