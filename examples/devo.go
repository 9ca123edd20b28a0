package examples

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tqmap/examples/devo"
)

// openDevo starts a collector, whose port is one above that of the API where that is given. With a
// folder, the client's certificate, its key and the chain are files in it, for other programs.
func openDevo(o Options) (appliance, error) {
	opts := devo.Options{Polls: 1}
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
	listen, err := above(o.Listen)
	if err != nil {
		return appliance{}, err
	}
	collector, err := sim.Listen(listen)
	if err != nil {
		return appliance{}, err
	}
	id := sim.Identity()
	if o.Dir != "" {
		for name, text := range map[string]string{"devo.crt": id.Certificate, "devo.key": id.Key, "chain.crt": id.Chain} {
			if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o600); err != nil {
				_ = sim.Close()
				return appliance{}, err
			}
		}
	}
	return appliance{
		handler: sim.Handler(), close: sim.Close,
		params: func(addr string) map[string]string {
			return map[string]string{
				"api_url": "http://" + addr + "/lookup-api", "domain": devo.DefaultDomain, "token": devo.DefaultToken,
				"region": collector, "cert_pem": oneLine(id.Certificate), "key_pem": oneLine(id.Key), "chain_pem": oneLine(id.Chain),
			}
		},
		defaults: map[string]string{
			"lookup_name": "threatq_iocs", "collection": "Block List", "threatq_hostname": "threatq.example.com",
			"pause": "0s", "retry_wait": "100ms", "close_timeout": "5s", // this collector is near
		},
	}, nil
}

// above is the address with the next port; "" for any.
func above(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if listen == "" || port == "0" {
		return "", nil
	}
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil {
		return "", fmt.Errorf("the address %q must be host:port", listen)
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1)), nil
}

// oneLine writes line breaks as \n, so that a value can be printed and pasted.
func oneLine(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", `\n`) }
