package threatq

import "encoding/json"

// pivot is a link as one of its ends sees it.
type pivot struct {
	id               int64
	outgoing         bool // the owner was the left side of the request
	created, updated int64
}

// link joins two objects; a link that is there, from either side, stays as it is.
func (t *tx) link(a, b *object) (pivot, error) {
	if a.uid == b.uid {
		return pivot{}, invalid("id", "The %s %d cannot be linked to itself.", a.kind.code, a.id())
	}
	var p pivot
	found, err := t.one("SELECT id, outgoing, created_at, updated_at FROM link WHERE owner = ? AND other = ?",
		[]any{a.uid, b.uid}, &p.id, &p.outgoing, &p.created, &p.updated)
	if err != nil || found {
		return p, err
	}
	p = pivot{t.next(linkCounter), true, t.now, t.now}
	const add = "INSERT INTO link (owner, other, id, outgoing, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
	if err := t.exec(add, a.uid, b.uid, p.id, true, t.now, t.now); err != nil {
		return p, err
	}
	if err := t.exec(add, b.uid, a.uid, p.id, false, t.now, t.now); err != nil {
		return p, err
	}
	if err := t.touch(a); err != nil {
		return p, err
	}
	return p, t.touch(b)
}

// linked are the objects of one kind that are linked with o, in the order in
// which they were linked. limit < 0: all.
func (t *tx) linked(o *object, k *kind, limit, offset int) (list []*object, pivots []pivot, err error) {
	from, to := k.bounds()
	err = t.every("SELECT "+prefixed("object")+", link.id, link.outgoing, link.created_at, link.updated_at"+
		" FROM link JOIN object ON object.uid = link.other"+
		" WHERE link.owner = ? AND link.other >= ? AND link.other < ? ORDER BY link.id LIMIT ? OFFSET ?",
		[]any{o.uid, from, to, limit, offset}, func(scan scanner) error {
			var p pivot
			other, err := t.scanObject(scan, &p.id, &p.outgoing, &p.created, &p.updated)
			list, pivots = append(list, other), append(pivots, p)
			return err
		})
	return list, pivots, err
}

// allLinked is linked without an end, from the page where its links were read.
func (t *tx) allLinked(o *object, k *kind) ([]*object, []pivot, error) {
	if t.page != nil && t.page.links != nil {
		of := t.page.links[linkEnds{o.uid, k.num}]
		return of.objects, of.pivots, nil
	}
	return t.linked(o, k, -1, 0)
}

func (t *tx) linkCount(o *object, k *kind) (n int, err error) {
	from, to := k.bounds()
	_, err = t.one("SELECT count(*) FROM link WHERE owner = ? AND other >= ? AND other < ?", []any{o.uid, from, to}, &n)
	return n, err
}

func pivotRow(owner, other *object, p pivot) row {
	src, dest := owner, other
	if !p.outgoing {
		src, dest = other, owner
	}
	return row{
		"id": p.id, "created_at": timeText(p.created), "updated_at": timeText(p.updated),
		"src_type": src.kind.code, "src_object_id": src.id(),
		"dest_type": dest.kind.code, "dest_object_id": dest.id(),
	}
}

func (t *tx) linkedRow(owner, other *object, p pivot) row {
	r := t.objectRow(other)
	if other.kind.num == kindIndicator {
		t.addHidden(other, r)
	}
	r["pivot"] = pivotRow(owner, other, p)
	return r
}

// linkedRows are the rows of all objects of one kind linked with o.
func (t *tx) linkedRows(o *object, k *kind) ([]row, error) {
	list, pivots, err := t.allLinked(o, k)
	rows := make([]row, len(list))
	for i := range list {
		rows[i] = t.linkedRow(o, list[i], pivots[i])
	}
	return rows, err
}

func (c *call) listLinks() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	limit, offset, err := c.page()
	if err != nil {
		return reply{}, err
	}
	total, err := c.linkCount(o, c.kinds[1])
	if err != nil {
		return reply{}, err
	}
	list, pivots, err := c.linked(o, c.kinds[1], limit, offset)
	rows := make([]row, len(list))
	for i := range list {
		if err == nil {
			rows[i] = c.linkedRow(o, list[i], pivots[i])
			err = c.addRelations(list[i], rows[i])
		}
	}
	return listed(total, rows), err
}

func (c *call) postLinks() (reply, error) {
	list, _, err := oneOrMany[struct {
		ID json.Number `json:"id"`
	}](c.body)
	if err != nil {
		return reply{}, err
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	rows := make([]row, 0, len(list))
	for _, in := range list {
		id, err := in.ID.Int64()
		if err != nil {
			return reply{}, invalid("id", "The id field is required and must be a number; send {\"id\": n}.")
		}
		other, err := c.get(c.kinds[1], id)
		if err != nil {
			return reply{}, err
		}
		p, err := c.link(o, other)
		if err != nil {
			return reply{}, err
		}
		rows = append(rows, c.linkedRow(o, other, p))
	}
	return created(rows), nil
}

// deleteLinks takes the ids of pivots, not of objects.
func (c *call) deleteLinks() (reply, error) {
	var pivots []int64
	if err := json.Unmarshal(c.body, &pivots); err != nil {
		return reply{}, refuse(400, "Send an array of pivot ids, e.g. [28]: %v.", err)
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	from, to := c.kinds[1].bounds()
	for _, id := range pivots {
		var other int64
		found, err := c.one("SELECT other FROM link WHERE owner = ? AND id = ? AND other >= ? AND other < ?",
			[]any{o.uid, id, from, to}, &other)
		if err == nil && !found {
			err = refuse(404, "%s %d has no link with pivot id %d to %s.", o.kind.name, o.id(), id, c.kinds[1].collection)
		}
		if err == nil {
			err = c.unlink(o.uid, other)
		}
		if err != nil {
			return reply{}, err
		}
	}
	return reply{status: 204}, nil
}

func (t *tx) unlink(a, b int64) error {
	if err := t.exec("DELETE FROM link WHERE (owner = ?1 AND other = ?2) OR (owner = ?2 AND other = ?1)", a, b); err != nil {
		return err
	}
	return t.exec("UPDATE object SET touched_at = ? WHERE uid IN (?, ?)", t.now, a, b)
}
