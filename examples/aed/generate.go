package aed

import (
	"fmt"
	"math/rand/v2"
)

// shapes are the ways in which alerts differ.
var shapes = []string{
	"c2", "blocked", "watch", "outbound6", "private", "address", "total", "blocked-traffic", "botnet", "cloud", "word", "protection",
	"system", "text-id", "absent", "nulls", "encoded", "fraction",
}

var groups = []struct {
	id           int
	name, server string
}{{-1, "Default Protection Group", "Generic Server"}, {7, "Web", "Web Server"}, {42, "Mail <internal>", "Mail Server"}, {109, "DNS", "DNS Server"}}

// host is an address that is neither private nor anybody's: it was set aside for routers of
// a transition that is over.
func host(n int) string { return fmt.Sprintf("192.88.99.%d", 1+n%254) }

// host6 is one of those for examples that need long prefixes.
func host6(n int) string { return fmt.Sprintf("3FFF:0:%x::%x", n%4096, 1+n%250) }

// generate makes alert number i, oldest first, from the seed alone.
func generate(o Options, i int) record {
	r := rand.New(rand.NewPCG(uint64(o.Seed), uint64(i)))
	at := o.Epoch.Unix()
	if o.Alerts > 1 {
		at -= int64(o.Span.Seconds()) * int64(o.Alerts-1-i) / int64(o.Alerts-1)
	}
	g := groups[r.IntN(len(groups))]
	out := record{
		"id": 7000 + i, "alertType": "blockedHost", "severity": 1 + r.IntN(9), "description": fmt.Sprintf("Host %s was blocked", host(i)),
		"startTime": at, "endTime": at + r.Int64N(900), "pgid": g.id, "pgName": g.name, "pgServerName": g.server, "reason": "TCP Connection Limiting",
		"pkt": packet(host(i), host(i+100), "inbound"), "threatIntel": nil,
	}
	bend(r, out, shapes[i%len(shapes)], i)
	return out
}

func packet(src, dst, direction string) record {
	return record{"src": src, "dst": dst, "srcPort": 18440, "dstPort": 443, "proto": "tcp", "appStr": "https", "direction": direction}
}

func threat(indicator, kind string, classes ...any) record {
	return record{
		"indicatorUid": 11851842, "threatTypes": []any{"FormBook"}, "threatDstPorts": []any{443}, "confidence": 81, "direction": "inbound", "indicator": indicator,
		"threatCategories": []any{"Credential Theft", "Spyware"}, "threatClassifications": classes, "severity": 5, "indicatorType": kind,
	}
}

// bend gives an alert its shape.
func bend(r *rand.Rand, a record, shape string, i int) {
	switch shape {
	case "c2":
		a["reason"], a["threatIntel"] = "ATLAS Threat Categories", threat(fmt.Sprintf("http%%3A//drop%02d.rare.sandbox.test/ne/", i), "http.request.uri", "Command and Control", "Malware")
	case "watch":
		a["reason"], a["threatIntel"] = "ATLAS Threat Categories", threat(fmt.Sprintf("CDN%02d.Rare.Sandbox.test.", i), "dns.query", "Malware")
	case "outbound6":
		a["pkt"], a["reason"] = packet("10.20.30.40", host6(i), "outbound"), "Outbound Threat Filter"
	case "private":
		a["pkt"] = packet([]string{"10.9.8.7", "100.64.3.2", "fe80::7", "192.168.1.9"}[r.IntN(4)], host(i), "inbound")
	case "address":
		a["threatIntel"] = threat(host(i), "ip", "Malware") // the remote host itself
	case "total":
		traffic(r, a, "totalTraffic", "Total Traffic")
		a["endTime"] = nil
	case "blocked-traffic":
		traffic(r, a, "blockedTraffic", "Blocked Traffic")
	case "botnet":
		traffic(r, a, "botnetTraffic", "Botnet Traffic")
	case "cloud", "protection", "system":
		quiet(a, map[string]string{"cloud": "cloudSignaling", "protection": "protection", "system": "system"}[shape])
	case "word":
		quiet(a, "deployment")
		a["severity"], a["reason"] = "medium", "Deployment Mode"
	case "text-id":
		a["id"] = fmt.Sprintf("AWTx7ZUFVkcUx98h%04d", i)
	case "absent":
		quiet(a, "system")
		for name, v := range a {
			if v == nil {
				delete(a, name)
			}
		}
	case "nulls":
		a["pkt"] = record{"src": nil, "dst": nil, "srcPort": nil, "dstPort": nil, "proto": nil, "appStr": nil, "direction": nil}
		a["threatIntel"] = record{"indicatorUid": nil, "threatTypes": []any{}, "threatDstPorts": nil, "confidence": nil, "indicator": nil, "threatCategories": nil, "threatClassifications": []any{}, "indicatorType": nil}
	case "encoded": // once, and what is then left is part of the address
		a["threatIntel"] = threat(fmt.Sprintf("https%%3A//drop%02d.rare.sandbox.test/a%%2520b?c=%%C3%%A9", i), "http.request.uri", "Malware")
	case "fraction":
		traffic(r, a, "totalTraffic", "Total Traffic")
		a["peakBpsBlocked"], a["peakBpsPassed"] = 1234.1234, 0
	}
}

func traffic(r *rand.Rand, a record, kind, reason string) {
	a["alertType"], a["reason"], a["pkt"] = kind, reason, nil
	a["description"] = fmt.Sprintf("%s for %v exceeded its threshold", reason, a["pgName"])
	for _, name := range []string{"volume", "packets", "peakBpsBlocked", "peakBpsPassed", "peakPpsBlocked", "peakPpsPassed"} {
		a[name] = 1000 + r.IntN(600_000_000)
	}
}

// quiet is an alert about the appliance itself.
func quiet(a record, kind string) {
	for _, name := range []string{"pgid", "pgName", "pgServerName", "reason", "pkt"} {
		a[name] = nil
	}
	a["alertType"], a["description"] = kind, "Disk usage is above 80%"
}
