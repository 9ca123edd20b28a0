package threatq

import (
	"encoding/json"
	"net/http"
	"strings"
)

// typed is the kind of a path such as /api/indicator/types. The platform says
// "indicator", "event" and "signature" there, but "attachments".
func (c *call) typed() (*kind, error) {
	k := c.store.kinds.relation(c.words[0])
	if k == nil {
		return nil, refuse(http.StatusNotFound, "There is no object kind %q.", c.words[0])
	}
	return k, nil
}

// named reports whether a row passes the ?name= filter.
func (c *call) named(name string) bool {
	want := c.query.Get("name")
	return want == "" || strings.EqualFold(want, name)
}

func (c *call) listTypes() (reply, error) {
	k, err := c.typed()
	if err != nil {
		return reply{}, err
	}
	rows := []row{}
	for i := range c.ref.types[k.num] {
		if typ := &c.ref.types[k.num][i]; c.named(typ.Name) {
			rows = append(rows, typeRecord(k, typ))
		}
	}
	return listed(c.window(rows)), nil
}

func (c *call) getType() (reply, error) {
	k, err := c.typed()
	if err != nil {
		return reply{}, err
	}
	typ := c.ref.typeByID(k, c.ids[0])
	if typ == nil {
		return reply{}, refuse(http.StatusNotFound, "There is no %s type with id %d.", k.code, c.ids[0])
	}
	return data(http.StatusOK, typeRecord(k, typ)), nil
}

func (c *call) listStatuses() (reply, error) {
	k, err := c.typed()
	if err != nil {
		return reply{}, err
	}
	rows := []row{}
	for i := range c.ref.statuses[k.num] {
		if status := &c.ref.statuses[k.num][i]; c.named(status.Name) {
			rows = append(rows, statusRecord(status))
		}
	}
	return listed(c.window(rows)), nil
}

func (c *call) getStatus() (reply, error) {
	k, err := c.typed()
	if err != nil {
		return reply{}, err
	}
	status := c.ref.statusByID(k, c.ids[0])
	if status == nil {
		return reply{}, refuse(http.StatusNotFound, "There is no %s status with id %d.", k.code, c.ids[0])
	}
	return data(http.StatusOK, statusRecord(status)), nil
}

// postEventType makes an event type; a name that is there is refused.
func (c *call) postEventType() (reply, error) {
	var in struct{ Name string }
	if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, badJSON(err)
	}
	events := c.store.kinds.byNum[kindEvent]
	switch {
	case in.Name == "":
		return reply{}, invalid("name", "The name field is required.")
	case c.ref.typeByName(events, in.Name) != nil:
		return reply{}, invalid("name", "The name has already been taken.")
	}
	typ := typeRow{Type{Name: in.Name}, true, c.now}
	for _, other := range c.ref.types[kindEvent] {
		typ.ID = max(typ.ID, other.ID)
	}
	typ.ID++
	if err := c.addType(kindEvent, typ.Type, true); err != nil {
		return reply{}, err
	}
	c.ref.types[kindEvent] = append(c.ref.types[kindEvent], typ)
	return data(http.StatusCreated, typeRecord(events, &typ)), nil
}

// listKinds answers what object kinds there are, with their types and statuses.
func (c *call) listKinds() (reply, error) {
	rows := []row{}
	for _, k := range c.store.kinds.all {
		types, statuses := []row{}, []row{}
		for _, typ := range c.ref.types[k.num] {
			types = append(types, row{"id": typ.ID, "name": typ.Name})
		}
		for _, status := range c.ref.statuses[k.num] {
			statuses = append(statuses, row{"id": status.ID, "name": status.Name, "description": status.Description})
		}
		rows = append(rows, row{
			"id": k.num, "name": k.code, "display_name": k.name, "display_name_plural": k.plural,
			"collection": k.collection, "types": types, "statuses": statuses, "fields": k.fields(),
		})
	}
	// The platform lists its table of links as if it were a kind.
	rows = append(rows, row{
		"id": 63, "name": "object_link", "display_name": "Object Link", "display_name_plural": "Object Links",
		"collection": "objectlinks", "types": []row{}, "statuses": []row{}, "fields": []string{},
	})
	return listed(len(rows), rows), nil
}

func (k *kind) fields() []string {
	fields := []string{k.field, "description"}
	for _, i := range k.shownTimes() {
		fields = append(fields, timeColumns[i])
	}
	return fields
}

func (c *call) currentUser() (reply, error) {
	source, err := c.caller()
	if err != nil {
		return reply{}, err
	}
	return data(http.StatusOK, row{
		"id": source.reference, "email": source.name, "display_name": source.name,
		"source": row{"id": source.id, "type": source.kind, "reference_id": source.reference, "name": source.name},
	}), nil
}

// proxy answers that no proxy is set.
func (c *call) proxy() (reply, error) {
	return data(http.StatusOK, row{"enabled": false, "host": nil, "port": nil, "username": nil, "password": nil}), nil
}

// keyword finds objects whose name contains the query.
func (c *call) keyword() (reply, error) {
	limit, offset, err := c.page()
	if err != nil {
		return reply{}, err
	}
	objects, err := c.objects(`SELECT `+objectColumns+` FROM object WHERE name LIKE ? ESCAPE '\' ORDER BY uid LIMIT ? OFFSET ?`,
		contains(c.query.Get("query")), limit, offset)
	rows := make([]row, len(objects))
	for i, o := range objects {
		rows[i] = row{"id": o.id(), "value": o.name, "object": o.kind.code}
	}
	return data(http.StatusOK, rows), err
}
