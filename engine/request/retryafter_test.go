package request

import (
	"net/http"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // 1772366400

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, value, date string
		want              time.Duration
		bad               bool
	}{
		{"absent", "", "", 0, false},
		{"blank", "  ", "", 0, false},
		{"seconds", " 120 ", "", 2 * time.Minute, false},
		{"fraction", "0.25", "", 250 * time.Millisecond, false},
		{"date", "Sun, 01 Mar 2026 12:00:30 GMT", "", 30 * time.Second, false},
		{"old date form", "Sunday, 01-Mar-26 12:00:30 GMT", "", 30 * time.Second, false},
		{"date on a clock an hour ahead", "Sun, 01 Mar 2026 13:00:30 GMT", "Sun, 01 Mar 2026 13:00:00 GMT", 30 * time.Second, false},
		{"Unix seconds", "1772366445", "", 45 * time.Second, false},
		{"Unix seconds in the past", "1000000000", "", 0, false},
		{"Unix milliseconds", "1772366445000", "", 0, true},
		{"last delta", "999999999", "", 999999999 * time.Second, false},
		{"zone other than GMT", "Sun, 01 Mar 2026 12:00:30 +0100", "", 0, true},
		{"words", "soon", "", 0, true},
		{"plus", "+5", "", 0, true},
		{"hexadecimal", "0x10", "", 0, true},
		{"dots", "1.2.3", "", 0, true},
		{"dot", ".", "", 0, true},
		{"not a number", "NaN", "", 0, true},
		{"Arabic digits", "٣٠", "", 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{"Retry-After": {test.value}, "Date": {test.date}}
			got, err := retryAfter(h, noon)
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("got %s, %v; want %s, error %t", got, err, test.want, test.bad)
			}
		})
	}
}

// FuzzRetryAfter: whatever a server sends is a wait that can be compared with the
// longest allowed one, or an error; never negative.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "60", "61,60", "-1", "1e400", "9223372036854775807", "Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "253402300799", "\x00", "0.0000001"} {
		f.Add(value, "Sun, 01 Mar 2026 12:00:00 GMT")
		f.Add(value, "rubbish")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got, err := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, noon)
		if got < 0 || err != nil && got != 0 {
			t.Errorf("%q gives %d, %v", value, got, err)
		}
	})
}
