package threatq

// attrUID is the owner of an attribute's sources. It is above every uid of an
// object.
func attrUID(id int64) int64 { return id + 1<<60 }

// attribute is one row of an object's attributes.
type attribute struct {
	id, nameID                int64
	value                     string
	created, updated, touched int64
}

func (t *tx) attributes(o *object) (list []attribute, err error) {
	if t.page != nil {
		return t.page.attributes[o.uid], nil
	}
	err = t.every(`SELECT id, name, value, created_at, updated_at, touched_at FROM attribute WHERE object = ? ORDER BY id`,
		[]any{o.uid}, func(scan scanner) error {
			var a attribute
			err := scan(&a.id, &a.nameID, &a.value, &a.created, &a.updated, &a.touched)
			list = append(list, a)
			return err
		})
	return list, err
}

// putAttributes adds the attributes that the object lacks and moves the times
// of those it has. It returns the rows in the order of list.
func (t *tx) putAttributes(o *object, list []attributeIn, existing bool) ([]attribute, error) {
	if len(list) == 0 {
		return nil, nil
	}
	have, err := t.present(o, existing)
	if err != nil {
		return nil, err
	}
	rows := make([]attribute, len(list))
	for i := range list {
		if rows[i], err = t.putAttribute(o, &list[i], have); err != nil {
			return nil, err
		}
	}
	return rows, t.touch(o)
}

type attrKey struct {
	name  int64
	value string
}

// present returns the attributes that are there; a new object has none.
func (t *tx) present(o *object, existing bool) (map[attrKey]attribute, error) {
	have := map[attrKey]attribute{}
	if !existing {
		return have, nil
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	rows, err := t.attributes(o)
	for _, a := range rows {
		have[attrKey{a.nameID, a.value}] = a
	}
	return have, err
}

func (t *tx) putAttribute(o *object, in *attributeIn, have map[attrKey]attribute) (attribute, error) {
	nameID, err := t.attrID(string(in.Name))
	if err != nil {
		return attribute{}, err
	}
	key := attrKey{nameID, string(in.Value)}
	a, ok := have[key]
	switch {
	case !ok:
		a = attribute{t.next(attrCounter), nameID, key.value, t.now, t.now, t.now}
		err = t.add(&t.attrs, o.uid, a.id, nameID, a.value, t.now, t.now, t.now)
	case a.touched != t.now:
		a.updated, a.touched = t.now, t.now
		err = t.exec("UPDATE attribute SET updated_at = ?1, touched_at = ?1 WHERE object = ?2 AND id = ?3", t.now, o.uid, a.id)
	}
	have[key] = a
	for i := range in.Sources {
		if err == nil {
			err = t.putSource(attrUID(a.id), &in.Sources[i])
		}
	}
	return a, err
}

func (c *call) listAttributes() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	rows, err := c.attributeRows(o, true)
	return listed(c.window(rows)), err
}

func (c *call) postAttributes() (reply, error) {
	list, _, err := oneOrMany[attributeIn](c.body)
	if err != nil {
		return reply{}, err
	}
	for i := range list {
		if err := list[i].check(); err != nil {
			return reply{}, err
		}
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	written, err := c.putAttributes(o, list, true)
	if err == nil {
		err = c.flush()
	}
	rows := make([]row, len(written))
	for i := range written {
		if err == nil {
			rows[i], err = c.attributeRow(o, &written[i], true)
		}
	}
	return created(rows), err
}

// putAttributeRow edits one attribute; its name may change too.
func (c *call) putAttributeRow() (reply, error) {
	o, a, err := c.attribute()
	if err != nil {
		return reply{}, err
	}
	in, _, err := oneOrMany[attributeIn](c.body)
	if err != nil || len(in) != 1 {
		return reply{}, refuse(400, "Send one attribute as {\"value\": text}.")
	}
	if in[0].Name == "" {
		in[0].Name = text(c.ref.attrs[a.nameID].name)
	}
	if err := in[0].check(); err != nil {
		return reply{}, err
	}
	nameID, err := c.attrID(string(in[0].Name))
	if err != nil {
		return reply{}, err
	}
	if nameID != a.nameID || string(in[0].Value) != a.value {
		a.nameID, a.value, a.updated, a.touched = nameID, string(in[0].Value), c.now, c.now
		err = c.exec("UPDATE attribute SET name = ?, value = ?, updated_at = ?, touched_at = ? WHERE object = ? AND id = ?",
			a.nameID, a.value, a.updated, a.touched, o.uid, a.id)
		if err == nil {
			err = c.touch(o)
		}
	}
	for i := range in[0].Sources {
		if err == nil {
			err = c.putSource(attrUID(a.id), &in[0].Sources[i])
		}
	}
	if err == nil {
		err = c.flush()
	}
	if err != nil {
		return reply{}, err
	}
	r, err := c.attributeRow(o, a, true)
	return data(200, r), err
}

func (c *call) deleteAttribute() (reply, error) {
	o, a, err := c.attribute()
	if err == nil {
		err = c.exec("DELETE FROM object_source WHERE owner = ?", attrUID(a.id))
	}
	if err == nil {
		err = c.exec("DELETE FROM attribute WHERE object = ? AND id = ?", o.uid, a.id)
	}
	if err == nil {
		err = c.touch(o)
	}
	return reply{status: 204}, err
}

// attribute is the object and the attribute row that the path names.
func (c *call) attribute() (*object, *attribute, error) {
	o, err := c.object()
	if err != nil {
		return nil, nil, err
	}
	a := &attribute{id: c.ids[1]}
	found, err := c.one("SELECT name, value, created_at, updated_at, touched_at FROM attribute WHERE object = ? AND id = ?",
		[]any{o.uid, a.id}, &a.nameID, &a.value, &a.created, &a.updated, &a.touched)
	if err == nil && !found {
		err = refuse(404, "%s %d has no attribute with id %d.", o.kind.name, o.id(), a.id)
	}
	return o, a, err
}
