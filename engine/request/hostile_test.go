package request_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/request"
)

// TestHostileHeaders is U25: whatever a server writes into its headers, a request is sent
// at most once more than the budget of retries says, and never again at once.
func TestHostileHeaders(t *testing.T) {
	odd := rapid.OneOf(
		rapid.SampledFrom([]string{"", "0", "-1", "NaN", "inf", "1e9", "0.0000000001", "9999999999999999999", "61,60", "Sat, 01 Jan 2000 00:00:00 GMT", "1772366460", "2 Seconds", "null"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("0123456789.-+eEx ,:TZsmhd")), 0, 20, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		retries := rapid.IntRange(1, 5).Draw(t, "retries")
		statuses := rapid.SliceOfN(rapid.SampledFrom([]int{200, 404, 408, 429, 500, 503}), 10, 10).Draw(t, "statuses")
		ruling := request.Ruling{
			Action: rapid.SampledFrom([]request.Action{"", request.Retry, request.Wait}).Draw(t, "action"),
			Wait:   time.Duration(rapid.Int64().Draw(t, "wait")),
		}
		sent, waits := 0, 0
		u := url.URL{Scheme: "https", Host: "api.example"}
		client := request.New(request.Config{
			BaseURL: &u, Retries: retries, Judge: says(ruling), Budget: told, BudgetFloor: 1,
			Sleep: func(_ context.Context, d time.Duration) error {
				waits++
				if d <= 0 || d > 5*time.Minute {
					t.Fatalf("a wait of %s", d)
				}
				return nil
			},
			Transport: inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for _, name := range []string{"Retry-After", "Date", "X-Remaining", "X-Reset"} {
					w.Header()[name] = []string{odd.Draw(t, name)}
				}
				w.WriteHeader(statuses[min(sent, 9)])
				sent++
			})},
		})
		_, err := client.Do(context.Background(), request.Request{Path: "/x"})
		if sent > retries+1 || waits < sent-1 {
			t.Fatalf("%d sent with %d waits", sent, waits)
		}
		if err != nil && !errors.Is(err, request.ErrUnavailable) && !errors.Is(err, request.ErrRefused) {
			t.Fatal(err)
		}
	})
}
