package request

import (
	"net/http"
	"strings"
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
		{"Unix milliseconds", "1772366445000", "", 45 * time.Second, false},
		{"between seconds and milliseconds", "900000000000", "", 0, true},
		{"beyond milliseconds", "253402300800000", "", 0, true},
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
			got, err := (&Response{Header: h, came: noon}).retryAfter()
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("got %s, %v; want %s, error %t", got, err, test.want, test.bad)
			}
		})
	}
}

func TestParseWait(t *testing.T) {
	tests := []struct {
		name, text string
		want       time.Duration
		bad        bool
	}{
		{"R07 seconds", "60", time.Minute, false},
		{"U24 fraction", "1.5", 1500 * time.Millisecond, false},
		{"U24 epoch seconds", "1772366460", time.Minute, false},
		{"U24 epoch milliseconds", "1772366400250", 250 * time.Millisecond, false},
		{"R11 HTTP date", "Sun, 01 Mar 2026 12:00:30 GMT", 30 * time.Second, false},
		{"RFC 3339", "2026-03-01T13:00:30+01:00", 30 * time.Second, false},
		{"RFC 3339 with a fraction", "2026-03-01T12:00:00.5Z", time.Second / 2, false},
		{"R15 past", "2026-03-01T11:59:00Z", 0, false},
		{"words", " 2 Seconds ", 2 * time.Second, false},
		{"minutes", "3 minutes", 3 * time.Minute, false},
		{"one", "1 minute", time.Minute, false},
		{"no blank", "1.5hours", 90 * time.Minute, false},
		{"milliseconds", "250 ms", 250 * time.Millisecond, false},
		{"Go", "1m30s", 90 * time.Second, false},
		{"days", "2d", 48 * time.Hour, false},
		{"zero", "0", 0, false},
		{"R19 empty", "", 0, true},
		{"R19 blank", " ", 0, true},
		{"R07 list", "61,60", 0, true},
		{"R19 negative", "-5", 0, true},
		{"R19 negative duration", "-5m", 0, true},
		{"R19 signed duration", "+5m", 0, true},
		{"R09 not a number", "NaN", 0, true},
		{"R09 infinite", "inf", 0, true},
		{"R09 infinite seconds", "inf seconds", 0, true},
		{"R19 unit alone", "seconds", 0, true},
		{"R19 unknown unit", "5 fortnights", 0, true},
		{"U25 absurd", "99999999999999999999 hours", 0, true},
		{"U25 absurd number", strings.Repeat("9", 400), 0, true},
		{"dots", "1..5 seconds", 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseWait(test.text, noon)
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("got %s, %v; want %s, error %t", got, err, test.want, test.bad)
			}
			if err != nil && len(test.text) > 2 && strings.Contains(err.Error(), test.text) && test.text != "seconds" {
				t.Errorf("%v quotes the server", err)
			}
		})
	}
}

// FuzzParseWait: a wait is never negative, and there is none beside an error.
func FuzzParseWait(f *testing.F) {
	for _, text := range []string{"", "60", "1.5", "1772366400250", "2 Seconds", "1m30s", "9223372036854775807 h", "-1", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ParseWait(text, noon); got < 0 || err != nil && got != 0 {
			t.Errorf("%q gives %d, %v", text, got, err)
		}
	})
}

// FuzzRetryAfter: whatever a server sends is a wait that can be compared with the
// longest allowed one, or an error; never negative.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "60", "61,60", "-1", "1e400", "9223372036854775807", "Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "253402300799", "\x00", "0.0000001"} {
		f.Add(value, "Sun, 01 Mar 2026 12:00:00 GMT")
		f.Add(value, "rubbish")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got, err := (&Response{Header: http.Header{"Retry-After": {value}, "Date": {date}}, came: noon}).retryAfter()
		if got < 0 || err != nil && got != 0 {
			t.Errorf("%q gives %d, %v", value, got, err)
		}
	})
}
