package threatq

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
)

func (c *call) getOne() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	return c.answerObject(http.StatusOK, o)
}

// answerObject answers an object with what the query's "with" asks for.
func (c *call) answerObject(status int, o *object) (reply, error) {
	r := c.objectRow(o)
	err := c.addRelations(o, r)
	return data(status, r), err
}

// Everything that GET …/details shows beside the links.
const detailed = "attributes.sources,sources,score,status,type,tags,comments,watchlist"

func (c *call) details() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	names := detailed
	for _, k := range c.store.kinds.all {
		names += "," + k.collection
	}
	r := c.objectRow(o)
	err = c.addNamed(o, r, names)
	if typ, ok := r["type"].(row); ok && typ != nil && o.kind.num == kindIndicator {
		typ["plugins"] = []row{}
	}
	return data(http.StatusOK, r), err
}

func (c *call) addRelations(o *object, r row) error { return c.addNamed(o, r, c.query.Get("with")) }

// addNamed adds the relations in a comma list. Of a dotted name the part behind
// the dot matters only for attributes.sources.
func (c *call) addNamed(o *object, r row, names string) error {
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		head, rest, _ := strings.Cut(strings.TrimSpace(name), ".")
		if head == "attributes" && rest == "" && r[head] != nil {
			continue // attributes.sources came first
		}
		v, err := c.related(o, head, rest)
		if err != nil {
			return err
		}
		r[head] = v
	}
	return nil
}

func (c *call) related(o *object, head, rest string) (any, error) {
	switch head {
	case "attributes":
		return c.attributeRows(o, rest == "sources")
	case "sources":
		return c.sourceRows(o.uid, o.kind.code+"_id", o.id())
	case "score":
		if o.kind.num != kindIndicator {
			return nil, nil
		}
		return c.scoreRow(o), nil
	case "status":
		return statusRecord(c.ref.statusByID(o.kind, o.statusID.Int64)), nil
	case "type":
		return typeRecord(o.kind, c.ref.typeByID(o.kind, o.typeID.Int64)), nil
	case "tags":
		return c.tagRows(o)
	case "comments":
		return c.commentRows(o)
	case "watchlist", "spearphish":
		return []row{}, nil
	}
	k := c.store.kinds.relation(head)
	if c.options.OldWith && strings.Contains(head, "_") {
		return nil, refuse(http.StatusInternalServerError, "Server Error")
	}
	if k == nil {
		return nil, refuse(http.StatusBadRequest, "Call to undefined relationship [%s] on %s.", head, o.kind.name)
	}
	return c.linkedRows(o, k)
}

// update changes the columns that the body gives; the query string may give
// status_id, as one client does. Nothing changed means no time moves.
func (c *call) update() (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	it, err := c.changes(o.kind)
	if err != nil {
		return reply{}, err
	}
	before := *o
	if err := c.apply(o, it); err != nil {
		return reply{}, err
	}
	if err := c.setStatus(o, it.status); err != nil {
		return reply{}, err
	}
	if o.name == "" {
		return reply{}, invalid(o.kind.field, "The %s field is required.", o.kind.field)
	}
	if *o != before {
		err = c.saveUnique(o)
	}
	if err == nil {
		err = c.attach(o, it, it.sources, true)
	}
	if err == nil {
		err = c.flush()
	}
	if err != nil {
		return reply{}, err
	}
	return c.answerObject(http.StatusOK, o)
}

// changes decodes the body and the query of an update.
func (c *call) changes(k *kind) (*item, error) {
	raw := rawItem{}
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &raw); err != nil {
			return nil, badJSON(err)
		}
	}
	for _, name := range []string{"status_id", "type_id", "status", "type"} {
		if value := c.query.Get(name); value != "" && raw[name] == nil {
			raw[name], _ = json.Marshal(value) // a string always encodes
		}
	}
	return c.store.kinds.item(k, raw)
}

// saveUnique refuses a change that would make the object another one's twin.
func (t *tx) saveUnique(o *object) error {
	twin, err := t.byKey(o.kind, o.key())
	if err != nil {
		return err
	}
	if twin != nil && twin.uid != o.uid {
		return invalid(o.kind.field, "The %s has already been taken.", o.kind.field)
	}
	return t.saveObject(o)
}

func (c *call) remove() (reply, error) {
	o, err := c.object()
	if err == nil {
		err = c.deleteObject(o)
	}
	return reply{status: http.StatusNoContent}, err
}

// postDescription is the adversaries' way to a description.
func (c *call) postDescription() (reply, error) {
	var in struct{ Value string }
	if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, badJSON(err)
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	if o.description.String != in.Value {
		o.description = sql.NullString{String: in.Value, Valid: true}
		err = c.saveObject(o)
	}
	return data(http.StatusCreated, row{"value": in.Value, o.kind.code + "_id": o.id()}), err
}

func (c *call) getScore() (reply, error) {
	o, err := c.get(c.indicators(), c.ids[0])
	if err != nil {
		return reply{}, err
	}
	return data(http.StatusOK, c.scoreRow(o)), nil
}

// putScore sets the manual score, or with null goes back to the generated one.
func (c *call) putScore() (reply, error) {
	var in struct {
		Manual *json.Number `json:"manual_score"`
	}
	if q := c.query.Get("manual_score"); q != "" && len(c.body) == 0 {
		n := json.Number(q)
		if in.Manual = &n; q == "null" {
			in.Manual = nil
		}
	} else if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, badJSON(err)
	}
	o, err := c.get(c.indicators(), c.ids[0])
	if err != nil {
		return reply{}, err
	}
	o.manual = sql.NullInt64{}
	if in.Manual != nil {
		n, err := in.Manual.Int64()
		if err != nil || n < 0 || n > 10 {
			return reply{}, invalid("manual_score", "The manual score must be a whole number from 0 to 10, not %s.", *in.Manual)
		}
		o.manual = sql.NullInt64{Int64: n, Valid: true}
	}
	if err := c.exec("UPDATE object SET manual_score = ? WHERE uid = ?", o.manual, o.uid); err != nil {
		return reply{}, err
	}
	return data(http.StatusOK, c.scoreRow(o)), c.touch(o)
}

func (c *call) indicators() *kind { return c.store.kinds.byNum[kindIndicator] }
