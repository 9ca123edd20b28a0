package aed

import (
	"errors"
	"net/http"
	"time"
)

// Values used where Options leaves a field empty.
const (
	DefaultToken = "aed0000sandbox0000token0000zz"

	defaultAlerts = 60
	defaultSpan   = 20 * time.Hour
	maxAlerts     = 1_000_000
	newestVersion = 3
)

// Options describes an appliance. The zero value is a useful one: some tens of alerts of the
// last twenty hours, nothing kept on disk.
type Options struct {
	// Alerts is how many are generated, at most 1,000,000. 0 means some tens, a negative
	// number none.
	Alerts int
	// Seed selects the alerts; every value is fine.
	Seed int64
	// Epoch is when the newest alert began; zero means a minute ago. The others spread evenly
	// over Span (twenty hours if zero) before it.
	Epoch time.Time
	Span  time.Duration
	// Token is the only one that is let in.
	Token string
	// Version is the newest of the API that is served, 3 if zero; older ones are served, too.
	Version int
	// PageCap is the most that one page holds, whatever is asked for; 0: no cap.
	PageCap int
	// Now is the appliance's clock, time.Now if nil. It rules default windows.
	Now func() time.Time
	// StatePath names a JSON file (mode 0600) that keeps what the alerts are generated from,
	// so that they are the same after a restart. Empty: memory only.
	StatePath string
}

// Simulator is one appliance. Its methods may be called while it serves.
type Simulator struct {
	opt     Options
	alerts  alerts
	faults  faultQueue
	journal journal
}

// New builds an appliance. It fails on options that cannot be met and on a state file that
// cannot be read or written.
func New(opt Options) (*Simulator, error) {
	opt.complete()
	if opt.Alerts > maxAlerts || opt.Span < 0 || opt.Version < 1 || opt.Version > newestVersion || opt.PageCap < 0 {
		return nil, errors.New("aed simulator: at most 1000000 alerts, a version from 1 to 3, and neither Span nor PageCap below zero")
	}
	if err := keep(&opt); err != nil {
		return nil, err
	}
	s := &Simulator{opt: opt}
	for i := range opt.Alerts {
		s.alerts.list = append(s.alerts.list, generate(opt, i))
	}
	return s, nil
}

func (o *Options) complete() {
	setDefault(&o.Alerts, defaultAlerts)
	setDefault(&o.Span, defaultSpan)
	setDefault(&o.Token, DefaultToken)
	setDefault(&o.Version, newestVersion)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Epoch.IsZero() {
		o.Epoch = o.Now().Truncate(time.Second).Add(-time.Minute)
	}
	o.Alerts = max(o.Alerts, 0)
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

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
