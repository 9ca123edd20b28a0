package ironnet

import (
	"errors"
	"net/http"
	"time"
)

// Values used where Options leaves a field empty.
const (
	DefaultUsername = "tq@example.com"
	DefaultPassword = "s3cr3t:pw"
	// DefaultRate is the documented limit of the API, in requests per second
	// and endpoint. It is not applied by itself: see Options.Rate.
	DefaultRate = 10

	defaultAlerts    = 250
	defaultSpan      = 72 * time.Hour
	defaultPageCap   = 1000
	defaultTokenLife = time.Hour
	maxAlerts        = 1_000_000
)

// Options describes an appliance. The zero value is a useful one: 250 alerts of
// the last three days, no rate limit, nothing kept on disk.
type Options struct {
	// Alerts is how many alerts are generated, at most 1,000,000. 0 means 250,
	// a negative number none.
	Alerts int
	// Seed selects the alerts; every value is fine.
	Seed int64
	// Epoch is the `updated` of the newest generated alert; zero means the
	// present second. The others spread evenly over Span (72 hours if zero)
	// before it. Both are cut to whole microseconds.
	Epoch time.Time
	Span  time.Duration
	// Username and Password are the only account. The user name must not
	// contain a colon: HTTP Basic ends it there.
	Username, Password string
	// StatePath names a JSON file (mode 0600, written after each change) that
	// keeps seed, number, epoch, span and all changes across restarts. If it
	// exists, its seed, number, epoch and span win. Empty: memory only.
	StatePath string
	// Now is the appliance's clock, time.Now if nil. It rules token expiry, the
	// rate limit and the `updated` of changed alerts.
	Now func() time.Time
	// PageCap is the largest page given out, 1000 if zero. A larger limit is cut
	// to it without an error, and the answer's constraint.limit says so.
	PageCap int
	// Rate is the allowed number of requests per second and endpoint, with a
	// burst of the same size; 0 means unlimited. The API's own is DefaultRate.
	Rate float64
	// TotalAsNumber sends constraint.total as a JSON number, not as a string.
	TotalAsNumber bool
	// TokenLife is how long a token is valid, one hour if zero.
	TokenLife time.Duration
	// NoBody answers successful writes with 200 and no body at all, not `{}`.
	NoBody bool
}

// Simulator is one appliance. Its methods may be called while it serves.
type Simulator struct {
	opt     Options
	store   *store
	faults  faultQueue
	journal journal
	limiter limiter
	revoked tokenSet
}

// New builds an appliance. It fails on options that cannot be met and on a
// state file that cannot be read, was damaged, or cannot be written.
func New(opt Options) (*Simulator, error) {
	if err := opt.complete(); err != nil {
		return nil, err
	}
	st, err := openStore(opt)
	if err != nil {
		return nil, err
	}
	return &Simulator{opt: opt, store: st, limiter: limiter{rate: opt.Rate}}, nil
}

// Close writes the state file a last time, if there is one.
func (s *Simulator) Close() error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.save()
}

// Alert returns an alert as it would be sent now. The id may be written with or
// without dashes and in either case.
func (s *Simulator) Alert(id string) (Alert, bool) { return s.store.alert(id) }

// Comments returns the comments made on an alert, oldest first.
func (s *Simulator) Comments(id string) []Comment { return s.store.comments(id) }

// Put adds an alert, or replaces the one with the same id, and keeps its times
// as written. It fails if the id is no UUID, a time is not RFC 3339 or has more
// than six fraction digits, a number is out of range, or an enum is unknown.
func (s *Simulator) Put(a Alert) error { return s.store.put(a) }

// SetStatus changes a status as an analyst does in the vendor's console: no
// comment, no call in the journal, and `updated` moves on.
func (s *Simulator) SetStatus(id, status string) error {
	return s.store.setStatus(id, status, nil, s.opt.Now())
}

// Handler serves the API and the two paths of the sandbox.
func (s *Simulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path { // no ServeMux: it would redirect a doubled slash
		case "/_sandbox/journal":
			s.serveJournal(w, r)
		case "/_sandbox/faults":
			s.serveFaults(w, r)
		default:
			s.serveAPI(w, r)
		}
	})
}

func (o *Options) complete() error {
	setDefault(&o.Alerts, defaultAlerts)
	setDefault(&o.Span, defaultSpan)
	setDefault(&o.Username, DefaultUsername)
	setDefault(&o.Password, DefaultPassword)
	setDefault(&o.PageCap, defaultPageCap)
	setDefault(&o.TokenLife, defaultTokenLife)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Epoch.IsZero() {
		o.Epoch = o.Now().Truncate(time.Second)
	}
	o.Alerts = max(o.Alerts, 0)
	return o.check()
}

func (o *Options) check() error {
	switch {
	case o.Alerts > maxAlerts:
		return errors.New("ironnet simulator: Alerts is above 1000000; generate fewer")
	case o.Span < 0 || o.PageCap < 0 || o.Rate < 0 || o.TokenLife < 0:
		return errors.New("ironnet simulator: Span, PageCap, Rate and TokenLife must not be negative")
	case !basicUser(o.Username):
		return errors.New("ironnet simulator: Username must not contain a colon, HTTP Basic ends the name there")
	}
	return nil
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}
