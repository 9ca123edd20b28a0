package request

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"
)

// NoRetries, as Config.Retries, sends each request only once.
const NoRetries = -1

// Config describes a client. Zero values mean the defaults given here.
type Config struct {
	// Name is how errors and logs call the client, "client.appliance" say.
	// Default: the host of BaseURL.
	Name string
	// BaseURL is what every path is joined to: http or https, without user
	// name and password. Its query, if any, is sent with every joined path.
	BaseURL *url.URL
	// Auth puts credentials on requests to BaseURL's own origin. Nil: none.
	Auth Authenticator
	// Rate is the number of requests per second, retries included; 0 does not
	// limit. Burst requests may go out at once; default 1.
	Rate  float64
	Burst int
	// Timeout bounds one attempt, from connecting to the last byte of the
	// answer. Default 60 s.
	Timeout time.Duration
	// Retries is how often a request is repeated after its first attempt, waits
	// the server asked for included. 0 means the default of 3; any negative
	// number (NoRetries) means none.
	Retries int
	// RetryWait is the wait before the first retry; each further one is twice as
	// long, at most 30 s, give or take a part by chance. Default 1 s.
	RetryWait time.Duration
	// Deadline bounds one Do, all its attempts and waits included; 0 does not. A
	// wait that would pass it is not begun.
	Deadline time.Duration
	// MaxBody is the size of the longest answer, in bytes after decompression.
	// Default 64 MiB. Answers that unpack to more than 200 times their size are
	// refused too, whatever their length.
	MaxBody int64
	// SpoolFrom is the longest answer that stays in memory where Request.Spool is
	// set. Default 4 MiB.
	SpoolFrom int64
	// MaxWait is the longest single wait. A server that asks for more stops the
	// request at once, with an error that says so. Default 5 min.
	MaxWait time.Duration
	// Judge decides about answers; where it does not, the default table does. It
	// must be safe for concurrent use. Nil: the default table alone.
	Judge Judge
	// Budget reads how many requests the server still allows, and when it counts
	// anew; false: the answer does not say. At BudgetFloor or fewer, the client's next
	// request waits until then, MaxWait at most. It must be safe for concurrent
	// use. Nil: the server tells nothing.
	Budget      func(*Response) (remaining int, reset time.Duration, ok bool)
	BudgetFloor int
	// Cookies keeps the cookies that the own origin sets, and sends them there alone.
	Cookies bool
	// Transport sends the requests. Default: NewTransport with a zero
	// TransportConfig. The chain asks it for one exchange at a time and follows
	// redirects itself.
	Transport http.RoundTripper
	// AllowHosts lists the foreign hosts ("host", or "host:port" for a port
	// that is not the scheme's own) that absolute URLs and redirects may lead
	// to. They get no credentials and only the headers that describe content.
	AllowHosts []string
	// Header is sent with every request.
	Header http.Header
	// ErrorMessage finds the vendor's own error text in the body of a refusal.
	// Where it is nil or answers "", the raw text is used.
	ErrorMessage func(body []byte) string
	// Observe, if set, is told of every exchange, in the goroutine that calls
	// Do; so it must be safe for concurrent use.
	Observe func(Exchange)
	// Log gets waits at info level and attempts at debug level. Nil: none.
	Log *slog.Logger
	// Now is the clock and Sleep waits by it, until ctx ends. Nil: the real ones.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// Exchange is one attempt as Config.Observe sees it. URL and RequestBody are what
// the author declared, without what the Authenticator added; the answer is as it
// came and may hold secrets. Its slices and maps must not be changed.
type Exchange struct {
	// Attempt counts from 1 within a call of Do.
	Attempt     int
	Method, URL string
	RequestBody []byte
	// Status is 0 if no answer came; Err then says why.
	Status       int
	Header       http.Header
	ResponseBody []byte
	// Spooled says that the answer is longer: ResponseBody is its start.
	Spooled  bool
	Err      error
	Duration time.Duration
}

// Client is the one way out: it authenticates, limits, retries and bounds every
// request. It is safe for concurrent use.
type Client struct {
	*shared
	cfg     Config
	base    *url.URL
	invalid error // what is wrong with cfg; every Do answers it
}

// New makes a client. A mistake in c is reported by the first Do, before
// anything is sent.
func New(c Config) *Client {
	client := &Client{cfg: c, invalid: check(c)}
	if client.invalid != nil {
		return client
	}
	base := *c.BaseURL
	client.base = &base
	client.cfg = withDefaults(c)
	client.shared = newShared(client.cfg)
	return client
}

// With is c with other credentials and rules. Both count against the same limits and
// share their cookies: one may log in for the other.
func (c *Client) With(auth Authenticator, judge Judge) *Client {
	other := *c
	other.cfg.Auth, other.cfg.Judge = auth, judge
	return &other
}

// Do sends r, again where rules or the default table say so, and returns the answer
// that they accept. Any other end is an error: *RuledError, *StatusError,
// *TransportError, *OriginError, ErrTooLarge, the Authenticator's, the Judge's, or that of ctx.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if c.invalid != nil {
		return nil, c.invalid
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	at, err := c.locate(r)
	if err != nil {
		return nil, err
	}
	if r.Where != "" {
		ctx = context.WithValue(ctx, whereKey{}, r.Where)
	}
	return newCall(c, r, at).do(ctx)
}

func check(c Config) error {
	name := c.Name
	if name == "" {
		name = "client"
	}
	wrong := func(what string) error { return errors.New(name + ": " + what) }
	switch u := c.BaseURL; {
	case u == nil:
		return wrong("no base URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return wrong("the base URL must begin with https:// or http://")
	case u.Host == "":
		return wrong("the base URL names no host")
	case u.User != nil:
		return wrong("the base URL must not hold a user name or password: declare auth for them")
	case math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0) || c.Rate < 0 || c.Burst < 0:
		return wrong("the rate limit must be a finite, positive number of requests")
	}
	return nil
}

func withDefaults(c Config) Config {
	if c.Name == "" {
		c.Name = c.BaseURL.Host
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.Retries == 0 {
		c.Retries = 3
	}
	c.Retries = max(c.Retries, 0)
	if c.RetryWait <= 0 {
		c.RetryWait = time.Second
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 64 << 20
	}
	if c.SpoolFrom <= 0 {
		c.SpoolFrom = 4 << 20
	}
	if c.MaxWait <= 0 {
		c.MaxWait = 5 * time.Minute
	}
	if c.Transport == nil {
		// A zero TransportConfig has no certificate that could be wrong.
		c.Transport, _ = NewTransport(TransportConfig{})
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	return c
}

func limiter(perSecond float64, burst int) *rate.Limiter {
	if perSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), max(burst, 1))
}
