package aed

import (
	"net/http/httptest"
	"testing"
)

func FuzzParseFault(f *testing.F) {
	for _, text := range []string{"token", "rate on=alerts after=2 times=forever retry_after=2s", "cap size=7", "ignore param=severity,q", "busy times="} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		var q Simulator
		q.Inject(fault)
		q.faults.take(httptest.NewRequest("GET", "/api/aed/v3/alerts/", nil))
	})
}

// Whatever is asked for, there is an answer.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{"", "page=2&perPage=0", "severity=low,high&q=a%2Bb", "startTime=1&endTime=-1", "page=1000000000000000000", "page=9223372036854775807&perPage=9223372036854775807", "%"} {
		f.Add(query)
	}
	sim, err := New(Options{Alerts: 40, Epoch: epoch, PageCap: 25})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/api/aed/v3/alerts/", nil)
		r.URL.RawQuery = query
		r.Header.Set("X-Arbux-APIToken", DefaultToken)
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%q: %d", query, w.Code)
		}
	})
}
