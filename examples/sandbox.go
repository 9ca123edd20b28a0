// Package examples runs the sandbox: a ThreatQ-compatible library and the simulated
// appliance of a connector, on loopback, so that everything can be tried without
// an account anywhere.
package examples

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tqmap/examples/threatq"
)

// Options say what a sandbox is made of.
type Options struct {
	// Dir keeps the library and what was changed on the appliance; "" keeps
	// nothing.
	Dir string
	// Listen and ListenLibrary are the addresses of the appliance and of the library;
	// default 127.0.0.1:0, a free port.
	Listen, ListenLibrary string
	// Records is how many records the appliance holds; 0: its own default.
	Records int
	// Indicators is how many indicators a new library is stocked with, in data collections;
	// 0: as many as the connector needs to have something to send, negative: none.
	Indicators int
	// Rate is the appliance's limit in requests per second; 0: the vendor's own,
	// negative: none.
	Rate float64
	// Faults and LibraryFaults are fault switches, as their ParseFault reads them.
	Faults, LibraryFaults []string
}

// Sandbox is a running sandbox.
type Sandbox struct {
	// URL and Params reach the appliance: Params are what its mapping asks for.
	URL    string
	Params map[string]string
	// Defaults are for parameters that are not given otherwise.
	Defaults map[string]string
	// Library is the ThreatQ-compatible library, and LibraryURL its address.
	Library    *threatq.Library
	LibraryURL string
	Account    Account

	close []func() error
}

// Account is how to log in to the library.
type Account struct{ ClientID, Username, Password string }

// simulator is one simulated appliance.
type simulator struct {
	name string
	open func(Options) (appliance, error)
}

// appliance is what a sandbox needs of a simulator.
type appliance struct {
	handler http.Handler
	close   func() error
	// params are the mapping's parameters for an appliance at addr.
	params func(addr string) map[string]string
	// defaults are for parameters that the operator may try out.
	defaults map[string]string
}

func simulators() []simulator {
	return []simulator{{"ironnet", openIronNet}, {"darktrace", openDarktrace}, {"cisco_threat_response", openCTIA}, {"devo", openDevo}, {"tutorial", openTutorial}}
}

// Names lists the connectors that have a simulated appliance.
func Names() []string {
	var out []string
	for _, s := range simulators() {
		out = append(out, s.name)
	}
	return out
}

// ErrUnknown says that a connector has no simulated appliance.
var ErrUnknown = errors.New("no simulated appliance")

// Open starts the sandbox of a connector; ErrUnknown where it has none.
func Open(ctx context.Context, connector string, o Options) (*Sandbox, error) {
	for _, sim := range simulators() {
		if sim.name == connector {
			return open(ctx, sim, o)
		}
	}
	return nil, fmt.Errorf("%w for %q; there is one for: %s", ErrUnknown, connector, strings.Join(Names(), ", "))
}

// OpenLibrary starts the library without any appliance, for a mapping whose server
// is somewhere else. URL is empty then.
func OpenLibrary(ctx context.Context, o Options) (_ *Sandbox, err error) {
	if o.Dir != "" {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			return nil, err
		}
	}
	s := &Sandbox{}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := s.openLibrary(ctx, o); err != nil {
		return nil, fmt.Errorf("the sandbox library: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, sim simulator, o Options) (_ *Sandbox, err error) {
	if o.Indicators == 0 {
		o.Indicators = senders[sim.name]
	}
	s, err := OpenLibrary(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	a, err := sim.open(o)
	if err != nil {
		return nil, fmt.Errorf("the simulated appliance: %w", err)
	}
	s.close = append(s.close, a.close)
	addr, err := s.serve(o.Listen, a.handler)
	if err != nil {
		return nil, err
	}
	s.URL, s.Params, s.Defaults = "http://"+addr, a.params(addr), a.defaults
	return s, nil
}

func (s *Sandbox) openLibrary(ctx context.Context, o Options) error {
	opts := threatq.Options{ExistingFlag: true}
	if o.Dir != "" {
		opts.Path = filepath.Join(o.Dir, "library.db")
	}
	library, err := threatq.Open(ctx, opts)
	if err != nil {
		return err
	}
	s.Library, s.close = library, append(s.close, library.Close)
	for _, text := range o.LibraryFaults {
		f, err := threatq.ParseFault(text)
		if err != nil {
			return err
		}
		library.Inject(f)
	}
	if err := stock(ctx, library, o.Indicators); err != nil {
		return err
	}
	addr, err := s.serve(o.ListenLibrary, library.Handler())
	s.LibraryURL = "http://" + addr
	s.Account = Account{ClientID: threatq.DefaultClientID, Username: threatq.DefaultUsername, Password: threatq.DefaultPassword}
	return err
}

// serve returns the address that h is served on.
func (s *Sandbox) serve(listen string, h http.Handler) (string, error) {
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go srv.Serve(ln) //nolint:errcheck // ends with Close
	s.close = append(s.close, srv.Close)
	return ln.Addr().String(), nil
}

// Close stops the servers and closes the files, last opened first.
func (s *Sandbox) Close() error {
	var errs []error
	for i := len(s.close) - 1; i >= 0; i-- {
		errs = append(errs, s.close[i]())
	}
	s.close = nil
	return errors.Join(errs...)
}
