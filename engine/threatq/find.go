package threatq

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tqmap/engine/request"
)

// pageSize is how many objects are asked for at once.
const pageSize = 500

// maxQuery bounds the escaped value of one filter, in bytes, so that the whole
// address stays below the 2000 that proxies in between may allow.
const maxQuery = 1600

// FindByName returns the objects of a collection whose name fits one of patterns,
// in which % stands for any text. They come with type, status, attributes,
// sources and tags, each once. Case is ignored as far as ThreatQ ignores it.
func (c *Client) FindByName(ctx context.Context, collection Collection, patterns []string) ([]Object, error) {
	rows, err := c.rowsByName(ctx, collection, patterns)
	if err != nil {
		return nil, err
	}
	return objects(collection, rows), nil
}

// Get returns the objects with the given ids, in that order and with the same
// parts as FindByName; events come with their related indicators as well. Ids that
// ThreatQ does not have (any more) are left out.
func (c *Client) Get(ctx context.Context, collection Collection, ids []int64) ([]Object, error) {
	with := parts(collection)
	if linked := collection.Kind().linked; linked != "" {
		with += "," + string(linked)
	}
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = strconv.FormatInt(id, 10)
	}
	byID := make(map[int64]Object, len(ids))
	for _, some := range alternatives(values) {
		rows, err := c.filter(ctx, collection, "id", some, with)
		if err != nil {
			return nil, err
		}
		for _, o := range objects(collection, rows) {
			byID[o.ID] = o
		}
	}
	var out []Object
	for _, id := range ids {
		if o, ok := byID[id]; ok {
			out = append(out, o)
			delete(byID, id)
		}
	}
	return out, nil
}

// ListQuery selects objects of a collection.
type ListQuery struct {
	Types  []string // names of types; none: all
	Sort   string   // fields, "-" before one for descending: "-updated_at,id"
	Offset int
	Limit  int // objects per call, default 500
}

// List returns one page of a collection, with the parts of FindByName, and how
// many objects the query finds in all. Where ThreatQ does not say, total is a
// lower bound: one more than seen so far while pages are full. Event types that
// ThreatQ does not have find nothing; an indicator type is an *UnknownTypeError.
func (c *Client) List(ctx context.Context, collection Collection, q ListQuery) (objs []Object, total int, err error) {
	if q.Limit <= 0 {
		q.Limit = pageSize
	}
	query := []request.Pair{
		{Name: "limit", Value: strconv.Itoa(q.Limit)},
		{Name: "offset", Value: strconv.Itoa(q.Offset)},
		{Name: "with", Value: parts(collection)},
	}
	if q.Sort != "" {
		query = append(query, request.Pair{Name: "sort", Value: q.Sort})
	}
	if len(q.Types) > 0 {
		ids, err := c.typeIDs(ctx, collection, q.Types)
		if err != nil || len(ids) == 0 {
			return nil, 0, err
		}
		query = append(query, request.Pair{Name: "type_id", Value: strings.Join(ids, ",")})
	}
	a, err := c.read(ctx, listOf(collection), query)
	if err != nil {
		return nil, 0, err
	}
	rows := a.rows()
	total = int(a.total)
	if a.total < 0 {
		total = q.Offset + len(rows)
		if len(rows) >= q.Limit {
			total++
		}
	}
	return objects(collection, rows), total, nil
}

func (c *Client) typeIDs(ctx context.Context, collection Collection, names []string) ([]string, error) {
	if listPath(collection, "types") == "" {
		return nil, &UnknownTypeError{Collection: collection, Kind: "type", Names: names}
	}
	var out []string
	for _, name := range names {
		id, err := c.nameID(ctx, collection, "type", name)
		if err != nil && !(collection.Kind().growing && atFault(err)) {
			return nil, err
		}
		if id != 0 {
			out = append(out, strconv.FormatInt(id, 10))
		}
	}
	return out, nil
}

// Related returns the objects of collection to that are linked to an object.
func (c *Client) Related(ctx context.Context, of Ref, to Collection) ([]Ref, error) {
	rows, err := c.pages(ctx, objectPath(of, url.PathEscape(string(to))), nil)
	out := make([]Ref, 0, len(rows))
	for _, r := range rows {
		out = append(out, Ref{Collection: to, ID: int64(r.ID)})
	}
	return out, err
}

// ReadLinks adds to o.Related, as read by Get, its links to the collections of want
// that Get leaves out.
func (c *Client) ReadLinks(ctx context.Context, o *Object, want []Ref) error {
	asked := map[Collection]bool{o.Collection.Kind().linked: true}
	for _, r := range want {
		if asked[r.Collection] {
			continue
		}
		asked[r.Collection] = true
		refs, err := c.Related(ctx, Ref{o.Collection, o.ID}, r.Collection)
		if err != nil {
			return err
		}
		o.Related = append(o.Related, refs...)
	}
	return nil
}

// rowsByName asks for names, of which each may be a pattern. A comma would split
// a value in two, so those with one are asked alone with a wildcard for the
// comma, and what that finds beyond the name is dropped here.
func (c *Client) rowsByName(ctx context.Context, collection Collection, names []string) ([]row, error) {
	var plain []string
	var out rowSet
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		wider := widen(name)
		if wider == name {
			plain = append(plain, name)
			continue
		}
		rows, err := c.filter(ctx, collection, collection.NameField(), []string{wider}, parts(collection))
		if err != nil {
			return nil, err
		}
		out.add(slices.DeleteFunc(rows, func(r row) bool { return !like(name, r.name(collection)) }))
	}
	for _, some := range alternatives(plain) {
		rows, err := c.filter(ctx, collection, collection.NameField(), some, parts(collection))
		if err != nil {
			return nil, err
		}
		out.add(rows)
	}
	return out.rows, nil
}

// filter returns all objects whose field has one of values, with the parts named.
func (c *Client) filter(ctx context.Context, collection Collection, field string, values []string, with string) ([]row, error) {
	return c.pages(ctx, listOf(collection), []request.Pair{
		{Name: field, Value: strings.Join(values, ",")},
		{Name: "with", Value: with},
		{Name: "sort", Value: "id"},
	})
}

func listOf(c Collection) string { return "/api/" + pathOf(c) }

func pathOf(c Collection) string { return url.PathEscape(string(c)) }

// parts names what is read with an object. Some versions fail on names that a
// collection does not have, so each gets only its own.
func parts(c Collection) string { return c.Kind().with }

// pages reads a list to its end: until nothing new comes, or its total is reached.
// A page that ends before the total is no reason to stop, nor is a total that is
// not reached a reason to go on for ever.
func (c *Client) pages(ctx context.Context, path string, query []request.Pair) ([]row, error) {
	var all rowSet
	for offset := 0; ; {
		a, err := c.read(ctx, path, append(slices.Clone(query),
			request.Pair{Name: "limit", Value: strconv.Itoa(pageSize)},
			request.Pair{Name: "offset", Value: strconv.Itoa(offset)}))
		if err != nil {
			return nil, err
		}
		rows, before := a.rows(), len(all.rows)
		offset += len(rows)
		all.add(rows)
		if len(all.rows) == before || a.total >= 0 && int64(offset) >= a.total {
			return all.rows, nil
		}
	}
}

// read is call for lists, where an answer without data is no answer.
func (c *Client) read(ctx context.Context, path string, query []request.Pair) (*answer, error) {
	a, err := c.call(ctx, http.MethodGet, path, query, nil)
	if err == nil && len(a.data) == 0 {
		return nil, &UnavailableError{Op: "GET " + path, Err: ErrHidden}
	}
	return a, err
}

// rowSet holds one row of each id, and none without id, in order of arrival.
type rowSet struct {
	rows []row
	seen map[number]bool
}

func (s *rowSet) add(rows []row) {
	if s.seen == nil {
		s.seen = map[number]bool{}
	}
	for _, r := range rows {
		if r.ID > 0 && !s.seen[r.ID] {
			s.seen[r.ID] = true
			s.rows = append(s.rows, r)
		}
	}
}

func objects(c Collection, rows []row) []Object {
	var set rowSet
	set.add(rows)
	out := make([]Object, 0, len(set.rows))
	for _, r := range set.rows {
		out = append(out, r.object(c))
	}
	return out
}
