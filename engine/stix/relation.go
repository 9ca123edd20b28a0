package stix

import "slices"

// between says which way round two types are related, and how.
type between struct {
	from, to []kind
	as       string
}

// relations of STIX. Links of ThreatQ have no direction: the row gives it.
var relations = []between{
	{[]kind{indicator}, []kind{attackPattern, campaign, intrusionSet, malware, threatActor, tool}, "indicates"},
	{[]kind{campaign, intrusionSet, threatActor}, []kind{attackPattern, malware, tool}, "uses"},
	{[]kind{campaign, intrusionSet, threatActor, attackPattern, malware, tool}, []kind{identity, vulnerability}, "targets"},
	{[]kind{campaign}, []kind{threatActor, intrusionSet}, "attributed-to"},
	{[]kind{intrusionSet}, []kind{threatActor}, "attributed-to"},
	{[]kind{attackPattern}, []kind{malware, tool}, "uses"},
	{[]kind{malware}, []kind{tool}, "uses"},
	{[]kind{courseOfAction}, []kind{attackPattern, malware, tool, vulnerability}, "mitigates"},
}

// relate puts two ids, smaller first, in the direction of their relationship.
func relate(a, b id) (from, to id, as string) {
	for _, r := range relations {
		if slices.Contains(r.from, a.kind) && slices.Contains(r.to, b.kind) {
			return a, b, r.as
		}
		if slices.Contains(r.from, b.kind) && slices.Contains(r.to, a.kind) {
			return b, a, r.as
		}
	}
	return a, b, "related-to"
}
