package threatq

import (
	"crypto/md5"
	"crypto/sha1"
	"database/sql"
	"encoding/hex"
	"time"
)

// The object form: every column, null where there is nothing.

func timeText(unix int64) string { return time.Unix(unix, 0).UTC().Format(layout) }

func nullTime(v sql.NullInt64) any {
	if !v.Valid {
		return nil
	}
	return timeText(v.Int64)
}

func nullable(v sql.NullInt64) any {
	if !v.Valid {
		return nil
	}
	return v.Int64
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// shownTimes are the indexes of timeColumns that the object form of a kind has.
func (k *kind) shownTimes() []int {
	switch {
	case k.num == kindIndicator:
		return []int{4, 5, 6}
	case k.num == kindEvent:
		return []int{happenedAt}
	case k.dated, k.num >= firstCustom:
		return []int{1, 2}
	}
	return nil
}

// objectRow has the own columns of an object.
func (t *tx) objectRow(o *object) row {
	r := row{
		"id": o.id(), o.kind.field: o.name,
		"created_at": timeText(o.created), "updated_at": timeText(o.updated), "touched_at": timeText(o.touched),
	}
	for _, i := range o.kind.shownTimes() {
		r[timeColumns[i]] = nullTime(o.times[i])
	}
	if o.kind.num == kindAdversary {
		return r
	}
	r["description"] = nil
	if o.description.Valid {
		r["description"] = o.description.String
	}
	if o.kind.num == kindEvent {
		r["hash"], r["type_id"] = hex.EncodeToString(o.key()), nullable(o.typeID)
		return r
	}
	if o.kind.content {
		r["value"] = o.content.String
	}
	r["type_id"], r["status_id"] = nullable(o.typeID), nullable(o.statusID)
	switch {
	case o.kind.num == kindIndicator:
		r["class"], r["hash"] = t.class(o), indicatorHash(o)
		r["expires_needs_calc"], r["expires_calculated_at"] = "N", nil
	case o.kind.custom:
		r["object_id"], r["object_code"] = o.kind.num, o.kind.code
		r["object_name"], r["object_name_plural"] = o.kind.name, o.kind.plural
	}
	return r
}

// indicatorHash stands for the platform's "hash", whose algorithm is not known.
func indicatorHash(o *object) string {
	sum := md5.Sum(append([]byte("indicator:"), o.key()...))
	return hex.EncodeToString(sum[:])
}

// addHidden adds the columns of an indicator that lists and links show and the
// answers to writes do not.
func (t *tx) addHidden(o *object, r row) {
	r["sync_hash"], r["deleted_at"] = hex.EncodeToString(o.key()), nil
}

func (t *tx) class(o *object) string {
	if row := t.ref.typeByID(o.kind, o.typeID.Int64); row != nil {
		return row.Class
	}
	return ""
}

func typeRecord(k *kind, typ *typeRow) row {
	if typ == nil {
		return nil
	}
	r := row{"id": typ.ID, "name": typ.Name, "created_at": timeText(typ.created), "updated_at": timeText(typ.created)}
	switch k.num {
	case kindIndicator:
		r["class"], r["score"], r["wildcard_matching"] = typ.Class, nil, "Y"
	case kindEvent:
		r["user_editable"] = yesNo(typ.editable)
	case kindAttachment:
		r["is_parsable"], r["parser_class"] = "Y", typ.Name
	}
	return r
}

func statusRecord(status *statusRow) row {
	if status == nil {
		return nil
	}
	return row{
		"id": status.ID, "name": status.Name, "description": status.Description,
		"user_editable": yesNo(!status.Protected), "visible": "Y", "include_in_export": "Y", "protected": yesNo(status.Protected),
		"created_at": timeText(status.created), "updated_at": timeText(status.created),
	}
}

// sourceRows are the sources of an object or an attribute; ownerKey names the
// owner's id in the pivot.
func (t *tx) sourceRows(owner int64, ownerKey string, ownerID int64) ([]row, error) {
	list, err := t.sourcesOf(owner)
	rows := make([]row, len(list))
	for i, s := range list {
		rows[i] = row{
			"id": s.id, "type": s.kind, "reference_id": s.reference, "name": s.name,
			"tlp_id": nullable(s.tlp), "published_at": nullTime(s.published),
			"created_at": timeText(s.created), "updated_at": timeText(s.updated),
			"pivot": row{"id": s.pivot, ownerKey: ownerID, "source_id": s.id, "creator_source_id": s.id},
		}
	}
	return rows, err
}

func (t *tx) attributeRow(o *object, a *attribute, sources bool) (row, error) {
	name := t.ref.attrs[a.nameID]
	r := row{
		"id": a.id, o.kind.code + "_id": o.id(), "attribute_id": a.nameID, "name": name.name, "value": a.value,
		"attribute": row{
			"id": a.nameID, "name": name.name,
			"created_at": timeText(name.created), "updated_at": timeText(name.created),
		},
		"created_at": timeText(a.created), "updated_at": timeText(a.updated), "touched_at": timeText(a.touched),
	}
	if !sources {
		return r, nil
	}
	var err error
	r["sources"], err = t.sourceRows(attrUID(a.id), o.kind.code+"_attribute_id", a.id)
	return r, err
}

func (t *tx) attributeRows(o *object, sources bool) ([]row, error) {
	list, err := t.attributes(o)
	rows := make([]row, len(list))
	for i := range list {
		if err == nil {
			rows[i], err = t.attributeRow(o, &list[i], sources)
		}
	}
	return rows, err
}

func (t *tx) scoreRow(o *object) row {
	sum := sha1.Sum([]byte("default score configuration"))
	return row{
		"indicator_id": o.id(), "generated_score": "0.00", "manual_score": nullable(o.manual),
		"score_config_hash": hex.EncodeToString(sum[:]),
		"created_at":        timeText(o.created), "updated_at": timeText(o.touched),
	}
}
