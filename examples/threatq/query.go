package threatq

import (
	"encoding/json"
	"net/http"
	"slices"
)

// runQuery runs the query of the body.
func (c *call) runQuery() (reply, error) {
	var q query
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &q); err != nil {
			return reply{}, badJSON(err)
		}
	}
	return c.search(q)
}

// runSaved runs a saved search by its hash.
func (c *call) runSaved() (reply, error) {
	s, err := c.searchByHash(c.words[0])
	if err != nil {
		return reply{}, err
	}
	q, err := definition(json.RawMessage(s.json))
	if err != nil {
		return reply{}, err
	}
	return c.search(q)
}

func (c *call) search(q query) (reply, error) {
	k := c.kinds[0]
	w, err := c.conditions(k, q)
	if err != nil {
		return reply{}, err
	}
	sort, err := k.sorting(c.query.Get("sort"))
	if err != nil {
		return reply{}, err
	}
	limit, offset, err := c.page()
	if err != nil {
		return reply{}, err
	}
	total, err := c.count(w)
	if err != nil {
		return reply{}, err
	}
	mark := c.query.Get("cursorMark")
	if mark != "" {
		if offset > 0 {
			return reply{}, refuse(http.StatusBadRequest, "The cursorMark and offset parameters exclude each other.")
		}
		if err := resume(w, sort, mark); err != nil {
			return reply{}, err
		}
	}
	objects, err := c.objects("SELECT "+objectColumns+" FROM object"+w.String()+orderBy(sort)+" LIMIT ? OFFSET ?",
		append(w.args, limit, offset)...)
	if err != nil {
		return reply{}, err
	}
	rows, err := c.searchRows(objects, q.Fields)
	out := row{"total": total, "limit": limit, "offset": offset, "data": rows}
	if mark != "" {
		out["nextCursorMark"] = mark
		if len(objects) > 0 {
			out["nextCursorMark"] = nextMark(sort, objects[len(objects)-1])
		}
	}
	return reply{http.StatusOK, out}, err
}

// conditions is the kind, the query and the delay of the search index.
func (c *call) conditions(k *kind, q query) (*where, error) {
	w := &where{}
	w.kind(k)
	if c.options.IndexDelay > 0 {
		w.add("object.created_at <= ?", c.now-int64(c.options.IndexDelay.Seconds()))
	}
	comp := compiler{tx: c.tx, kind: k}
	for _, part := range []struct {
		name string
		raw  json.RawMessage
	}{{"criteria", q.Criteria}, {"filters", q.Filters}} {
		if len(part.raw) == 0 || string(part.raw) == "null" || string(part.raw) == "[]" {
			continue // PHP writes an empty object as []
		}
		sql, err := comp.compile(part.raw, 0)
		if err != nil {
			return nil, invalid(part.name, "The %s cannot be read: %v.", part.name, err)
		}
		w.add(sql)
	}
	w.args = append(w.args, comp.args...)
	return w, nil
}

func (c *call) searchRows(objects []*object, fields []string) ([]row, error) {
	rows := make([]row, len(objects))
	want := func(field string) bool {
		return field != everyLink && (len(fields) == 0 || slices.Contains(fields, field))
	}
	if err := c.readParts(objects, want); err != nil {
		return nil, err
	}
	defer func() { c.tx.page = nil }()
	for i, o := range objects {
		r, err := c.searchRow(o, want)
		if err != nil {
			return nil, err
		}
		if len(fields) > 0 {
			c.project(o, r, fields)
		}
		rows[i] = r
	}
	return rows, nil
}

// project keeps the wanted fields; type and status become plain names.
func (t *tx) project(o *object, r row, fields []string) {
	for field := range r {
		if !slices.Contains(fields, field) {
			delete(r, field)
		}
	}
	for _, field := range []string{"type", "status"} {
		if full, ok := r[field].(row); ok {
			r[field] = full["name"]
		}
	}
	r["id"] = o.id()
}
