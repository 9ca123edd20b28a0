package darktrace

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// generator makes record number i, oldest first, from the seed alone.
type generator struct {
	seed                int64
	incidents, breaches int
	from, to            int64 // milliseconds: creation of the oldest and the newest record
}

func newGenerator(o Options) generator {
	return generator{o.Seed, o.Incidents, o.Breaches, o.Epoch.Add(-o.Span).UnixMilli(), o.Epoch.UnixMilli()}
}

// created is when record i of n was created.
func (g generator) created(i, n int) int64 {
	if n == 1 {
		return g.to
	}
	return g.from + (g.to-g.from)*int64(i)/int64(n-1)
}

func (g generator) rand(stream uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(g.seed), stream<<32|uint64(i)))
}

const (
	streamIncident = iota
	streamBreach
	streamDevice
)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), 0x8000|r.IntN(1<<14), r.Uint64()&(1<<48-1))
}

// device is one of the network, as incidents write it.
type device struct {
	did, sid           int
	name, ip, mac      string
	vendor, kind, mode string
}

// deviceKinds are the ways in which devices are known: most by a name, some masked, some as
// users of a service, some by an address alone.
var deviceKinds = []string{"named", "named", "single", "masked", "network", "saas", "bare", "v6", "named", "address-name"}

func (g generator) device(n int) device {
	r := g.rand(streamDevice, n)
	d := device{did: 100 + n, sid: 1 + n%7, mode: deviceKinds[n%len(deviceKinds)], vendor: pick(r, "Acme Networks", "Northwind Devices", ""), kind: pick(r, "Desktop", "Server", "Laptop")}
	ip := fmt.Sprintf("10.%d.%d.%d", 20+n%7, r.IntN(250), 10+r.IntN(200))
	mac := fmt.Sprintf("02:1a:%02x:%02x:%02x:%02x", r.IntN(256), r.IntN(256), r.IntN(256), 1+r.IntN(255))
	switch d.mode {
	case "named":
		d.name, d.ip, d.mac = fmt.Sprintf("%s-%02d.corp.sandbox.test", pick(r, "ws", "fs", "db", "mail"), n), ip, mac
	case "single":
		d.name, d.ip, d.mac = fmt.Sprintf("FS%03d", n), ip, "00:00:00:00:00:00"
	case "masked":
		d.name, d.ip = fmt.Sprintf("#%08d.corp.sandbox.test", r.IntN(1e8)), fmt.Sprintf("10.%d.4.#%05d", 20+n%7, r.IntN(1e5))
	case "network":
		d.ip = ip + "/24"
	case "saas":
		d.sid, d.name = -9, fmt.Sprintf("SaaS::Office365: user%02d@sandbox.test", n)
	case "bare":
		d.ip, d.mac = ip, mac
	case "v6":
		d.name, d.ip = fmt.Sprintf("edge-%02d.corp.sandbox.test", n), fmt.Sprintf("2001:db8:%x::%x", n, 1+r.IntN(65000))
	case "address-name":
		d.name, d.ip = ip, ip
	}
	return d
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// brief is how incidents write a device: every text may be null.
func (d device) brief() record {
	return record{"identifier": orNil(d.name), "hostname": orNil(d.name), "ip": orNil(d.ip), "mac": orNil(d.mac), "subnet": orNil(subnet(d)), "did": d.did, "sid": d.sid}
}

func subnet(d device) string {
	if d.did%3 == 0 {
		return "Office " + d.kind + "s"
	}
	return ""
}

// full is how breaches write a device: as it is now, whenever the breach was, and what is not
// known is not there.
func (g generator) full(d device) record {
	seen := g.to - int64(d.did%12)*time.Hour.Milliseconds()
	out := record{"did": d.did, "sid": d.sid, "firstSeen": seen - (90 * 24 * time.Hour).Milliseconds(), "lastSeen": seen, "typename": "device", "typelabel": d.kind}
	for name, text := range map[string]string{"hostname": d.name, "ip": d.ip, "macaddress": d.mac, "vendor": d.vendor} {
		if text != "" || name == "vendor" {
			out[name] = text
		}
	}
	if d.ip != "" {
		out["ips"] = []any{record{"ip": d.ip, "timems": seen, "time": time.UnixMilli(seen).UTC().Format(time.DateTime), "sid": d.sid}}
	}
	switch d.did % 4 {
	case 0:
		out["tags"] = []any{record{"tid": 4, "expiry": 0, "name": "Domain Controller"}, record{"tid": 9, "expiry": 0, "name": "High Risk"}}
		out["os"] = "Linux(5.4)"
		out["credentials"] = []any{"svc-backup", record{"credential": "admin", "lastSeen": seen}}
	case 1:
		out["devicelabel"] = fmt.Sprintf("Label %d", d.did)
	case 2:
		if d.mode == "saas" {
			out["saasmodule"] = "Office365"
		}
	}
	return out
}
