package darktrace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// theme is what an incident or breach is about.
type theme struct {
	title, summariser, tactic, folder string
	phase                             int
}

var themes = []theme{
	{"Unusual External Data Transfer", "ExternalTransferSummary", "exfiltration", "Anomalous Connection::Data Sent to Rare Domain", 6},
	{"Possible HTTP Command and Control", "HttpAgentSummary", "command-and-control", "Compromise::Beaconing Activity To External Rare", 2},
	{"Scanning of Multiple Devices", "ScanSummary", "discovery", "Device::Network Scan", 4},
	{"Suspicious Chain of Administrative Connections", "AdminConnSummary", "lateral-movement", "Device::New or Uncommon SMB Activity", 5},
	{"Access of Probable Unencrypted Password File", "SmbPasswordSummary", "credential-access", "Compliance::Possible Unencrypted Password File On Server", 3},
}

// incidentShapes are the ways in which incidents differ from the plain one.
var incidentShapes = []string{"plain", "several", "format-string", "email", "text-score", "acknowledged", "pinned", "hostile", "long", "twin", "twin", "old"}

func (g generator) incidentShape(i int) string { return incidentShapes[i%len(incidentShapes)] }

func (g generator) pinned(i int) bool { return g.incidentShape(i) == "pinned" }

// incident is AI Analyst event number i. Of two twins only id and creation differ.
func (g generator) incident(i int) record {
	shape, same := g.incidentShape(i), i
	if shape == "twin" {
		same = i / len(incidentShapes) * len(incidentShapes)
	}
	r, own := g.rand(streamIncident, same), g.rand(streamIncident, i)
	t, d, at := pick(r, themes...), g.device(same%40), g.created(i, g.incidents)
	first := g.created(same, g.incidents)
	start := first - int64(1+r.IntN(120))*60_000 - r.Int64N(1000)
	id := uuid(own)
	out := record{
		"id": id, "children": []any{id}, "title": t.title, "summariser": t.summariser, "createdAt": at,
		"acknowledged": false, "pinned": shape == "pinned", "userTriggered": false, "externalTriggered": i%9 == 4,
		"attackPhases": []any{t.phase}, "mitreTactics": []any{t.tactic}, "category": pick(r, "critical", "suspicious", "compliance"),
		"groupCategory": pick(r, "critical", "suspicious"), "currentGroup": "g" + uuid(r), "groupScore": 100 * r.Float64(), "groupPreviousGroups": []any{},
		"activityId": fmt.Sprintf("%08x", r.Uint32()), "groupingIds": []any{fmt.Sprintf("%08x", r.Uint32())}, "groupByActivity": false, "aiaScore": float64(20 + r.IntN(81)),
		"summary":         fmt.Sprintf("The device %s was observed in %s.\n\nThe security team may wish to review whether this was expected.", d.label(), strings.ToLower(t.title)),
		"periods":         []any{record{"start": start, "end": start + r.Int64N(3_600_000)}},
		"sender":          nil,
		"breachDevices":   []any{d.brief()},
		"relatedBreaches": []any{record{"modelName": strings.ReplaceAll(t.folder, "::", " / "), "pbid": 40_000 + i, "threatScore": float64(30 + r.IntN(70)), "timestamp": start + 30_000}},
		"details":         incidentDetails(r, d, start),
	}
	g.bendIncident(out, shape, i)
	return out
}

func (d device) label() string {
	if d.name != "" {
		return d.name
	}
	return d.ip
}

// bendIncident gives an incident its shape.
func (g generator) bendIncident(out record, shape string, i int) {
	switch shape {
	case "several":
		a, b := g.device((i+1)%40), g.device((i+6)%40)
		out["breachDevices"] = []any{a.brief(), b.brief(), a.brief()}
		out["periods"] = append(out["periods"].([]any), record{"start": whole(out["createdAt"]) - 50_000, "end": whole(out["createdAt"]) - 10_000})
	case "format-string":
		d := g.device(5 + i%4*10)
		out["breachDevices"] = []any{d.brief()}
		out["summary"], out["details"] = formatString(d), oldDetails(d, whole(out["createdAt"]))
		out["figures"] = []any{}
	case "email":
		out["title"], out["summariser"] = "Unusual Mail of a Known Sender", "EmailSummary"
		out["sender"], out["breachDevices"], out["relatedBreaches"] = fmt.Sprintf("billing%02d@mail.sandbox.test", i), []any{}, []any{}
	case "text-score":
		out["groupScore"] = fmt.Sprintf("%.6f", number(out["groupScore"]))
		out["attackPhases"], out["groupPreviousGroups"] = nil, nil
		delete(out, "mitreTactics")
		delete(out, "sender")
	case "acknowledged":
		out["acknowledged"] = true
	case "pinned":
		out["createdAt"] = whole(out["createdAt"]) - (20 * 24 * time.Hour).Milliseconds()
	case "hostile":
		out["summary"] = `The device <script>alert("x")</script> & 'others' sent {} to <b>nowhere</b>.\n\nSecond paragraph, after a written line break.`
	case "long":
		out["title"] = strings.Repeat("Very Long Chain of Events ", 11) + "at its End"
	case "old":
		for _, name := range []string{"pinned", "userTriggered", "externalTriggered", "groupCategory", "mitreTactics", "aiaScore", "sender"} {
			delete(out, name)
		}
	}
}

func row(key any, kind string, values ...any) record {
	return record{"key": key, "type": kind, "values": values}
}

func incidentDetails(r *rand.Rand, d device, start int64) []any {
	external := fmt.Sprintf("203.0.113.%d", 1+r.IntN(250))
	return []any{
		[]any{record{"header": "Transfer Details", "contents": []any{
			row("Time", "timestampRange", record{"start": start, "end": start + 90_000}),
			row("Source device", "device", d.brief()),
			row("Uploaded", "dataVolume", r.Int64N(1<<40)),
			row("Importance", "percentage", 53.0),
			row("First observed", "timestamp", start),
			row("Suspicious properties", "string", "Destination is rare for the network", "Source doesn't usually transfer data externally"),
		}}},
		[]any{record{"header": "Endpoint Details", "contents": []any{
			row("Endpoint", "externalHost", record{"hostname": fmt.Sprintf("drop%02d.rare.sandbox.test", r.IntN(30)), "ip": external}, record{"hostname": external, "ip": external}),
			row(nil, "externalHost", record{"hostname": "cdn.rare.sandbox.test", "ip": nil}),
			row("Rarity", "percentageRange", record{"start": 90.0, "end": 100.0}),
			row("Ports", "integerRange", record{"start": "1", "end": "65389"}),
			row("Connection count", "integer", 1+r.IntN(900)),
			row(nil, "string", ""),
		}}},
	}
}

// formatString is a summary with places for others in it, two deep.
func formatString(d device) record {
	text := func(value any) record { return record{"valueType": "string", "value": value} }
	return record{
		"valueType": "formatString", "value": "{}\n\nThe security team may wish to confirm that this was expected.",
		"replacements": []any{record{
			"valueType": "formatString", "value": "The actor {} used the service {} from {}.",
			"replacements": []any{text(d.name), text("Office365"), record{"valueType": "externalHost", "value": record{"identifier": "203.0.113.77", "ip": nil}}},
		}},
	}
}

// oldDetails are details as older versions wrote them.
func oldDetails(d device, at int64) []any {
	bullet := func(key, kind string, values ...any) record {
		return record{"detailKey": key, "valueType": kind, "detailValues": values}
	}
	return []any{
		record{"blockType": "single", "blocks": []any{record{"blockHeader": "SaaS User Details", "bulletBlocks": []any{[]any{bullet("SaaS account", "device", d.brief()), bullet("Actor", "string", d.name)}}}}},
		record{"blockType": "grouped", "blocks": []any{record{"blockHeader": "Activity", "bulletBlocks": []any{
			[]any{bullet("Time", "timeRange", record{"start": at - 9000, "end": at}), bullet("Source IP", "externalHost", record{"identifier": "203.0.113.77", "ip": nil})},
			[]any{bullet("Event", "string", "User added"), bullet("Number of events", "string", "1")},
		}}}},
	}
}
