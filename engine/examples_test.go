package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tqmap/dsl"
)

// slots are the places of a small mapping that examples are put into, with what stands
// there where they are not.
func slots() map[string]string {
	return map[string]string{
		"connector": "connector \"c\" {\n  title  = \"C\"\n  source = \"C\"\n}",
		"client":    "client \"api\" {\n  base_url = \"https://api.example.com\"\n%auth\n%server_limit\n}",
		"flow":      "flow \"alerts\" {\n%source\n%record\n%event\n%object\n%sink\n}",
		"source":    "source \"http\" {\n  client = client.api\n%step\n%request\n%window\n%paginate\n%decode\n%on\n%each\n}",
		"request":   "request {\n  path = \"/\"\n}",
		"decode":    "decode \"json\" {\n%split\n}",
		"record":    "record \"alert\" {\n  key = expr(\"alert.id\")\n%reject\n}",
		"event":     "event \"alert\" {\n  type        = \"Alert\"\n  title       = expr(\"string(alert.id)\")\n  happened_at = now\n%sync\n}",
	}
}

const topSlots = "%connector\n%param\n%locals\n%table\n%client\n%flow\n%test\n"

var slotNames = regexp.MustCompile(`(?m)^%(\w+)$`)

// around is a mapping with the example in its place.
func around(slot, example string) string {
	all := slots()
	all[slot] = example
	switch {
	case slot == "sink": // a flow has one target, and what is acknowledged is an event
		all["source"] = "source \"threatq_events\" {\n  types = [\"Alert\"]\n}"
		all["event"] = ""
		if strings.Contains(example, "indicator.") {
			all["source"] = "source \"threatq\" {\n  collections = [\"Blocklist\"]\n}"
			all["record"] = "record \"indicator\" {\n  key = expr(\"indicator.id\")\n}"
		}
	case slot == "assertion":
		all["client"] = strings.Replace(all["client"], "%auth", "auth \"oauth2\" {\n  grant = \"urn:ietf:params:oauth:grant-type:jwt-bearer\"\n  token_url = \"/token\"\n%assertion\n}", 1)
	case slot == "expect_request":
		all["event"] = "sink \"http\" {\n  client = client.api\n  request {\n    path = \"/\"\n  }\n}"
		all["test"] = "test \"t\" {\n  flow = flow.alerts\n  records = []\n%expect_request\n}"
	case slot == "batch" || slot == "held" || slot == "update" || slot == "remove" || slot == "expire":
		all["event"] = "sink \"http\" {\n  client = client.api\n  item = expr(\"alert\")\n  request {\n    path = \"/\"\n  }\n%" + slot + "\n}"
	case slot == "object" || slot == "sync":
		all["table"] = "table \"status\" {\n  rows = { a = \"b\" }\n}"
	}
	text := topSlots
	for strings.Contains(text, "%") && slotNames.MatchString(text) {
		text = slotNames.ReplaceAllStringFunc(text, func(name string) string { return all[name[1:]] })
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`param\.(\w+)`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = !strings.Contains(text, fmt.Sprintf("param %q", m[1]))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] {
			text += fmt.Sprintf("param %q {\n  type      = string\n  sensitive = %t\n}\n", name, name != "hostname")
		}
	}
	return text
}

// beside are what an example speaks of without being about it.
var beside = []string{"No samples", "Never used", "Page not asked for"}

// TestBlockExamples loads every example of the grammar in its place.
func TestBlockExamples(t *testing.T) {
	tried := map[string]bool{}
	var visit func(slot string, b *dsl.Block)
	visit = func(slot string, b *dsl.Block) {
		if fits := strings.HasPrefix(b.Example, slot+" ") || slot == "object" && b.Example != ""; fits && !tried[b.Example] {
			tried[b.Example] = true
			try(t, slot, b)
		}
		for _, k := range b.Kinds {
			visit(slot, k)
		}
		for _, c := range b.Blocks {
			slot := c.Type
			if len(c.Labels) > 0 && strings.HasSuffix(c.Summary, " in ThreatQ.") || c.Type == customObject {
				slot = "object"
			}
			visit(slot, c.Block)
		}
	}
	visit("mapping", dsl.Grammar(Vocabulary()))
	if len(tried) < 38 {
		t.Errorf("only %d examples", len(tried))
	}
}

func try(t *testing.T, slot string, b *dsl.Block) {
	t.Run(slot+" "+b.Type, func(t *testing.T) {
		at := slot
		if b.Type == "event" {
			at = "event"
		}
		text := around(at, b.Example)
		files := map[string]string{
			"testdata/alerts_1.json": `{"alerts": [{"id": "a1", "name": "Beacon", "created": "2026-01-01T00:00:00Z", "status": "open"}]}`,
		}
		_, diags := loadFiles(text, files)
		for _, d := range diags {
			if !slices.Contains(beside, d.Summary) {
				t.Errorf("%s\n%s", d, text)
			}
		}
	})
}
