package ctia

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func (s *Simulator) version(*call) (any, error) {
	return entity{"base": "/ctia", "version": "1.1", "ctim-version": "1.3.30", "ctia-build": "", "ctia-feature-flags": []string{}}, nil
}

func (s *Simulator) status(*call) (any, error) { return entity{"status": "ok"}, nil }

// single words a refusal for a call with one entity, or a bulk that is refused whole.
func (r *refusal) single(e entity) error {
	switch {
	case r.tlp != "":
		return problem(http.StatusBadRequest, entity{"type": "Invalid TLP Error", "message": r.tlpMessage(), "entity": e, "class": "clojure.lang.ExceptionInfo"})
	case r.pair:
		return problem(http.StatusBadRequest, entity{"error": "Mismatched disposition and dispositon_name for judgement", "judgement": e})
	}
	return problem(http.StatusBadRequest, entity{
		"error": "Spec Validation Client Error", "type": "Invalid Entity Error", "message": r.spec + " in: [" + r.path + "]", "entity": e,
		"class": "clojure.lang.ExceptionInfo",
	})
}

// keep stores a new entity; bundles wait for the index, other calls only if asked to.
func (s *Simulator) keep(c *call, k kind, e entity, waits bool) (int, error) {
	now := s.opt.Now()
	if e["timestamp"] == nil {
		e["timestamp"] = now.UTC().Format(timeFormat)
	}
	if given := c.request.URL.Query().Get("wait_for"); given != "" {
		waits = given == "true"
	}
	r := row{kind: k, account: uint8(c.account), created: now.UnixMilli(), modified: now.UnixMilli(), visible: now.UnixMilli()}
	if !waits {
		r.visible = now.Add(s.opt.IndexLag).UnixMilli()
	}
	return s.store.add(r, e, s.rand)
}

// reads reports whether an account sees an entity: red ones are their owner's.
func (s *Simulator) reads(c *call, n int) bool {
	r := s.store.rows[n]
	return r.body != nil && (!r.red || s.opt.Accounts[r.account].Owner == s.opt.Accounts[c.account].Owner)
}

func (s *Simulator) visible(c *call, k kind, id string) (int, bool) {
	n, ok := s.store.find(k, id)
	return n, ok && s.reads(c, n)
}

// withXID lists where entities with an external id stand, oldest first, as far as the
// index knows them.
func (s *Simulator) withXID(c *call, k kind, xid string) (out []int) {
	for _, n := range s.store.byXID[s.store.hash(k.String(), xid)] {
		r := s.store.rows[n]
		if s.reads(c, int(n)) && r.carries(xid) && r.visible <= s.opt.Now().UnixMilli() {
			out = append(out, int(n))
		}
	}
	slices.Sort(out)
	return out
}

// one decodes the entity of a call.
func (s *Simulator) one(k kind, c *call) (entity, error) {
	e, err := c.object()
	if err != nil {
		return nil, err
	}
	c.count = 1
	if errs := schemas()[k].check(e); errs != nil {
		return nil, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	return e, nil
}

func (s *Simulator) create(k kind, c *call) (any, error) {
	e, err := s.one(k, c)
	if err != nil {
		return nil, err
	}
	if _, ok := e["id"]; ok {
		return nil, missingCapability(s.opt.Accounts[c.account].Owner, []string{"specify-id"})
	}
	if r := settle(k, e, nil, s.opt.Now()); r != nil {
		return nil, r.single(e)
	}
	n, err := s.keep(c, k, e, false)
	if err != nil {
		return nil, err
	}
	c.status = http.StatusCreated
	c.header.Set("Location", s.store.id(n))
	return s.store.raw(n), nil
}

func notFound(k kind) error {
	return problem(http.StatusNotFound, entity{"message": k.String() + " not found"})
}

func (s *Simulator) read(k kind, c *call) (any, error) {
	n, ok := s.visible(c, k, c.arg("id"))
	if !ok {
		return nil, notFound(k)
	}
	return s.store.raw(n), nil
}

func (s *Simulator) update(k kind, c *call) (any, error) {
	n, ok := s.visible(c, k, c.arg("id"))
	if !ok {
		return nil, notFound(k)
	}
	e, err := s.one(k, c)
	if err != nil {
		return nil, err
	}
	if r := settle(k, e, s.store.decode(n), s.opt.Now()); r != nil {
		return nil, r.single(e)
	}
	if err := s.store.replace(n, e, s.opt.Now()); err != nil {
		return nil, err
	}
	return s.store.raw(n), nil
}

func (s *Simulator) erase(k kind, c *call) (any, error) {
	n, ok := s.visible(c, k, c.arg("id"))
	if !ok {
		return nil, notFound(k)
	}
	c.status = http.StatusNoContent
	return nil, s.store.remove(n)
}

func (s *Simulator) external(k kind, c *call) (any, error) {
	out := []json.RawMessage{}
	for _, n := range s.withXID(c, k, c.arg("xid")) {
		out = append(out, s.store.raw(n))
	}
	return out, nil
}

// expire ends a judgement now.
func (s *Simulator) expire(c *call) (any, error) {
	why := c.request.URL.Query().Get("reason")
	if why == "" {
		return nil, problem(http.StatusBadRequest, entity{"errors": entity{"reason": "missing-required-key"}})
	}
	n, ok := s.visible(c, judgement, c.arg("id"))
	if !ok {
		return nil, notFound(judgement)
	}
	e := s.store.decode(n)
	valid := e["valid_time"].(map[string]any)
	valid["end_time"] = s.opt.Now().UTC().Format(timeFormat)
	reason, _ := e["reason"].(string)
	e["reason"] = strings.TrimSpace(reason + " " + why)
	if err := s.store.replace(n, e, s.opt.Now()); err != nil {
		return nil, err
	}
	return s.store.raw(n), nil
}
