package threatq

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tqmap/engine/request"
)

// SearchQuery is one page of a search.
type SearchQuery struct {
	Query
	Fields []string // what of each object; see SearchFields
	Sort   string   // fields, "-" before one for descending: "-updated_at,id"
	Limit  int
	// Cursor is "*" or the mark of the page before; "": the page at Offset.
	Cursor string
	Offset int
}

// SearchPage is what a search found.
type SearchPage struct {
	Objects []Found
	Rows    int    // given, also such as are no objects
	Total   int    // in all; -1 where ThreatQ does not say
	Cursor  string // mark of the next page, of a search that was asked with one
}

// Found is an object as searches give it. What it does not have, or was not asked for, is
// zero.
type Found struct {
	ID                              int64
	Name, Type, Status, Description string
	Title                           string // beside Name, of kinds that have both
	Score                           *int   // 0 to 10, the manual one before the computed one
	Tags                            []string
	Sources                         []Source
	Attributes                      []FoundAttribute // in the platform's order
	Adversaries                     []string
	// Related are counts of linked objects, by the code of their kind.
	Related map[string]int

	CreatedAt, UpdatedAt, TouchedAt, PublishedAt, ExpiresAt time.Time
	HappenedAt, StartedAt, EndedAt, LastDetectedAt          time.Time
}

// FoundAttribute is one attribute of a Found.
type FoundAttribute struct {
	Name, Value          string
	CreatedAt, UpdatedAt time.Time
}

// SearchFields are the fields to ask for so that a Found is whole, but for Related.
func SearchFields(c Collection) []string {
	out := []string{"id", c.NameField()}
	for _, f := range c.Kind().Fields {
		if !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	out = append(out, "description", "tags", "sources", "attributes", "adversaries", "created_at", "updated_at", "touched_at")
	return slices.Compact(out)
}

// Search asks for one page of the objects of a collection that fit a query. It reads the
// search index, which may be some seconds behind the tables.
func (c *Client) Search(ctx context.Context, collection Collection, q SearchQuery) (*SearchPage, error) {
	path := "/api/" + pathOf(collection) + "/query"
	query := []request.Pair{{Name: "limit", Value: strconv.Itoa(q.Limit)}}
	if q.Cursor != "" {
		query = append(query, request.Pair{Name: "cursorMark", Value: q.Cursor})
	} else {
		query = append(query, request.Pair{Name: "offset", Value: strconv.Itoa(q.Offset)})
	}
	if q.Sort != "" {
		query = append(query, request.Pair{Name: "sort", Value: q.Sort})
	}
	body := map[string]any{"criteria": orEmpty(q.Criteria), "filters": orEmpty(q.Filters)}
	if len(q.Fields) > 0 {
		body["fields"] = q.Fields
	}
	a, err := c.call(ctx, http.MethodPost, path, query, marshal(body))
	if err != nil {
		return nil, err
	}
	if len(a.data) == 0 {
		return nil, &UnavailableError{Op: "POST " + path, Err: ErrHidden}
	}
	return a.found(collection), nil
}

func orEmpty(conditions map[string]any) map[string]any {
	if conditions == nil {
		return map[string]any{}
	}
	return conditions
}

func (a *answer) found(c Collection) *SearchPage {
	out := &SearchPage{Total: int(a.total), Cursor: a.next}
	var rows list[json.RawMessage]
	_ = rows.UnmarshalJSON(a.data)
	for _, raw := range rows {
		out.Rows++
		var r foundRow
		if json.Unmarshal(raw, &r) == nil && r.ID > 0 {
			out.Objects = append(out.Objects, r.found(c, raw))
		}
	}
	return out
}

// foundRow is an object in the form of the search endpoints.
type foundRow struct {
	row
	Score       level           `json:"score"`
	Attributes  list[foundAttr] `json:"attributes"`
	Adversaries list[named]     `json:"adversaries"`
	CreatedAt   stamp           `json:"created_at"`
	UpdatedAt   stamp           `json:"updated_at"`
	PublishedAt stamp           `json:"published_at"`
}

type foundAttr struct {
	rowAttr
	CreatedAt stamp `json:"created_at"`
	UpdatedAt stamp `json:"updated_at"`
}

// level is the score that counts: a number, or the record that object endpoints give.
type level struct{ n *int }

func (l *level) UnmarshalJSON(b []byte) error {
	l.n = nil
	var rec struct {
		Manual    json.RawMessage `json:"manual_score"`
		Generated json.RawMessage `json:"generated_score"`
	}
	texts := []string{unquote(b)}
	if json.Unmarshal(b, &rec) == nil {
		texts = []string{unquote(rec.Manual), unquote(rec.Generated)}
	}
	for _, text := range texts {
		if f, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && math.Abs(f) < 1000 {
			n := int(math.Floor(f))
			l.n = &n
			return nil
		}
	}
	return nil
}

func (r *foundRow) found(c Collection, raw []byte) Found {
	o := r.object(c)
	out := Found{
		ID: o.ID, Name: o.Name, Type: o.Type, Status: o.Status, Description: o.Description, Title: string(r.Title),
		Score: r.Score.n, Tags: o.Tags, Sources: o.Sources,
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time, TouchedAt: o.TouchedAt, PublishedAt: r.PublishedAt.Time,
		ExpiresAt: o.ExpiresAt, HappenedAt: o.HappenedAt, StartedAt: o.StartedAt, EndedAt: o.EndedAt, LastDetectedAt: o.LastDetectedAt,
	}
	for _, a := range r.Attributes {
		name := a.Name
		if name == "" {
			name = a.Attribute.Name
		}
		out.Attributes = append(out.Attributes, FoundAttribute{Name: string(name), Value: string(a.Value), CreatedAt: a.CreatedAt.Time, UpdatedAt: a.UpdatedAt.Time})
	}
	for _, a := range r.Adversaries {
		if a.Name != "" {
			out.Adversaries = append(out.Adversaries, string(a.Name))
		}
	}
	out.Related = related(raw)
	return out
}

// related are the counts of a row that has any.
func related(raw []byte) map[string]int {
	if !bytes.Contains(raw, []byte(`"related_`)) {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	out := map[string]int{}
	for name, value := range fields {
		code, is := strings.CutPrefix(name, "related_")
		code, counted := strings.CutSuffix(code, "_count")
		var n number
		if is && counted && n.UnmarshalJSON(value) == nil {
			out[code] = int(n)
		}
	}
	return out
}
