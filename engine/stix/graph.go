package stix

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Config says what a Graph makes of its objects.
type Config struct {
	Version Version
	// ThreatQ is the address of the platform. All ids come from it: it must never change.
	ThreatQ string
	// DefaultLabels, by type of STIX (indicator, threat-actor, malware, tool, report), are for
	// objects without a label that STIX knows. They may be words of the target's own, and
	// several in one text, separated by commas.
	DefaultLabels map[string][]string
	// NetworkOnly leaves out indicators that are not of the Network.
	NetworkOnly bool
	// Has, if not nil, says whether the target was given an object before. Relationships and
	// reports may then refer to it, although it is not among the objects of this run.
	Has func(id string) bool
}

// Graph is the objects of an export and how they are related. It holds each object encoded,
// which takes less than a kilobyte with its relations, and makes relationships as they are
// taken. It is used by one goroutine.
type Graph struct {
	namer
	conf     Config
	defaults map[kind][]string
	producer string
	nodes    map[id]*node
	edges    map[[2]id]struct{} // smaller id first
}

// node is an object, or one that the target has from before.
type node struct {
	created, modified time.Time
	encoded           Encoded // of reports without their references
	tlp               tlp
	value             string // of reports
	has               bool   // from before
}

// New starts an export without objects.
func New(c Config) (*Graph, error) {
	if c.Version != V20 && c.Version != V21 {
		return nil, fmt.Errorf("STIX version %q: not one of %s, %s", c.Version, V20, V21)
	}
	if strings.Trim(c.ThreatQ, "/ ") == "" {
		return nil, errors.New("the address of ThreatQ is missing: the ids of all objects are made from it")
	}
	g := &Graph{namer: newNamer(c.Version, c.ThreatQ), conf: c, defaults: map[kind][]string{}, nodes: map[id]*node{}, edges: map[[2]id]struct{}{}}
	g.producer = id{identity, g.uuid("identity", "threatq")}.String()
	for name, list := range c.DefaultLabels {
		k := slices.Index(kindNames[:], name)
		if _, ok := vocabularies[kind(k)]; k < 0 || !ok {
			return nil, fmt.Errorf("default labels of %q: no type with labels; there are indicator, threat-actor, malware, tool, report", name)
		}
		g.defaults[kind(k)] = strings.Split(strings.Join(list, ","), ",")
	}
	return g, nil
}

// Exportable says why an object would be skipped (a *Skip), if it would: who follows
// relations from object to object goes no further at such a one. Of a report it says
// nothing before the end.
func (g *Graph) Exportable(object, typ, value string) error {
	_, _, err := g.look(object, typ, value)
	return err
}

// look finds what an object is in STIX, and its pattern if it is an indicator.
func (g *Graph) look(object, typ, value string) (id, string, error) {
	name, k, ok := kindOf(object, typ)
	switch {
	case !ok:
		return id{}, "", &Skip{Reason: NoType, Object: object, Type: typ}
	case g.conf.NetworkOnly && name == "indicator" && !Network(typ):
		return id{}, "", &Skip{Reason: NoNetwork, Object: object, Type: typ}
	}
	var p string
	if k == indicator {
		var err error
		if p, err = Pattern(g.version, typ, value); err != nil {
			return id{}, "", err
		}
	}
	return g.of(k, name, typ, value), p, nil
}

// Add takes an object, and returns its id. The error is a *Skip of what is not exported,
// or *Invalid. An object that is added again replaces its earlier self if it is newer;
// relations add up.
func (g *Graph) Add(o Object) (string, error) {
	me, p, err := g.look(o.Object, o.Type, o.Value)
	if err != nil {
		return "", err
	}
	n, err := g.node(me, p, &o)
	if err != nil {
		return "", err
	}
	if old := g.nodes[me]; old == nil || old.has || n.modified.After(old.modified) {
		g.nodes[me] = n
	}
	for _, r := range o.Related {
		g.link(me, r)
	}
	return me.String(), nil
}

// link notes that two objects are related, once and whichever of them says so.
func (g *Graph) link(me id, r Ref) {
	name, k, ok := kindOf(r.Object, r.Type)
	if !ok {
		return
	}
	it := g.of(k, name, r.Type, r.Value)
	if it == me || me.kind == report && it.kind == report {
		return
	}
	if g.nodes[it] == nil && !r.Created.IsZero() && g.conf.Has != nil && g.conf.Has(it.String()) {
		g.nodes[it] = &node{created: r.Created, modified: later(r.Created, r.Modified), has: true}
	}
	if it.compare(me) < 0 {
		me, it = it, me
	}
	g.edges[[2]id{me, it}] = struct{}{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Objects are those to send, in an order in which nothing refers to what comes later: who
// made them, markings, objects, relationships, reports, each by id. The same is yielded
// each time. Reports that refer to nothing are left out; see Unreferenced.
func (g *Graph) Objects() iter.Seq[Encoded] {
	return func(yield func(Encoded) bool) {
		links, refs := g.resolve()
		objects, reports := g.sorted(refs)
		first := true
		for _, e := range g.preamble(objects, reports) {
			first = false
			if !yield(e) {
				return
			}
		}
		if first {
			return
		}
		for _, i := range objects {
			if !yield(g.nodes[i].encoded) {
				return
			}
		}
		for _, l := range links {
			if !yield(g.relationship(l)) {
				return
			}
		}
		for _, i := range reports {
			if !yield(g.nodes[i].encoded.rewrite(func(w *wire) { w.ObjectRefs = texts(refs[i]) })) {
				return
			}
		}
	}
}

// Unreferenced are the reports that Objects leaves out, since nothing that they are
// about is exported.
func (g *Graph) Unreferenced() []*Skip {
	_, refs := g.resolve()
	var out []*Skip
	for i, n := range g.nodes {
		if i.kind == report && !n.has && len(refs[i]) == 0 {
			out = append(out, &Skip{Reason: NoRefs, Object: "report", ID: i.String(), Value: n.value})
		}
	}
	slices.SortFunc(out, func(a, b *Skip) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// link is a relationship.
type link struct {
	me, from, to id
	as           string
}

// resolve makes of relations with both ends at the target relationships, and what reports
// refer to.
func (g *Graph) resolve() ([]link, map[id][]id) {
	var links []link
	refs := map[id][]id{}
	for e := range g.edges {
		a, b := e[0], e[1]
		switch {
		case g.nodes[a] == nil || g.nodes[b] == nil:
		case a.kind == report:
			refs[a] = append(refs[a], b)
		case b.kind == report:
			refs[b] = append(refs[b], a)
		default:
			from, to, as := relate(a, b)
			links = append(links, link{id{relationship, g.uuid("relationship", as, from.String(), to.String())}, from, to, as})
		}
	}
	slices.SortFunc(links, func(a, b link) int { return a.me.compare(b.me) })
	return links, refs
}

// sorted are the objects to send, and those of the reports that refer to something.
func (g *Graph) sorted(refs map[id][]id) (objects, reports []id) {
	for i, n := range g.nodes {
		switch {
		case n.has:
		case i.kind != report:
			objects = append(objects, i)
		case len(refs[i]) > 0:
			reports = append(reports, i)
		}
	}
	slices.SortFunc(objects, id.compare)
	slices.SortFunc(reports, id.compare)
	return objects, reports
}

// preamble is what the objects refer to without being related to it.
func (g *Graph) preamble(lists ...[]id) []Encoded {
	var out []Encoded
	seen := map[tlp]bool{}
	for _, list := range lists {
		for _, i := range list {
			t := g.nodes[i].tlp
			if !seen[t] {
				out = append(out, g.markings(t)...)
			}
			seen[t] = true
		}
	}
	if len(seen) == 0 {
		return nil
	}
	slices.SortFunc(out, func(a, b Encoded) int { return strings.Compare(a.ID, b.ID) })
	out = slices.CompactFunc(out, func(a, b Encoded) bool { return a.ID == b.ID }) // AMBER+STRICT is AMBER too
	return slices.Insert(out, 0, g.identity())
}

func texts(ids []id) []string {
	slices.SortFunc(ids, id.compare)
	out := make([]string, len(ids))
	for n, i := range ids {
		out[n] = i.String()
	}
	return out
}
