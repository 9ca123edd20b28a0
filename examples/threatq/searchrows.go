package threatq

import (
	"encoding/hex"
	"fmt"
)

// The search form: numbers for scores, names for tags, flat attributes, and no
// key where there is nothing.

// searchRow makes the search form of an object. What costs a query of its own
// is left out unless wanted.
func (t *tx) searchRow(o *object, want func(field string) bool) (row, error) {
	r := t.searchOwn(o)
	for _, part := range []struct {
		field string
		add   func(*object, row) error
	}{
		{"attributes", t.searchAttributes}, {"sources", t.searchSources}, {"tags", t.searchTags},
		{"comments", t.searchComments}, {"adversaries", t.searchAdversaries},
	} {
		if want(part.field) {
			if err := part.add(o, r); err != nil {
				return nil, err
			}
		}
	}
	if t.options.OldSearch {
		return r, nil
	}
	return r, t.searchCounts(o, r, want)
}

// searchOwn has the own columns.
func (t *tx) searchOwn(o *object) row {
	r := row{
		"id": o.id(), o.kind.field: o.name,
		"created_at": timeText(o.created), "updated_at": timeText(o.updated), "touched_at": timeText(o.touched),
	}
	for i, column := range timeColumns {
		if o.times[i].Valid {
			r[column] = timeText(o.times[i].Int64)
		}
	}
	if o.content.Valid {
		r["value"] = o.content.String
	}
	if o.description.String != "" {
		r["description"] = o.description.String
	}
	if typ := t.ref.typeByID(o.kind, o.typeID.Int64); typ != nil {
		r["type_id"], r["type"] = typ.ID, row{"id": typ.ID, "name": typ.Name}
		if o.kind.num == kindIndicator {
			r["class"], r["type"].(row)["class"] = typ.Class, typ.Class
		}
	}
	if status := t.ref.statusByID(o.kind, o.statusID.Int64); status != nil {
		r["status_id"], r["status"] = status.ID, row{"id": status.ID, "name": status.Name, "description": status.Description}
	}
	switch o.kind.num {
	case kindEvent:
		r["hash"] = hex.EncodeToString(o.key())
	case kindIndicator:
		t.searchIndicator(o, r)
	}
	return r
}

func (t *tx) searchIndicator(o *object, r row) {
	r["hash"], r["score"] = indicatorHash(o), o.manual.Int64
	if _, ok := r["published_at"]; !ok {
		r["published_at"] = timeText(o.created)
	}
	if t.options.OldSearch {
		return
	}
	r["generated_score"] = 0
	if o.manual.Valid {
		r["manual_score"] = o.manual.Int64
	}
	sum := syncHash(o.name, o.typeID.Int64)
	r["uuid"] = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:])
}

func (t *tx) searchAttributes(o *object, r row) error {
	list, err := t.attributes(o)
	rows := make([]row, len(list))
	for i, a := range list {
		rows[i] = row{
			"id": a.id, o.kind.code + "_id": o.id(), "attribute_id": a.nameID, "name": t.ref.attrs[a.nameID].name, "value": a.value,
			"created_at": timeText(a.created), "updated_at": timeText(a.updated), "touched_at": timeText(a.touched),
		}
		if err == nil && !t.options.OldSearch {
			err = t.searchAttributeSources(a.id, rows[i])
		}
	}
	if len(rows) > 0 {
		r["attributes"] = rows
	}
	return err
}

func (t *tx) searchAttributeSources(attr int64, r row) error {
	list, err := t.sourcesOf(attrUID(attr))
	if len(list) == 0 {
		return err
	}
	names := make([]row, len(list))
	for i, s := range list {
		names[i] = row{"name": s.name}
		s.addTLP(names[i])
	}
	r["sources"] = names
	return err
}

func (s sourceOf) addTLP(r row) {
	if s.tlp.Valid {
		r["tlp_id"], r["tlp_name"] = s.tlp.Int64, tlpNames[s.tlp.Int64]
	}
}

func (t *tx) searchSources(o *object, r row) error {
	list, err := t.sourcesOf(o.uid)
	rows := make([]row, len(list))
	for i, s := range list {
		rows[i] = row{
			"id": s.pivot, "source_id": s.id, "source_type": s.kind, "name": s.name, o.kind.code + "_id": o.id(),
			"creator_source_id": s.id, "reference_id": s.reference, "published_at": timeText(s.created),
			"created_at": timeText(s.created), "updated_at": timeText(s.updated),
		}
		if s.published.Valid {
			rows[i]["published_at"] = timeText(s.published.Int64)
		}
		if o.kind.num == kindIndicator {
			rows[i]["indicator_type_id"], rows[i]["indicator_status_id"] = nullable(o.typeID), nullable(o.statusID)
		}
		if !t.options.OldSearch {
			rows[i]["creator_source_name"], rows[i]["creator_source_type"] = s.name, s.kind
			s.addTLP(rows[i])
		}
	}
	if len(rows) > 0 {
		r["sources"] = rows
	}
	return err
}

func (t *tx) searchTags(o *object, r row) error {
	_, names, err := t.tags(o)
	if len(names) > 0 {
		r["tags"] = names
	}
	return err
}

func (t *tx) searchComments(o *object, r row) error {
	list, err := t.commentsOf(o)
	rows := make([]row, len(list))
	for i, c := range list {
		rows[i] = row{
			"id": c.id, "value": c.value, "source_name": t.ref.byID[c.source].name, "creator_source_id": c.source,
			o.kind.code + "_id": o.id(), "created_at": timeText(c.created), "updated_at": timeText(c.updated),
		}
	}
	if len(rows) > 0 {
		r["comments"] = rows
	}
	return err
}

// searchAdversaries adds the one part that is there even if it is empty.
func (t *tx) searchAdversaries(o *object, r row) error {
	list, err := t.adversaries(o)
	rows := make([]row, len(list))
	for i, other := range list {
		rows[i] = row{"id": other.id(), "name": other.name}
	}
	r["adversaries"] = rows
	return err
}

func (t *tx) adversaries(o *object) ([]*object, error) {
	if t.page != nil {
		return t.page.adversaries[o.uid], nil
	}
	list, _, err := t.linked(o, t.kinds.byNum[kindAdversary], -1, 0)
	return list, err
}

// searchCounts adds related_<code>_count for every kind.
func (t *tx) searchCounts(o *object, r row, want func(string) bool) error {
	wanted := false
	for _, k := range t.kinds.all {
		if field := "related_" + k.code + "_count"; want(field) {
			r[field], wanted = 0, true
		}
	}
	if !wanted {
		return nil
	}
	return t.every("SELECT other >> 40, count(*) FROM link WHERE owner = ? GROUP BY 1", []any{o.uid}, func(scan scanner) error {
		var num int64
		var n int
		err := scan(&num, &n)
		if k := t.kinds.byNum[num]; k != nil {
			r["related_"+k.code+"_count"] = n
		}
		return err
	})
}
