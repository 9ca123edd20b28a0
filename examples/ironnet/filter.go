package ironnet

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// alertsRequest is the body of GetAlerts; every field may be left out.
type alertsRequest struct {
	AlertID             []string    `json:"alert_id"`
	Category            []string    `json:"category"`
	SubCategory         []string    `json:"sub_category"`
	Status              []string    `json:"status"`
	AnalystSeverity     []string    `json:"analyst_severity"`
	AnalystExpectation  []string    `json:"analyst_expectation"`
	Severity            *intRange   `json:"severity"`
	Created             *timeRange  `json:"created"`
	Updated             *timeRange  `json:"updated"`
	FirstEventCreated   *timeRange  `json:"first_event_created"`
	LastEventCreated    *timeRange  `json:"last_event_created"`
	FirstEventStartTime *timeRange  `json:"first_event_start_time"`
	LastEventEndTime    *timeRange  `json:"last_event_end_time"`
	AnalyticVersion     []flexInt   `json:"analytic_version"`
	Constraint          *constraint `json:"constraint"`
	Sort                []sortKey   `json:"sort"`
}

type intRange struct {
	Lower *int `json:"lower_bound"`
	Upper *int `json:"upper_bound"`
}

type timeRange struct {
	Start *string `json:"start"`
	End   *string `json:"end"`
}

type constraint struct {
	Limit  *int `json:"limit"`
	Offset *int `json:"offset"`
}

type sortKey struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// query is a checked request. Filters of different fields must all hold, of the
// values within one list any one; ranges include both ends.
type query struct {
	ids                    []uuid // nil: any
	tests                  []func(*row) bool
	from, to               int64 // of `updated`, both included
	category, sub          []string
	order                  []order
	byUpdated, newestFirst bool // order is `updated` alone; and which way
}

type order struct {
	value      func(*row) int64
	descending bool
}

var sortFields = map[string]func(*row) int64{
	"ASF_CREATED":                func(r *row) int64 { return r.created },
	"ASF_UPDATED":                func(r *row) int64 { return r.updated },
	"ASF_SEVERITY":               func(r *row) int64 { return int64(r.severity) },
	"ASF_FIRST_EVENT_CREATED":    func(r *row) int64 { return r.firstCreated },
	"ASF_LAST_EVENT_CREATED":     func(r *row) int64 { return r.lastCreated },
	"ASF_FIRST_EVENT_START_TIME": func(r *row) int64 { return r.firstStart },
	"ASF_LAST_EVENT_END_TIME":    func(r *row) int64 { return r.lastEnd },
}

// compile checks a request. Its errors are the client's mistakes.
func (q *alertsRequest) compile() (out query, err error) {
	out = query{from: earliest, to: latest, category: q.Category, sub: q.SubCategory}
	steps := []func(*alertsRequest) error{out.addIDs, out.addEnums, out.addSeverity, out.addTimes, out.addVersions, out.addOrder}
	for _, step := range steps {
		if err := step(q); err != nil {
			return query{}, problem(http.StatusBadRequest, err.Error())
		}
	}
	return out, nil
}

func (q *query) addIDs(req *alertsRequest) error {
	for _, text := range req.AlertID {
		id, err := parseUUID(text)
		if err != nil {
			return fmt.Errorf("alert_id: %w", err)
		}
		q.ids = append(q.ids, id)
	}
	return nil
}

func (q *query) addEnums(req *alertsRequest) error {
	return cmpErr(
		q.addEnum("status", statuses, req.Status, func(r *row) uint8 { return r.status }),
		q.addEnum("analyst_severity", ratings, req.AnalystSeverity, func(r *row) uint8 { return r.rating }),
		q.addEnum("analyst_expectation", expectations, req.AnalystExpectation, func(r *row) uint8 { return r.expect }),
	)
}

func (q *query) addEnum(field string, names, wanted []string, value func(*row) uint8) error {
	mask := 0
	for _, name := range wanted {
		code, err := enum(field, names, name)
		if err != nil {
			return err
		}
		mask |= 1 << code
	}
	if mask != 0 {
		q.tests = append(q.tests, func(r *row) bool { return mask&(1<<value(r)) != 0 })
	}
	return nil
}

func (q *query) addSeverity(req *alertsRequest) error {
	if req.Severity == nil {
		return nil
	}
	low, high := valueOr(req.Severity.Lower, 0), valueOr(req.Severity.Upper, 1000)
	if low < 0 || high > 1000 || low > high {
		return fmt.Errorf("severity: %d to %d is no range within 0 to 1000", low, high)
	}
	q.tests = append(q.tests, func(r *row) bool { return int(r.severity) >= low && int(r.severity) <= high })
	return nil
}

func (q *query) addTimes(req *alertsRequest) error {
	var err error
	if q.from, q.to, err = req.Updated.bounds("updated"); err != nil {
		return err
	}
	return cmpErr(
		q.addTime("created", req.Created, sortFields["ASF_CREATED"]),
		q.addTime("first_event_created", req.FirstEventCreated, sortFields["ASF_FIRST_EVENT_CREATED"]),
		q.addTime("last_event_created", req.LastEventCreated, sortFields["ASF_LAST_EVENT_CREATED"]),
		q.addTime("first_event_start_time", req.FirstEventStartTime, sortFields["ASF_FIRST_EVENT_START_TIME"]),
		q.addTime("last_event_end_time", req.LastEventEndTime, sortFields["ASF_LAST_EVENT_END_TIME"]),
	)
}

func (q *query) addTime(field string, given *timeRange, value func(*row) int64) error {
	if given == nil {
		return nil
	}
	from, to, err := given.bounds(field)
	q.tests = append(q.tests, func(r *row) bool { return value(r) >= from && value(r) <= to })
	return err
}

// Bounds that no alert lies beyond.
const (
	earliest = -1 << 62
	latest   = 1 << 62
)

func (t *timeRange) bounds(field string) (from, to int64, err error) {
	if t == nil {
		return earliest, latest, nil
	}
	if t.Start == nil || t.End == nil {
		return 0, 0, fmt.Errorf("%s: a range needs both start and end", field)
	}
	start, err := time.Parse(time.RFC3339Nano, *t.Start)
	if err != nil {
		return 0, 0, fmt.Errorf("%s.start: %q is no RFC 3339 time such as 2020-02-04T22:05:00Z", field, clip(*t.Start))
	}
	end, err := time.Parse(time.RFC3339Nano, *t.End)
	if err != nil {
		return 0, 0, fmt.Errorf("%s.end: %q is no RFC 3339 time such as 2020-02-04T22:05:00Z", field, clip(*t.End))
	}
	if end.Before(start) {
		return 0, 0, fmt.Errorf("%s: start %s is after end %s", field, *t.Start, *t.End)
	}
	from = start.UnixMicro()
	if start.After(time.UnixMicro(from)) { // finer than a microsecond
		from++
	}
	return from, end.UnixMicro(), nil
}

func (q *query) addVersions(req *alertsRequest) error {
	if wanted := req.AnalyticVersion; len(wanted) > 0 {
		q.tests = append(q.tests, func(r *row) bool { return slices.Contains(wanted, flexInt(r.version)) })
	}
	return nil
}

func (q *query) addOrder(req *alertsRequest) error {
	for _, key := range req.Sort {
		value, ok := sortFields[key.Field]
		if !ok {
			return fmt.Errorf("sort.field: unknown %q, want for example ASF_UPDATED", clip(key.Field))
		}
		if key.Direction != "SD_ASCENDING" && key.Direction != "SD_DESCENDING" {
			return fmt.Errorf("sort.direction: unknown %q, want SD_ASCENDING or SD_DESCENDING", clip(key.Direction))
		}
		q.order = append(q.order, order{value, key.Direction == "SD_DESCENDING"})
	}
	if len(q.order) == 0 {
		q.order = []order{{sortFields["ASF_SEVERITY"], true}}
	}
	q.byUpdated = len(req.Sort) == 1 && req.Sort[0].Field == "ASF_UPDATED"
	q.newestFirst = q.byUpdated && q.order[0].descending
	return nil
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// cmpErr returns the first error.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
