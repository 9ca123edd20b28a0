package ctia

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// bulkBody decodes and counts a body of lists, and checks it against its schema.
func (s *Simulator) bulkBody(c *call, schema fields) (out [kinds][]entity, err error) {
	body, err := c.object()
	if err != nil {
		return out, err
	}
	_, count := lists(loose(body))
	c.count = count
	if limit := s.maxEntities(c); count > limit {
		return out, problem(http.StatusBadRequest, fmt.Sprintf("Bulk max number of entities: %d", limit))
	}
	if errs := schema.check(body); errs != nil {
		return out, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	out, _ = lists(body)
	return out, nil
}

// bulkCreate makes entities without looking whether they are there.
func (s *Simulator) bulkCreate(c *call) (any, error) {
	byKind, err := s.bulkBody(c, bulkSchema(false))
	if err != nil {
		return nil, err
	}
	if err := s.onlyTransient(c, byKind); err != nil {
		return nil, err
	}
	in := importing{Simulator: s, call: c, ids: map[string]string{}}
	out := entity{}
	for k := range kinds {
		for _, e := range byKind[k] {
			result, err := in.one(k, e, -1, false)
			if err != nil {
				return nil, err
			}
			var row any = result["id"]
			if result["result"] == "error" {
				row = entity{"error": result["error"], "msg": result["msg"], "type": k.String(), "id": result["original_id"], "entity": e}
			}
			list, _ := out[k.list()].([]any)
			out[k.list()] = append(list, row)
		}
	}
	out["tempids"] = in.ids
	c.status = http.StatusCreated
	return out, nil
}

// replacement is one entity of a PUT, with where it goes.
type replacement struct {
	kind kind
	row  int
	e    entity
}

// bulkUpdate replaces many; one that is not right refuses them all.
func (s *Simulator) bulkUpdate(c *call) (any, error) {
	if c.fault.Kind == FaultPut {
		return nil, missingCapability(s.opt.Accounts[c.account].Owner, []string{"create-judgement", "developer"})
	}
	byKind, err := s.bulkBody(c, bulkSchema(true))
	if err != nil {
		return nil, err
	}
	var work []replacement
	out := map[string]*actions{}
	for k := range kinds {
		for _, e := range byKind[k] {
			n, ok := s.visible(c, k, e["id"].(string))
			switch {
			case !ok:
				actionsOf(out, k).fail("not-found", e["id"])
				continue
			case c.fault.Kind == FaultForbidden:
				actionsOf(out, k).fail("forbidden", e["id"])
				continue
			}
			if r := settle(k, e, s.store.decode(n), s.opt.Now()); r != nil {
				return nil, r.single(e)
			}
			work = append(work, replacement{k, n, e})
		}
	}
	for _, w := range work {
		if err := s.store.replace(w.row, w.e, s.opt.Now()); err != nil {
			return nil, err
		}
		a := actionsOf(out, w.kind)
		a.Updated = append(a.Updated, s.store.id(w.row))
	}
	return out, nil
}

// actions are what became of the entities of one kind.
type actions struct {
	Updated []string         `json:"updated,omitempty"`
	Deleted []string         `json:"deleted,omitempty"`
	Errors  map[string][]any `json:"errors,omitempty"`
}

func (a *actions) fail(why string, id any) {
	if a.Errors == nil {
		a.Errors = map[string][]any{}
	}
	a.Errors[why] = append(a.Errors[why], id)
}

func actionsOf(out map[string]*actions, k kind) *actions {
	if out[k.list()] == nil {
		out[k.list()] = &actions{}
	}
	return out[k.list()]
}

func (s *Simulator) bulkRead(c *call) (any, error) {
	out := entity{}
	query := c.request.URL.Query()
	for k := range kinds {
		list := []json.RawMessage{}
		for _, id := range query[k.list()] {
			text := json.RawMessage("null")
			if n, ok := s.visible(c, k, id); ok {
				text = s.store.raw(n)
			}
			list = append(list, text)
		}
		c.count += len(list)
		if query.Has(k.list()) {
			out[k.list()] = list
		}
	}
	return out, nil
}

func (s *Simulator) bulkDelete(c *call) (any, error) {
	body, err := c.object()
	if err != nil {
		return nil, err
	}
	schema := fields{}
	for k := range kinds {
		schema[k.list()] = optional(listOf(isText))
	}
	if errs := schema.check(body); errs != nil {
		return nil, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	out := map[string]*actions{}
	for k := range kinds {
		ids, _ := body[k.list()].([]any)
		c.count += len(ids)
		for _, id := range slices.Compact(ids) {
			n, ok := s.visible(c, k, id.(string))
			if !ok {
				actionsOf(out, k).fail("not-found", id)
				continue
			}
			if err := s.store.remove(n); err != nil {
				return nil, err
			}
			actionsOf(out, k).Deleted = append(actionsOf(out, k).Deleted, id.(string))
		}
	}
	return out, nil
}
