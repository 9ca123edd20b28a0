package aed

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

type record = map[string]any

// alerts are those that the appliance has, in any order.
type alerts struct {
	mu   sync.Mutex
	list []record
}

// Alerts are copies of the appliance's alerts, oldest first.
func (s *Simulator) Alerts() []record {
	s.alerts.mu.Lock()
	defer s.alerts.mu.Unlock()
	out := make([]record, 0, len(s.alerts.list))
	for _, a := range s.alerts.list {
		out = append(out, maps.Clone(a))
	}
	slices.SortStableFunc(out, func(a, b record) int { return cmp.Compare(began(a), began(b)) })
	return out
}

// Put adds an alert, or takes the place of the one with its id.
func (s *Simulator) Put(alert record) {
	s.alerts.mu.Lock()
	defer s.alerts.mu.Unlock()
	at := slices.IndexFunc(s.alerts.list, func(a record) bool { return a["id"] == alert["id"] })
	if at < 0 {
		s.alerts.list = append(s.alerts.list, maps.Clone(alert))
		return
	}
	s.alerts.list[at] = maps.Clone(alert)
}

func began(a record) int64 {
	switch at := a["startTime"].(type) {
	case int64:
		return at
	case int:
		return int64(at)
	}
	return 0
}

// listAlerts is GET alerts/: newest first unless asked for otherwise.
func (s *Simulator) listAlerts(q url.Values, limit int) *answer {
	keep, refused := s.filter(q)
	if refused != nil {
		return refused
	}
	rows := slices.DeleteFunc(s.Alerts(), func(a record) bool { return !keep(a) })
	if sorted := q.Get("sort"); sorted != "" && sorted != "startTime" {
		return badField("sort", "Unknown field.")
	}
	switch q.Get("direction") {
	case "asc":
	case "", "desc":
		slices.Reverse(rows)
	default:
		return badField("direction", "Must be asc or desc.")
	}
	return listed("alerts", rows, q, limit)
}

// filter reads the parameters that choose alerts; without a window those of the last day.
func (s *Simulator) filter(q url.Values) (func(record) bool, *answer) {
	from, to := s.opt.Now().Add(-24*time.Hour).Unix(), s.opt.Now().Unix()
	for name, into := range map[string]*int64{"startTime": &from, "endTime": &to} {
		if text := q.Get(name); text != "" {
			at, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, badField(name, "Must be whole seconds since 1970.")
			}
			*into = at
		}
	}
	var wanted []string
	if text := q.Get("severity"); text != "" {
		wanted = strings.Split(text, ",")
	}
	for _, level := range wanted {
		if !slices.Contains([]string{"low", "medium", "high"}, level) {
			return nil, badField("severity", "Must be low, medium or high.")
		}
	}
	terms := strings.FieldsFunc(strings.ToLower(q.Get("q")), func(r rune) bool { return r == '+' })
	return func(a record) bool {
		return from <= began(a) && began(a) <= to && (wanted == nil || slices.Contains(wanted, level(a["severity"]))) &&
			(len(terms) == 0 || slices.ContainsFunc(terms, func(t string) bool { return mentions(a, t) }))
	}, nil
}

// level is the word for a severity of 1 to 9.
func level(severity any) string {
	switch n := severity.(type) {
	case string:
		return strings.ToLower(n)
	case int:
		return []string{"low", "medium", "high"}[min(max(n-1, 0)/3, 2)]
	}
	return ""
}

// mentions says whether any text in v holds term, in any case.
func mentions(v any, term string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(strings.ToLower(v), term)
	case record:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), func(e any) bool { return mentions(e, term) })
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentions(e, term) })
	}
	return false
}

// listed is one page of rows below their name. A limit caps it without a word.
func listed(name string, rows []record, q url.Values, limit int) *answer {
	number, size := 1, 10
	for field, into := range map[string]*int{"page": &number, "perPage": &size} {
		if text := q.Get(field); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || field == "page" && n == 0 {
				return badField(field, fmt.Sprintf("Not a number of a %s.", field))
			}
			*into = n
		}
	}
	if all := max(len(rows), 1); size == 0 || size > all {
		size = all
	}
	number = min(number, len(rows)+1)
	if limit > 0 {
		size = min(size, limit)
	}
	from := min((number-1)*size, len(rows))
	part := rows[from:min(from+size, len(rows))]
	if len(rows) == 0 {
		return found(record{}) // where nothing matches, there is not even the name
	}
	return found(record{name: append([]record{}, part...)})
}
