package darktrace

import (
	"errors"
	"net/http"
	"time"
)

// Values used where Options leaves a field empty.
const (
	DefaultPublicToken  = "pub0000sandbox0000public0000token0000aa"
	DefaultPrivateToken = "prv0000sandbox0000private000token0000zz"

	defaultIncidents = 24
	defaultBreaches  = 40
	defaultSpan      = 4 * 24 * time.Hour
	maxRecords       = 1_000_000
)

// Options describes an appliance. The zero value is a useful one: some tens of records
// of the last four days, nothing kept on disk.
type Options struct {
	// Incidents and Breaches are how many AI Analyst events and model breaches are
	// generated, at most 1,000,000 of each. 0 means some tens, a negative number none.
	Incidents, Breaches int
	// Seed selects the records; every value is fine.
	Seed int64
	// Epoch is when the newest record was created; zero means a minute ago. The others
	// spread evenly over Span (four days if zero) before it.
	Epoch time.Time
	Span  time.Duration
	// PublicToken and PrivateToken are the only pair of tokens.
	PublicToken, PrivateToken string
	// Now is the appliance's clock, time.Now if nil. It rules dates, default windows and
	// the expiry of watched domains.
	Now func() time.Time
	// RefuseCompact refuses dates such as 20240305T101530, as some appliances do.
	RefuseCompact bool
	// FQDN is the appliance's setting of its own name, without which it sends no links
	// to its pages; "" leaves it unset.
	FQDN string
	// Counters adds how many watched domains were added and updated to the answer.
	Counters bool
	// StatePath names a JSON file (mode 0600, written after each change) that keeps the
	// watched domains, and what the records are generated from. Empty: memory only.
	StatePath string
}

// Simulator is one appliance. Its methods may be called while it serves.
type Simulator struct {
	opt     Options
	alerts  *alerts
	feed    *feed
	faults  faultQueue
	journal journal
}

// New builds an appliance. It fails on options that cannot be met and on a state file
// that cannot be read or written.
func New(opt Options) (*Simulator, error) {
	opt.complete()
	if opt.Incidents > maxRecords || opt.Breaches > maxRecords || opt.Span < 0 {
		return nil, errors.New("darktrace simulator: at most 1000000 records of a kind, and Span must not be negative")
	}
	saved, err := openState(&opt)
	if err != nil {
		return nil, err
	}
	return &Simulator{opt: opt, alerts: newAlerts(opt), feed: newFeed(opt, saved)}, nil
}

func (o *Options) complete() {
	setDefault(&o.Incidents, defaultIncidents)
	setDefault(&o.Breaches, defaultBreaches)
	setDefault(&o.Span, defaultSpan)
	setDefault(&o.PublicToken, DefaultPublicToken)
	setDefault(&o.PrivateToken, DefaultPrivateToken)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Epoch.IsZero() {
		o.Epoch = o.Now().Truncate(time.Second).Add(-time.Minute)
	}
	o.Incidents, o.Breaches = max(o.Incidents, 0), max(o.Breaches, 0)
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// Close writes the state file a last time, if there is one.
func (s *Simulator) Close() error { return s.feed.save() }

// Handler serves the API and the two paths of the sandbox.
func (s *Simulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_sandbox/journal":
			s.serveJournal(w, r)
		case "/_sandbox/faults":
			s.serveFaults(w, r)
		default:
			s.serveAPI(w, r)
		}
	})
}
