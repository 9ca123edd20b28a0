package threatq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tqmap/engine/request"
)

// Linked is an object with its links.
type Linked struct {
	Found
	Links []Link // each object once
}

// Link is an object at the other end of a link. Type and Status are "" where it has none, or
// where this account may not read their names.
type Link struct {
	Ref
	Name, Type, Status   string
	CreatedAt, UpdatedAt time.Time
}

// LinkQuery says which objects to read by their ids, and what of them.
type LinkQuery struct {
	Of  Collection
	IDs []int64
	To  []Collection // links with objects of these
	// Bare leaves out all other parts of the objects.
	Bare bool
	// Links is how many links an object has at least, 0: not known. Nil: of none.
	Links func(id int64) int
	// Unlinked says that an object has no link to a collection, which is then not asked for;
	// Links is exact then. Nil: not known of any.
	Unlinked func(id int64, to Collection) bool
}

// LinkReader reads links. It remembers what the platform takes, and how many links objects
// have, so keep it for a run. It is not safe for concurrent use.
type LinkReader struct {
	c     *Client
	ways  map[Collection]linkWay
	usual map[Collection]int // links of an object
	names map[string]map[int64]string
}

// LinkReader makes a reader of links.
func (c *Client) LinkReader() *LinkReader {
	return &LinkReader{c: c, ways: map[Collection]linkWay{}, usual: map[Collection]int{}, names: map[string]map[int64]string{}}
}

const (
	// manyLinks is about how many links are asked for at once, which bounds an answer.
	manyLinks = 2000
	// fullPage is the most that the platform gives of the links of an object.
	fullPage = 1000
	// firstObjects are asked for before it is known how many links they have.
	firstObjects = 20
)

// Read reads objects in the order of their ids and hands them on, some at a time, with the
// ids that were asked for: one that is missing is not there any more.
func (r *LinkReader) Read(ctx context.Context, q LinkQuery, each func(asked []int64, got []Linked) error) error {
	for ids := q.IDs; len(ids) > 0; {
		n := r.portion(&q, ids)
		got, err := r.some(ctx, &q, ids[:n])
		for errors.Is(err, request.ErrTooLarge) && n > 1 {
			n = (n + 1) / 2
			got, err = r.some(ctx, &q, ids[:n])
		}
		if errors.Is(err, request.ErrTooLarge) {
			got, err = r.large(ctx, &q, ids[0])
		}
		if err != nil {
			return err
		}
		r.learn(&q, got)
		if err := each(ids[:n], got); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// portion is how many of ids to ask for: what fits into an address, and a bearable answer.
func (r *LinkReader) portion(q *LinkQuery, ids []int64) int {
	texts := idTexts(ids[:min(len(ids), pageSize)])
	n := len(alternatives(texts)[0])
	if len(q.To) == 0 {
		return n
	}
	sum := 0
	for i, id := range ids[:n] {
		if sum += r.expect(q, id); sum > manyLinks && i > 0 {
			return i
		}
	}
	return n
}

// expect is how many links an object may come with.
func (r *LinkReader) expect(q *LinkQuery, id int64) int {
	usual, known := r.usual[q.Of]
	if !known {
		usual = manyLinks / firstObjects
	}
	if q.Links == nil {
		return usual
	}
	if n := q.Links(id); n > 0 && q.Unlinked != nil {
		return n
	}
	return max(usual, q.Links(id))
}

// learn takes note of how many links objects have.
func (r *LinkReader) learn(q *LinkQuery, got []Linked) {
	if len(got) == 0 || len(q.To) == 0 {
		return
	}
	sum := 0
	for i := range got {
		sum += min(len(got[i].Links), fullPage)
	}
	r.usual[q.Of] = max((sum+len(got)-1)/len(got), r.usual[q.Of]/2)
}

func idTexts(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return out
}

// some reads a portion, in as few calls as the platform lets it.
func (r *LinkReader) some(ctx context.Context, q *LinkQuery, ids []int64) ([]Linked, error) {
	if len(ids) == 1 && q.Links != nil && q.Links(ids[0]) > fullPage {
		return r.large(ctx, q, ids[0])
	}
	to := slices.DeleteFunc(slices.Clone(q.To), func(c Collection) bool {
		return !slices.ContainsFunc(ids, func(id int64) bool { return q.asks(id, c) })
	})
	way := r.ways[q.Of]
	got, err := r.bulk(ctx, q, ids, way.split(to))
	next := way.next(to)
	if err == nil || next == way || !refusesWith(err) {
		return got, err
	}
	r.ways[q.Of] = next
	if got, err := r.some(ctx, q, ids); err == nil {
		return got, nil
	}
	r.ways[q.Of] = way // the names were not what it failed on
	return nil, err
}

func (q *LinkQuery) asks(id int64, to Collection) bool {
	return q.Unlinked == nil || !q.Unlinked(id, to)
}

// bulk reads objects by their ids.
func (r *LinkReader) bulk(ctx context.Context, q *LinkQuery, ids []int64, to []asked) ([]Linked, error) {
	with := q.parts()
	for _, a := range to {
		if a.name != "" && !slices.Contains(with, a.name) {
			with = append(with, a.name)
		}
	}
	rows, err := r.rows(ctx, q.Of, ids, with)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]json.RawMessage, len(rows))
	for _, raw := range rows {
		var ref rowRef
		if ref.UnmarshalJSON(raw) == nil && ref.ID > 0 {
			byID[int64(ref.ID)] = raw
		}
	}
	out := make([]Linked, 0, len(byID))
	for _, id := range ids {
		raw, ok := byID[id]
		if !ok {
			continue
		}
		delete(byID, id)
		l, err := r.linked(ctx, q, raw, to)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// parts are the names of an object's own parts in "with".
func (q *LinkQuery) parts() []string {
	if q.Bare {
		return nil
	}
	own := strings.Split(parts(q.Of), ",")
	if !slices.Contains(q.To, Adversaries) {
		own = append(own, string(Adversaries))
	}
	return own
}

// rows are the objects with ids, without those that are not there. What the platform
// promises and does not give is an error: those objects are there.
func (r *LinkReader) rows(ctx context.Context, of Collection, ids []int64, with []string) ([]json.RawMessage, error) {
	path := listOf(of)
	query := []request.Pair{{Name: "id", Value: strings.Join(idTexts(ids), ",")}}
	if len(with) > 0 {
		query = append(query, request.Pair{Name: "with", Value: strings.Join(with, ",")})
	}
	query = append(query, request.Pair{Name: "sort", Value: "id"})
	return r.c.everyRow(ctx, path, query, pageSize)
}

// everyRow reads a list to its end.
func (c *Client) everyRow(ctx context.Context, path string, query []request.Pair, limit int) ([]json.RawMessage, error) {
	var out []json.RawMessage
	for {
		a, err := c.read(ctx, path, append(slices.Clone(query),
			request.Pair{Name: "limit", Value: strconv.Itoa(limit)}, request.Pair{Name: "offset", Value: strconv.Itoa(len(out))}))
		if err != nil {
			return nil, err
		}
		var rows list[json.RawMessage]
		_ = rows.UnmarshalJSON(a.data)
		out = append(out, rows...)
		switch {
		case a.total >= 0 && int64(len(out)) >= a.total, a.total < 0 && len(rows) < limit:
			return out, nil
		case len(rows) == 0 && a.total >= 0:
			return nil, &UnavailableError{Op: "GET " + path, Err: fmt.Errorf("ThreatQ says that there are %d and gives %d", a.total, len(out))}
		case len(rows) == 0:
			return out, nil
		}
	}
}

// linked reads an object with its links.
func (r *LinkReader) linked(ctx context.Context, q *LinkQuery, raw json.RawMessage, to []asked) (Linked, error) {
	var own foundRow
	if err := json.Unmarshal(raw, &own); err != nil {
		return Linked{}, &UnavailableError{Op: "GET " + listOf(q.Of), Err: err}
	}
	l := Linked{Found: own.found(q.Of, raw)}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return Linked{}, &UnavailableError{Op: "GET " + listOf(q.Of), Err: err}
	}
	var set linkSet
	for _, a := range to {
		var rows list[json.RawMessage]
		if a.name != "" {
			_ = rows.UnmarshalJSON(linksIn(fields, a))
		}
		if a.name == "" && q.asks(l.ID, a.to) || len(rows) >= fullPage {
			var err error
			if rows, err = r.page(ctx, Ref{q.Of, l.ID}, a.to); err != nil {
				return Linked{}, err
			}
		}
		if err := r.add(ctx, &set, a.to, rows); err != nil {
			return Linked{}, err
		}
	}
	l.Links = set.links
	if slices.Contains(q.To, Adversaries) {
		l.Adversaries = set.names(Adversaries)
	}
	return l, nil
}

// linksIn are the links that an object came with, by whatever spelling.
func linksIn(fields map[string]json.RawMessage, a asked) json.RawMessage {
	for _, name := range []string{a.name, string(a.to), camel(string(a.to)), a.to.Kind().Code} {
		if raw, ok := fields[name]; ok {
			return raw
		}
	}
	return nil
}

// page reads all links of an object with a collection. An object that is gone has none.
func (r *LinkReader) page(ctx context.Context, of Ref, to Collection) ([]json.RawMessage, error) {
	rows, err := r.c.everyRow(ctx, objectPath(of, pathOf(to)), nil, fullPage)
	if statusOf(err) == 404 {
		return nil, nil
	}
	return rows, err
}

// large reads an object whose links do not fit into one answer.
func (r *LinkReader) large(ctx context.Context, q *LinkQuery, id int64) ([]Linked, error) {
	var to []asked
	for _, c := range q.To {
		if q.asks(id, c) {
			to = append(to, asked{to: c})
		}
	}
	return r.bulk(ctx, q, []int64{id}, to)
}
