package stix

import (
	"slices"
	"strings"
	"testing"
)

// The vectors of the reference, and of RFC 4122 for UUIDs of names.
func TestIDs(t *testing.T) {
	dns := uuid{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	if got := dns.name("www.example.org").String(); got != "74738ff5-5367-5958-9aee-98fffdcd1876" {
		t.Errorf("a UUID of version 5: %s", got)
	}
	for _, base := range []string{"https://threatq.example.com", "https://threatq.example.com/"} {
		n20, n21 := newNamer(V20, base), newNamer(V21, base)
		for _, row := range []struct{ got, want string }{
			{n20.space.String(), "5d3a51e4-c1d5-54e0-be9b-cf8b4dc22baf"},
			{n21.uuid("identity", "threatq").String(), "d5a9b9b7-63d4-5594-ae4a-72945dc4a32f"},
			{n20.uuid("identity", "threatq").String(), "d5a9b9b7-63d4-4594-ae4a-72945dc4a32f"},
			{n20.of(indicator, "indicator", "IP Address", "198.51.100.7").String(), "indicator--063bf5f4-f0cd-429c-b362-e4e6bf302da2"},
			{n21.of(threatActor, "adversary", "", "Fancy Widget").String(), "threat-actor--da65339c-e71b-5ce3-bfc0-5b5035e0b77a"},
			{n21.uuid("relationship", "uses", "threat-actor--da65339c-e71b-5ce3-bfc0-5b5035e0b77a", "tool--8b30c231-5335-56a5-a386-6284efbdfed3").String(),
				"d2b8b279-eb54-5f19-8b51-79e64ea24b51"},
			{n20.uuid("marking-definition", "statement", "TLP:AMBER+STRICT").String(), "8ba1e5f2-cb38-47d5-b263-eed4290e72fc"},
		} {
			if row.got != row.want {
				t.Errorf("%s: %s, want %s", base, row.got, row.want)
			}
		}
	}
	if newNamer(V20, "https://a.example").space == newNamer(V20, "https://b.example").space {
		t.Error("two ThreatQs share their ids")
	}
}

// The names of types are in order, so that ids are ordered as their texts.
func TestOrderOfIDs(t *testing.T) {
	if !slices.IsSorted(kindNames[:]) {
		t.Errorf("out of order: %v", kindNames)
	}
	n := newNamer(V20, "https://a.example")
	var ids []id
	for k := range kindNames {
		for _, v := range []string{"a", "b", "c"} {
			ids = append(ids, n.of(kind(k), "x", "", v))
		}
	}
	slices.SortFunc(ids, id.compare)
	if !slices.IsSortedFunc(ids, func(a, b id) int { return strings.Compare(a.String(), b.String()) }) {
		t.Error("ids are not in the order of their texts")
	}
}

// Every pair of types, whichever comes first, has one relationship in one direction.
func TestRelate(t *testing.T) {
	want := map[string][]string{
		"indicates":     {"indicator>attack-pattern", "indicator>campaign", "indicator>intrusion-set", "indicator>malware", "indicator>threat-actor", "indicator>tool"},
		"attributed-to": {"campaign>intrusion-set", "campaign>threat-actor", "intrusion-set>threat-actor"},
		"mitigates":     {"course-of-action>attack-pattern", "course-of-action>malware", "course-of-action>tool", "course-of-action>vulnerability"},
		"uses": {"attack-pattern>malware", "attack-pattern>tool", "campaign>attack-pattern", "campaign>malware", "campaign>tool", "intrusion-set>attack-pattern",
			"intrusion-set>malware", "intrusion-set>tool", "malware>tool", "threat-actor>attack-pattern", "threat-actor>malware", "threat-actor>tool"},
		"targets": {"attack-pattern>identity", "attack-pattern>vulnerability", "campaign>identity", "campaign>vulnerability", "intrusion-set>identity", "intrusion-set>vulnerability",
			"malware>identity", "malware>vulnerability", "threat-actor>identity", "threat-actor>vulnerability", "tool>identity", "tool>vulnerability"},
	}
	got := map[string][]string{}
	for a := range kindNames {
		for b := range a + 1 {
			low, high := id{kind: kind(b), uuid: uuid{1}}, id{kind: kind(a), uuid: uuid{2}}
			from, to, as := relate(low, high)
			if as == "related-to" {
				if from != low {
					t.Errorf("%s: source is not the smaller id", from)
				}
				continue
			}
			got[as] = append(got[as], from.kind.String()+">"+to.kind.String())
		}
	}
	for as := range want {
		slices.Sort(got[as])
		if !slices.Equal(got[as], want[as]) {
			t.Errorf("%s: %v", as, got[as])
		}
	}
	if len(got) != len(want) {
		t.Errorf("relationships %v", got)
	}
}
