package darktrace

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// breachShapes are the ways in which breaches differ from the plain one.
var breachShapes = []string{"plain", "watched", "empty-component", "system", "acknowledged", "compliance", "saas", "response", "old", "late"}

// breach is model breach number i.
func (g generator) breach(i int) record {
	r, shape, at := g.rand(streamBreach, i), breachShapes[i%len(breachShapes)], g.created(i, g.breaches)
	t, d := pick(r, themes...), g.device(i%40)
	began := at - 1000 - r.Int64N(20_000)
	model := g.model(r, t, i)
	out := record{
		"pbid": 40_000 + i, "time": began, "creationTime": at, "commentCount": i % 11 / 10, "score": float64(r.IntN(1000)) / 1000,
		"model":               record{"then": model, "now": model},
		"triggeredComponents": []any{component(r, began, "External Data Transfer", record{"Destination IP": "198.51.100.7", "Direction": "out"})},
		"device":              g.full(d), "mitreTechniques": []any{record{"technique": "Exfiltration Over C2 Channel", "techniqueID": "T1041"}},
	}
	g.bendBreach(r, out, model, shape, i)
	return out
}

func (g generator) model(r *rand.Rand, t theme, i int) record {
	return record{
		"name": t.folder, "pid": 300 + i%50, "phid": 900 + i, "uuid": uuid(r), "priority": r.IntN(6), "category": pick(r, "Critical", "Suspicious", "Informational"), "compliance": false,
		"tags": []any{"", "AP: C2 Comms"}, "description": "A device is behaving in a way that it normally does not.\n\nAction: Review the device and what it connects to.",
		"logic": record{"data": []any{110 + i}, "type": "componentList", "version": 1}, "throttle": 3600, "interval": 3600, "modified": "2024-01-02 03:04:05",
		"actions": record{"alert": true, "antigena": record{}, "breach": true}, "behaviour": "decreasing", "defeats": []any{},
		"created": record{"by": "System"}, "edited": record{"by": "System"}, "version": 7,
	}
}

// component is one with a filter of the model's logic and some that are there to be shown.
func component(r *rand.Rand, at int64, label string, shown record) record {
	filters := []any{record{"cfid": 1, "id": "A", "filterType": "Direction", "arguments": record{"value": "out"}, "comparatorType": "is", "trigger": record{"value": "out"}}}
	for n, name := range []string{"Destination IP", "Connection hostname", "DNS host lookup", "Direction", "Message"} {
		if value, ok := shown[name]; ok {
			filters = append(filters, record{"cfid": 10 + n, "id": fmt.Sprintf("d%d", n+1), "filterType": name, "arguments": record{}, "comparatorType": "display", "trigger": record{"value": value}})
		}
	}
	return record{
		"time": at, "cbid": r.IntN(9000), "cid": 13112, "chid": 20980, "size": 1, "threshold": 0, "interval": 3600, "ip": "198.51.100.7/32", "port": 443,
		"logic": record{"data": record{"left": "A"}, "version": "v0.1"}, "metric": record{"mlid": 16, "name": "connections", "label": label}, "triggeredFilters": filters,
	}
}

// bendBreach gives a breach its shape.
func (g generator) bendBreach(r *rand.Rand, out, model record, shape string, i int) {
	switch shape {
	case "plain":
		out["percentscore"] = 60 + i%40
	case "watched":
		model["name"], model["category"], model["priority"] = "Compromise::Watched Domain", "Critical", 5
		out["triggeredComponents"] = []any{component(r, whole(out["time"]), "Watched Domain", record{
			"Connection hostname": "", "DNS host lookup": fmt.Sprintf("watched%02d.rare.sandbox.test", i), "Destination IP": "10.0.0.8", "Message": "seen <twice> & \"loud\""})}
		out["acknowledged"] = false
	case "empty-component":
		small := record{"name": model["name"], "pid": model["pid"], "phid": model["phid"], "uuid": model["uuid"], "priority": 4, "category": "Suspicious", "compliance": false}
		out["model"], out["triggeredComponents"] = record{"then": small, "now": small}, []any{record{}}
		delete(out, "mitreTechniques")
	case "system":
		model["name"], model["priority"], model["description"] = "System::Packet Loss", 0, `Packet loss is higher than 30%.\n\nAction: Find out where it happens.`
		out["device"] = record{"did": -1}
		delete(out, "mitreTechniques")
	case "acknowledged":
		out["acknowledged"], out["commentCount"] = record{"username": "analyst.one", "time": out["creationTime"]}, 2
	case "compliance":
		model["name"], model["compliance"], model["category"] = "Compliance::External Windows Communications", true, "Informational"
	case "saas":
		d := g.device(5 + i%4*10)
		out["device"] = g.full(d)
		model["name"], model["mitre"] = "SaaS::Access::Password Spray", record{"tactics": []any{"credential-access", "command-and-control"}, "techniques": []any{"T1110.003", "T1041"}}
		out["aianalystData"] = []any{record{"uuid": uuid(r), "related": []any{out["pbid"]}, "summariser": "SaasBruteforceSummary"}}
	case "response":
		model["name"] = "Antigena::Network::External Threat::Antigena Suspicious Activity Block"
		model["actions"] = record{"alert": true, "antigena": record{"action": "quarantine", "confirm": true, "duration": 3600, "threshold": "50"}, "breach": true}
		out["breachUrl"] = ""
	case "old":
		model["name"], model["priority"] = "PenTest", 4
		delete(model, "category")
		delete(model, "compliance")
		delete(model, "tags")
	case "late":
		out["time"] = whole(out["creationTime"]) - (9 * 24 * time.Hour).Milliseconds()
	}
}
