package threatq

import "strings"

// tlpIDs are the ids ThreatQ gives to the Traffic Light Protocol labels, laxest
// last. The id of AMBER+STRICT is not documented: 5 is the next free one.
var tlpIDs = map[string]int64{
	"RED":          1,
	"AMBER+STRICT": 5,
	"AMBER":        2,
	"GREEN":        3,
	"CLEAR":        4,
}

// tlpRank orders labels by how far a text may travel, strictest lowest.
var tlpRank = map[string]int{"RED": 1, "AMBER+STRICT": 2, "AMBER": 3, "GREEN": 4, "CLEAR": 5}

// tlpLabel brings the spellings of a label together: "TLP:WHITE", "white" and
// "Clear" are all CLEAR. A label it does not know is returned in upper case.
func tlpLabel(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "TLP:"))
	switch s {
	case "WHITE":
		return "CLEAR"
	case "AMBER STRICT", "AMBER_STRICT", "AMBER-STRICT":
		return "AMBER+STRICT"
	}
	return s
}

// tlpOf picks the label of a source as ThreatQ reports it: by name where that is
// a known label, because ids may differ between instances, else by id.
func tlpOf(name string, id int64) string {
	if label := tlpLabel(name); tlpIDs[label] != 0 {
		return label
	}
	for label, n := range tlpIDs {
		if n == id {
			return label
		}
	}
	return ""
}

// tlpStricter reports whether label a lets a text travel less far than b, where
// no label at all is the laxest.
func tlpStricter(a, b string) bool {
	rank := func(label string) int {
		if n, ok := tlpRank[tlpLabel(label)]; ok {
			return n
		}
		return len(tlpRank) + 1
	}
	return rank(a) < rank(b)
}

// KnownTLP reports whether label, in any spelling, is a label of the Traffic Light Protocol.
func KnownTLP(label string) bool { return tlpIDs[tlpLabel(label)] != 0 }
