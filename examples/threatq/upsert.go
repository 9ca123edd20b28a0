package threatq

import (
	"database/sql"
	"fmt"
)

// The statuses of indicators that are written without one.
const (
	statusActive   = "Active"
	statusIndirect = "Indirect" // only named as a relation
)

// upsert writes an item: a new object, or one recognised by its identity that
// takes what the item gives. status is what a new object gets if the item names
// none; sources are what it gets if the item has none.
func (t *tx) upsert(it *item, status string, sources []sourceIn) (o *object, existing bool, err error) {
	fresh, err := t.build(it)
	if err != nil {
		return nil, false, err
	}
	if len(it.sources) > 0 {
		sources = it.sources
	}
	o, err = t.byKey(it.kind, fresh.key())
	if err != nil {
		return nil, false, err
	}
	if existing = o != nil; existing {
		err = t.merge(o, it)
	} else {
		o = fresh
		err = t.create(o, it, status)
	}
	if err == nil {
		err = t.attach(o, it, sources, existing)
	}
	return o, existing, err
}

// build makes the object an item describes and checks what it must have.
func (t *tx) build(it *item) (*object, error) {
	o := &object{kind: it.kind, created: it.created.unix}
	field := it.kind.field
	if it.name == nil || *it.name == "" {
		return nil, invalid(field, "The %s field is required.", field)
	}
	if err := t.apply(o, it); err != nil {
		return nil, err
	}
	switch it.kind.num {
	case kindEvent:
		if !o.times[happenedAt].Valid {
			return nil, invalid("happened_at", "The happened at field is required.")
		}
		fallthrough
	case kindIndicator, kindSignature:
		if !o.typeID.Valid {
			return nil, invalid("type_id", "The type id field is required.")
		}
	}
	if o.kind.content && !o.content.Valid {
		return nil, invalid("value", "The value field is required.")
	}
	return o, nil
}

// apply puts what the item gives, except its status, into the object.
func (t *tx) apply(o *object, it *item) error {
	if it.typ.set && len(t.ref.types[it.kind.num]) > 0 { // kinds without types ignore one
		row, err := t.typeOf(it.kind, it.typ)
		if err != nil {
			return err
		}
		o.typeID = sql.NullInt64{Int64: row.ID, Valid: true}
	}
	if it.name != nil {
		o.name = *it.name
		if it.normalize && o.kind.num == kindIndicator {
			o.name = normalize(t.ref.typeByID(o.kind, o.typeID.Int64), o.name)
		}
	}
	if it.content != nil {
		o.content = sql.NullString{String: *it.content, Valid: *it.content != ""}
	}
	if it.description != nil {
		o.description = sql.NullString{String: *it.description, Valid: true}
	} else if it.cleared {
		o.description = sql.NullString{}
	}
	for i, at := range it.times {
		if at.set {
			o.times[i] = sql.NullInt64{Int64: at.unix, Valid: !at.null}
		}
	}
	return nil
}

func (t *tx) create(o *object, it *item, status string) error {
	if it.kind.num == kindIndicator && !it.status.set {
		it.status = ref{set: true, name: status}
	}
	if err := t.setStatus(o, it.status); err != nil {
		return err
	}
	return t.insertObject(o)
}

// merge lets an object that is sent again take the item's columns. Its name,
// which may differ in case, stays; a protected status stays too.
func (t *tx) merge(o *object, it *item) error {
	before := *o
	if err := t.apply(o, it); err != nil {
		return err
	}
	o.name = before.name
	if row := t.ref.statusByID(o.kind, o.statusID.Int64); row == nil || !row.Protected {
		if err := t.setStatus(o, it.status); err != nil {
			return err
		}
	} else if it.status.set {
		if _, err := t.statusOf(o.kind, it.status); err != nil {
			return err
		}
	}
	if *o == before {
		return nil
	}
	return t.saveObject(o)
}

func (t *tx) setStatus(o *object, status ref) error {
	if !status.set || len(t.ref.statuses[o.kind.num]) == 0 {
		return nil
	}
	row, err := t.statusOf(o.kind, status)
	if err == nil {
		o.statusID = sql.NullInt64{Int64: row.ID, Valid: true}
	}
	return err
}

// typeOf finds the type an item names.
func (t *tx) typeOf(k *kind, r ref) (row *typeRow, err error) {
	field := "type_id"
	if r.name != "" {
		field, row = "type", t.ref.typeByName(k, r.name)
	} else {
		row = t.ref.typeByID(k, r.id)
	}
	if row == nil {
		return nil, invalid(field, "The selected type %q is invalid for %s.", r, k.collection)
	}
	return row, nil
}

// statusOf finds the status an item names.
func (t *tx) statusOf(k *kind, r ref) (row *statusRow, err error) {
	field := "status_id"
	if r.name != "" {
		field, row = "status", t.ref.statusByName(k, r.name)
	} else {
		row = t.ref.statusByID(k, r.id)
	}
	if row == nil {
		return nil, invalid(field, "The selected status %q is invalid for %s.", r, k.collection)
	}
	return row, nil
}

// attach writes the context of an item.
func (t *tx) attach(o *object, it *item, sources []sourceIn, existing bool) error {
	if !existing || len(it.sources) > 0 {
		if err := t.putSources(o, sources); err != nil {
			return err
		}
	}
	if _, err := t.putAttributes(o, it.attributes, existing); err != nil {
		return err
	}
	if err := t.putTags(o, it.tags); err != nil {
		return err
	}
	for _, c := range it.comments {
		if _, err := t.putComment(o, c); err != nil {
			return err
		}
	}
	for _, rel := range it.related {
		if err := t.relate(o, rel, sources); err != nil {
			return fmt.Errorf("relation of %s %d: %w", o.kind.code, o.id(), err)
		}
	}
	return nil
}

// relate links the object with one that is named by id, or with an indicator
// that is written for the purpose.
func (t *tx) relate(o *object, rel relation, sources []sourceIn) error {
	var other *object
	var err error
	if rel.item != nil {
		other, _, err = t.upsert(rel.item, statusIndirect, sources)
	} else if other, err = t.first("SELECT "+objectColumns+" FROM object WHERE uid = ?", rel.kind.uid(rel.id)); err == nil && other == nil {
		err = invalid(rel.kind.collection, "The selected id %d is invalid: there is no such %s.", rel.id, rel.kind.code)
	}
	if err != nil {
		return err
	}
	_, err = t.link(o, other)
	return err
}
