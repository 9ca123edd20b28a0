package examples

import (
	"path/filepath"

	"tqmap/examples/ironnet"
)

func openIronNet(o Options) (appliance, error) {
	opts := ironnet.Options{Alerts: o.Records, Seed: 1, Rate: ironnet.DefaultRate}
	if o.Rate != 0 {
		opts.Rate = max(o.Rate, 0)
	}
	if o.Dir != "" {
		opts.StatePath = filepath.Join(o.Dir, "ironnet.json")
	}
	sim, err := ironnet.New(opts)
	if err != nil {
		return appliance{}, err
	}
	for _, text := range o.Faults {
		f, err := ironnet.ParseFault(text)
		if err != nil {
			return appliance{}, err
		}
		sim.Inject(f)
	}
	return appliance{
		handler: sim.Handler(), close: sim.Close,
		params: func(addr string) map[string]string {
			return map[string]string{"hostname": "http://" + addr, "username": ironnet.DefaultUsername, "password": ironnet.DefaultPassword}
		},
	}, nil
}
