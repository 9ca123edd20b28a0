package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// maxDepth is how far links are followed at most.
const maxDepth = 3

// depthOf is how far links are to be followed.
func depthOf(r *dsl.Reading) int {
	depth := r.Int("depth", 0)
	if depth < 0 || depth > maxDepth {
		r.Fail("depth", "Depth out of range", "Links are followed from 0 (not at all) to %d steps, not %d.", maxDepth, depth)
	}
	return depth
}

// relatedOf are the collections of the objects that links are followed to, in the order in
// which they are read.
func relatedOf(r *dsl.Reading) (out []threatq.Collection) {
	for _, name := range given(r.Strings("related")) {
		if c, ok := collectionNamed(name); !ok {
			r.Fail("related", "Bad object type", "%q is no collection of objects: it has small letters, digits, - and _, such as \"malware\".", name)
		} else if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if !r.Has("related") {
		for _, k := range threatq.Kinds() {
			out = append(out, k.Collection)
		}
	}
	slices.SortFunc(out, byKind)
	return out
}

func byKind(a, b threatq.Collection) int {
	return cmp.Or(cmp.Compare(a.Order(), b.Order()), cmp.Compare(a, b))
}

// relations follows links from the members of data collections, one level after the other.
// It holds the ids of what it met, and no objects.
//
// Each link between objects that are read is told on the one nearer to the members, and on
// at least one of two that are equally near.
type relations struct {
	*collections
	depth  int
	follow []threatq.Collection
	reader *threatq.LinkReader
	known  map[threatq.Collection]map[int64]meeting // none of the members
}

// meeting is where an object was met.
type meeting struct {
	level int8  // gone: it is not there any more
	links int32 // that lead to it, of those met so far
}

const gone = -1

// begin forgets what an earlier reading met, and takes what object types the platform has.
func (r *relations) begin(ctx context.Context) error {
	r.known, r.reader = map[threatq.Collection]map[int64]meeting{}, r.run.Platform.LinkReader()
	has, err := r.run.Platform.ObjectTypes(ctx)
	if err != nil || has == nil {
		return err
	}
	r.follow = slices.DeleteFunc(slices.Clone(r.follow), func(c threatq.Collection) bool {
		if has[string(c)] || has[c.Kind().Code] {
			return false
		}
		r.run.Log.Info("ThreatQ has no objects of this type, so no links are followed to them", "objects", c)
		return true
	})
	return nil
}

// fromMembers are the collections that members are asked for links to: links among
// themselves count although they lead to nothing new.
func (r *relations) fromMembers() []threatq.Collection {
	if slices.Contains(r.follow, r.of) {
		return r.follow
	}
	return append([]threatq.Collection{r.of}, r.follow...)
}

func countField(c threatq.Collection) string { return "related_" + c.Kind().Code + "_count" }

// level is how far an object is from the members, if it was met at all.
func (r *relations) level(ref threatq.Ref) (int, bool) {
	if ref.Collection == r.of && r.seen[ref.ID] > 0 {
		return 0, true
	}
	at, ok := r.known[ref.Collection][ref.ID]
	return int(at.level), ok
}

// members adds their links to the new records of a page.
func (r *relations) members(ctx context.Context, f *found) error {
	to := r.fromMembers()
	counts := countsOf(f, to)
	byID := map[int64]map[string]any{}
	var ids []int64
	for i, at := range f.newAt {
		o := &f.Objects[at]
		if slices.ContainsFunc(to, func(c threatq.Collection) bool { return !counts.none(o.ID, c) }) {
			ids = append(ids, o.ID)
			byID[o.ID] = f.new[i].(map[string]any)
		}
	}
	q := threatq.LinkQuery{Of: r.of, IDs: ids, To: to, Bare: true, Links: counts.sum, Unlinked: counts.none}
	return r.reader.Read(ctx, q, func(_ []int64, got []threatq.Linked) error {
		for i := range got {
			byID[got[i].ID]["related"] = r.told(&got[i], threatq.Ref{Collection: r.of, ID: got[i].ID}, 0)
		}
		return nil
	})
}

// linkCounts are how many links the objects of a page have. A platform that leaves out what
// is none tells nothing about a kind of which no object of the page has any.
type linkCounts struct {
	of   map[int64]map[string]int
	told map[string]bool
}

func countsOf(f *found, to []threatq.Collection) *linkCounts {
	c := &linkCounts{of: map[int64]map[string]int{}, told: map[string]bool{}}
	for _, at := range f.newAt {
		o := &f.Objects[at]
		c.of[o.ID] = map[string]int{}
		for _, kind := range to {
			if n, ok := o.Related[kind.Kind().Code]; ok {
				c.of[o.ID][kind.Kind().Code], c.told[kind.Kind().Code] = n, true
			}
		}
	}
	return c
}

func (c *linkCounts) sum(id int64) (n int) {
	for _, count := range c.of[id] {
		n += count
	}
	return n
}

func (c *linkCounts) none(id int64, to threatq.Collection) bool {
	code := to.Kind().Code
	return c.told[code] && c.of[id][code] == 0
}

// told are the links of an object that its record tells; what they lead to is read next.
func (r *relations) told(o *threatq.Linked, self threatq.Ref, level int) []any {
	links := slices.DeleteFunc(o.Links, func(l threatq.Link) bool { return l.Ref == self || !r.tells(l.Ref, level) })
	slices.SortFunc(links, func(a, b threatq.Link) int {
		return cmp.Or(cmp.Compare(a.Collection.Kind().Code, b.Collection.Kind().Code), cmp.Compare(a.ID, b.ID))
	})
	out := make([]any, len(links))
	for i, l := range links {
		out[i] = map[string]any{
			"object": l.Collection.Kind().Code, "id": int(l.ID), "type": maybeText(l.Type), "value": l.Name,
			"created_at": maybeTime(l.CreatedAt), "updated_at": maybeTime(l.UpdatedAt), "status": maybeText(l.Status),
		}
	}
	return out
}

// tells says whether an object of a level tells its link to another, and takes note of that.
func (r *relations) tells(to threatq.Ref, level int) bool {
	at, met := r.level(to)
	switch {
	case !met && level < r.depth && slices.Contains(r.follow, to.Collection):
		if r.known[to.Collection] == nil {
			r.known[to.Collection] = map[int64]meeting{}
		}
		r.known[to.Collection][to.ID] = meeting{int8(level + 1), 1}
		return true
	case met && at > level:
		p := r.known[to.Collection][to.ID]
		p.links++
		r.known[to.Collection][to.ID] = p
	}
	return met && at >= level
}

// read hands on what is related to the members, nearest first.
func (r *relations) read(ctx context.Context, yield func(*batch) error) error {
	for level := 1; level <= r.depth; level++ {
		ids := map[threatq.Collection][]int64{}
		for c, places := range r.known {
			ids[c] = r.at(c, places, level)
		}
		for _, c := range r.follow {
			if err := r.objects(ctx, c, ids, level, yield); err != nil {
				return fmt.Errorf("related objects (%s): %w", c, err)
			}
		}
	}
	return nil
}

// at are the ids of a level. Some may have turned out to be members.
func (r *relations) at(c threatq.Collection, places map[int64]meeting, level int) (out []int64) {
	for id, p := range places {
		if int(p.level) == level && (c != r.of || r.seen[id] == 0) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// objects hands on the objects of one kind and level.
func (r *relations) objects(ctx context.Context, c threatq.Collection, ids map[threatq.Collection][]int64, level int, yield func(*batch) error) error {
	q := threatq.LinkQuery{Of: c, IDs: ids[c], To: r.follow}
	if level < r.depth {
		q.Links = func(id int64) int { return int(r.known[c][id].links) }
	} else {
		// Nothing is followed any more: of two that are linked, one has to be asked.
		q.To = slices.DeleteFunc(slices.Clone(r.follow), func(to threatq.Collection) bool {
			return len(ids[to]) == 0 || byKind(to, c) < 0
		})
	}
	return r.reader.Read(ctx, q, func(asked []int64, got []threatq.Linked) error {
		r.missing(c, asked, got)
		b := &batch{records: make([]any, len(got))}
		for i := range got {
			record := collectedVars(&got[i].Found, c, "")
			record["depth"], record["related"] = level, r.told(&got[i], threatq.Ref{Collection: c, ID: got[i].ID}, level)
			b.records[i] = record
		}
		return r.hand(b, yield)
	})
}

// missing takes note of objects that went since their links were read.
func (r *relations) missing(c threatq.Collection, asked []int64, got []threatq.Linked) {
	left := map[int64]bool{}
	for _, id := range asked {
		left[id] = true
	}
	for i := range got {
		delete(left, got[i].ID)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		r.known[c][id] = meeting{level: gone}
		r.run.Log.Info("a related object is not in ThreatQ any more and is left out", "object", c.Kind().Code, "id", id)
	}
}

// collectionNamed is the collection of a name, which may be that of a kind; ok says that it
// can be one.
func collectionNamed(name string) (c threatq.Collection, ok bool) {
	for _, k := range threatq.Kinds() {
		if k.Code == name {
			return k.Collection, true
		}
	}
	return threatq.Collection(name), name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// maybeText is null for no text.
func maybeText(s string) any {
	if s == "" {
		return nil
	}
	return s
}
