package request

import "net/http"

// action is what the chain does about an answer.
type action int

const (
	fail   action = iota // report it
	accept               // hand it over
	renew                // fresh credentials and one replay, else fail
	wait                 // as Retry-After says, else back off; the server did not act, so even for Request.Once
	repeat               // back off; not for Request.Once, as the server may have acted
)

// defaults is the status table: the first row that holds the status decides, and a
// status in none fails.
var defaults = []struct {
	from, to int
	do       action
}{
	{200, 299, accept},
	{http.StatusUnauthorized, http.StatusUnauthorized, renew},
	{http.StatusRequestTimeout, http.StatusRequestTimeout, repeat},
	{http.StatusTooManyRequests, http.StatusTooManyRequests, wait},
	{http.StatusServiceUnavailable, http.StatusServiceUnavailable, wait},
	{500, 599, repeat},
}

func verdict(status int) action {
	for _, row := range defaults {
		if row.from <= status && status <= row.to {
			return row.do
		}
	}
	return fail
}
