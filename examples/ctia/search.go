package ctia

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	defaultPage = 100
	deepest     = 10_000 // limit and offset together
)

// search lists judgements in the order they were made.
func (s *Simulator) search(c *call) (any, error) {
	query := c.request.URL.Query()
	hits, err := s.hits(c, judgement, query)
	if err != nil {
		return nil, err
	}
	return s.page(c, hits, query)
}

func (s *Simulator) searchCount(c *call) (any, error) {
	hits, err := s.hits(c, judgement, c.request.URL.Query())
	return len(hits), err
}

func (s *Simulator) relationships(c *call) (any, error) {
	query := c.request.URL.Query()
	hits, err := s.hits(c, relationship, query)
	if err != nil {
		return nil, err
	}
	return s.page(c, hits, query)
}

// filters are the parameters that compare a field.
func filters(k kind) []string {
	if k == relationship {
		return []string{"source_ref", "target_ref", "relationship_type", "tlp", "source"}
	}
	return []string{"source", "tlp", "priority", "disposition", "disposition_name", "confidence", "severity"}
}

func (s *Simulator) hits(c *call, k kind, query url.Values) (out []int, err error) {
	if q := query.Get("query"); q != "" && q != "*" {
		return nil, problem(http.StatusBadRequest, entity{"type": "ES Invalid Request", "message": "the simulator knows the query * only", "class": "clojure.lang.ExceptionInfo"})
	}
	from, to, err := span(query)
	if err != nil {
		return nil, err
	}
	now := s.opt.Now().UnixMilli()
	for n, r := range s.store.rows {
		if r.kind == k && s.reads(c, n) && r.visible <= now && r.created >= from && r.created < to && s.holds(n, k, query) {
			out = append(out, n)
		}
	}
	return out, nil
}

func span(query url.Values) (from, to int64, err error) {
	from, to = 0, math.MaxInt64
	for key, at := range map[string]*int64{"from": &from, "to": &to} {
		if !query.Has(key) {
			continue
		}
		t, ok := instant(query.Get(key))
		if !ok {
			return 0, 0, problem(http.StatusBadRequest, entity{"errors": entity{key: not("instance? java.util.Date", query.Get(key))}})
		}
		*at = t.UnixMilli()
	}
	return from, to, nil
}

func (s *Simulator) holds(n int, k kind, query url.Values) bool {
	var e entity
	for _, key := range filters(k) {
		if !query.Has(key) {
			continue
		}
		if e == nil {
			e = s.store.decode(n)
		}
		if fmt.Sprint(e[key]) != query.Get(key) {
			return false
		}
	}
	return true
}

// page cuts a page out of hits and says in X-Next how to get the one after it.
func (s *Simulator) page(c *call, hits []int, query url.Values) (any, error) {
	limit, err := number(query, "limit", defaultPage)
	if err != nil {
		return nil, err
	}
	offset, err := number(query, "offset", 0)
	if err != nil {
		return nil, err
	}
	start := offset
	if after := query.Get("search_after"); after != "" {
		for start = 0; start < len(hits) && s.store.id(hits[start]) != after; start++ {
		}
		start++
	} else if limit+offset > deepest {
		return nil, problem(http.StatusBadRequest, entity{"type": "ES Invalid Request", "message": "limit and offset are above 10000 together; use search_after", "class": "clojure.lang.ExceptionInfo"})
	}
	c.header.Set("X-Total-Hits", strconv.Itoa(len(hits)))
	start = min(start, len(hits))
	end := min(start+limit, len(hits))
	if end < len(hits) && end > start {
		c.header.Set("X-Next", fmt.Sprintf("limit=%d&offset=%d&search_after=%s", limit, end, url.QueryEscape(s.store.id(hits[end-1]))))
	}
	out := []json.RawMessage{}
	for _, n := range hits[start:end] {
		out = append(out, s.store.raw(n))
	}
	c.count = len(out)
	return out, nil
}

func number(query url.Values, key string, otherwise int) (int, error) {
	if !query.Has(key) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(query.Get(key))
	if err != nil || n < 0 {
		return 0, problem(http.StatusBadRequest, entity{"errors": entity{key: not("integer?", query.Get(key))}})
	}
	return n, nil
}

// judgements lists those of an observable.
func (s *Simulator) judgements(c *call) (any, error) {
	hits, err := s.observed(c)
	if err != nil {
		return nil, err
	}
	return s.page(c, hits, c.request.URL.Query())
}

func (s *Simulator) observed(c *call) (out []int, err error) {
	if errs := schemas()[judgement]["observable"].check(map[string]any{"type": c.arg("type"), "value": c.arg("value")}); errs != nil {
		return nil, problem(http.StatusBadRequest, entity{"errors": errs})
	}
	now := s.opt.Now().UnixMilli()
	for _, n := range s.store.byObs[s.store.observable(c.arg("type"), c.arg("value"))] {
		if s.reads(c, int(n)) && s.store.rows[n].visible <= now {
			out = append(out, int(n))
		}
	}
	return out, nil
}

// verdict is what counts now: the highest priority, then the lowest disposition, then
// the one that began first.
func (s *Simulator) verdict(c *call) (any, error) {
	hits, err := s.observed(c)
	if err != nil {
		return nil, err
	}
	best, bestRank := entity(nil), [3]int64{}
	for _, n := range hits {
		e := s.store.view(n)
		if rank, valid := ranked(e, s.opt.Now()); valid && (best == nil || before(rank, bestRank)) {
			best, bestRank = e, rank
		}
	}
	if best == nil {
		return nil, problem(http.StatusNotFound, entity{"message": "no verdict currently available for the supplied observable"})
	}
	return entity{
		"type": "verdict", "disposition": best["disposition"], "disposition_name": best["disposition_name"],
		"judgement_id": best["id"], "observable": best["observable"], "valid_time": best["valid_time"],
	}, nil
}

func ranked(e entity, now time.Time) (rank [3]int64, valid bool) {
	span := e["valid_time"].(map[string]any)
	start, _ := instant(span["start_time"].(string))
	end, _ := instant(span["end_time"].(string))
	priority, _ := integer(e["priority"])
	disposition, _ := integer(e["disposition"])
	return [3]int64{-priority, disposition, start.UnixMilli()}, !now.Before(start) && now.Before(end)
}

func before(a, b [3]int64) bool {
	for n := range a {
		if a[n] != b[n] {
			return a[n] < b[n]
		}
	}
	return false
}
