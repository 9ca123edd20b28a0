package stix

import (
	"slices"
	"strconv"
	"strings"
)

// vocabulary is what a type of STIX may be labelled with.
type vocabulary struct {
	words []string
	added []string // by 2.1
	// required is what 2.0, which wants a label, gets where there is none.
	required string
}

var vocabularies = map[kind]vocabulary{
	indicator: {
		words:    []string{"anomalous-activity", "anonymization", "benign", "compromised", "malicious-activity", "attribution"},
		added:    []string{"unknown"},
		required: "malicious-activity",
	},
	threatActor: {
		words: []string{"activist", "competitor", "crime-syndicate", "criminal", "hacker", "insider-accidental", "insider-disgruntled",
			"nation-state", "sensationalist", "spy", "terrorist"},
		added:    []string{"unknown"},
		required: "hacker",
	},
	malware: {
		words: []string{"adware", "backdoor", "bot", "ddos", "dropper", "exploit-kit", "keylogger", "ransomware", "remote-access-trojan",
			"resource-exploitation", "rogue-security-software", "rootkit", "screen-capture", "spyware", "trojan", "virus", "worm"},
		added:    []string{"unknown", "bootkit", "downloader", "webshell", "wiper"},
		required: "bot",
	},
	tool: {
		words: []string{"denial-of-service", "exploitation", "information-gathering", "network-capture", "credential-exploitation",
			"remote-access", "vulnerability-scanning"},
		added:    []string{"unknown"},
		required: "remote-access",
	},
	report: {
		words: []string{"threat-report", "attack-pattern", "campaign", "identity", "indicator", "malware", "observed-data",
			"threat-actor", "tool", "vulnerability"},
		required: "threat-report",
	},
}

func (v vocabulary) has(word string, version Version) bool {
	return slices.Contains(v.words, word) || version == V21 && slices.Contains(v.added, word)
}

// labels are those of an object that STIX knows for its type, else the first list of
// defaults that is not empty, else in 2.0 the one that has to be.
func (g *Graph) labels(k kind, o *Object) []string {
	v, ok := vocabularies[k]
	if !ok {
		return nil
	}
	for i, list := range [][]string{o.Labels, o.DefaultLabels, g.defaults[k]} {
		var out []string
		for _, l := range list {
			l = normalLabel(l)
			if l != "" && (i > 0 || v.has(l, g.version)) && !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	if g.version == V20 {
		return []string{v.required}
	}
	return nil
}

var hyphens = strings.NewReplacer(" ", "-", "_", "-")

// normalLabel spells a label as STIX does.
func normalLabel(s string) string {
	return hyphens.Replace(strings.ToLower(strings.TrimSpace(s)))
}

// confidences are the words of STIX's scale None/Low/Med/High.
var confidences = map[string]int{"none": 0, "low": 15, "med": 50, "medium": 50, "high": 85}

// confidence in 2.1, which alone has it.
func (g *Graph) confidence(s string) *int {
	s = strings.ToLower(strings.TrimSpace(s))
	n, known := confidences[s]
	if !known {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			return nil
		}
	}
	if g.version != V21 || n < 0 || n > 100 {
		return nil
	}
	return &n
}
