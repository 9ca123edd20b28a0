package examples

import (
	"path/filepath"

	"tqmap/examples/aed"
)

func openAED(o Options) (appliance, error) {
	opts := aed.Options{Seed: 1, Alerts: o.Records, PageCap: 25} // a cap, to see that all pages are read
	if o.Dir != "" {
		opts.StatePath = filepath.Join(o.Dir, "aed.json")
	}
	sim, err := aed.New(opts)
	if err != nil {
		return appliance{}, err
	}
	for _, text := range o.Faults {
		f, err := aed.ParseFault(text)
		if err != nil {
			return appliance{}, err
		}
		sim.Inject(f)
	}
	return appliance{
		handler: sim.Handler(), close: func() error { return nil },
		params: func(addr string) map[string]string {
			return map[string]string{"hostname": "http://" + addr, "api_token": aed.DefaultToken, "rate": "3000/m"} // the pace is for real appliances
		},
	}, nil
}
