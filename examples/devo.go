package examples

import (
	"path/filepath"

	"tqmap/examples/devo"
)

func openDevo(o Options) (appliance, error) {
	opts := devo.Options{}
	if o.Dir != "" {
		opts.StatePath = filepath.Join(o.Dir, "devo.json")
	}
	sim, err := devo.New(opts)
	if err != nil {
		return appliance{}, err
	}
	for _, text := range o.Faults {
		f, err := devo.ParseFault(text)
		if err != nil {
			return appliance{}, err
		}
		sim.Inject(f)
	}
	collector, err := sim.Listen("") // the address that can be chosen is that of the API, and of what has arrived
	if err != nil {
		_ = sim.Close()
		return appliance{}, err
	}
	return appliance{
		handler: sim.Handler(), close: sim.Close,
		params: func(addr string) map[string]string {
			papers := sim.Identity()
			return map[string]string{
				"region": collector, "cert_pem": papers.Certificate, "key_pem": papers.Key, "chain_pem": papers.Chain,
				"api_url": "http://" + addr + "/lookup-api", "domain": devo.DefaultDomain, "token": devo.DefaultToken,
			}
		},
		defaults: map[string]string{
			"lookup_name": "threatq_iocs", "collection": "Block List", "threatq_hostname": "threatq.example.com",
			"pause": "0s", "retry_wait": "100ms", "close_timeout": "5s", // this collector is near
		},
	}, nil
}
