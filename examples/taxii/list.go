package taxii

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// stamp is how times are written.
const stamp = "2006-01-02T15:04:05.000000Z"

// list answers with objects, or with what is known about them.
func (s *Simulator) list(c *call) (any, error) {
	of := s.store.of(c.collection.ID)
	all := c.matches(of)
	if c.route == "object" && len(all) == 0 {
		return nil, problem(http.StatusNotFound, "Object '"+c.parts[4]+"' not found")
	}
	some, err := s.part(c, len(all))
	if err != nil {
		return nil, err
	}
	page := all[some[0]:some[1]]
	if len(page) > 0 {
		c.header.Set("X-Taxii-Date-Added-First", page[0].Added.UTC().Format(stamp))
		c.header.Set("X-Taxii-Date-Added-Last", page[len(page)-1].Added.UTC().Format(stamp))
	}
	out := object{}
	switch {
	case c.route == "manifest":
		out["objects"] = c.manifest(of, page)
	default:
		var objects []json.RawMessage
		for _, o := range page {
			objects = append(objects, o.JSON)
		}
		out["objects"] = objects
	}
	if len(page) == 0 && c.version == "2.1" {
		return object{}, nil
	}
	switch {
	case c.version == "2.1":
		if out["more"] = some[1] < len(all); some[1] < len(all) {
			out["next"] = strconv.Itoa(some[1])
		}
	case c.route != "manifest":
		out["type"], out["id"], out["spec_version"] = "bundle", "bundle--"+s.uuid(), "2.0"
		if len(page) == 0 {
			out["objects"] = []any{}
		}
	case len(page) == 0:
		return object{}, nil
	}
	return out, nil
}

func (c *call) manifest(of *contents, page []Object) []any {
	var out []any
	seen := map[string]bool{}
	for _, o := range page {
		added := o.Added.UTC().Format(stamp)
		switch {
		case c.version == "2.1":
			out = append(out, object{"id": o.ID, "date_added": added, "version": o.Version, "media_type": "application/stix+json;version=2.1"})
		case !seen[o.ID]:
			out = append(out, object{"id": o.ID, "date_added": added, "versions": of.versions[o.ID], "media_types": []string{stix20}})
		}
		seen[o.ID] = true
	}
	return out
}

// part is from where to where a page of n goes.
func (s *Simulator) part(c *call, n int) ([2]int, error) {
	if c.version == "2.0" {
		return s.ranged(c, n)
	}
	q := c.request.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	switch {
	case q.Has("next") && !q.Has("limit"): // so the reference server does
		return [2]int{}, page(http.StatusInternalServerError, "<!doctype html>\n<title>500 Internal Server Error</title>\n")
	case q.Has("limit") && (err != nil || limit <= 0):
		return [2]int{}, problem(http.StatusBadRequest, "limit must be a positive number")
	case !q.Has("limit") || limit > s.opt.PageSize:
		limit = s.opt.PageSize
	}
	from := 0
	if q.Has("next") {
		if from, err = strconv.Atoi(q.Get("next")); err != nil || from < 0 || from > n {
			return [2]int{}, problem(http.StatusBadRequest, "the server did not understand the value of next")
		}
	}
	return [2]int{from, min(n, from+limit)}, nil
}

// ranged is the same by the header Range.
func (s *Simulator) ranged(c *call, n int) ([2]int, error) {
	from, to := 0, s.opt.PageSize-1
	if text := c.request.Header.Get("Range"); text != "" {
		a, b, ok := strings.Cut(strings.TrimPrefix(text, "items="), "-")
		var err, err2 error
		from, err = strconv.Atoi(a)
		to, err2 = strconv.Atoi(b)
		if !ok || !strings.HasPrefix(text, "items=") || err != nil || err2 != nil || to < from {
			return [2]int{}, problem(http.StatusBadRequest, "Bad Range header supplied")
		}
		if from >= n {
			return [2]int{}, &failure{status: http.StatusRequestedRangeNotSatisfiable, text: "Requested range is out of bounds", header: http.Header{"Content-Range": {fmt.Sprintf("items */%d", n)}}}
		}
		to = min(to, from+s.opt.PageSize-1)
	}
	end := min(n, to+1)
	if from > 0 || end < n {
		c.status = http.StatusPartialContent
		c.header.Set("Content-Range", fmt.Sprintf("items %d-%d/%d", from, end-1, n))
	}
	return [2]int{from, end}, nil
}
