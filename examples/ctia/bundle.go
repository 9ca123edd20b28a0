package ctia

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const dangling = "A relationship cannot be created if a source or a target ref is still a transient ID (The source or target entity is probably not provided in the bundle)"

// lists takes the entities of each kind out of a bundle or bulk that passed its
// schema.
func lists(body entity) (out [kinds][]entity, count int) {
	for k := range kinds {
		list, _ := body[k.list()].([]any)
		for _, e := range list {
			out[k] = append(out[k], e.(map[string]any))
		}
		count += len(list)
	}
	return out, count
}

// maxEntities is the limit of a call, which a fault may lower.
func (s *Simulator) maxEntities(c *call) int {
	if c.fault.Kind == FaultLimit {
		return c.fault.Max
	}
	return s.opt.MaxEntities
}

// importing is one bundle on its way in.
type importing struct {
	*Simulator
	call     *call
	prefixes []string
	ids      map[string]string // transient to real
	results  []entity
	fail     int // which entity a fault spoils
}

func (s *Simulator) importBundle(c *call) (any, error) {
	body, err := c.object()
	if err != nil {
		return nil, err
	}
	byKind, count := lists(loose(body))
	c.count = count
	if limit := s.maxEntities(c); count > limit {
		return nil, problem(http.StatusBadRequest, fmt.Sprintf("Bundle max nb of entities: %d", limit))
	}
	if errs := bundleSchema().check(body); errs != nil {
		return nil, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	if err := s.onlyTransient(c, byKind); err != nil {
		return nil, err
	}
	in := importing{Simulator: s, call: c, ids: map[string]string{}, results: []entity{}, fail: -1}
	if c.fault.Kind == FaultItem {
		in.fail = s.rand.IntN(max(len(byKind[judgement]), 1))
	}
	if p := c.request.URL.Query().Get("external-key-prefixes"); p != "" {
		in.prefixes = strings.Split(p, ",")
	}
	for k := range kinds { // relationships come last
		if err := in.take(k, byKind[k]); err != nil {
			return nil, err
		}
	}
	s.rand.Shuffle(len(in.results), func(a, b int) { in.results[a], in.results[b] = in.results[b], in.results[a] })
	return entity{"results": in.results}, nil
}

// loose leaves lists out of a body that are none, so that it can be counted before its
// schema is looked at.
func loose(body entity) entity {
	out := entity{}
	for k := range kinds {
		list, _ := body[k.list()].([]any)
		out[k.list()] = slices.DeleteFunc(slices.Clone(list), func(e any) bool { _, ok := e.(map[string]any); return !ok })
	}
	return out
}

// onlyTransient refuses ids that only the service may give.
func (s *Simulator) onlyTransient(c *call, byKind [kinds][]entity) error {
	for _, list := range byKind {
		for _, e := range list {
			if id, ok := e["id"].(string); ok && !strings.HasPrefix(id, transient) {
				return missingCapability(s.opt.Accounts[c.account].Owner, []string{"specify-id"})
			}
		}
	}
	return nil
}

// take looks all entities of a kind up before it makes the first one: two of one
// external id are both new.
func (in *importing) take(k kind, list []entity) error {
	found := make([]int, len(list))
	for n, e := range list {
		found[n] = in.known(k, e)
	}
	for n, e := range list {
		result, err := in.one(k, e, found[n], k == judgement && n == in.fail)
		if err != nil {
			return err
		}
		in.results = append(in.results, result)
	}
	return nil
}

// known returns where an entity of one of e's external ids stands, -1 for nowhere.
func (in *importing) known(k kind, e entity) int {
	xids, _ := e["external_ids"].([]any)
	for _, x := range xids {
		xid := x.(string)
		if in.prefixes != nil && !slices.ContainsFunc(in.prefixes, func(p string) bool { return strings.HasPrefix(xid, p) }) {
			continue
		}
		if rows := in.withXID(in.call, k, xid); len(rows) > 0 {
			return rows[0]
		}
	}
	return -1
}

func (in *importing) one(k kind, e entity, known int, spoiled bool) (entity, error) {
	result := entity{"type": k.String()}
	if xids, ok := e["external_ids"]; ok {
		result["external_ids"] = xids
	}
	id, _ := e["id"].(string)
	if id != "" {
		result["original_id"] = id
	}
	switch {
	case spoiled:
		result["result"], result["error"], result["msg"] = "error", entity{"type": "es_rejected_execution_exception"}, "rejected execution"
		return result, nil
	case known >= 0:
		result["result"] = "exists"
	default:
		refused, n, err := in.make(k, e)
		if err != nil {
			return nil, err
		}
		if refused != nil {
			result["result"] = "error"
			for key, v := range refused {
				result[key] = v
			}
			return result, nil
		}
		known, result["result"] = n, "created"
	}
	result["id"] = in.store.id(known)
	if id != "" {
		in.ids[id] = in.store.id(known)
	}
	return result, nil
}

// make creates an entity, or says with error and msg why not.
func (in *importing) make(k kind, e entity) (refused entity, n int, err error) {
	if k == relationship {
		for _, key := range []string{"source_ref", "target_ref"} {
			ref := e[key].(string)
			if real, ok := in.ids[ref]; ok {
				e[key] = real
			} else if strings.HasPrefix(ref, transient) {
				return entity{"error": dangling}, 0, nil
			}
		}
	}
	if r := settle(k, e, nil, in.opt.Now()); r != nil {
		return r.item(), 0, nil
	}
	n, err = in.keep(in.call, k, e, true)
	return nil, n, err
}

// item words a refusal for the results of a bundle.
func (r *refusal) item() entity {
	switch {
	case r.tlp != "":
		return entity{"error": "Entity Access Control validation Error", "msg": r.tlpMessage()}
	case r.pair:
		return entity{"error": "Mismatched disposition and dispositon_name for judgement"}
	}
	return entity{"error": "Entity validation Error", "msg": r.spec + " in: [" + r.path + "]\n"}
}

func (r *refusal) tlpMessage() string {
	return "Invalid document TLP " + r.tlp + ", allowed TLPs are: amber,red"
}

// exportBundle reads entities back, and what relationships they are part of.
func (s *Simulator) exportBundle(c *call) (any, error) {
	body, err := c.object()
	if err != nil {
		return nil, err
	}
	if errs := (fields{"ids": needed(listOf(isText))}).check(body); errs != nil {
		return nil, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	out := map[string][]json.RawMessage{}
	ids := body["ids"].([]any)
	c.count = len(ids)
	wanted := map[string]bool{}
	for _, id := range ids {
		for k := range kinds {
			if n, ok := s.visible(c, k, id.(string)); ok {
				out[k.list()] = append(out[k.list()], s.store.raw(n))
				wanted[s.store.id(n)] = true
			}
		}
	}
	if c.request.URL.Query().Get("include_related_entities") != "false" {
		out[relationship.list()] = append(out[relationship.list()], s.related(c, wanted)...)
	}
	bundle := entity{"type": "bundle", "source": "ctia"}
	for name, list := range out {
		if len(list) > 0 {
			bundle[name] = list
		}
	}
	return bundle, nil
}

func (s *Simulator) related(c *call, ids map[string]bool) (out []json.RawMessage) {
	for n, r := range s.store.rows {
		if r.kind != relationship || r.body == nil || !s.reads(c, n) {
			continue
		}
		e := s.store.decode(n)
		if (ids[e["source_ref"].(string)] || ids[e["target_ref"].(string)]) && !ids[s.store.id(n)] {
			out = append(out, s.store.raw(n))
		}
	}
	return out
}
