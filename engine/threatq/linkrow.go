package threatq

import (
	"context"
	"encoding/json"
	"errors"
)

// linkSet holds each link once, in order of arrival.
type linkSet struct {
	links []Link
	seen  map[Ref]bool
}

func (s *linkSet) names(of Collection) (out []string) {
	for _, l := range s.links {
		if l.Collection == of && l.Name != "" {
			out = append(out, l.Name)
		}
	}
	return out
}

// linkRow is an object at the other end of a link.
type linkRow struct {
	row
	StatusID  number `json:"status_id"`
	CreatedAt stamp  `json:"created_at"`
	UpdatedAt stamp  `json:"updated_at"`
}

func (r *LinkReader) add(ctx context.Context, set *linkSet, to Collection, rows []json.RawMessage) error {
	for _, raw := range rows {
		var o linkRow
		if json.Unmarshal(raw, &o) != nil || o.ID <= 0 {
			continue
		}
		ref := Ref{to, int64(o.ID)}
		if set.seen[ref] {
			continue
		}
		if set.seen == nil {
			set.seen = map[Ref]bool{}
		}
		set.seen[ref] = true
		l := Link{
			Ref: ref, Name: o.name(to), Type: string(o.Type.Name), Status: string(o.Status.Name),
			CreatedAt: o.CreatedAt.Time, UpdatedAt: o.UpdatedAt.Time,
		}
		for _, n := range []struct {
			name *string
			kind string
			id   int64
		}{{&l.Type, "types", o.typeID()}, {&l.Status, "statuses", int64(o.StatusID)}} {
			if *n.name == "" && n.id != 0 {
				var err error
				if *n.name, err = r.nameOf(ctx, to, n.kind, n.id); err != nil {
					return err
				}
			}
		}
		set.links = append(set.links, l)
	}
	return nil
}

// nameOf is the name of a type or status; "" where it is not known.
func (r *LinkReader) nameOf(ctx context.Context, c Collection, kind string, id int64) (string, error) {
	path := listPath(c, kind)
	if path == "" {
		return "", nil
	}
	if r.names[path] == nil {
		known, err := r.c.catalog(ctx, c, kind)
		if err != nil && !errors.Is(err, ErrHidden) {
			return "", err
		}
		byID := map[int64]string{}
		if known != nil {
			for _, name := range known.names {
				byID[known.id(name)] = name
			}
		}
		r.names[path] = byID
	}
	return r.names[path][id], nil
}

// ObjectTypes are the codes and the collections of all object types that the platform has;
// nil where it does not say.
func (c *Client) ObjectTypes(ctx context.Context) (map[string]bool, error) {
	all, err := c.everyRow(ctx, "/api/objects", nil, fullPage)
	var refused *RefusedError
	if errors.Is(err, ErrHidden) || errors.As(err, &refused) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, raw := range all {
		var t struct{ Name, Collection text }
		if json.Unmarshal(raw, &t) == nil && t.Name != "" {
			out[string(t.Name)], out[string(t.Collection)] = true, true
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}
