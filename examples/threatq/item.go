package threatq

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// timeColumns are the times an object may be given; created_at is apart.
var timeColumns = [...]string{
	"happened_at", "started_at", "ended_at", "published_at", "last_detected_at", "expires_at", "expired_at",
}

const happenedAt = 0 // in timeColumns

// item is one object of a request. What a client may leave out has a set flag
// or is a pointer: an update changes only what is given.
type item struct {
	kind        *kind
	name        *string
	typ, status ref
	description *string // nil: not given or null
	content     *string // the "value" of a signature
	cleared     bool    // description given as null
	times       [len(timeColumns)]stamp
	created     stamp
	normalize   bool

	sources    []sourceIn
	attributes []attributeIn
	tags       []tagIn
	comments   []commentIn
	related    []relation
}

type commentIn struct {
	Value   string     `json:"value"`
	Sources []sourceIn `json:"sources"`
}

// relation is a link in an item: by id, or as an indicator of its own.
type relation struct {
	kind *kind
	id   int64
	item *item
}

type rawItem = map[string]json.RawMessage

func (ks *kinds) item(k *kind, raw rawItem) (*item, error) {
	it := &item{kind: k}
	if err := it.own(raw); err != nil {
		return nil, err
	}
	return it, it.context(ks, raw)
}

// itemFields are what every kind takes, beside its name, its times and its links.
// The platform leaves silently out what it does not know; refusing it here shows a
// client that believes to have written something.
var itemFields = []string{
	"id", "type", "type_id", "status", "status_id", "description", "published_at", "created_at", "updated_at", "touched_at",
	"sources", "attributes", "tags", "comments",
}

// strange refuses members that the kind has no place for.
func (ks *kinds) strange(k *kind, raw rawItem) error {
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if name != k.field && !slices.Contains(itemFields, name) && !slices.Contains(k.extra(), name) && ks.byName[name] == nil {
			return invalid(name, "The %s field is unknown for %s.", name, k.collection)
		}
	}
	return nil
}

// extra are the further members that the kind takes.
func (k *kind) extra() []string {
	switch {
	case k.num == kindIndicator:
		return []string{"class", "normalize", "last_detected_at", "expires_at", "expired_at", "hash", "existing"}
	case k.num == kindEvent:
		return []string{"happened_at"}
	case k.content:
		return []string{"value"}
	case k.dated, k.num >= firstCustom:
		return []string{"started_at", "ended_at"}
	}
	return nil
}

// own decodes the object's own columns.
func (it *item) own(raw rawItem) error {
	var name *text
	fields := map[string]any{
		it.kind.field: &name, "type": &it.typ, "status": &it.status,
		"description": (*descriptionIn)(it), "created_at": &it.created,
	}
	for i, column := range timeColumns {
		fields[column] = &it.times[i]
	}
	var content *text
	if it.kind.content {
		fields["value"] = &content
	}
	if err := pick(raw, fields); err != nil {
		return err
	}
	if err := pick(raw, map[string]any{"type_id": &numberedRef{&it.typ}, "status_id": &numberedRef{&it.status}}); err != nil {
		return err
	}
	if name != nil {
		it.name = (*string)(name)
		if err := validText(it.kind.field, *it.name); err != nil {
			return err
		}
	}
	it.content = (*string)(content)
	it.normalize = string(raw["normalize"]) == `"Y"`
	if it.description != nil {
		return validText("description", *it.description)
	}
	return nil
}

// context decodes what hangs on the object.
func (it *item) context(ks *kinds, raw rawItem) error {
	err := pick(raw, map[string]any{
		"sources": &it.sources, "attributes": &it.attributes, "tags": &it.tags, "comments": &it.comments,
	})
	if err != nil {
		return err
	}
	for i := range it.attributes {
		if err := it.attributes[i].check(); err != nil {
			return err
		}
	}
	for key, value := range raw {
		if k := ks.byName[key]; k != nil {
			if err := it.relations(ks, k, key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (it *item) relations(ks *kinds, k *kind, key string, value json.RawMessage) error {
	var list []rawItem
	if err := json.Unmarshal(value, &list); err != nil {
		return invalid(key, "The %s must be an array of objects: %v.", key, err)
	}
	for _, raw := range list {
		rel := relation{kind: k}
		if id, ok := raw["id"]; ok {
			if err := json.Unmarshal(id, &rel.id); err != nil {
				return invalid(key, "The id of a relation must be a number, not %s.", id)
			}
		} else if k.num != kindIndicator {
			return invalid(key, "A relation to %s needs an id; only indicators can be named by value and type.", key)
		} else {
			var err error
			if rel.item, err = ks.item(k, raw); err != nil {
				return err
			}
		}
		it.related = append(it.related, rel)
	}
	return nil
}

// pick decodes the members of raw that are in fields.
func pick(raw rawItem, fields map[string]any) error {
	for field, dest := range fields {
		value, ok := raw[field]
		if !ok {
			continue
		}
		if err := json.Unmarshal(value, dest); err != nil {
			return invalid(field, "The %s cannot be read: %v.", field, err)
		}
	}
	return nil
}

// numberedRef takes type_id and status_id, which some clients send as strings.
type numberedRef struct{ ref *ref }

func (n *numberedRef) UnmarshalJSON(b []byte) error {
	var id json.Number
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &id); err != nil {
		return err
	}
	v, err := id.Int64()
	*n.ref = ref{set: true, id: v}
	return err
}

// descriptionIn takes a plain text or, for adversaries, [{"value": text}].
type descriptionIn item

func (d *descriptionIn) UnmarshalJSON(b []byte) error {
	var plain string
	switch b[0] {
	case 'n':
		d.cleared = true
		return nil
	case '[':
		var list []struct{ Value string }
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for i, one := range list {
			if i > 0 {
				plain += "\n"
			}
			plain += one.Value
		}
	default:
		if err := json.Unmarshal(b, &plain); err != nil {
			return fmt.Errorf("want a text or [{\"value\": text}]: %w", err)
		}
	}
	d.description = &plain
	return nil
}
