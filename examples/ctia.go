package examples

import (
	"path/filepath"

	"tqmap/examples/ctia"
)

func openCTIA(o Options) (appliance, error) {
	opts := ctia.Options{Seed: 1}
	if o.Rate > 0 {
		opts.Hourly = int(o.Rate * 3600)
	}
	if o.Dir != "" {
		opts.StatePath = filepath.Join(o.Dir, "ctia.jsonl")
	}
	sim, err := ctia.New(opts)
	if err != nil {
		return appliance{}, err
	}
	for _, text := range o.Faults {
		f, err := ctia.ParseFault(text)
		if err != nil {
			return appliance{}, err
		}
		sim.Inject(f)
	}
	return appliance{
		handler: sim.Handler(), close: sim.Close,
		params: func(addr string) map[string]string {
			return map[string]string{
				"client_id": ctia.DefaultClientID, "api_password": ctia.DefaultPassword, "base_url": "http://" + addr,
				"token_url": "http://" + addr + "/iroh/oauth2/token",
			}
		},
		defaults: map[string]string{"data_collection": "All Indicators", "indicator_feed": "ThreatQ Blocklist", "threatq_host": "threatq.example.com"},
	}, nil
}
