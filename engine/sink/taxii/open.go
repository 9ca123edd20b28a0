package taxii

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// Config names a collection and how to get there.
type Config struct {
	// Doer carries out requests. It logs in (Basic, as a rule), and is asked for paths below its
	// own address and for the absolute addresses that the server gives.
	Doer request.Doer
	// Discovery is the path, or the address, where the server says what it has. Default: that of
	// the version, /taxii/ (2.0) or /taxii2/ (2.1).
	Discovery string
	// Version is "2.0", "2.1", or "auto" (the default): 2.1, and where there is none 2.0.
	Version string
	// Collection is the title or the id of the collection, in any API root.
	Collection string
	// Poll is how long to wait before a request that is being processed is asked about, again and
	// again; default 1 s. Patience is how long in all; default 60 s.
	Poll, Patience time.Duration
	// Sleep is how to wait, until ctx ends. Nil: by the real clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// Log is told of API roots that cannot be read, and of what is left out. Nil: nothing.
	Log *slog.Logger
}

// Open finds the collection. It fails with ErrCollection where there is none, more than one, or
// one that must not be written to; with ErrNotTAXII where something else answers; and with
// the errors of the Doer. Nothing is sent there yet.
func Open(ctx context.Context, c Config) (*Collection, error) {
	try, err := dialects(c.Version)
	if err != nil {
		return nil, err
	}
	c = withDefaults(c)
	var failed []error
	for _, d := range try {
		s := &server{dialect: d, doer: c.Doer, log: c.Log}
		roots, err := s.discover(ctx, c.Discovery)
		if err == nil {
			return s.find(ctx, c, roots)
		}
		failed = append(failed, fmt.Errorf("TAXII %s: %w", d.version, err))
		if !otherVersion(err) {
			break
		}
	}
	return nil, errors.Join(failed...)
}

func withDefaults(c Config) Config {
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// otherVersion says that the server may speak another version than was tried.
func otherVersion(err error) bool {
	code := status(err)
	return code == http.StatusNotFound || code == http.StatusNotAcceptable || errors.Is(err, ErrNotTAXII)
}

// discover returns the addresses of the API roots, the default one first.
func (s *server) discover(ctx context.Context, path string) ([]string, error) {
	if path == "" {
		path = s.discovery
	}
	var found struct {
		Default string   `json:"default"`
		Roots   []string `json:"api_roots"`
	}
	resp, err := s.get(ctx, request.Request{Path: slashed(path)}, &found)
	if err != nil {
		return nil, err
	}
	if found.Default != "" {
		found.Roots = slices.Insert(found.Roots, 0, found.Default)
	}
	var out []string
	for _, ref := range found.Roots {
		address, err := resolve(resp.URL, ref)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("GET %s names no API root: the account may see none, or it is no discovery of TAXII: %w", resp.URL, ErrNotTAXII)
	}
	return out, nil
}

// Collection is where objects go.
type Collection struct {
	// ID and Title are the server's.
	ID, Title string
	// Version of STIX that it is to be given.
	Version stix.Version

	server  *server
	conf    Config
	root    string // address
	limits  stix.Limits
	canRead bool
	known   map[string]string // versions of what any request may begin with, by id
}

// address of the collection's own resources.
func (c *Collection) address(resource string) string {
	return c.root + "collections/" + c.ID + "/" + resource + "/"
}

// Limits are those of one request to it, as far as the server has told by now.
func (c *Collection) Limits() stix.Limits { return c.limits }
