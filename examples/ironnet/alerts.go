package ironnet

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"sort"
	"strconv"
)

const defaultLimit = 50

type alertsAnswer struct {
	Alerts     any    `json:"alerts"`
	Constraint extent `json:"constraint"`
}

// extent is the answered constraint: what was applied, and the full hit count,
// a 64-bit number and hence a string in this API.
type extent struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
	Total  any `json:"total"`
}

func (s *Simulator) getAlerts(body []byte, fault string) (any, error) {
	var req alertsRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	q, err := req.compile()
	if err != nil {
		return nil, err
	}
	limit, offset, err := s.page(req.Constraint)
	if err != nil {
		return nil, err
	}
	alerts, total := s.list(q, offset, limit, fault == FaultDuplicate)
	return alertsAnswer{bendAlerts(fault, alerts), s.extent(limit, offset, total)}, nil
}

// list reads a page. With double the first hit stands twice in the whole list,
// so a client that drops the copy and reads on by offset still gets everything.
func (s *Simulator) list(q query, offset, limit int, double bool) ([]Alert, int) {
	if !double {
		return s.store.find(q, offset, limit)
	}
	if offset > 0 {
		alerts, total := s.store.find(q, offset-1, limit)
		return alerts, total + min(total, 1)
	}
	alerts, total := s.store.find(q, 0, limit)
	if total > 0 {
		alerts = slices.Insert(alerts, 1, alerts[0])
		alerts = alerts[:min(limit, len(alerts))]
		total++
	}
	return alerts, total
}

// page checks a constraint; a limit of 0 or none is the default of 50.
func (s *Simulator) page(c *constraint) (limit, offset int, err error) {
	if c != nil {
		limit, offset = valueOr(c.Limit, 0), valueOr(c.Offset, 0)
	}
	if limit < 0 || offset < 0 {
		return 0, 0, problem(http.StatusBadRequest, "constraint: limit and offset must not be negative")
	}
	return min(cmp.Or(limit, defaultLimit), s.opt.PageCap), offset, nil
}

func (s *Simulator) extent(limit, offset, total int) extent {
	if s.opt.TotalAsNumber {
		return extent{limit, offset, total}
	}
	return extent{limit, offset, strconv.Itoa(total)}
}

// find returns one page of the hits and how many there are in all.
func (s *store) find(q query, offset, limit int) ([]Alert, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hits, total := s.hits(q, offset, limit)
	alerts := make([]Alert, len(hits), len(hits)+1)
	for n, i := range hits {
		alerts[n] = s.at(i)
	}
	return alerts, total
}

func (s *store) hits(q query, offset, limit int) (page []int32, total int) {
	keep := s.filter(q)
	if !q.byUpdated {
		all := slices.DeleteFunc(slices.Clone(s.candidates(q)), func(i int32) bool { return !keep(i) })
		s.sort(all, q.order)
		rest := all[min(offset, len(all)):]
		return rest[:min(limit, len(rest))], len(all)
	}
	candidates := s.candidates(q)
	for n := range candidates {
		i := candidates[n]
		if q.newestFirst {
			i = candidates[len(candidates)-1-n]
		}
		if !keep(i) {
			continue
		}
		if total >= offset && len(page) < limit {
			page = append(page, i)
		}
		total++
	}
	return page, total
}

// candidates are the rows within the window of `updated`, in its order.
func (s *store) candidates(q query) []int32 {
	after := func(bound int64) int {
		return sort.Search(len(s.byUpdated), func(n int) bool { return s.rows[s.byUpdated[n]].updated >= bound })
	}
	from := after(q.from)
	window := s.byUpdated[from:max(from, after(q.to+1))]
	if q.ids == nil {
		return window
	}
	var named []int32
	for _, id := range q.ids {
		if i, ok := s.index[id]; ok && s.rows[i].updated >= q.from && s.rows[i].updated <= q.to {
			named = append(named, i)
		}
	}
	slices.SortFunc(named, s.compareUpdated)
	return slices.Compact(named)
}

func (s *store) filter(q query) func(int32) bool {
	if len(q.category)+len(q.sub) > 0 {
		wanted := s.wantedKinds(q)
		q.tests = append(q.tests, func(r *row) bool { return wanted[r.kind] })
	}
	return func(i int32) bool {
		for _, test := range q.tests {
			if !test(&s.rows[i]) {
				return false
			}
		}
		return true
	}
}

// wantedKinds resolves names once; an unknown one selects nothing, as the
// vocabulary is open.
func (s *store) wantedKinds(q query) []bool {
	wanted := make([]bool, len(s.kinds))
	for n, k := range s.kinds {
		wanted[n] = (len(q.category) == 0 || slices.Contains(q.category, k.category)) &&
			(len(q.sub) == 0 || slices.Contains(q.sub, k.sub))
	}
	return wanted
}

// sort orders rows by the keys, then by id in the direction of the first key,
// so that a descending list is the exact reverse of the ascending one.
func (s *store) sort(list []int32, keys []order) {
	slices.SortFunc(list, func(a, b int32) int {
		ra, rb := &s.rows[a], &s.rows[b]
		for _, key := range keys {
			if c := cmp.Compare(key.value(ra), key.value(rb)); c != 0 {
				return turn(c, key.descending)
			}
		}
		return turn(bytes.Compare(ra.id[:], rb.id[:]), keys[0].descending)
	})
}

func turn(c int, descending bool) int {
	if descending {
		return -c
	}
	return c
}
