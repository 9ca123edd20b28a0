package auth

import (
	"fmt"
	"net/http"
	"time"

	"tqmap/engine/request"
)

// FromCookie reads a token from a Set-Cookie line of the answer, the last of that name, as
// LoginConfig.Token wants it. The token ends when the cookie does, by Max-Age before
// Expires (RFC 6265); the cookie's path and domain are not looked at. Now is the clock, by
// default time.Now.
func FromCookie(name string, now func() time.Time) func(*request.Response) (string, time.Time, error) {
	if now == nil {
		now = time.Now
	}
	return func(resp *request.Response) (string, time.Time, error) {
		var set *http.Cookie
		for _, line := range resp.Header.Values("Set-Cookie") {
			if c, err := http.ParseSetCookie(line); err == nil && c.Name == name {
				set = c
			}
		}
		switch {
		case set == nil:
			return "", time.Time{}, fmt.Errorf("it sets no cookie %s", name)
		case set.MaxAge < 0:
			return "", time.Time{}, fmt.Errorf("it deletes the cookie %s", name)
		case set.Quoted:
			set.Value = `"` + set.Value + `"`
		}
		return set.Value, cookieEnd(set, now), nil
	}
}

func cookieEnd(c *http.Cookie, now func() time.Time) time.Time {
	if c.MaxAge > 0 {
		return now().Add(min(time.Duration(c.MaxAge), longest/time.Second) * time.Second)
	}
	return c.Expires
}
