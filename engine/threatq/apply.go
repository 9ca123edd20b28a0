package threatq

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Apply carries out a plan made by Diff for current, of which Collection and ID
// are used. A *RefusedError with status 404 means that the object is gone.
//
// The order makes an interruption harmless: context comes first, then the own
// fields, then attributes, and what goes goes last. A plan made anew from what
// ThreatQ then holds does the rest. Attributes follow the type because a mapping
// may keep there what both sides last agreed on.
func (c *Client) Apply(ctx context.Context, current *Object, p Plan) error {
	if p.Empty() {
		return nil
	}
	u := updater{c, Ref{current.Collection, current.ID}, p}
	if u.ref.ID <= 0 {
		return &RefusedError{Item: label(current), Messages: []string{"it has no id, so it cannot be changed; create it first"}}
	}
	for _, step := range []func(context.Context) error{
		u.sources, u.tags, u.links, u.fields, u.addAttributes, u.setAttributes, u.dropAttributes,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("update %s %d: %w", u.ref.Collection, u.ref.ID, err)
		}
	}
	return nil
}

// updater is one Apply.
type updater struct {
	*Client
	ref  Ref
	plan Plan
}

func (u updater) path(rest ...string) string { return objectPath(u.ref, rest...) }

func (u updater) sources(ctx context.Context) error {
	for _, s := range sourceBodies(u.plan.AddSources) {
		if _, err := u.change(ctx, http.MethodPost, u.path("sources"), s); err != nil {
			return err
		}
	}
	return nil
}

func (u updater) tags(ctx context.Context) error {
	if len(u.plan.AddTags) == 0 {
		return nil
	}
	var body []map[string]string
	for _, tag := range u.plan.AddTags {
		body = append(body, map[string]string{"name": tag})
	}
	_, err := u.change(ctx, http.MethodPost, u.path("tags"), body)
	return err
}

// links are made in one call for each collection.
func (u updater) links(ctx context.Context) error {
	to := byCollection(u.plan.AddRelated)
	var order []Collection
	for _, r := range u.plan.AddRelated {
		if !slices.Contains(order, r.Collection) {
			order = append(order, r.Collection)
		}
	}
	for _, collection := range order {
		for ids := range slices.Chunk(to[collection], pageSize) {
			if err := u.link(ctx, collection, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// link makes links and checks that they are there: a row of the answer without
// pivot is a link that was not made. Links that existed may have no row at all.
func (u updater) link(ctx context.Context, to Collection, ids []idBody) error {
	a, err := u.change(ctx, http.MethodPost, u.path(url.PathEscape(string(to))), ids)
	if err != nil {
		return err
	}
	made := map[int64]bool{}
	for _, r := range a.rows() {
		made[int64(r.ID)] = r.Pivot.ID != 0
	}
	open := slices.DeleteFunc(slices.Clone(ids), func(id idBody) bool { return made[id.ID] })
	if len(open) == 0 {
		return nil
	}
	there, err := u.Related(ctx, u.ref, to)
	if err != nil {
		return err
	}
	for _, id := range open {
		if !slices.Contains(there, Ref{to, id.ID}) {
			return &RefusedError{
				Status: a.status, Item: fmt.Sprintf("link to %s %d", to, id.ID),
				Messages: []string{"ThreatQ accepted the call but did not make the link; does the object still exist?"},
			}
		}
	}
	return nil
}

func (u updater) fields(ctx context.Context) error {
	body := map[string]any{}
	for _, f := range u.plan.Fields {
		if err := u.field(ctx, body, f); err != nil {
			return err
		}
	}
	if len(body) == 0 {
		return nil
	}
	_, err := u.change(ctx, http.MethodPut, u.path(), body)
	return err
}

// field adds a change to the body of the update. The description of an adversary
// and a score are no fields of the object in ThreatQ and are written at once.
func (u updater) field(ctx context.Context, body map[string]any, f FieldChange) error {
	switch f.Field {
	case FieldDescription:
		if u.ref.Collection.Kind().described {
			_, err := u.change(ctx, http.MethodPost, u.path("description"), map[string]string{"value": f.New})
			return err
		}
		body["description"] = f.New
	case FieldScore:
		return u.score(ctx, u.ref, f.New)
	case FieldStatus:
		return u.named(ctx, body, "status", f.New)
	case FieldType:
		if err := u.EnsureTypes(ctx, u.ref.Collection, []string{f.New}); err != nil {
			return err
		}
		return u.named(ctx, body, "type", f.New)
	default:
		body[f.Field] = f.New
	}
	return nil
}

// score sets the manual score. The address has the singular of the collection.
func (c *Client) score(ctx context.Context, of Ref, score string) error {
	path := fmt.Sprintf("/api/%s/%d/scores", of.Collection.Kind().Code, of.ID)
	_, err := c.change(ctx, http.MethodPut, path, map[string]json.Number{"manual_score": json.Number(score)})
	return err
}

// named sends a type or status by id where it has one. Updates of events are
// documented with the name of the type, so that goes with it.
func (u updater) named(ctx context.Context, body map[string]any, kind, name string) error {
	id, err := u.nameID(ctx, u.ref.Collection, kind, name)
	if id != 0 {
		body[kind+"_id"] = id
	}
	if id == 0 || kind == "type" {
		body[kind] = name
	}
	return err
}

func (u updater) addAttributes(ctx context.Context) error {
	if len(u.plan.AddAttributes) == 0 {
		return nil
	}
	return u.postAttributes(ctx, u.plan.AddAttributes)
}

func (u updater) postAttributes(ctx context.Context, attrs []Attribute) error {
	_, err := u.change(ctx, http.MethodPost, u.path("attributes"), attributeBodies(attrs, u.plan.Sources))
	return err
}

// setAttributes edits rows. A row that somebody removed meanwhile is added again.
func (u updater) setAttributes(ctx context.Context) error {
	for _, a := range u.plan.SetAttributes {
		_, err := u.change(ctx, http.MethodPut, u.rowPath(a.RowID), map[string]string{"value": a.New})
		if statusOf(err) == http.StatusNotFound {
			err = u.postAttributes(ctx, []Attribute{{Name: a.Name, Value: a.New}})
		}
		if err != nil {
			return fmt.Errorf("set attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func (u updater) dropAttributes(ctx context.Context) error {
	for _, a := range u.plan.DropAttributes {
		_, err := u.call(ctx, http.MethodDelete, u.rowPath(a.RowID), nil, nil)
		if err != nil && statusOf(err) != http.StatusNotFound {
			return fmt.Errorf("drop attribute %q: %w", a.Name, err)
		}
	}
	return nil
}

func (u updater) rowPath(id int64) string { return u.path("attributes", strconv.FormatInt(id, 10)) }
