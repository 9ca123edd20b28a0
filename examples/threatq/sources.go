package threatq

import "database/sql"

// sourceOf is a source as it hangs on an object or an attribute.
type sourceOf struct {
	*sourceRow
	pivot            int64
	tlp, published   sql.NullInt64
	created, updated int64
}

func (t *tx) sourcesOf(owner int64) (list []sourceOf, err error) {
	if t.page != nil {
		return t.page.sources[owner], nil
	}
	err = t.every(`SELECT source, id, tlp_id, published_at, created_at, updated_at FROM object_source
		WHERE owner = ? ORDER BY id`, []any{owner}, func(scan scanner) error {
		var s sourceOf
		var id int64
		err := scan(&id, &s.pivot, &s.tlp, &s.published, &s.created, &s.updated)
		s.sourceRow = t.ref.byID[id]
		list = append(list, s)
		return err
	})
	return list, err
}

func (t *tx) putSources(o *object, list []sourceIn) error {
	for i := range list {
		if err := t.putSource(o.uid, &list[i]); err != nil {
			return err
		}
	}
	return t.touch(o)
}

// putSource adds a source to an owner, or moves the times of one that is there
// and takes its TLP and publication if they are given.
func (t *tx) putSource(owner int64, in *sourceIn) error {
	if in.Name == "" {
		return invalid("sources.name", "The name field is required.")
	}
	tlp, err := in.tlp()
	if err != nil {
		return err
	}
	row, err := t.source(in.Name, "other_sources")
	if err != nil {
		return err
	}
	var published any
	if in.PublishedAt.set && !in.PublishedAt.null {
		published = in.PublishedAt.unix
	}
	return t.add(&t.sources, owner, row.id, t.next(sourceCounter), tlp, published, t.now, t.now)
}

func (c *call) listSources() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	rows, err := c.sourceRows(o.uid, o.kind.code+"_id", o.id())
	return listed(c.window(rows)), err
}

func (c *call) postSources() (reply, error) {
	list, _, err := oneOrMany[sourceIn](c.body)
	if err != nil {
		return reply{}, err
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	before, err := c.sourcesOf(o.uid)
	if err != nil {
		return reply{}, err
	}
	if err = c.putSources(o, list); err == nil {
		err = c.flush()
	}
	if err != nil {
		return reply{}, err
	}
	after, err := c.sourcesOf(o.uid)
	return created(addedSources(list, before, after)), err
}

// addedSources are the answers to list, in its order.
func addedSources(list []sourceIn, before, after []sourceOf) []row {
	existing := map[string]int{}
	for _, s := range before {
		existing[s.name] = 1
	}
	byName := map[string]sourceOf{}
	for _, s := range after {
		byName[s.name] = s
	}
	rows := make([]row, len(list))
	for i, in := range list {
		s := byName[in.Name]
		rows[i] = row{
			"id": s.pivot, "name": s.name, "source_id": s.id, "creator_source_id": s.id,
			"existing": existing[s.name], "tlp_id": nullable(s.tlp), "published_at": nullTime(s.published),
		}
	}
	return rows
}

func (c *call) deleteSource() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	gone, err := c.changed("DELETE FROM object_source WHERE owner = ? AND id = ?", o.uid, c.ids[1])
	if err == nil && !gone {
		err = refuse(404, "%s %d has no source with pivot id %d.", o.kind.name, o.id(), c.ids[1])
	}
	if err == nil {
		err = c.touch(o)
	}
	return reply{status: 204}, err
}
