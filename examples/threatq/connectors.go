package threatq

import (
	"encoding/json"
	"maps"
	"net/http"
)

// connector is a registered connector: what the platform keeps of it is a bag
// of fields, of which the name must be unique.
type connector struct {
	id               int64
	name             string
	fields           row
	created, updated int64
}

// connectorDefaults are the fields of a connector that was just registered. It
// does nothing until somebody enables it.
func connectorDefaults() row {
	return row{
		"namespace": nil, "custom_fields": row{}, "frequency": 3600, "category_id": 1,
		"category": row{"id": 1, "name": "Labs"}, "indicator_status_id": 1, "tlp_id": nil, "gate_oauth2_client_id": nil,
		"last_import_at": nil, "last_import_count": 0, "is_active": false,
	}
}

func (t *tx) connectors(where string, args ...any) (list []connector, err error) {
	err = t.every("SELECT id, name, fields, created_at, updated_at FROM connector "+where+" ORDER BY id", args,
		func(scan scanner) error {
			c := connector{fields: row{}}
			var text string
			if err := scan(&c.id, &c.name, &text, &c.created, &c.updated); err != nil {
				return err
			}
			list = append(list, c)
			return json.Unmarshal([]byte(text), &c.fields)
		})
	return list, err
}

func (c connector) row() row {
	r := maps.Clone(c.fields)
	r["id"], r["name"] = c.id, c.name
	r["created_at"], r["updated_at"] = timeText(c.created), timeText(c.updated)
	return r
}

// merge takes the fields of a request; custom_fields are merged by key.
func (c *connector) merge(body []byte) error {
	in := row{}
	if err := json.Unmarshal(body, &in); err != nil {
		return badJSON(err)
	}
	if name, ok := in["name"].(string); ok {
		c.name = name
	}
	if custom, ok := in["custom_fields"].(row); ok {
		have, _ := c.fields["custom_fields"].(row)
		merged := maps.Clone(have)
		if merged == nil {
			merged = row{}
		}
		maps.Copy(merged, custom)
		in["custom_fields"] = merged
	}
	for _, own := range []string{"id", "name", "created_at", "updated_at"} {
		delete(in, own)
	}
	maps.Copy(c.fields, in)
	return nil
}

func (c *call) listConnectors() (reply, error) {
	var list []connector
	var err error
	if name := c.query.Get("name"); name != "" {
		list, err = c.connectors("WHERE name = ?", name)
	} else {
		list, err = c.connectors("")
	}
	rows := make([]row, len(list))
	for i, one := range list {
		rows[i] = one.row()
	}
	return listed(c.window(rows)), err
}

func (c *call) connector() (connector, error) {
	list, err := c.connectors("WHERE id = ?", c.ids[0])
	if err == nil && len(list) == 0 {
		err = refuse(http.StatusNotFound, "There is no connector with id %d.", c.ids[0])
	}
	if err != nil {
		return connector{}, err
	}
	return list[0], nil
}

func (c *call) getConnector() (reply, error) {
	one, err := c.connector()
	if err != nil {
		return reply{}, err
	}
	return data(http.StatusOK, one.row()), nil
}

// postConnector registers a connector and makes it a source of its name.
func (c *call) postConnector() (reply, error) {
	one := connector{fields: connectorDefaults(), created: c.now, updated: c.now}
	if err := one.merge(c.body); err != nil {
		return reply{}, err
	}
	if one.name == "" {
		return reply{}, invalid("name", "The name field is required.")
	}
	if err := c.nameFree(one); err != nil {
		return reply{}, err
	}
	text, err := json.Marshal(one.fields)
	if err != nil {
		return reply{}, err
	}
	one.id, err = c.insert("INSERT INTO connector (name, fields, created_at, updated_at) VALUES (?, ?, ?, ?)",
		one.name, string(text), one.created, one.updated)
	if err == nil {
		_, err = c.source(one.name, "connectors")
	}
	return data(http.StatusCreated, one.row()), err
}

func (c *call) nameFree(one connector) error {
	list, err := c.connectors("WHERE name = ? AND id <> ?", one.name, one.id)
	if err == nil && len(list) > 0 {
		err = invalid("name", "The name has already been taken.")
	}
	return err
}

func (c *call) putConnector() (reply, error) {
	one, err := c.connector()
	if err != nil {
		return reply{}, err
	}
	if err := one.merge(c.body); err != nil {
		return reply{}, err
	}
	if err := c.nameFree(one); err != nil {
		return reply{}, err
	}
	text, err := json.Marshal(one.fields)
	if err != nil {
		return reply{}, err
	}
	one.updated = c.now
	err = c.exec("UPDATE connector SET name = ?, fields = ?, updated_at = ? WHERE id = ?", one.name, string(text), c.now, one.id)
	return data(http.StatusOK, one.row()), err
}
