package stix

import (
	"fmt"
	"strings"
)

// tlp is a label of the Traffic Light Protocol; the higher, the stricter.
type tlp uint8

const (
	unmarked tlp = iota
	white        // CLEAR, of TLP 2.0
	green
	amber
	amberStrict
	red
)

// tlps are the spellings of labels without their prefix.
var tlps = map[string]tlp{
	"CLEAR": white, "WHITE": white, "GREEN": green, "AMBER": amber, "RED": red,
	"AMBER+STRICT": amberStrict, "AMBER STRICT": amberStrict, "AMBER_STRICT": amberStrict, "AMBER-STRICT": amberStrict,
}

// strictest label of all. One that nobody knows is an error, not as good as none.
func strictest(labels []string) (tlp, error) {
	worst := unmarked
	for _, l := range labels {
		name := strings.ToUpper(strings.TrimSpace(l))
		name = strings.TrimSpace(strings.TrimPrefix(name, "TLP:"))
		if name == "" {
			continue
		}
		t, ok := tlps[name]
		if !ok {
			return 0, &Invalid{"tlp", fmt.Sprintf("%q is no label of the Traffic Light Protocol, so it is not known who may see this; "+
				"give RED, AMBER+STRICT, AMBER, GREEN, CLEAR or WHITE", l)}
		}
		worst = max(worst, t)
	}
	return worst, nil
}

// marking is a marking-definition.
type marking struct{ id, label string }

// markings10 are the predefined ones of TLP 1.0, which STIX 2.0 must use: it has no
// extensions. What TLP 2.0 calls CLEAR is WHITE there.
var markings10 = map[tlp]marking{
	white: {"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "white"},
	green: {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"},
	amber: {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "amber"},
	red:   {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"},
}

// markings20 are those of TLP 2.0, from oasis-open/cti-stix-common-objects.
var markings20 = map[tlp]marking{
	white:       {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"},
	green:       {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"},
	amber:       {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"},
	amberStrict: {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"},
	red:         {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "red"},
}

// tlpExtension is the extension that holds labels of TLP 2.0.
const tlpExtension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// When the markings of TLP 1.0 and 2.0 were created.
const (
	created10 = "2017-01-20T00:00:00.000Z"
	created20 = "2022-10-01T00:00:00.000Z"
)

// strictStatement says in STIX 2.0 what it has no label for.
const strictStatement = "TLP:AMBER+STRICT"

// marks are the ids that an object with label t refers to.
func (g *Graph) marks(t tlp) []string {
	switch {
	case t == unmarked:
		return nil
	case g.version == V21:
		return []string{markings20[t].id}
	case t == amberStrict:
		return []string{markings10[amber].id, g.strictID()}
	}
	return []string{markings10[t].id}
}

func (g *Graph) strictID() string {
	return id{markingDefinition, g.uuid("marking-definition", "statement", strictStatement)}.String()
}

// markings are the objects behind marks.
func (g *Graph) markings(t tlp) []Encoded {
	switch {
	case t == unmarked:
		return nil
	case g.version == V21:
		m := markings20[t]
		return []Encoded{encode(&wire{Type: "marking-definition", SpecVersion: string(V21), ID: m.id, Created: created20,
			Name: "TLP:" + strings.ToUpper(m.label), Extensions: map[string]any{tlpExtension: tlpExt{"property-extension", m.label}}})}
	case t == amberStrict:
		return append(g.markings(amber), encode(&wire{Type: "marking-definition", ID: g.strictID(), Created: created20,
			DefinitionType: "statement", Definition: map[string]string{"statement": strictStatement}}))
	}
	m := markings10[t]
	return []Encoded{encode(&wire{Type: "marking-definition", ID: m.id, Created: created10,
		DefinitionType: "tlp", Definition: map[string]string{"tlp": m.label}})}
}

type tlpExt struct {
	ExtensionType string `json:"extension_type"`
	Label         string `json:"tlp_2_0"`
}
