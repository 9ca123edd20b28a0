package examples

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"

	"tqmap/examples/aed"
	"tqmap/examples/taxii"
)

// openAED starts the appliance with the TAXII server that belongs to it, at one address. Faults
// behind "taxii:" are for that.
func openAED(o Options) (_ appliance, err error) {
	opts := aed.Options{Seed: 1, Alerts: o.Records, PageCap: 25} // a cap, to see that all pages are read
	var store taxii.Options
	if o.Dir != "" {
		opts.StatePath, store.StatePath = filepath.Join(o.Dir, "aed.json"), filepath.Join(o.Dir, "taxii.jsonl")
	}
	sim, err := aed.New(opts)
	if err != nil {
		return appliance{}, err
	}
	server, err := taxii.New(store)
	if err != nil {
		return appliance{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, server.Close())
		}
	}()
	for _, text := range o.Faults {
		if err := injectAED(sim, server, text); err != nil {
			return appliance{}, err
		}
	}
	return appliance{
		handler: beside(sim.Handler(), server), close: server.Close,
		params: func(addr string) map[string]string {
			return map[string]string{
				"hostname": "http://" + addr, "api_token": aed.DefaultToken, "rate": "3000/m", // the pace is for real appliances
				"stix_username": taxii.DefaultUsername, "stix_password": taxii.DefaultPassword, "stix_collection": taxii.DefaultTitle, "threatq_url": "https://threatq.sandbox.test",
			}
		},
		defaults: map[string]string{"collection": "Block List", "relationship_depth": "2"},
	}, nil
}

func injectAED(sim *aed.Simulator, server *taxii.Simulator, text string) error {
	if text, ok := strings.CutPrefix(text, "taxii:"); ok {
		f, err := taxii.ParseFault(text)
		if err == nil {
			server.Inject(f)
		}
		return err
	}
	f, err := aed.ParseFault(text)
	if err == nil {
		sim.Inject(f)
	}
	return err
}

// beside serves a TAXII server at the paths that it has, with its own part of the sandbox below
// /_sandbox/taxii/, and the appliance at all others.
func beside(appliance http.Handler, server *taxii.Simulator) http.Handler {
	mux := http.NewServeMux()
	for _, prefix := range server.Prefixes() {
		mux.Handle(prefix, server.Handler())
	}
	mux.Handle("/_sandbox/taxii/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.URL.Path = strings.Replace(r.URL.Path, "/taxii/", "/", 1)
		server.Handler().ServeHTTP(w, r)
	}))
	mux.Handle("/", appliance)
	return mux
}
