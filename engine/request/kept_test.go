package request_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"testing"

	"tqmap/engine/request"
)

// U44: nothing is kept of a request once it is answered, refused or has been retried.
func TestNothingIsKeptOfRequests(t *testing.T) {
	n := 0
	serve := roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		return inProcess{answers([]int{200, 404, 304}[n%3])}.RoundTrip(r)
	})
	c := request.New(request.Config{Name: "client.test", BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: serve, Retries: 1})
	ask := func(from, to int) {
		for i := from; i < to; i++ {
			_, _ = c.Do(t.Context(), request.Request{Method: "GET", Path: fmt.Sprintf("/item/%d", i)}) // what becomes of it does not matter
		}
	}
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.Mallocs - m.Frees)
	}
	const many = 3000
	ask(0, many)
	before := live()
	ask(many, 2*many)
	if kept := live() - before; kept > many/3 {
		t.Errorf("%d objects are kept of %d requests", kept, many)
	}
	runtime.KeepAlive(c)
}
