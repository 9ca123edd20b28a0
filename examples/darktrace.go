package examples

import (
	"path/filepath"

	"tqmap/examples/darktrace"
)

func openDarktrace(o Options) (appliance, error) {
	opts := darktrace.Options{Seed: 1, Incidents: o.Records, Breaches: o.Records, FQDN: "darktrace.sandbox.test", Counters: true}
	if o.Dir != "" {
		opts.StatePath = filepath.Join(o.Dir, "darktrace.json")
	}
	sim, err := darktrace.New(opts)
	if err != nil {
		return appliance{}, err
	}
	for _, text := range o.Faults {
		f, err := darktrace.ParseFault(text)
		if err != nil {
			return appliance{}, err
		}
		sim.Inject(f)
	}
	return appliance{
		handler: sim.Handler(), close: sim.Close,
		params: func(addr string) map[string]string {
			return map[string]string{
				"host": "http://" + addr, "public_token": darktrace.DefaultPublicToken, "private_token": darktrace.DefaultPrivateToken,
				"rate": "3000/m", "console": "https://" + opts.FQDN, // the pace is for real appliances; links are to be the same in each run
				"collections": "Block List, Watch List", "days_to_expiration": "30",
			}
		},
	}, nil
}
