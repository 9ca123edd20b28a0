package devo

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// The account of the REST API, where Options names none.
const (
	DefaultDomain = "sandbox"
	DefaultToken  = "sandbox-lookup-token"
)

// Options describes a simulator. The zero value is a useful one.
type Options struct {
	// StatePath names a JSON file (mode 0600) that keeps the authority, the certificates and
	// the tables across restarts. Empty: memory only.
	StatePath string
	// Names are what the collector's certificate is for; default localhost and the
	// addresses of loopback.
	Names []string
	// Record keeps the bytes of every connection, for Connections.
	Record bool
	// Domain and Token are the account of the REST API.
	Domain, Token string
	// Polls is how often a job of the REST API is looked at before it ends.
	Polls int
	// Now is the clock that certificates are made by; time.Now if nil.
	Now func() time.Time
}

// Simulator is a collector, and an API with the same tables. Its methods may be called while it serves.
type Simulator struct {
	opt    Options
	papers *papers
	saved  *savedPapers
	faults faultQueue

	mu       sync.Mutex
	tables   map[string]*Table
	staged   map[string]*session
	sessions []*session
	conns    []*Connection
	jobs     map[string]*job
	calls    []Call

	listeners sync.WaitGroup
	stop      chan struct{} // closed by Close
	once      sync.Once
	open      map[net.Conn]struct{}
	listening []net.Listener
}

// New builds a simulator. It fails on a state file that cannot be read or written.
func New(opt Options) (*Simulator, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Domain == "" {
		opt.Domain = DefaultDomain
	}
	if opt.Token == "" {
		opt.Token = DefaultToken
	}
	if len(opt.Names) == 0 {
		opt.Names = []string{"localhost", "127.0.0.1", "::1"}
	}
	s := &Simulator{opt: opt, staged: map[string]*session{}, jobs: map[string]*job{}, tables: map[string]*Table{}, stop: make(chan struct{}), open: map[net.Conn]struct{}{}}
	saved, err := s.load()
	if err != nil {
		return nil, err
	}
	if s.papers, err = newPapers(saved.Papers, opt); err != nil {
		return nil, err
	}
	return s, s.save()
}

// Listen starts the collector and returns its address. An empty addr is a free port of loopback.
func (s *Simulator) Listen(addr string) (string, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.listening = append(s.listening, ln)
	s.mu.Unlock()
	s.listeners.Go(func() { s.accept(ln) })
	return ln.Addr().String(), nil
}

// Close ends all connections and waits for them.
func (s *Simulator) Close() error {
	s.once.Do(func() {
		close(s.stop)
		s.mu.Lock()
		for _, ln := range s.listening {
			_ = ln.Close()
		}
		for c := range s.open {
			_ = c.Close()
		}
		s.mu.Unlock()
	})
	s.listeners.Wait()
	return nil
}

// Handler serves the REST API, below /lookup-api, and the paths of the sandbox.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routes(mux)
	s.sandboxRoutes(mux)
	return mux
}

// Identity is what a client needs.
type Identity struct {
	Certificate string `json:"cert_pem"`
	Key         string `json:"key_pem"`
	Chain       string `json:"chain_pem"`
}

// Identity of the client that may write.
func (s *Simulator) Identity() Identity { return s.papers.client }
