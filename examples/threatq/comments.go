package threatq

type comment struct {
	id, object, source int64
	value              string
	created, updated   int64
}

// putComment adds a comment; unlike the rest of an item, one that is sent
// again is a second comment.
func (t *tx) putComment(o *object, in commentIn) (comment, error) {
	c := comment{object: o.uid, value: in.Value, created: t.now, updated: t.now}
	if in.Value == "" {
		return c, invalid("comments.value", "The value field is required.")
	}
	source, err := t.caller()
	if len(in.Sources) > 0 && in.Sources[0].Name != "" {
		source, err = t.source(in.Sources[0].Name, "other_sources")
	}
	if err != nil {
		return c, err
	}
	c.source = source.id
	c.id, err = t.insert("INSERT INTO comment (object, value, source, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
		c.object, c.value, c.source, c.created, c.updated)
	if err == nil {
		err = t.touch(o)
	}
	return c, err
}

const commentColumns = "SELECT id, object, value, source, created_at, updated_at FROM comment"

func (t *tx) comments(where string, arg int64) (list []comment, err error) {
	err = t.every(commentColumns+where, []any{arg}, func(scan scanner) error {
		var c comment
		err := scan(&c.id, &c.object, &c.value, &c.source, &c.created, &c.updated)
		list = append(list, c)
		return err
	})
	return list, err
}

func (t *tx) commentsOf(o *object) ([]comment, error) {
	return t.comments(" WHERE object = ? ORDER BY id", o.uid)
}

// commentRow is the object form; the search form is in searchrows.go.
func (t *tx) commentRow(k *kind, c comment) row {
	source := t.ref.byID[c.source]
	return row{
		"id": c.id, k.code + "_id": uidID(c.object), "value": c.value, "creator_source_id": c.source,
		"sources":    []row{{"id": source.id, "type": source.kind, "reference_id": source.reference, "name": source.name}},
		"created_at": timeText(c.created), "updated_at": timeText(c.updated),
	}
}

func (t *tx) commentRows(o *object) ([]row, error) {
	list, err := t.commentsOf(o)
	rows := make([]row, len(list))
	for i, c := range list {
		rows[i] = t.commentRow(o.kind, c)
	}
	return rows, err
}

func (c *call) listComments() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	rows, err := c.commentRows(o)
	return listed(c.window(rows)), err
}

func (c *call) postComment() (reply, error) {
	list, _, err := oneOrMany[commentIn](c.body)
	if err != nil {
		return reply{}, err
	}
	o, err := c.object()
	rows := make([]row, len(list))
	for i := range list {
		if err == nil {
			var added comment
			if added, err = c.putComment(o, list[i]); err == nil {
				rows[i] = c.commentRow(o.kind, added)
			}
		}
	}
	if err != nil || len(rows) != 1 {
		return created(rows), err
	}
	return data(201, rows[0]), nil
}

func (c *call) putCommentRow() (reply, error) {
	list, _, err := oneOrMany[commentIn](c.body)
	if err != nil {
		return reply{}, err
	}
	if len(list) != 1 || list[0].Value == "" {
		return reply{}, invalid("value", "The value field is required.")
	}
	have, err := c.comments(" WHERE id = ?", c.ids[0])
	if err != nil {
		return reply{}, err
	}
	if len(have) == 0 || uidKind(have[0].object) != c.kinds[0].num {
		return reply{}, refuse(404, "There is no comment with id %d in %s.", c.ids[0], c.kinds[0].collection)
	}
	have[0].value, have[0].updated = list[0].Value, c.now
	err = c.exec("UPDATE comment SET value = ?, updated_at = ? WHERE id = ?", have[0].value, c.now, have[0].id)
	if err == nil {
		err = c.touchUID(have[0].object)
	}
	return data(200, c.commentRow(c.kinds[0], have[0])), err
}
