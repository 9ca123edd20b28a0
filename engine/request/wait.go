package request

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Numbers from firstEpoch on are Unix seconds up to lastEpoch (the year 9999), and Unix
// milliseconds from firstMilli on; what lies between or beyond is nonsense.
const (
	firstEpoch = 1_000_000_000
	lastEpoch  = 253_402_300_799
	firstMilli = firstEpoch * 1000
	lastMilli  = lastEpoch*1000 + 999
)

var errWait = errors.New("it is neither a number of seconds, nor a duration such as 90s or 2 minutes, nor a date")

// ParseWait reads how long a server asks to wait: seconds ("60", "1.5"), a duration
// ("1m30s", "2 Seconds", "3 minutes"), or a moment as Unix seconds or milliseconds, HTTP
// date or RFC 3339, which now is subtracted from. A moment that has passed is 0. The
// result is never negative. The error does not show the text.
func ParseWait(text string, now time.Time) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if f, ok := number(text); ok {
		return numeric(f, now)
	}
	for _, parse := range []func(string) (time.Time, error){http.ParseTime, rfc3339} {
		if until, err := parse(text); err == nil {
			return max(until.Sub(now), 0), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 && !strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "-") {
		return d, nil
	}
	return words(text)
}

func rfc3339(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }

func numeric(f float64, now time.Time) (time.Duration, error) {
	switch {
	case f < firstEpoch:
		return span(f, time.Second)
	case f <= lastEpoch:
		return max(time.Unix(int64(math.Ceil(f)), 0).Sub(now), 0), nil
	case f >= firstMilli && f <= lastMilli:
		return max(time.UnixMilli(int64(math.Ceil(f))).Sub(now), 0), nil
	}
	return 0, errWait
}

var units = map[string]time.Duration{
	"millisecond": time.Millisecond, "msec": time.Millisecond, "ms": time.Millisecond,
	"second": time.Second, "sec": time.Second, "s": time.Second,
	"minute": time.Minute, "min": time.Minute, "m": time.Minute,
	"hour": time.Hour, "hr": time.Hour, "h": time.Hour,
	"day": 24 * time.Hour, "d": 24 * time.Hour,
}

// words reads "2 Seconds".
func words(text string) (time.Duration, error) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		return 0, errWait
	}
	f, ok := number(text[:end])
	name := strings.ToLower(strings.TrimSpace(text[end:]))
	unit, known := units[name]
	if !known {
		unit, known = units[strings.TrimSuffix(name, "s")]
	}
	if !ok || !known {
		return 0, errWait
	}
	return span(f, unit)
}

func span(f float64, unit time.Duration) (time.Duration, error) {
	d := math.Ceil(f * float64(unit))
	if !(d >= 0 && d < math.MaxInt64) {
		return 0, errWait
	}
	return time.Duration(d), nil
}

// number reads plain decimals only: no sign, exponent, hexadecimal or infinity.
func number(s string) (float64, bool) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// retryAfter is how long the header Retry-After (RFC 9110 section 10.2.3, read more
// generously) asks to wait, 0 if it does not say or the moment has passed.
func (r *Response) retryAfter() (time.Duration, error) {
	value := strings.TrimSpace(r.Header.Get("Retry-After"))
	if value == "" {
		return 0, nil
	}
	return ParseWait(value, r.ServerTime())
}

// ServerTime is what the server's own clock showed, where it tells it (header Date),
// else when the answer came. Moments in an answer are to be compared with it.
func (r *Response) ServerTime() time.Time {
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return date
	}
	if r.came.IsZero() {
		return time.Now()
	}
	return r.came
}
