package threatq

import (
	"crypto/md5"
	"fmt"
	"strings"
)

// kind is one kind of object.
type kind struct {
	num        int64  // object_id in answers
	code       string // singular, e.g. "indicator"
	collection string // the path segment, e.g. "indicators"
	name       string
	plural     string
	field      string // where its objects carry their name
	dated      bool   // has started_at and ended_at
	custom     bool   // rows carry object_code and the like
	content    bool   // has a "value" beside its name
}

// The kinds with behaviour of their own.
const (
	kindIndicator  = 21
	kindEvent      = 22
	kindAdversary  = 23
	kindAttachment = 24
	kindSignature  = 25
	kindTask       = 26
	firstCustom    = 64
	maxKinds       = 256
)

var builtinKinds = []*kind{
	{num: 1, code: "campaign", name: "Campaign", plural: "Campaigns", dated: true, custom: true},
	{num: 2, code: "course_of_action", name: "Course of Action", plural: "Courses of Action", custom: true},
	{num: 3, code: "exploit_target", name: "Exploit Target", plural: "Exploit Targets", custom: true},
	{num: 4, code: "incident", name: "Incident", plural: "Incidents", dated: true, custom: true},
	{num: 5, code: "ttp", name: "TTP", plural: "TTPs", custom: true},
	{num: 6, code: "attack_pattern", name: "Attack Pattern", plural: "Attack Patterns", custom: true},
	{num: 7, code: "identity", name: "Identity", plural: "Identities", custom: true},
	{num: 8, code: "intrusion_set", name: "Intrusion Set", plural: "Intrusion Sets", custom: true},
	{num: 9, code: "malware", name: "Malware", plural: "Malware", custom: true},
	{num: 10, code: "report", name: "Report", plural: "Reports", custom: true},
	{num: 11, code: "tool", name: "Tool", plural: "Tools", custom: true},
	{num: 12, code: "vulnerability", name: "Vulnerability", plural: "Vulnerabilities", custom: true},
	{num: 13, code: "asset", name: "Asset", plural: "Assets", custom: true},
	{num: 14, code: "note", name: "Note", plural: "Notes", custom: true},
	{num: 15, code: "infrastructure", name: "Infrastructure", plural: "Infrastructure", custom: true},
	{num: kindIndicator, code: "indicator", collection: "indicators", name: "Indicator", plural: "Indicators"},
	{num: kindEvent, code: "event", collection: "events", name: "Event", plural: "Events", field: "title"},
	{num: kindAdversary, code: "adversary", collection: "adversaries", name: "Adversary", plural: "Adversaries", field: "name"},
	{num: kindAttachment, code: "attachment", collection: "attachments", name: "File", plural: "Files", field: "name"},
	{num: kindSignature, code: "signature", collection: "signatures", name: "Signature", plural: "Signatures", field: "name", content: true},
	{num: kindTask, code: "task", collection: "tasks", name: "Task", plural: "Tasks", field: "name"},
	{num: 27, code: "investigation", collection: "investigations", name: "Investigation", plural: "Investigations", field: "name"},
}

// kinds finds kinds by every name a client may use for one.
type kinds struct {
	all    []*kind
	byName map[string]*kind
	byNum  map[int64]*kind
}

func newKinds() *kinds {
	ks := &kinds{byName: map[string]*kind{}, byNum: map[int64]*kind{}}
	for _, k := range builtinKinds {
		ks.add(*k)
	}
	return ks
}

func (ks *kinds) add(k kind) {
	if k.collection == "" {
		k.collection = k.code
	}
	if k.field == "" {
		k.field = "value"
	}
	ks.all = append(ks.all, &k)
	ks.byNum[k.num] = &k
	ks.byName[k.collection] = &k
	if k.custom && ks.byName[k.code+"s"] == nil {
		ks.byName[k.code+"s"] = &k // "reports" for "report" is seen in the wild
	}
}

// relation finds a kind by the name a client uses in "with": collection, code
// or code in camel case.
func (ks *kinds) relation(name string) *kind {
	if k := ks.byName[name]; k != nil {
		return k
	}
	for _, k := range ks.all {
		if name == k.code || name == camel(k.code) {
			return k
		}
	}
	return nil
}

func camel(code string) string {
	words := strings.Split(code, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// Objects of all kinds live in one table; a uid is a kind's number above an id,
// so that one kind is one range of keys, in the order of ids.
const uidShift = 40

func (k *kind) uid(id int64) int64 { return k.num<<uidShift | id }

// bounds is the half-open range of the kind's uids.
func (k *kind) bounds() (from, to int64) { return k.num << uidShift, (k.num + 1) << uidShift }

func uidKind(uid int64) int64 { return uid >> uidShift }
func uidID(uid int64) int64   { return uid & (1<<uidShift - 1) }

// key is the identity by which an object that is sent again is recognised.
func (k *kind) key(name string, typeID, happenedAt int64) [md5.Size]byte {
	switch k.num {
	case kindIndicator:
		return syncHash(name, typeID)
	case kindEvent:
		return eventHash(name, happenedAt)
	}
	return md5.Sum([]byte(name))
}

// syncHash is the identity of an indicator: its value, case kept, and its type.
func syncHash(value string, typeID int64) [md5.Size]byte {
	return md5.Sum(fmt.Appendf(nil, "%s-%d", value, typeID))
}

// eventHash is the identity of an event: its title in lower case and the second
// it happened; the type is no part of it.
func eventHash(title string, happenedAt int64) [md5.Size]byte {
	return md5.Sum(fmt.Appendf(nil, "%d%s", happenedAt, strings.ToLower(title)))
}
