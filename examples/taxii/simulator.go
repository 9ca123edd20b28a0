package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Values used where Options leaves a field empty.
const (
	DefaultUsername   = "admin"
	DefaultPassword   = "Passw0rd: 1"
	DefaultRoot       = "api1"
	DefaultTitle      = "ThreatQ Indicators"
	DefaultCollection = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"

	defaultPageSize  = 50
	defaultMaxLength = 9_765_625 // bytes; that of the reference server
)

// Collection holds objects.
type Collection struct {
	ID, Title string
	// NoRead and NoWrite take rights from the account.
	NoRead, NoWrite bool
}

// Root is an API root; its name is the first part of its path.
type Root struct {
	Name        string
	Collections []Collection
	// MaxLength is max_content_length, 9,765,625 bytes if zero.
	MaxLength int
}

// Options describes a server. The zero value is a useful one: one root with one collection, and one
// without any.
type Options struct {
	Username, Password string
	// Versions are those spoken, "2.0" and "2.1" if empty.
	Versions []string
	// Roots default to DefaultRoot with DefaultCollection, and one named "empty".
	Roots []Root
	// PublicURL begins the addresses of API roots, as of a server behind a proxy. Default: what
	// the request was sent to; with Relative, in version 2.1, nothing at all.
	PublicURL string
	Relative  bool
	// Pending is how often a status is asked for, before it is complete. 0: at once.
	Pending int
	// PageSize is the number of objects in a page, 50 if zero.
	PageSize int
	// FailRate is the part of POSTs that fail, 0 to 1: with 500, 503 or a closed connection, before
	// they are carried out or after. Seed selects which.
	FailRate float64
	Seed     uint64
	// Reject, if not nil, says why an object is not taken; "": it is.
	Reject func(id string) string
	// StatePath names a file (mode 0600) of all objects and statuses, read when the simulator
	// starts. Empty: memory only.
	StatePath string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// Simulator is one server. Its methods may be called while it serves.
type Simulator struct {
	opt     Options
	faults  faultQueue
	journal journal

	mu    sync.Mutex // of all below
	store *store
	rand  *rand.Rand
}

// New starts a server. It fails on options that cannot be met and on a state file that cannot be read.
func New(opt Options) (*Simulator, error) {
	if err := opt.complete(); err != nil {
		return nil, fmt.Errorf("taxii simulator: %w", err)
	}
	st, err := openStore(opt.StatePath)
	if err != nil {
		return nil, fmt.Errorf("taxii simulator: %w", err)
	}
	return &Simulator{opt: opt, store: st, rand: rand.New(rand.NewPCG(opt.Seed, uint64(st.lines)))}, nil
}

// Close closes the state file, if there is one.
func (s *Simulator) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.close()
}

// Object is one version of an object.
type Object struct {
	ID      string          `json:"id"`
	Version string          `json:"version"` // modified, else created, else Added
	Added   time.Time       `json:"added"`
	JSON    json.RawMessage `json:"json"`
}

// Objects returns all versions of the objects of a collection, in the order they came.
func (s *Simulator) Objects(collection string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Object{}, s.store.of(collection).list...)
}

// Forget removes all objects of a collection, as an operator does at the server.
func (s *Simulator) Forget(collection string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.store.collections, collection)
	return s.store.write(line{Forget: collection})
}

// Handler serves the API, and the two paths of the sandbox.
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

// Prefixes are the first parts of the paths that the API is at, with slashes around them:
// for who serves other things beside it.
func (s *Simulator) Prefixes() []string {
	out := []string{"/taxii/", "/taxii2/"}
	for _, r := range s.opt.Roots {
		out = append(out, "/"+r.Name+"/")
	}
	return out
}

func (o *Options) complete() error {
	setDefault(&o.Username, DefaultUsername)
	setDefault(&o.Password, DefaultPassword)
	setDefault(&o.PageSize, defaultPageSize)
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Versions) == 0 {
		o.Versions = []string{"2.0", "2.1"}
	}
	if len(o.Roots) == 0 {
		o.Roots = []Root{{Name: DefaultRoot, Collections: []Collection{{ID: DefaultCollection, Title: DefaultTitle}}}, {Name: "empty"}}
	}
	o.Roots = append([]Root{}, o.Roots...)
	for i := range o.Roots {
		setDefault(&o.Roots[i].MaxLength, defaultMaxLength)
	}
	return o.check()
}

func (o *Options) check() error {
	for _, v := range o.Versions {
		if v != "2.0" && v != "2.1" {
			return fmt.Errorf("version %q is none of 2.0 and 2.1", v)
		}
	}
	for _, r := range o.Roots {
		if r.Name == "" || r.Name == "taxii" || r.Name == "taxii2" || strings.Contains(r.Name, "/") {
			return fmt.Errorf("a root cannot be named %q", r.Name)
		}
	}
	if o.FailRate < 0 || o.FailRate >= 1 || o.Pending < 0 || o.PageSize < 0 {
		return errors.New("FailRate must be from 0 to less than 1; Pending and PageSize not negative")
	}
	return nil
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}
