package devo

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Region is a cloud of Devo, and where its collector listens.
type Region struct{ Label, Address string }

// Regions lists the known ones, the usual one first. ES has kept its old name; that of US3 follows
// from the names of its other services.
func Regions() []Region {
	return []Region{
		{"USA", "collector-us.devo.io:443"},
		{"EU", "collector-eu.devo.io:443"},
		{"CAN", "collector-ca.devo.io:443"},
		{"ES", "es.elb.relay.logtrust.net:443"},
		{"APAC", "collector-ap.devo.io:443"},
		{"APAC2", "collector-ap2.devo.io:443"},
		{"US3", "collector-us3.devo.io:443"},
	}
}

// Address is where a region's collector listens. A relay of one's own is given as host:port.
func Address(region string) (string, error) {
	region = strings.TrimSpace(region)
	var labels []string
	for _, r := range Regions() {
		if strings.EqualFold(r.Label, region) {
			return r.Address, nil
		}
		labels = append(labels, r.Label)
	}
	host, port, err := net.SplitHostPort(region)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || n == 0 || host == "" || strings.ContainsAny(host, " /@\t\"") {
		return "", fmt.Errorf("%q is no region of Devo; want one of %s, or host:port for a collector of your own", region, strings.Join(labels, ", "))
	}
	return net.JoinHostPort(host, port), nil
}
