package threatq

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// consume is the bulk write: an array of objects with their context, of which
// each is made or recognised. One bad item refuses the request, or with
// Options.ItemErrors gets an error in its place.
func (c *call) consume() (reply, error) {
	var list []rawItem
	if err := json.Unmarshal(c.body, &list); err != nil {
		return reply{}, badJSON(err)
	}
	rows := make([]row, 0, len(list))
	for _, raw := range list {
		written, r, err := c.writeItem(raw)
		if err != nil {
			return reply{}, err
		}
		if written != nil && c.options.ExistingFlag {
			r["existing"] = yesNo(written.existing)
		}
		rows = append(rows, r)
	}
	return reply{http.StatusOK, row{"total": len(rows), "data": rows}}, c.flush()
}

// written is what became of an item.
type written struct {
	*object
	item     *item
	existing bool
}

// writeItem writes one item of an array and makes its answer; written is nil if
// the answer is an error.
func (c *call) writeItem(raw rawItem) (*written, row, error) {
	if c.fault.refuses(c.kinds[0].nameIn(raw)) {
		if c.fault.Kind != FaultRefuseItem {
			return nil, nil, c.fault.refusal(c.kinds[0].field)
		}
		return nil, itemError(c.kinds[0], raw, "The item was refused by a fault switch."), nil
	}
	if c.options.ItemErrors {
		return c.attempt(raw)
	}
	w, err := c.write(raw)
	if err != nil {
		return nil, nil, err
	}
	return w, c.objectRow(w.object), nil
}

// attempt writes an item so that its failure leaves the others alone.
func (c *call) attempt(raw rawItem) (*written, row, error) {
	if err := c.flush(); err != nil {
		return nil, nil, err
	}
	if err := c.exec("SAVEPOINT item"); err != nil {
		return nil, nil, err
	}
	last := c.last
	w, err := c.write(raw)
	if err == nil {
		err = c.flush()
	}
	if err == nil {
		return w, c.objectRow(w.object), c.exec("RELEASE item")
	}
	var refused *refusal
	if !errors.As(err, &refused) {
		return nil, nil, err
	}
	if err := errors.Join(c.exec("ROLLBACK TO item"), c.exec("RELEASE item"), c.load(c.ctx)); err != nil {
		return nil, nil, err
	}
	c.last, c.dirty = last, true
	return nil, itemError(c.kinds[0], raw, refused.text), nil
}

func (c *call) write(raw rawItem) (*written, error) {
	if err := c.store.kinds.strange(c.kinds[0], raw); err != nil {
		return nil, err
	}
	it, err := c.store.kinds.item(c.kinds[0], raw)
	if err != nil {
		return nil, err
	}
	if c.query.Get("normalize") == "Y" {
		it.normalize = true
	}
	o, existing, err := c.upsert(it, statusActive, []sourceIn{{Name: c.options.Username}})
	return &written{o, it, existing}, err
}

// itemError is the third error form.
func itemError(k *kind, raw rawItem, text string) row {
	return row{k.field: k.nameIn(raw), "error": text}
}

// nameIn is the name an item carries, for messages and fault switches.
func (k *kind) nameIn(raw rawItem) string {
	var name text
	if json.Unmarshal(raw[k.field], &name) != nil {
		return ""
	}
	return string(name)
}

// create is the write of one object, or of an array of them. Indicators are
// always answered as an array, the others in the shape they came in.
func (c *call) create() (reply, error) {
	k := c.kinds[0]
	list, many, err := oneOrMany[rawItem](c.body)
	if err != nil {
		return reply{}, err
	}
	rows := make([]row, len(list))
	for i, raw := range list {
		if rows[i], err = c.createOne(raw, many); err != nil {
			return reply{}, err
		}
	}
	if !many && k.num != kindIndicator {
		return data(http.StatusCreated, rows[0]), nil
	}
	return created(rows), nil
}

func (c *call) createOne(raw rawItem, many bool) (row, error) {
	var w *written
	var r row
	var err error
	if many {
		w, r, err = c.writeItem(raw)
	} else if c.fault.refuses(c.kinds[0].nameIn(raw)) {
		err = c.fault.refusal(c.kinds[0].field)
	} else if w, err = c.write(raw); err == nil {
		r = c.objectRow(w.object)
	}
	if err != nil || w == nil {
		return r, err
	}
	if w.existing && w.kind.num == kindAdversary {
		return nil, invalid("name", "The name has already been taken.")
	}
	r["existing"] = yesNo(w.existing)
	return r, c.addWritten(w, r)
}

// addWritten adds the type and the context that came with the item.
func (c *call) addWritten(w *written, r row) error {
	if err := c.flush(); err != nil {
		return err
	}
	var names []string
	if len(c.ref.types[w.kind.num]) > 0 {
		names = append(names, "type")
	}
	if len(w.item.sources) > 0 {
		names = append(names, "sources")
	}
	if len(w.item.attributes) > 0 {
		names = append(names, "attributes.sources")
	}
	if err := c.addNamed(w.object, r, strings.Join(names, ",")); err != nil {
		return err
	}
	return c.addRelations(w.object, r)
}
