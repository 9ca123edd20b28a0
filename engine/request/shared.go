package request

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// shared is what the server counts or remembers of us, whoever the request is for.
type shared struct {
	limiter *rate.Limiter
	jar     http.CookieJar // nil: none

	mu   sync.Mutex
	hold time.Time // no request before it
}

func newShared(c Config) *shared {
	s := &shared{limiter: limiter(c.Rate, c.Burst)}
	if c.Cookies {
		s.jar, _ = cookiejar.New(nil) // never fails
	}
	return s
}

// cookies is what the own origin has set for u.
func (s *shared) cookies(u *url.URL) string {
	if s.jar == nil {
		return ""
	}
	return fmt.Sprint(s.jar.Cookies(u))
}

// addCookies puts on r what the own origin has set.
func (s *shared) addCookies(r *http.Request) {
	if s.jar == nil {
		return
	}
	for _, c := range s.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
}

func (s *shared) keepCookies(u *url.URL, h http.Header) {
	if s.jar == nil {
		return
	}
	if set := (&http.Response{Header: h}).Cookies(); len(set) > 0 {
		s.jar.SetCookies(u, set)
	}
}

// pace waits until the server's budget and our own rate allow another request.
func (k *call) pace(ctx context.Context) error {
	now := k.cfg.Now()
	k.mu.Lock()
	held := k.hold.Sub(now)
	k.mu.Unlock()
	if held > 0 {
		why := "the server allows no more requests until then"
		if k.beyond(held) {
			return k.late(why, held)
		}
		k.cfg.Log.InfoContext(ctx, fmt.Sprintf("waiting %s because %s", rounded(held), why), "client", k.cfg.Name)
		if err := k.sleep(ctx, held); err != nil {
			return err
		}
	}
	return k.limit(ctx)
}

// tellWait is how long a wait for our own rate limit may be without a word.
const tellWait = 5 * time.Second

// limit takes a turn of the rate limit, or gives it back if it would come too late.
func (k *call) limit(ctx context.Context) error {
	now := k.cfg.Now()
	turn := k.limiter.ReserveN(now, 1)
	d := turn.DelayFrom(now)
	end, ends := ctx.Deadline()
	switch {
	case d <= 0:
		return nil
	case k.beyond(d):
		turn.CancelAt(now)
		return k.late("the rate limit allows the next request only then", d)
	case ends && time.Until(end) < d:
		turn.CancelAt(now)
		return fmt.Errorf("%s: the rate limit allows the next request in %s, after the deadline: %w", k.cfg.Name, rounded(d), context.DeadlineExceeded)
	}
	if d >= tellWait {
		k.cfg.Log.InfoContext(ctx, fmt.Sprintf("waiting %s because of our own rate limit", rounded(d)), "client", k.cfg.Name)
	}
	err := k.sleep(ctx, d)
	if err != nil {
		turn.CancelAt(k.cfg.Now())
	}
	return err
}

// budget holds back further requests as a tells. Only later moments count: answers may
// come in another order than they were sent in.
func (k *call) budget(a *answer) {
	if k.cfg.Budget == nil || a.at.foreign {
		return
	}
	remaining, reset, ok := k.cfg.Budget(a.Response)
	if !ok || remaining > k.cfg.BudgetFloor || reset <= 0 {
		return
	}
	until := k.cfg.Now().Add(min(reset, k.cfg.MaxWait))
	k.mu.Lock()
	defer k.mu.Unlock()
	if until.After(k.hold) {
		k.hold = until
	}
}
