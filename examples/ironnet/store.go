package ironnet

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// row is what can be searched of one alert. Instants are microseconds since
// 1970; digits says how created, updated, first and last event are written.
type row struct {
	id                        uuid
	created, updated          int64
	firstCreated, lastCreated int64
	firstStart, lastEnd       int64
	events                    int32
	kind                      uint16
	severity                  int16
	status, rating, expect    uint8
	version                   uint8
	digits                    [4]uint8
}

// texts is the rest of an alert: generated ones make it anew at each reading.
type texts struct {
	formats  []string
	criteria string
	vueURL   string
}

// store holds the alerts. byUpdated lists the rows by (updated, id), which
// makes the usual query, a window of `updated`, a binary search.
type store struct {
	mu        sync.Mutex
	gen       generator
	path      string
	rows      []row
	index     map[uuid]int32
	byUpdated []int32
	kinds     []kind          // generated kinds first, then those of put alerts
	own       map[int32]texts // rows that were put, not generated
	notes     map[int32][]Comment
	changed   map[int32]bool // generated rows that differ from their origin
}

var errUnknownAlert = errors.New("no alert has this id")

func newStore(gen generator, path string) *store {
	s := &store{
		gen:     gen,
		path:    path,
		rows:    make([]row, gen.n),
		index:   make(map[uuid]int32, gen.n),
		kinds:   slices.Clone(generatedKinds),
		own:     map[int32]texts{},
		notes:   map[int32][]Comment{},
		changed: map[int32]bool{},
	}
	for i := range s.rows {
		s.rows[i] = gen.row(i)
		s.index[s.rows[i].id] = int32(i)
	}
	s.reindex()
	return s
}

func (s *store) reindex() {
	s.byUpdated = make([]int32, len(s.rows))
	for i := range s.byUpdated {
		s.byUpdated[i] = int32(i)
	}
	slices.SortFunc(s.byUpdated, s.compareUpdated)
}

func (s *store) compareUpdated(a, b int32) int {
	ra, rb := &s.rows[a], &s.rows[b]
	return cmp.Or(cmp.Compare(ra.updated, rb.updated), bytes.Compare(ra.id[:], rb.id[:]))
}

// lookup finds a row; the caller holds the lock.
func (s *store) lookup(id string) (int32, error) {
	key, err := parseUUID(id)
	if err != nil {
		return 0, fmt.Errorf("alert_id: %w", err)
	}
	i, ok := s.index[key]
	if !ok {
		return 0, fmt.Errorf("alert_id %s: %w", key, errUnknownAlert)
	}
	return i, nil
}

func (s *store) alert(id string) (Alert, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.lookup(id)
	if err != nil {
		return Alert{}, false
	}
	return s.at(i), true
}

func (s *store) comments(id string) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.lookup(id)
	if err != nil {
		return nil
	}
	return slices.Clone(s.notes[i])
}

// at puts row and texts together.
func (s *store) at(i int32) Alert {
	r, t := &s.rows[i], s.texts(i)
	return Alert{
		ID:                  r.id.String(),
		Category:            s.kinds[r.kind].category,
		SubCategory:         s.kinds[r.kind].sub,
		Severity:            int(r.severity),
		Status:              statuses[r.status],
		AnalystSeverity:     ratings[r.rating],
		AnalystExpectation:  expectations[r.expect],
		Created:             formatMicro(r.created, r.digits[0]),
		Updated:             formatMicro(r.updated, r.digits[1]),
		EventCount:          int(r.events),
		FirstEventCreated:   formatMicro(r.firstCreated, r.digits[2]),
		LastEventCreated:    formatMicro(r.lastCreated, r.digits[3]),
		RawDataFormats:      t.formats,
		AggregationCriteria: t.criteria,
		VueURL:              t.vueURL,
	}
}

func (s *store) texts(i int32) texts {
	if t, ok := s.own[i]; ok {
		return t
	}
	return s.gen.texts(int(i), &s.rows[i])
}

// touch moves `updated` to now, in milliseconds, and always forward.
func (s *store) touch(i int32, now time.Time) {
	micro := cut(now.UnixMicro(), 3)
	if old := s.rows[i].updated; micro <= old {
		micro = cut(old, 3) + unit(3)
	}
	s.moveUpdated(i, micro, 3)
	s.changed[i] = true
}

func (s *store) moveUpdated(i int32, micro int64, digits uint8) {
	if at, found := slices.BinarySearchFunc(s.byUpdated, i, s.compareUpdated); found {
		s.byUpdated = slices.Delete(s.byUpdated, at, at+1)
	}
	s.rows[i].updated, s.rows[i].digits[1] = micro, digits
	at, _ := slices.BinarySearchFunc(s.byUpdated, i, s.compareUpdated)
	s.byUpdated = slices.Insert(s.byUpdated, at, i)
}

func (s *store) put(a Alert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(a); err != nil {
		return fmt.Errorf("ironnet simulator: put alert: %w", err)
	}
	return s.save()
}

func (s *store) insert(a Alert) error {
	r, err := rowOf(a)
	if err != nil {
		return err
	}
	i, known := s.index[r.id]
	if !known {
		i = int32(len(s.rows))
		s.index[r.id] = i
		s.rows = append(s.rows, row{id: r.id, updated: math.MinInt64})
	}
	s.moveUpdated(i, r.updated, r.digits[1])
	r.kind = s.intern(a.Category, a.SubCategory)
	s.rows[i] = r
	s.own[i] = texts{formats: append([]string{}, a.RawDataFormats...), criteria: a.AggregationCriteria, vueURL: a.VueURL}
	return nil
}

func (s *store) intern(category, sub string) uint16 {
	k := slices.IndexFunc(s.kinds, func(k kind) bool { return k.category == category && k.sub == sub })
	if k < 0 {
		k = len(s.kinds)
		s.kinds = append(s.kinds, kind{category: category, sub: sub, protocol: "UNKNOWN", port: 443})
	}
	return uint16(k)
}

// rowOf checks an alert from outside. What the wire form does not carry (the
// times the events themselves started and ended) follows their creation.
func rowOf(a Alert) (r row, err error) {
	if r.id, err = parseUUID(a.ID); err != nil {
		return r, fmt.Errorf("id: %w", err)
	}
	if a.Severity < 0 || a.Severity > 1000 || a.EventCount < 0 || a.EventCount > math.MaxInt16 {
		return r, fmt.Errorf("alert %s: severity must be in 0..1000 and event_count in 0..%d", r.id, math.MaxInt16)
	}
	var errs [7]error
	r.status, errs[0] = enum("status", statuses, a.Status)
	r.rating, errs[1] = enum("analyst_severity", ratings, a.AnalystSeverity)
	r.expect, errs[2] = enum("analyst_expectation", expectations, a.AnalystExpectation)
	r.created, r.digits[0], errs[3] = parseInstant("created", a.Created)
	r.updated, r.digits[1], errs[4] = parseInstant("updated", a.Updated)
	r.firstCreated, r.digits[2], errs[5] = parseInstant("first_event_created", a.FirstEventCreated)
	r.lastCreated, r.digits[3], errs[6] = parseInstant("last_event_created", a.LastEventCreated)
	r.severity, r.events, r.version = int16(a.Severity), int32(a.EventCount), 1
	r.firstStart, r.lastEnd = r.firstCreated, r.lastCreated
	return r, errors.Join(errs[:]...)
}
