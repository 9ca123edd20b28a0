package threatq

import (
	"encoding/json"
	"strconv"
)

// pageParts is what hangs on the objects of a page, read with one query for each part and
// not for each object.
type pageParts struct {
	attributes  map[int64][]attribute
	sources     map[int64][]sourceOf
	tags        map[int64]tagged
	adversaries map[int64][]*object
	links       map[linkEnds]linkList // nil: not read
}

// linkEnds are an object and a kind that it is linked with.
type linkEnds struct{ uid, kind int64 }

type linkList struct {
	objects []*object
	pivots  []pivot
}

type tagged struct {
	ids   []int64
	names []string
}

// fewObjects is up to how many objects it is not worth it.
const fewObjects = 10

// readParts reads what is wanted of a page; forget it after the page.
func (t *tx) readParts(objects []*object, want func(field string) bool) error {
	if len(objects) <= fewObjects {
		return nil
	}
	p := &pageParts{
		attributes: map[int64][]attribute{}, sources: map[int64][]sourceOf{}, tags: map[int64]tagged{}, adversaries: map[int64][]*object{},
	}
	uids := make([]int64, len(objects))
	for i, o := range objects {
		uids[i] = o.uid
	}
	owners := uids
	if want("attributes") {
		if err := t.readAttributes(p, uids); err != nil {
			return err
		}
		for _, list := range p.attributes {
			for _, a := range list {
				owners = append(owners, attrUID(a.id))
			}
		}
	}
	for _, part := range []struct {
		wanted bool
		read   func() error
	}{
		{want("sources") || want("attributes"), func() error { return t.readSources(p, owners) }},
		{want("tags"), func() error { return t.readTags(p, uids) }},
		{want("adversaries"), func() error { return t.readAdversaries(p, uids) }},
		{want(everyLink), func() error { return t.readLinks(p, uids) }},
	} {
		if part.wanted {
			if err := part.read(); err != nil {
				return err
			}
		}
	}
	t.page = p
	return nil
}

// everyLink asks readParts for the links with objects of all kinds.
const everyLink = "*"

func (t *tx) readLinks(p *pageParts, uids []int64) error {
	p.links = map[linkEnds]linkList{}
	return t.every("SELECT "+prefixed("object")+", link.owner, link.id, link.outgoing, link.created_at, link.updated_at"+
		" FROM link JOIN object ON object.uid = link.other WHERE link.owner"+amongThem+"ORDER BY link.id",
		among(uids), func(scan scanner) error {
			var owner int64
			var v pivot
			o, err := t.scanObject(scan, &owner, &v.id, &v.outgoing, &v.created, &v.updated)
			ends := linkEnds{owner, uidKind(o.uid)}
			of := p.links[ends]
			p.links[ends] = linkList{append(of.objects, o), append(of.pivots, v)}
			return err
		})
}

// among are ids as one argument of a fixed statement.
func among(ids []int64) []any {
	text, _ := json.Marshal(ids)
	return []any{string(text)}
}

const amongThem = " IN (SELECT value FROM json_each(?)) "

func (t *tx) readAttributes(p *pageParts, uids []int64) error {
	return t.every("SELECT object, id, name, value, created_at, updated_at, touched_at FROM attribute WHERE object"+amongThem+"ORDER BY object, id",
		among(uids), func(scan scanner) error {
			var a attribute
			var uid int64
			err := scan(&uid, &a.id, &a.nameID, &a.value, &a.created, &a.updated, &a.touched)
			p.attributes[uid] = append(p.attributes[uid], a)
			return err
		})
}

func (t *tx) readSources(p *pageParts, owners []int64) error {
	return t.every("SELECT owner, source, id, tlp_id, published_at, created_at, updated_at FROM object_source WHERE owner"+amongThem+"ORDER BY id",
		among(owners), func(scan scanner) error {
			var s sourceOf
			var owner, id int64
			err := scan(&owner, &id, &s.pivot, &s.tlp, &s.published, &s.created, &s.updated)
			s.sourceRow = t.ref.byID[id]
			p.sources[owner] = append(p.sources[owner], s)
			return err
		})
}

func (t *tx) readTags(p *pageParts, uids []int64) error {
	return t.every("SELECT object, tag.id, tag.name FROM object_tag JOIN tag ON tag.id = tag WHERE object"+amongThem+"ORDER BY tag.id",
		among(uids), func(scan scanner) error {
			var uid, id int64
			var name string
			err := scan(&uid, &id, &name)
			of := p.tags[uid]
			p.tags[uid] = tagged{append(of.ids, id), append(of.names, name)}
			return err
		})
}

func (t *tx) readAdversaries(p *pageParts, uids []int64) error {
	from, to := t.kinds.byNum[kindAdversary].bounds()
	return t.every("SELECT "+prefixed("object")+", link.owner FROM link JOIN object ON object.uid = link.other WHERE link.owner"+amongThem+
		"AND link.other >= "+strconv.FormatInt(from, 10)+" AND link.other < "+strconv.FormatInt(to, 10)+" ORDER BY link.id",
		among(uids), func(scan scanner) error {
			var owner int64
			o, err := t.scanObject(scan, &owner)
			p.adversaries[owner] = append(p.adversaries[owner], o)
			return err
		})
}
