package request

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Retry-After (RFC 9110 section 10.2.3) is a number of seconds or an HTTP date.
// Some servers send Unix seconds instead: numbers from firstEpoch on are read so,
// numbers past lastEpoch (the year 9999) are nonsense.
const (
	firstEpoch = 1_000_000_000
	lastEpoch  = 253_402_300_799
)

// retryAfter is how long the server asks to wait, 0 if it does not say or the moment has
// passed. Points in time are compared with the server's own clock where it tells it.
func retryAfter(h http.Header, now time.Time) (time.Duration, error) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, nil
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	until, err := http.ParseTime(value)
	if err != nil {
		seconds, ok := number(value)
		switch {
		case !ok || seconds > lastEpoch:
			return 0, errors.New("it is neither a number of seconds nor an HTTP date")
		case seconds < firstEpoch:
			return time.Duration(math.Ceil(seconds * float64(time.Second))), nil
		}
		until = time.Unix(int64(math.Ceil(seconds)), 0)
	}
	return max(until.Sub(now), 0), nil
}

// number reads plain decimals only: no sign, exponent, hexadecimal or infinity.
func number(s string) (float64, bool) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
