package threatq

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tqmap/engine/request"
)

// DataCollection is a saved query: what a user has put together in the threat library
// under a name.
type DataCollection struct {
	Name  string
	Query Query
}

// Query selects objects: both parts must hold. They are conditions as the platform's search
// takes them.
type Query struct{ Criteria, Filters map[string]any }

// NoCollectionError says that this account sees no data collection of a name.
type NoCollectionError struct {
	Name string
	// Near are names of others that resemble it.
	Near []string
}

func (e *NoCollectionError) Error() string {
	near := ""
	if len(e.Near) > 0 {
		near = fmt.Sprintf(" (did you mean %s?)", quoted(e.Near))
	}
	return fmt.Sprintf("threatq: this account sees no data collection %q%s: the name must be the same to the letter, and a private collection of another user is not visible until it is shared", e.Name, near)
}

// DataCollections returns the data collections called names, in that order, and an error
// for each that this account does not see. Of several with one name it is the first.
func (c *Client) DataCollections(ctx context.Context, names []string) (found []DataCollection, missing []*NoCollectionError, err error) {
	rows, err := c.savedQueries(ctx)
	if err != nil {
		return nil, nil, err
	}
	known := catalog{}
	for _, r := range rows {
		if name := string(r.Name); name != "" && !slices.Contains(known.names, name) {
			known.names = append(known.names, name)
		}
	}
	for _, name := range names {
		i := slices.IndexFunc(rows, func(r savedRow) bool { return string(r.Name) == name })
		if i < 0 {
			missing = append(missing, &NoCollectionError{Name: name, Near: known.near(name)})
			continue
		}
		q, err := rows[i].query()
		if err != nil {
			return nil, nil, fmt.Errorf("threatq: data collection %q has a definition that cannot be read: %w; open it in ThreatQ and save it again", name, err)
		}
		found = append(found, DataCollection{Name: name, Query: q})
	}
	return found, missing, nil
}

// savedRow is a saved query as ThreatQ lists it.
type savedRow struct {
	ID   number
	Name text
	JSON json.RawMessage
}

func (c *Client) savedQueries(ctx context.Context) ([]savedRow, error) {
	var all []savedRow
	for {
		var query []request.Pair
		if len(all) > 0 {
			query = []request.Pair{{Name: "offset", Value: strconv.Itoa(len(all))}}
		}
		a, err := c.read(ctx, "/api/search/query", query)
		if err != nil {
			return nil, err
		}
		var rows list[savedRow]
		if err := rows.UnmarshalJSON(a.data); err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) == 0 || int64(len(all)) >= a.total { // without a total it comes whole
			return all, nil
		}
	}
}

// query reads a definition: an object or a text that holds one, with the query in api_query
// or, in older rows, at the top.
func (r *savedRow) query() (Query, error) {
	raw := []byte(r.JSON)
	if s := unquote(raw); s != "" {
		raw = []byte(s)
	}
	def, err := decodeObject(raw)
	if err != nil {
		return Query{}, err
	}
	if inner, ok := def["api_query"].(map[string]any); ok {
		def = inner
	}
	var q Query
	if q.Criteria, err = conditions(def, "criteria"); err == nil {
		q.Filters, err = conditions(def, "filters")
	}
	return q, err
}

// conditions is a part of a definition. PHP writes an empty object as [].
func conditions(def map[string]any, part string) (map[string]any, error) {
	switch v := def[part].(type) {
	case map[string]any:
		return v, nil
	case nil:
		return map[string]any{}, nil
	case []any:
		if len(v) == 0 {
			return map[string]any{}, nil
		}
	}
	return nil, fmt.Errorf("its %s are no object of conditions", part)
}

// decodeObject keeps numbers as they are written.
func decodeObject(raw []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, fmt.Errorf("it is null")
	}
	return out, nil
}

// For is the query without the conditions that objects of c cannot meet, as the search
// would refuse them: one collection may be of several kinds of object. dropped are their
// names.
func (q Query) For(c Collection) (out Query, dropped []string) {
	drop := map[string]bool{}
	k := c.Kind()
	if k.field("type") == nil {
		drop["types"], drop["type_name"] = true, true
	}
	if k.field("status") == nil {
		drop["statuses"], drop["status_name"] = true, true
	}
	if c != Indicators {
		drop["score"] = true
	}
	gone := map[string]bool{}
	out.Criteria, _ = without(q.Criteria, drop, gone).(map[string]any)
	out.Filters, _ = without(q.Filters, drop, gone).(map[string]any)
	return out, slices.Sorted(maps.Keys(gone))
}

// without leaves conditions out of v, and the groups that have none left then.
func without(v any, drop, gone map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			switch {
			case drop[name]:
				gone[name] = true
				continue
			case strings.HasPrefix(name, "+"): // a group such as +and
				if rest := without(e, drop, gone); size(rest) > 0 || size(e) == 0 {
					out[name] = rest
				}
			default:
				out[name] = e
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if rest := without(e, drop, gone); size(rest) > 0 || size(e) == 0 {
				out = append(out, rest)
			}
		}
		return out
	}
	return v
}

// size is how many parts a group has; of anything else 1.
func size(v any) int {
	switch v := v.(type) {
	case map[string]any:
		return len(v)
	case []any:
		return len(v)
	}
	return 1
}

// TouchedSince narrows the query to objects that were touched at or after an instant:
// changed themselves, or in their attributes, sources, tags or links.
func (q Query) TouchedSince(at time.Time) Query {
	since := map[string]any{"touched_at": map[string]any{"+gte": formatTime(at.UTC().Truncate(time.Second))}}
	if len(q.Filters) > 0 {
		q.Filters = and(q.Filters, since)
	} else {
		q.Criteria = and(q.Criteria, since)
	}
	return q
}

// and adds a condition to the list of those that must hold, of a copy of conditions.
func and(conditions, more map[string]any) map[string]any {
	out := maps.Clone(conditions)
	if out == nil {
		out = map[string]any{}
	}
	switch all := out["+and"].(type) {
	case nil:
		out["+and"] = []any{more}
	case []any:
		out["+and"] = append(slices.Clone(all), more)
	default:
		out["+and"] = []any{all, more}
	}
	return out
}
