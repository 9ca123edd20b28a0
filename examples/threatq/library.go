package threatq

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// Library is a ThreatQ-compatible library in one SQLite file. It is safe for
// use by many goroutines; requests that touch the database run one at a time.
type Library struct {
	options Options
	tokens  tokens
	journal journal
	faults  faults

	mu    sync.Mutex
	store *store // nil after Close
}

// Open opens the library, creating the database if it is not there. ctx bounds
// the opening only. The caller must Close it.
func Open(ctx context.Context, o Options) (*Library, error) {
	o = o.withDefaults()
	s, err := openStore(ctx, o)
	if err != nil {
		return nil, err
	}
	l := &Library{options: o, store: s}
	l.tokens = newTokens(&l.options)
	l.journal.bodyCap = o.BodyCap
	return l, nil
}

// Close waits for the request that runs and closes the database. Requests that
// come later are answered with 503.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.store == nil {
		return nil
	}
	s := l.store
	l.store = nil
	return s.close()
}

var errClosed = errors.New("threatq library: the library is closed; open it again")

// transact runs f in a transaction; see store.transact.
func (l *Library) transact(ctx context.Context, f func(*tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.store == nil {
		return errClosed
	}
	return l.store.transact(ctx, l.options.Now(), f)
}

// Handler serves the platform's routes under /api/, its /assets/js/config.js,
// and /_sandbox/.
func (l *Library) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", l.serve)
	mux.HandleFunc("GET /_sandbox/journal", l.serveJournal)
	mux.HandleFunc("DELETE /_sandbox/journal", l.deleteJournal)
	mux.HandleFunc("GET /_sandbox/counts", l.serveCounts)
	mux.HandleFunc("GET /_sandbox/faults", l.serveFaults)
	mux.HandleFunc("POST /_sandbox/faults", l.addFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", l.deleteFaults)
	mux.HandleFunc("/_sandbox/api/", l.serveTrusted)
	return mux
}
