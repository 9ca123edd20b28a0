package ironnet

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

type eventsRequest struct {
	AlertID    string      `json:"alert_id"`
	Constraint *constraint `json:"constraint"`
}

type eventRequest struct {
	EventID string `json:"event_id"`
}

type eventsAnswer struct {
	Events     []event `json:"events"`
	Constraint extent  `json:"constraint"`
}

type eventAnswer struct {
	Event   event   `json:"event"`
	Context []table `json:"context"`
}

// event is an event as IronAPI sends it. 64-bit integers and ports are strings,
// what does not apply is null.
type event struct {
	ID                 string   `json:"id"`
	AlertID            string   `json:"alert_id"`
	Category           string   `json:"category"`
	SubCategory        string   `json:"sub_category"`
	Severity           int      `json:"severity"`
	Confidence         float64  `json:"confidence"`
	Created            string   `json:"created"`
	Updated            string   `json:"updated"`
	StartTime          string   `json:"start_time"`
	EndTime            string   `json:"end_time"`
	IronDomeSharedTime *string  `json:"iron_dome_shared_time"`
	IsWhitelisted      bool     `json:"is_whitelisted"`
	IsBlacklisted      bool     `json:"is_blacklisted"`
	SrcIP              string   `json:"src_ip"`
	DstIP              string   `json:"dst_ip"`
	DstPort            string   `json:"dst_port"`
	AppDomains         []string `json:"app_domains"`
	PrimaryAppProtocol string   `json:"primary_app_protocol"`
	SecondaryProtocol  *string  `json:"secondary_app_protocol"`
	BytesIn            string   `json:"bytes_in"`
	BytesOut           string   `json:"bytes_out"`
	TotalBytes         string   `json:"total_bytes"`
	URL                *string  `json:"url"`
	RawDataFormats     []string `json:"raw_data_formats"`
	SrcEntityAttribute string   `json:"src_entity_attribute"`
	SrcEntityAttrType  string   `json:"src_entity_attribute_type"`
	DstEntityAttribute string   `json:"dst_entity_attribute"`
	DstEntityAttrType  string   `json:"dst_entity_attribute_type"`
	VueURL             string   `json:"vue_url"`
	SrcNetworkID       string   `json:"src_network_id"`
	DstNetworkID       string   `json:"dst_network_id"`
	SessionDetails     []string `json:"session_details"` // always empty here
}

func (s *Simulator) getEvents(body []byte) (any, error) {
	var req eventsRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	limit, offset, err := s.page(req.Constraint)
	if err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	i, err := s.store.lookup(req.AlertID)
	if err != nil {
		return s.done(err)
	}
	total := s.store.eventCount(i)
	events := []event{}
	for n := min(offset, total); n < total && len(events) < limit; n++ {
		events = append(events, s.store.event(i, n))
	}
	return eventsAnswer{events, s.extent(limit, offset, total)}, nil
}

func (s *Simulator) getEvent(body []byte) (any, error) {
	var req eventRequest
	if err := decode(body, &req); err != nil {
		return nil, err
	}
	id, err := parseUUID(req.EventID)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "event_id: "+err.Error())
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	i, n, ok := s.store.locateEvent(id)
	if !ok {
		return nil, problem(http.StatusNotFound, "event_id "+id.String()+": no event has this id")
	}
	ev := s.store.event(i, n)
	return eventAnswer{ev, contextOf(ev)}, nil
}

// eventCount includes a whitelisted event in every fifth alert, which the
// alert's own event_count leaves out.
func (s *store) eventCount(i int32) int {
	if i%5 == 0 {
		return int(s.rows[i].events) + 1
	}
	return int(s.rows[i].events)
}

// eventID hides row and number in a UUID, so that events need no storage:
// the second half is random, the first is row and number masked by it.
func (s *store) eventID(i int32, n int) (id uuid) {
	tail := s.gen.rand(streamEventIDs+uint64(n)*streamStep, int(i)).Uint64()
	binary.BigEndian.PutUint64(id[8:], tail)
	id.stamp()
	mask := eventMask(id)
	binary.BigEndian.PutUint32(id[:4], uint32(i)^uint32(mask))
	binary.BigEndian.PutUint16(id[4:6], uint16(n)^uint16(mask>>32))
	binary.BigEndian.PutUint16(id[6:8], 0x4000|uint16(mask>>48)&0x0fff)
	return id
}

func eventMask(id uuid) uint64 {
	return rand.NewPCG(binary.BigEndian.Uint64(id[8:]), 0).Uint64()
}

func (s *store) locateEvent(id uuid) (i int32, n int, ok bool) {
	mask := eventMask(id)
	row := binary.BigEndian.Uint32(id[:4]) ^ uint32(mask)
	n = int(binary.BigEndian.Uint16(id[4:6]) ^ uint16(mask>>32))
	if int64(row) >= int64(len(s.rows)) {
		return 0, 0, false
	}
	i = int32(row)
	return i, n, n < s.eventCount(i) && s.eventID(i, n) == id
}

// event makes event number n of a row; the values the alert is grouped by come
// back in its addresses, domains and link.
func (s *store) event(i int32, n int) event {
	row, text := &s.rows[i], s.texts(i)
	k := s.kinds[row.kind]
	r := s.gen.rand(streamEvents+uint64(n)*streamStep, int(i))
	id := s.eventID(i, n)
	created := between(row.firstCreated, row.lastCreated, n, int(row.events))
	in, out := int64(64+r.IntN(1<<20)), int64(64+r.IntN(1<<24))
	ev := event{
		ID: id.String(), AlertID: row.id.String(), VueURL: eventURL(id),
		Category: k.category, SubCategory: k.sub,
		Severity: max(0, int(row.severity)-10*(n%20)), Confidence: float64(50+r.IntN(51)) / 100,
		Created: formatMicro(created, 6), Updated: formatMicro(created, 6),
		StartTime:     formatMicro(between(row.firstStart, row.lastEnd, n, int(row.events)), 3),
		EndTime:       formatMicro(between(row.firstStart, row.lastEnd, n+1, int(row.events)+1), 3),
		IsWhitelisted: n >= int(row.events), IsBlacklisted: r.IntN(20) == 0,
		DstPort: strconv.Itoa(k.port), PrimaryAppProtocol: k.protocol,
		BytesIn: decimal(in), BytesOut: decimal(out), TotalBytes: decimal(in + out),
		AppDomains: []string{}, RawDataFormats: text.formats, SessionDetails: []string{},
		SrcEntityAttrType: "EAT_NONE", DstEntityAttrType: "EAT_NONE",
	}
	if r.IntN(3) == 0 {
		ev.IronDomeSharedTime = &ev.Created
	}
	ev.fill(r, parseCriteria(text.criteria), n)
	return ev
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// between is place n of count on the way from a to b.
func between(a, b int64, n, count int) int64 {
	if count <= 1 || n <= 0 {
		return a
	}
	return a + (b-a)*int64(min(n, count-1))/int64(count-1)
}

// fill takes one value of each criterion, in turn over the events, and draws
// the addresses that no criterion gives.
func (ev *event) fill(r *rand.Rand, list []criterion, n int) {
	for _, c := range list {
		if len(c.values) > 0 {
			ev.take(c.column, c.values[n%len(c.values)])
		}
	}
	if len(ev.AppDomains) == 0 && ev.URL != nil {
		ev.AppDomains = hostOf(*ev.URL)
	}
	if ev.SrcIP == "" {
		ev.SrcIP = fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), 1+r.IntN(254))
	}
	if ev.DstIP == "" {
		ev.DstIP = remote(r)
	}
}

func (ev *event) take(column, value string) {
	source := strings.HasSuffix(column, "src_ip") || strings.HasPrefix(column, "scanner.")
	switch ip, ok := addressIn(value); {
	case ok && source:
		ev.SrcIP = ip
	case ok:
		ev.DstIP = ip
	case strings.Contains(value, "://"):
		ev.URL = &value
	case strings.Contains(value, "@"):
		ev.SrcEntityAttribute = value
	case value != "":
		ev.AppDomains = []string{value}
	}
}

// addressIn gives an address itself, or the first one of a network.
func addressIn(value string) (string, bool) {
	if ip, err := netip.ParseAddr(value); err == nil {
		return ip.String(), true
	}
	if network, err := netip.ParsePrefix(value); err == nil {
		return network.Masked().Addr().Next().String(), true
	}
	return "", false
}

func hostOf(link string) []string {
	_, rest, _ := strings.Cut(link, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return []string{host}
}
