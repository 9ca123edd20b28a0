package threatq

func (t *tx) putTags(o *object, list []tagIn) error {
	for _, name := range list {
		if _, err := t.putTag(o, string(name)); err != nil {
			return err
		}
	}
	return nil
}

// putTag returns the id of the tag.
func (t *tx) putTag(o *object, name string) (id int64, err error) {
	if name == "" {
		return 0, invalid("tags.name", "The name field is required.")
	}
	if err := t.exec("INSERT OR IGNORE INTO tag (name, created_at) VALUES (?, ?)", name, t.now); err != nil {
		return 0, err
	}
	if _, err := t.one("SELECT id FROM tag WHERE name = ?", []any{name}, &id); err != nil {
		return 0, err
	}
	added, err := t.changed("INSERT OR IGNORE INTO object_tag (object, tag) VALUES (?, ?)", o.uid, id)
	if err == nil && added {
		err = t.touch(o)
	}
	return id, err
}

// tags are the tags of the object, by id.
func (t *tx) tags(o *object) (ids []int64, names []string, err error) {
	if t.page != nil {
		return t.page.tags[o.uid].ids, t.page.tags[o.uid].names, nil
	}
	err = t.every("SELECT tag.id, tag.name FROM object_tag JOIN tag ON tag.id = tag WHERE object = ? ORDER BY tag.id",
		[]any{o.uid}, func(scan scanner) error {
			var id int64
			var name string
			err := scan(&id, &name)
			ids, names = append(ids, id), append(names, name)
			return err
		})
	return ids, names, err
}

func (t *tx) tagRows(o *object) ([]row, error) {
	ids, names, err := t.tags(o)
	rows := make([]row, len(ids))
	for i := range ids {
		rows[i] = row{"id": ids[i], "name": names[i]}
	}
	return rows, err
}

func (c *call) listTags() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	rows, err := c.tagRows(o)
	return listed(c.window(rows)), err
}

func (c *call) postTags() (reply, error) {
	list, _, err := oneOrMany[tagIn](c.body)
	if err != nil {
		return reply{}, err
	}
	o, err := c.object()
	rows := make([]row, len(list))
	for i, name := range list {
		if err == nil {
			var id int64
			id, err = c.putTag(o, string(name))
			rows[i] = row{"id": id, "name": string(name)}
		}
	}
	return created(rows), err
}

func (c *call) deleteTag() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	gone, err := c.changed("DELETE FROM object_tag WHERE object = ? AND tag = ?", o.uid, c.ids[1])
	if err == nil && !gone {
		err = refuse(404, "%s %d has no tag with id %d.", o.kind.name, o.id(), c.ids[1])
	}
	if err == nil {
		err = c.touch(o)
	}
	return reply{status: 204}, err
}
