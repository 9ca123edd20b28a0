package darktrace

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// record is what the appliance sends of an alert, as JSON objects.
type record = map[string]any

// alerts are the incidents and breaches of the appliance: those generated, made anew at
// each reading, and those put in by hand.
type alerts struct {
	gen generator

	mu        sync.Mutex
	incidents map[string]record // by id
	breaches  map[int64]record  // by pbid
}

func newAlerts(o Options) *alerts {
	return &alerts{gen: newGenerator(o), incidents: map[string]record{}, breaches: map[int64]record{}}
}

// PutIncident adds an AI Analyst event, or replaces the one with its id. createdAt is in
// milliseconds.
func (s *Simulator) PutIncident(r map[string]any) {
	s.alerts.mu.Lock()
	defer s.alerts.mu.Unlock()
	s.alerts.incidents[r["id"].(string)] = maps.Clone(r)
}

// PutBreach adds a model breach, or replaces the one with its pbid. time and creationTime
// are in milliseconds; model has then and now.
func (s *Simulator) PutBreach(r map[string]any) {
	s.alerts.mu.Lock()
	defer s.alerts.mu.Unlock()
	s.alerts.breaches[whole(r["pbid"])] = maps.Clone(r)
}

// Incidents and Breaches list what the appliance holds, oldest first.
func (s *Simulator) Incidents() []map[string]any {
	return s.alerts.listIncidents(span{0, math.MaxInt64})
}

// Breaches: see Incidents.
func (s *Simulator) Breaches() []map[string]any {
	return s.alerts.listBreaches(span{0, math.MaxInt64}, "creationTime")
}

// listIncidents makes the incidents that were created in a window, and those pinned.
func (a *alerts) listIncidents(w span) []record {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []record
	for i := range a.gen.incidents {
		if at := a.gen.created(i, a.gen.incidents); !w.holds(at) && !a.gen.pinned(i) {
			continue
		}
		r := a.gen.incident(i)
		if _, put := a.incidents[r["id"].(string)]; !put {
			out = append(out, r)
		}
	}
	out = slices.AppendSeq(out, maps.Values(a.incidents))
	return inOrder(out, "createdAt")
}

// listBreaches makes the breaches whose field lies in a window.
func (a *alerts) listBreaches(w span, field string) []record {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []record
	for i := range a.gen.breaches {
		switch at := a.gen.created(i, a.gen.breaches); {
		case at < w.from: // no activity comes after it
			continue
		case at > w.to && field == "creationTime":
			continue
		}
		r := a.gen.breach(i)
		if _, put := a.breaches[whole(r["pbid"])]; !put && w.holds(whole(r[field])) {
			out = append(out, r)
		}
	}
	for _, r := range a.breaches {
		if w.holds(whole(r[field])) {
			out = append(out, maps.Clone(r))
		}
	}
	return inOrder(out, field)
}

func inOrder(list []record, field string) []record {
	slices.SortFunc(list, func(a, b record) int {
		return cmp.Or(cmp.Compare(whole(a[field]), whole(b[field])), cmp.Compare(fmt.Sprint(a["id"], a["pbid"]), fmt.Sprint(b["id"], b["pbid"])))
	})
	return list
}

// whole is a number of a record, whatever its type.
func whole(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case string:
		f, _ := strconv.ParseFloat(n, 64)
		return f
	}
	return float64(whole(v))
}

// incidentEvents is GET /aianalyst/incidentevents.
func (s *Simulator) incidentEvents(q url.Values) *answer {
	now := s.opt.Now().UnixMilli()
	week := (7 * 24 * time.Hour).Milliseconds()
	w, ok := window(q, func(w span) span {
		if w.to < 0 {
			w.to = now
		}
		if w.from < 0 {
			w.from = w.to - week
		}
		return w
	})
	if !ok {
		return inputError()
	}
	out := []record{}
	for _, r := range s.alerts.listIncidents(w) {
		if r = maps.Clone(r); s.wanted(r, q, w) {
			s.linkIncident(r, q)
			out = append(out, r)
		}
	}
	return found(out)
}

// wanted applies the filters of an incident.
func (s *Simulator) wanted(r record, q url.Values, w span) bool {
	if id := q.Get("uuid"); id != "" {
		return r["id"] == id
	}
	if group := q.Get("groupid"); group != "" {
		return r["currentGroup"] == group
	}
	pinned := r["pinned"] == true
	score, group := number(r["aiaScore"]), number(r["groupScore"])
	switch {
	case truth(q, "includeonlypinned", false) && !pinned,
		!w.holds(whole(r["createdAt"])) && !(pinned && truth(q, "includeallpinned", true)),
		r["acknowledged"] == true && !truth(q, "includeacknowledged", false),
		score < bound(q, "minscore", 0) || score > bound(q, "maxscore", 100),
		group < bound(q, "mingroupscore", 0) || group > bound(q, "maxgroupscore", 100):
		return false
	}
	return category(r["groupCategory"], q, "group")
}

// category applies filters such as groupcritical; none of them lets everything pass.
func category(of any, q url.Values, prefix string) bool {
	any := false
	for _, name := range []string{"critical", "suspicious", "compliance"} {
		if truth(q, prefix+name, false) {
			if of == name {
				return true
			}
			any = true
		}
	}
	return !any
}

func (s *Simulator) linkIncident(r record, q url.Values) {
	delete(r, "incidentEventUrl")
	if s.opt.FQDN != "" && truth(q, "includeincidenteventurl", false) {
		r["incidentEventUrl"] = "https://" + s.opt.FQDN + "/#aiaincidentevent/" + r["id"].(string)
	}
}

// groups is GET /aianalyst/groups, in short.
func (s *Simulator) groups(q url.Values) *answer {
	byGroup, order := map[string]record{}, []string{}
	for _, r := range s.alerts.listIncidents(span{0, math.MaxInt64}) {
		id, _ := r["currentGroup"].(string)
		g := byGroup[id]
		if g == nil {
			g = record{"id": id, "active": true, "acknowledged": false, "pinned": false, "previousIds": []any{}, "incidentEvents": []any{},
				"category": r["groupCategory"], "groupScore": number(r["groupScore"]), "start": r["createdAt"]}
			byGroup[id], order = g, append(order, id)
		}
		g["end"] = r["createdAt"]
		g["incidentEvents"] = append(g["incidentEvents"].([]any), record{"uuid": r["id"], "title": r["title"], "start": r["createdAt"], "visible": true})
	}
	out := []record{}
	for _, id := range order {
		if category(byGroup[id]["category"], q, "") {
			out = append(out, byGroup[id])
		}
	}
	return found(out)
}
