package stix

import "strings"

// kind is a type of STIX.
type kind uint8

// The types, in the order of their names, which is that of ids too.
const (
	attackPattern kind = iota
	campaign
	courseOfAction
	identity
	indicator
	intrusionSet
	malware
	markingDefinition
	relationship
	report
	threatActor
	tool
	vulnerability
)

var kindNames = [...]string{
	"attack-pattern", "campaign", "course-of-action", "identity", "indicator", "intrusion-set", "malware",
	"marking-definition", "relationship", "report", "threat-actor", "tool", "vulnerability",
}

func (k kind) String() string { return kindNames[k] }

// kinds are the objects of ThreatQ that STIX has a type for.
var kinds = map[string]kind{
	"indicator":        indicator,
	"adversary":        threatActor,
	"malware":          malware,
	"tool":             tool,
	"report":           report,
	"attack_pattern":   attackPattern,
	"campaign":         campaign,
	"vulnerability":    vulnerability,
	"intrusion_set":    intrusionSet,
	"course_of_action": courseOfAction,
	"identity":         identity,
}

// plurals are the two objects that ThreatQ's API calls by another name than the rest.
var plurals = map[string]string{"indicators": "indicator", "adversaries": "adversary"}

var underscores = strings.NewReplacer("-", "_", " ", "_")

// kindOf finds the type of STIX, and the name of the object as ids know it.
func kindOf(object, typ string) (string, kind, bool) {
	object = underscores.Replace(strings.ToLower(object))
	if one, ok := plurals[object]; ok {
		object = one
	}
	k, ok := kinds[object]
	if k == indicator && strings.EqualFold(typ, "CVE") {
		k = vulnerability // which says more than any pattern would
	}
	return object, k, ok
}
