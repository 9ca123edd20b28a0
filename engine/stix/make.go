package stix

import (
	"regexp"
	"strings"
	"time"
)

// since is when the identity of ThreatQ was created, which must never change.
const since = "2020-01-01T00:00:00.000Z"

// identity is who all objects are by.
func (g *Graph) identity() Encoded {
	w := g.wire(identity)
	w.ID, w.Created, w.Modified = g.producer, since, since
	w.Name, w.IdentityClass = "ThreatQ", "organization"
	return encode(w)
}

// wire starts an object of a type.
func (g *Graph) wire(k kind) *wire {
	w := &wire{Type: k.String()}
	if g.version == V21 {
		w.SpecVersion = string(V21)
	}
	if k != identity {
		w.CreatedByRef = g.producer
	}
	return w
}

// node makes an object of any type.
func (g *Graph) node(me id, pattern string, o *Object) (*node, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	t, err := strictest(o.TLP)
	if err != nil {
		return nil, err
	}
	n := &node{created: o.Created, modified: later(o.Created, o.Modified), tlp: t}
	w := g.wire(me.kind)
	w.ID, w.Created, w.Modified = me.String(), instant(n.created), instant(n.modified)
	w.Name, w.Description, w.Revoked = o.Value, o.Description, o.Revoked
	w.Confidence, w.References, w.MarkingRefs = g.confidence(o.Confidence), o.References, g.marks(t)
	w.setTypes(g.version, me.kind, g.labels(me.kind, o))
	switch me.kind {
	case indicator:
		g.indicator(w, pattern, o)
	case malware:
		w.IsFamily = g.version == V21 // a name without a sample
	case identity:
		w.IdentityClass = "unknown"
	case vulnerability:
		w.References = withCVE(o)
	case report:
		w.Published = instant(first(o.Published, o.Created))
		n.value = o.Value
	}
	n.encoded = encode(w)
	return n, nil
}

func (g *Graph) indicator(w *wire, pattern string, o *Object) {
	w.Name = o.Type + ": " + o.Value
	w.Pattern = pattern
	if g.version == V21 {
		w.PatternType, w.PatternVersion = "stix", string(V21)
	}
	w.ValidFrom = instant(first(o.ValidFrom, o.Published, o.Created))
	if until := instant(o.ValidUntil); until > w.ValidFrom {
		w.ValidUntil = until
	}
}

func first(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// cve is what STIX takes for the name of a CVE.
var cve = regexp.MustCompile(`^CVE-\d{4}-(0\d{3}|[1-9]\d{3,})$`)

// withCVE adds the reference to a CVE that is named like one.
func withCVE(o *Object) []Reference {
	name := strings.ToUpper(strings.TrimSpace(o.Value))
	if !cve.MatchString(name) {
		return o.References
	}
	out := []Reference{{SourceName: "cve", ExternalID: name}}
	for _, r := range o.References {
		if r.SourceName != "cve" || r.ExternalID != name {
			out = append(out, r)
		}
	}
	return out
}

func (g *Graph) relationship(l link) Encoded {
	a, b := g.nodes[l.from], g.nodes[l.to]
	w := g.wire(relationship)
	w.ID = l.me.String()
	w.Created, w.Modified = instant(later(a.created, b.created)), instant(later(a.modified, b.modified))
	w.RelationshipType, w.SourceRef, w.TargetRef = l.as, l.from.String(), l.to.String()
	return encode(w)
}
