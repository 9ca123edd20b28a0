package threatq

import "fmt"

// stockRelated are the objects beside the indicators, of each kind in the order of its names.
// Everybody and everything is made up.
var stockRelated = []struct {
	code, description string
	names             []string
}{
	{"adversary", "Works from the sandbox.", []string{"Paper Heron", "Quiet Badger", "Tin Lantern", "Velvet Crab"}},
	{"malware", "Found on a machine of the sandbox.", []string{"SandLoader", "PailBot", "SpadeRAT", "CastleLock", "TideStealer", "ShellWiper"}},
	{"tool", "Any administrator has it.", []string{"SievePass", "RakeScan", "BucketCopy"}},
	{"attack_pattern", "A technique.", []string{"T1001 - Sand Obfuscation", "T1027 - Buried Files", "T1059 - Castle Scripting", "T1566 - Shell Phishing", "T1105 - Bucket Transfer"}},
	{"campaign", "Lasted a summer.", []string{"Low Tide", "High Tide", "Driftwood"}},
	{"report", "<p>What is known of it.</p>", []string{"Sandbox Report 1", "Sandbox Report 2", "Sandbox Report 3", "Sandbox Report 4"}},
	{"vulnerability", "Patched since.", []string{"CVE-2099-0001", "CVE-2099-0002", "CVE-2099-0003"}},
	{"intrusion_set", "Seen together.", []string{"Beach Set", "Dune Set"}},
	{"course_of_action", "Helps.", []string{"Block the Bucket", "Patch the Castle"}},
	{"identity", "A victim.", []string{"Example Corp", "Sample Agency"}},
}

// stockLinks says with what the objects of one kind are linked: each ith with the ith of the
// other kind, shifted, so that all of it hangs together and goes in circles.
var stockLinks = []struct {
	from, to string
	shift    int
}{
	{"adversary", "malware", 0}, {"malware", "tool", 1}, {"tool", "adversary", 2}, {"malware", "malware", 1},
	{"malware", "attack_pattern", 0}, {"attack_pattern", "course_of_action", 0}, {"campaign", "adversary", 1},
	{"report", "campaign", 0}, {"report", "report", 1}, {"report", "vulnerability", 0}, {"intrusion_set", "campaign", 0},
	{"intrusion_set", "adversary", 0}, {"vulnerability", "malware", 3}, {"identity", "campaign", 1},
}

// stockLinked says with what every so manieth indicator is linked.
var stockLinked = []struct {
	every int
	to    string
}{{4, "malware"}, {10, "adversary"}, {15, "report"}, {40, "attack_pattern"}, {60, "campaign"}}

// relations adds objects of other kinds, and links.
func (s *stocking) relations() error {
	of := map[string][]int64{}
	for _, kind := range stockRelated {
		for i, name := range kind.names {
			uid, err := s.related(kind.code, name, kind.description, i)
			if err != nil {
				return fmt.Errorf("%s %q: %w", kind.code, name, err)
			}
			of[kind.code] = append(of[kind.code], uid)
		}
	}
	for _, l := range stockLinks {
		to := of[l.to]
		for i, uid := range of[l.from] {
			if err := s.connect(uid, to[(i+l.shift)%len(to)]); err != nil {
				return err
			}
		}
	}
	for i, uid := range s.uids {
		for _, l := range stockLinked {
			if to := of[l.to]; i%l.every == 0 {
				if err := s.connect(uid, to[i/l.every%len(to)]); err != nil {
					return err
				}
			}
		}
		if i > 0 && i%12 == 0 { // what the one before it was found with
			if err := s.connect(uid, s.uids[i-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stocking) related(code, name, description string, i int) (uid int64, err error) {
	k, at := s.kinds.relation(code), s.now-int64(s.of)
	o := &object{kind: k, name: name, uid: k.uid(s.next(objectCounters + k.num))}
	var began any
	if k.dated {
		began = at - int64(i+30)*day
	}
	var tlp any
	if i%3 > 0 {
		tlp = 1 + i%5
	}
	err = s.add(&s.objects, k.num, o.key(), o.uid, o.name, nil, nil, description, nil, began, nil, at, nil, nil, nil, nil, at, at, at, nil)
	if err == nil {
		err = s.add(&s.sources, o.uid, s.report.id, s.next(sourceCounter), tlp, at, at, at)
	}
	if err == nil && i%2 == 0 {
		err = s.add(&s.attrs, o.uid, s.next(attrCounter), s.severity, []string{"Low", "Medium", "High"}[i%3], at, at, at)
	}
	return o.uid, err
}

// connect links two objects; no object is touched by it.
func (s *stocking) connect(a, b int64) error {
	if a == b {
		return nil
	}
	id, at := s.next(linkCounter), s.now-int64(s.of)
	if err := s.add(&s.links, a, b, id, true, at, at); err != nil {
		return err
	}
	return s.add(&s.links, b, a, id, false, at, at)
}
