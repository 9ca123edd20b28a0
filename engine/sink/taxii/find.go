package taxii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// ErrCollection is a collection that does not exist, is not the only one of its title, or must not
// be written to.
var ErrCollection = errors.New("there is no collection to write to")

// apiRoot is a part of a server with its own collections.
type apiRoot struct {
	Versions []string    `json:"versions"`
	Max      json.Number `json:"max_content_length"`
}

type listed struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	CanRead  *bool  `json:"can_read"`
	CanWrite *bool  `json:"can_write"`

	root string
	max  int
}

// find looks for the collection in all API roots. One that cannot be read matters only if
// the collection is in no other.
func (s *server) find(ctx context.Context, c Config, roots []string) (*Collection, error) {
	var all []listed
	var failed []error
	for _, root := range roots {
		some, err := s.collections(ctx, root)
		switch {
		case ctx.Err() != nil || errors.Is(err, request.ErrUnauthorized):
			return nil, err
		case err != nil:
			s.log.Warn("an API root is passed over", "error", err.Error())
			failed = append(failed, err)
		}
		all = append(all, some...)
	}
	l, err := choose(all, c.Collection)
	if err != nil {
		return nil, errors.Join(append([]error{err}, failed...)...)
	}
	return &Collection{
		ID: l.ID, Title: l.Title, Version: s.version, server: s, conf: c, root: l.root,
		limits: stix.Limits{Bytes: l.max}, canRead: l.CanRead == nil || *l.CanRead, known: map[string]string{},
	}, nil
}

// collections lists those of an API root.
func (s *server) collections(ctx context.Context, root string) ([]listed, error) {
	var about apiRoot
	if _, err := s.get(ctx, request.Request{Path: root}, &about); err != nil {
		return nil, err
	}
	if !s.speaks(about.Versions) {
		return nil, fmt.Errorf("the API root %s does not speak TAXII %s, but %s", root, s.version, oneLine(strings.Join(about.Versions, ", ")))
	}
	max, err := about.Max.Int64()
	if err != nil || max < 0 {
		max = 0
	}
	var all []listed
	err = s.pages(ctx, root+"collections/", nil, func(page json.RawMessage) error {
		var p struct {
			Collections []listed `json:"collections"`
		}
		if json.Unmarshal(page, &p) != nil {
			return fmt.Errorf("GET %scollections/: %w: its list of collections cannot be read", root, ErrNotTAXII)
		}
		all = append(all, p.Collections...)
		return nil
	})
	for i := range all {
		all[i].root, all[i].max = root, int(max)
	}
	return all, err
}

// choose finds a collection by title or id, or else by its title in any case.
func choose(all []listed, name string) (*listed, error) {
	name = strings.TrimSpace(name)
	matches := collect(all, func(l *listed) bool { return strings.TrimSpace(l.Title) == name || l.ID == name })
	if len(matches) == 0 {
		matches = collect(all, func(l *listed) bool {
			return strings.EqualFold(strings.TrimSpace(l.Title), name) || strings.EqualFold(l.ID, name)
		})
	}
	switch {
	case name == "":
		return nil, fmt.Errorf("%w: none is named; the server has %s", ErrCollection, titles(all))
	case len(matches) == 0:
		return nil, fmt.Errorf("%w: none has the title or id %q; the server has %s", ErrCollection, name, titles(all))
	case len(matches) > 1:
		return nil, fmt.Errorf("%w: %q may be %s; name it by its id", ErrCollection, name, titles(matches))
	}
	l := &matches[0]
	switch {
	case l.CanWrite != nil && !*l.CanWrite:
		return nil, fmt.Errorf("%w: %q takes no objects from this account (can_write is false); check the rights of the account", ErrCollection, l.Title)
	case l.ID == "" || url.PathEscape(l.ID) != l.ID:
		return nil, fmt.Errorf("%w: the id of %q cannot be part of an address", ErrCollection, l.Title)
	}
	return l, nil
}

func collect(all []listed, want func(*listed) bool) []listed {
	var out []listed
	for i := range all {
		if want(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// titles lists collections for people.
func titles(all []listed) string {
	if len(all) == 0 {
		return "no collections that this account may see"
	}
	var out []string
	for _, l := range all {
		out = append(out, fmt.Sprintf("%q (%s)", oneLine(l.Title), oneLine(l.ID)))
	}
	slices.Sort(out)
	const most = 20
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(out, ", ")
}
