package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// threatqKind reads the objects of data collections.
func threatqKind() sourceKind {
	shape := collectedShape()
	return sourceKind{
		spec: &dsl.Block{
			Type: "threatq", Summary: "Objects of data collections of ThreatQ, each once.",
			Example: `source "threatq" {
  collections = [for name in split(",", param.collections) : trimspace(name)]
  page_size   = 1000
  sort        = "-updated_at,-id"
}`,
			Describe: func(r *dsl.Reading) string {
				text := fmt.Sprintf("Reads the %s of the data collections %s of ThreatQ, each once, sorted by %s, %s at once.",
					worded(r, "objects", string(threatq.Indicators)), worded(r, "collections", "(none given)"), worded(r, "sort", "id"), worded(r, "page_size", "1000"))
				if depth := r.Int("depth", 0); depth > 0 {
					text += fmt.Sprintf(" Objects related to them follow, up to %d steps away.", depth)
				}
				return sentences(text, wordedIf(r, "changed_since", "Only those touched since %s."))
			},
			Attrs: []dsl.Attr{
				{Name: "collections", Type: cty.List(cty.String), Scope: dsl.Run, Required: true, Summary: "Names of the data collections, to the letter; empty ones are passed over. One that the account does not see is reported, and the others are read."},
				{Name: "objects", Type: cty.String, Scope: dsl.Run, Default: "indicators", Summary: "What to read of them: indicators, events, adversaries, malware, …"},
				{Name: "page_size", Type: cty.Number, Scope: dsl.Run, Default: "1000", Summary: "Objects asked for at once; ThreatQ gives no more than 1000."},
				{Name: "paging", Type: cty.String, Default: "offset", Options: []string{"offset", "cursor"}, Summary: "How to ask for the next page. cursor does not slow down with depth."},
				{Name: "sort", Type: cty.String, Scope: dsl.Run, Default: "id", Summary: "Fields to sort by, \"-\" before one for falling, such as \"-updated_at,-id\". Of records with one key the first is taken. By another order than id, what is touched meanwhile is asked for once more at the end."},
				{Name: "changed_since", Type: cty.String, Scope: dsl.Run, Summary: "Only objects touched at this instant or later: changed themselves or in attributes, sources, tags or links. Null: all."},
				{Name: "fields", Type: cty.List(cty.String), Scope: dsl.Run, Summary: "What to ask for of each object; what is left out is empty in the record. Default: all but the related_<object>_count fields."},
				{Name: "depth", Type: cty.Number, Scope: dsl.Run, Default: "0", Summary: "With 1 to 3, objects that are related to those of the collections follow them, up to so many steps away, each as a record of its own and each once."},
				{Name: "related", Type: cty.List(cty.String), Scope: dsl.Run, Summary: "Types of objects that links are followed to: adversaries, malware, report, indicators, … Default: all that mappings know."},
			},
			Blocks: []dsl.Child{{Block: windowBlock(), Max: 1}},
			Yields: &shape,
			Check:  checkCollections,
		},
		open: openCollections,
	}
}

func checkCollections(r *dsl.Reading) {
	if v := r.Node().Val("collections"); v != nil && r.Known("collections") && len(given(r.Strings("collections"))) == 0 {
		r.Fail("collections", "No collection", "Name at least one data collection.")
	}
	if r.Known("depth") {
		depthOf(r)
	}
	if r.Known("related") {
		relatedOf(r)
	}
	window := r.Node().Block("window")
	if window == nil {
		return
	}
	if r.Has("changed_since") {
		r.Fail("changed_since", "Two starts", "The window says from when on objects are read; leave one of the two out.")
	}
	if r.Has("depth") {
		r.Fail("depth", "Not with a window", "A window reads what was touched since the last run, which tells nothing of the objects that are related to the others.")
	}
	w := r.Of(window)
	if w.Has("slice") {
		w.Fail("slice", "Without effect", "Objects are read from the window's start on, whatever its end, so it cannot be read in slices.")
	}
	if w.Has("token") {
		w.Fail("token", "Without effect", "This source has no answers that a token could be read from.")
	}
	r.Add(w)
}

// mostAtOnce is how many objects ThreatQ gives with one page.
const mostAtOnce = 1000

// collections is the source of the objects in data collections.
type collections struct {
	run   *Run
	names []string
	of    threatq.Collection
	query threatq.SearchQuery // fields, sort and limit
	marks bool                // paging by cursor
	since time.Time
	links *relations // nil: not followed

	seen   map[int64]int // in which pass through a collection an object was last met, from 1
	passes int
	number int   // of the page
	part   bool  // not everything was there to read
	ended  bool  // all pages were read
	theirs error // of whoever took the last page
}

func openCollections(_ context.Context, r *Run, f *dsl.Flow, _ *FlowReport) (source, error) {
	if r.Platform == nil {
		return nil, fmt.Errorf("%s: source \"threatq\" needs a connection to ThreatQ, which this run has not", f.Source.Range)
	}
	read := f.Source.Read(r.Bound.Scope)
	s := &collections{run: r, names: given(read.Strings("collections")), of: objectsOf(read), since: readInstant(read, "changed_since")}
	s.query = threatq.SearchQuery{Sort: read.String("sort", "id"), Limit: read.Count("page_size", 1000, 1), Fields: read.Strings("fields")}
	if s.query.Limit > mostAtOnce {
		r.Log.Warn("ThreatQ gives fewer objects at once than page_size says", "page_size", s.query.Limit, "asked for", mostAtOnce)
		s.query.Limit = mostAtOnce
	}
	s.marks = read.String("paging", "offset") == "cursor"
	if len(s.query.Fields) == 0 {
		s.query.Fields = threatq.SearchFields(s.of)
	}
	for _, needed := range []string{"touched_at", "id"} {
		if !slices.Contains(s.query.Fields, needed) {
			s.query.Fields = append([]string{needed}, s.query.Fields...)
		}
	}
	related := relatedOf(read)
	if depth := depthOf(read); depth > 0 {
		s.links = &relations{collections: s, depth: depth, follow: related}
		for _, c := range s.links.fromMembers() {
			if field := countField(c); !slices.Contains(s.query.Fields, field) {
				s.query.Fields = append(s.query.Fields, field)
			}
		}
	}
	if len(s.names) == 0 {
		read.Fail("collections", "No collection", "Name at least one data collection; to run without any, leave the flow out with its `when`.")
	}
	window := f.Source.Block("window").Read(r.Bound.Scope)
	if order := window.String("order", "none"); order != "none" && sortedBy(s.query.Sort) != order {
		window.Fail("order", "Wrong order", "The window goes by touched_at, so this order needs sort = %q.", map[string]string{ascending: "touched_at,id", descending: "-touched_at,-id"}[order])
	}
	return s, errors.Join(read.Err(), window.Err())
}

// given are the names that are not blank, each once.
func given(names []string) (out []string) {
	for _, name := range names {
		if strings.TrimSpace(name) != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// objectsOf is the collection of the objects to read, which may be named by their kind.
func objectsOf(r *dsl.Reading) threatq.Collection {
	name := r.String("objects", string(threatq.Indicators))
	c, ok := collectionNamed(name)
	if !ok {
		r.Fail("objects", "Bad object type", "%q is no collection of objects: it has small letters, digits, - and _, such as \"indicators\".", name)
	}
	return c
}

// sortedBy is the order that a sort gives to touched_at.
func sortedBy(sort string) string {
	switch first, _, _ := strings.Cut(sort, ","); strings.TrimSpace(first) {
	case "touched_at":
		return ascending
	case "-touched_at":
		return descending
	}
	return "none"
}

// whole says whether everything was read that the data collections hold, so that what did
// not come is not in them.
func (s *collections) whole() bool { return s.ended && !s.part }

func (s *collections) read(ctx context.Context, w Window, yield func(*batch) error) error {
	found, missing, err := s.run.Platform.DataCollections(ctx, s.names)
	if err != nil {
		return err
	}
	since := s.since
	if w.Start.After(since) {
		since = w.Start
	}
	s.seen, s.passes, s.number, s.ended, s.part = map[int64]int{}, 0, 0, false, !since.IsZero() || len(missing) > 0
	if len(found) == 0 {
		var all []error
		for _, m := range missing {
			all = append(all, m)
		}
		return errors.Join(all...)
	}
	for _, m := range missing {
		if err := s.hand(&batch{note: m}, yield); err != nil {
			return err
		}
	}
	if s.links != nil {
		if err := s.links.begin(ctx); err != nil {
			return err
		}
	}
	for _, c := range found {
		query, dropped := c.Query.For(s.of)
		if len(dropped) > 0 {
			s.run.Log.Info("conditions of the data collection that these objects cannot meet are left out", "collection", c.Name, "objects", s.of, "conditions", strings.Join(dropped, ", "))
		}
		if !since.IsZero() {
			query = query.TouchedSince(since)
		}
		s.passes++
		walk := &collectionWalk{collections: s, name: c.Name, query: query, sort: s.query.Sort, begun: s.passes, pass: s.passes, yield: yield, least: -1}
		switch err := walk.all(ctx); {
		case err != nil && errors.Is(err, s.theirs):
			return err // of whoever takes the pages
		case err != nil:
			return fmt.Errorf("data collection %q: %w", c.Name, err)
		}
	}
	if s.links != nil {
		if err := s.links.read(ctx, yield); err != nil {
			return err
		}
	}
	s.ended = true
	return nil
}

// hand gives a page to whoever reads.
func (s *collections) hand(b *batch, yield func(*batch) error) error {
	s.number++
	b.number = s.number
	s.part = s.part || b.note != nil
	s.theirs = yield(b)
	return s.theirs
}
