package ctia

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Values used where Options leaves a field empty.
const (
	DefaultClientID = "client-00000000-0000-4000-8000-000000000000"
	DefaultPassword = "s3cr3t-_pw"
	DefaultOwner    = "5023697b-3857-4652-9b53-ccda297f9c3e"
	DefaultScope    = "private-intel enrich:read casebook"

	defaultRegion      = "us"
	defaultTokenLife   = 10 * time.Minute
	defaultMaxEntities = 2000
	defaultMaxBody     = 16 << 20
	group              = "63489cf9-561c-4958-a13d-6d84b7ef09d4"
)

// Account is an API client. Accounts belong to one organization; red entities are
// seen by their owner only.
type Account struct {
	ClientID, Password string
	// Owner is the user behind the client, Scope what it may do, space separated.
	// Defaults: DefaultOwner and DefaultScope.
	Owner, Scope string
}

// Options describes an instance. The zero value is a useful one.
type Options struct {
	// Region is us, eu or apjc. A token is good in its own region only.
	Region string
	// Accounts default to one of DefaultClientID and DefaultPassword.
	Accounts []Account
	// TokenLife is how long a token is good for, 600 seconds if zero.
	TokenLife time.Duration
	// MaxEntities is the largest number of entities in one bundle or bulk request,
	// 2000 if zero; MaxBody that of bytes in any request, 16 MiB if zero.
	MaxEntities int
	MaxBody     int64
	// Hourly is the allowed number of API requests in 60 minutes; 0 is no limit.
	Hourly int
	// RetrySuffix writes Retry-After as 3172s, as some proxies do.
	RetrySuffix bool
	// IndexLag is how long an entity that was not waited for stays out of searches.
	IndexLag time.Duration
	// Seed selects the ids given out and the order of a bundle's results.
	Seed uint64
	// StatePath names a file (mode 0600) of all changes, read when the simulator
	// starts. Empty: memory only.
	StatePath string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// OnRequest is given each API request before it is answered; body is its own.
	OnRequest func(method, path string, body []byte)
}

// Simulator is one instance with its token endpoint. Its methods may be called while
// it serves.
type Simulator struct {
	opt     Options
	faults  faultQueue
	journal journal
	limiter limiter
	revoked tokenSet

	mu    sync.Mutex // of all below
	store *store
	rand  *rand.Rand
}

// New starts an instance. It fails on options that cannot be met and on a state file
// that cannot be read.
func New(opt Options) (*Simulator, error) {
	if err := opt.complete(); err != nil {
		return nil, fmt.Errorf("ctia simulator: %w", err)
	}
	st, err := openStore(opt)
	if err != nil {
		return nil, fmt.Errorf("ctia simulator: %w", err)
	}
	return &Simulator{
		opt: opt, store: st, limiter: limiter{hourly: opt.Hourly},
		rand: rand.New(rand.NewPCG(opt.Seed, uint64(len(st.rows)))),
	}, nil
}

// Close closes the state file, if there is one.
func (s *Simulator) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.close()
}

// Counts returns how many judgements, indicators and relationships there are.
func (s *Simulator) Counts() (judgements, indicators, relationships int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.live[judgement], s.store.live[indicator], s.store.live[relationship]
}

// Entities returns the entities of a kind ("judgement", "indicator" or
// "relationship") that carry an external id, oldest first, as the API writes them;
// with "" all of the kind.
func (s *Simulator) Entities(kindName, xid string) []map[string]any {
	k, ok := kindNamed(kindName)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []map[string]any
	for n, r := range s.store.rows {
		if r.kind == k && r.body != nil && (xid == "" || r.carries(xid)) {
			out = append(out, s.store.view(n))
		}
	}
	return out
}

// Forget removes every entity, as the vendor's tool to wipe an instance does.
func (s *Simulator) Forget() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.store.rows {
		if err := s.store.remove(n); err != nil {
			return err
		}
	}
	return nil
}

// Handler serves the API, the token endpoint and the two paths of the sandbox.
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

// hosts are what the ids of a region begin with.
func hosts() map[string]string {
	return map[string]string{
		"us":   "https://private.intel.amp.cisco.com:443",
		"eu":   "https://private.intel.eu.amp.cisco.com:443",
		"apjc": "https://private.intel.apjc.amp.cisco.com:443",
	}
}

func (o *Options) complete() error {
	setDefault(&o.Region, defaultRegion)
	setDefault(&o.TokenLife, defaultTokenLife)
	setDefault(&o.MaxEntities, defaultMaxEntities)
	setDefault(&o.MaxBody, defaultMaxBody)
	if o.Now == nil {
		o.Now = time.Now
	}
	accounts := append([]Account{}, o.Accounts...)
	if len(accounts) == 0 {
		accounts = []Account{{ClientID: DefaultClientID, Password: DefaultPassword}}
	}
	for n := range accounts {
		setDefault(&accounts[n].Owner, DefaultOwner)
		setDefault(&accounts[n].Scope, DefaultScope)
	}
	o.Accounts = accounts
	return o.check()
}

func (o *Options) check() error {
	if hosts()[o.Region] == "" {
		return fmt.Errorf("region %q is none of us, eu and apjc", o.Region)
	}
	if o.MaxEntities < 0 || o.MaxBody < 0 || o.Hourly < 0 || o.TokenLife < 0 || o.IndexLag < 0 {
		return errors.New("MaxEntities, MaxBody, Hourly, TokenLife and IndexLag must not be negative")
	}
	for _, a := range o.Accounts {
		if a.ClientID == "" || a.Password == "" {
			return errors.New("an account needs a client id and a password")
		}
	}
	return nil
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}
