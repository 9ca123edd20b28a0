package threatq

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/agext/levenshtein"

	"tqmap/engine/request"
)

// catalog is a list of names that ThreatQ gives ids to. Names are found without
// regard to case, as ThreatQ itself does not tell them apart by it.
type catalog struct {
	ids   map[string]int64 // by lower-case name
	names []string
}

func (l *catalog) id(name string) int64 { return l.ids[strings.ToLower(strings.TrimSpace(name))] }

// listPath is the address of the names of kind ("types", "statuses") that a
// collection may use; "" where it has no such list.
func listPath(c Collection, kind string) string {
	if kind == "types" {
		return c.Kind().types
	}
	return c.Kind().statuses
}

// EnsureTypes makes sure that ThreatQ has the types called names. Event types
// that are missing are created. Those of indicators and signatures cannot be: missing ones are an
// *UnknownTypeError. Types of other collections are sent by name and checked by
// ThreatQ, so nothing is done for them. Lists are read once per Client; one that this account may not read is an
// ErrHidden.
func (c *Client) EnsureTypes(ctx context.Context, collection Collection, names []string) error {
	if !collection.Kind().growing {
		return c.ensureKnown(ctx, collection, names)
	}
	known, err := c.catalog(ctx, Events, "types")
	if err != nil {
		return err
	}
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" || known.id(name) != 0 {
			continue
		}
		if known, err = c.createEventType(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) ensureKnown(ctx context.Context, collection Collection, names []string) error {
	missing := &UnknownTypeError{Collection: collection, Kind: "type", Near: map[string][]string{}}
	for _, name := range names {
		_, err := c.nameID(ctx, collection, "type", name)
		var unknown *UnknownTypeError
		switch {
		case errors.As(err, &unknown):
			missing.Names = append(missing.Names, name)
			missing.Near[name] = unknown.Near[name]
		case err != nil:
			return err
		}
	}
	if len(missing.Names) > 0 {
		return missing
	}
	return nil
}

// nameID returns the id of a type or status by its name; 0 where name is empty or
// the collection has no list of them. One that is not there is an
// *UnknownTypeError.
func (c *Client) nameID(ctx context.Context, collection Collection, kind, name string) (int64, error) {
	listed := kind + "s"
	if kind == "status" {
		listed = "statuses"
	}
	if strings.TrimSpace(name) == "" || listPath(collection, listed) == "" {
		return 0, nil
	}
	known, err := c.catalog(ctx, collection, listed)
	if err != nil {
		return 0, err
	}
	if id := known.id(name); id != 0 {
		return id, nil
	}
	return 0, &UnknownTypeError{
		Collection: collection, Kind: kind, Names: []string{name},
		Near: map[string][]string{name: known.near(name)},
	}
}

// createEventType adds an event type and returns the new list. Another run may
// have added it meanwhile, so a refusal counts only if it is still not there.
func (c *Client) createEventType(ctx context.Context, name string) (*catalog, error) {
	_, refused := c.change(ctx, http.MethodPost, "/api/event/types", map[string]string{"name": name})
	if refused != nil && statusOf(refused) == 0 {
		return nil, refused
	}
	c.forget("/api/event/types")
	known, err := c.catalog(ctx, Events, "types")
	switch {
	case err != nil:
		return nil, err
	case known.id(name) != 0:
		return known, nil
	case refused != nil:
		return nil, refused
	}
	return nil, &RefusedError{
		Status: http.StatusOK, Item: "event type " + strconv.Quote(name),
		Messages: []string{"ThreatQ accepted the new type but does not list it"},
	}
}

func (c *Client) forget(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, path)
}

// catalog returns a list of names, read once. Two goroutines may read it at the
// same time, which costs a call and harms nothing.
func (c *Client) catalog(ctx context.Context, collection Collection, kind string) (*catalog, error) {
	path := listPath(collection, kind)
	c.mu.Lock()
	known := c.names[path]
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	known, err := c.readCatalog(ctx, path)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[path] = known
	return known, nil
}

// readCatalog reads a list of names to its end. These lists come whole unless
// their total says otherwise.
func (c *Client) readCatalog(ctx context.Context, path string) (*catalog, error) {
	l := &catalog{ids: map[string]int64{}}
	for {
		var query []request.Pair
		if len(l.names) > 0 {
			query = []request.Pair{{Name: "offset", Value: strconv.Itoa(len(l.names))}}
		}
		a, err := c.read(ctx, path, query)
		if err != nil {
			return nil, err
		}
		before := len(l.names)
		for _, r := range a.rows() {
			l.add(r)
		}
		if len(l.names) == before || int64(len(l.names)) >= a.total {
			return l, nil
		}
	}
}

func (l *catalog) add(r row) {
	name := strings.TrimSpace(string(r.Name))
	key := strings.ToLower(name)
	if name == "" || r.ID <= 0 || l.ids[key] != 0 {
		return
	}
	l.ids[key] = int64(r.ID)
	l.names = append(l.names, name)
}

// near lists up to three names that resemble a name which is not there.
func (l *catalog) near(name string) []string {
	want := strings.ToLower(strings.TrimSpace(name))
	far := func(s string) int {
		s = strings.ToLower(s)
		if want != "" && (strings.Contains(s, want) || strings.Contains(want, s)) {
			return 1
		}
		return levenshtein.Distance(want, s, nil)
	}
	limit := max(2, len(want)/3)
	out := slices.DeleteFunc(slices.Clone(l.names), func(s string) bool { return far(s) > limit })
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(far(a), far(b)) })
	return out[:min(len(out), 3)]
}
