package darktrace

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"strconv"
	"time"
)

// yearLimit is the longest part of time that one answer covers.
const yearLimit = 365 * 24 * time.Hour

// modelBreaches is GET /modelbreaches.
func (s *Simulator) modelBreaches(q url.Values) *answer {
	if id := q.Get("pbid"); id != "" {
		return s.breach(id, q)
	}
	field := "time"
	if truth(q, "creationtime", false) {
		field = "creationTime"
	}
	w, ok := window(q, func(w span) span { return s.yearAtMost(w, field) })
	if !ok {
		return inputError()
	}
	out := []record{}
	for _, r := range s.alerts.listBreaches(w, field) {
		_, acknowledged := r["acknowledged"].(record)
		if number(r["score"]) < bound(q, "minscore", 0) || acknowledged && !truth(q, "includeacknowledged", false) {
			continue
		}
		out = append(out, s.shape(r, q))
	}
	return found(out)
}

// yearAtMost fills in the ends of a window: from the beginning, if it is not said, and one
// year from there.
func (s *Simulator) yearAtMost(w span, field string) span {
	if w.from < 0 {
		w.from = 0
		if all := s.alerts.listBreaches(span{0, math.MaxInt64}, field); len(all) > 0 {
			w.from = whole(all[0][field])
		}
	}
	if w.to < 0 {
		w.to = s.opt.Now().UnixMilli()
	}
	w.to = min(w.to, w.from+yearLimit.Milliseconds())
	return w
}

// breach is one model breach: an object, not a list.
func (s *Simulator) breach(id string, q url.Values) *answer {
	pbid, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return inputError()
	}
	for _, r := range s.alerts.listBreaches(span{0, math.MaxInt64}, "creationTime") {
		if whole(r["pbid"]) == pbid {
			return found(s.shape(r, q))
		}
	}
	return notFound()
}

// shape is a breach as the query wants it written.
func (s *Simulator) shape(r record, q url.Values) record {
	r = maps.Clone(r)
	minimal := truth(q, "minimal", false)
	if truth(q, "historicmodelonly", false) {
		r["model"] = asked(r["model"], "then")
	}
	delete(r, "breachUrl")
	if truth(q, "includebreachurl", false) && !minimal && s.opt.FQDN != "" {
		r["breachUrl"] = fmt.Sprintf("https://%s/#modelbreach/%d", s.opt.FQDN, whole(r["pbid"]))
	}
	if !truth(q, "deviceattop", true) {
		r["triggeredComponents"] = withDevice(r["triggeredComponents"], r["device"])
		delete(r, "device")
	}
	if minimal {
		delete(r, "commentCount")
		r["triggeredComponents"] = []any{record{}}
	}
	if q.Get("group") == "device" {
		r["pbscore"] = r["score"]
		r["score"], r["devicescore"] = 0.5, 0.5
	}
	return r
}

// asked is a part of a model that has several.
func asked(model any, part string) any {
	if m, ok := model.(record); ok && m[part] != nil {
		return m[part]
	}
	return model
}

func withDevice(components, device any) any {
	list, _ := components.([]any)
	out := make([]any, 0, len(list))
	for _, c := range list {
		one, _ := c.(record)
		one = maps.Clone(one)
		if one == nil {
			one = record{}
		}
		one["device"] = device
		out = append(out, one)
	}
	return out
}
