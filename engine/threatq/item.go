package threatq

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// item is one object on its way to ThreatQ.
type item struct {
	obj    Object // in normal form
	typeID int64  // 0 where its collection has no list of types
	body   []byte // as an element of a consume call
	result *Result
}

// done reports whether the fate of the item is known.
func (it *item) done() bool { return it.result.ID != 0 || it.result.Err != nil }

func (it *item) label() string { return label(&it.obj) }

// label names an object in errors.
func label(o *Object) string {
	name := o.Name
	if len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "") + "…"
	}
	return fmt.Sprintf("%s %q", o.Collection, name)
}

// key is what ThreatQ tells objects of one collection apart by: see Identity.
func (it *item) key() string {
	switch o := &it.obj; o.Collection.Kind().Identity {
	case ByValueAndType:
		return o.Name + "\x00" + strconv.FormatInt(it.typeID, 10)
	case ByTitleAndTime:
		return strings.ToLower(o.Name) + "\x00" + formatTime(o.HappenedAt)
	default:
		return o.Name
	}
}

// prepare checks o and encodes it. Its error is a *RefusedError or an
// *UnknownTypeError if the object is at fault.
func (c *Client) prepare(ctx context.Context, o *Object, result *Result) (*item, error) {
	it := &item{obj: normal(o), result: result}
	if err := sendable(&it.obj); err != nil {
		return nil, err
	}
	var err error
	if it.typeID, err = c.nameID(ctx, it.obj.Collection, "type", it.obj.Type); err != nil {
		return nil, err
	}
	statusID, err := c.nameID(ctx, it.obj.Collection, "status", it.obj.Status)
	if err != nil {
		return nil, err
	}
	it.body = marshal(itemBody(&it.obj, it.typeID, statusID))
	return it, nil
}

// sendable refuses what has no identity in ThreatQ, and would become another
// object with every run, and what would travel further than its author said.
func sendable(o *Object) error {
	var why string
	kind := o.Collection.Kind()
	for _, f := range kind.Fields {
		if f.Required && why == "" && o.Text(f.Name) == "" {
			why = fmt.Sprintf("it has no %s, which ThreatQ needs for every %s", f.Name, kind.Code)
		}
	}
	for _, s := range o.Sources {
		if s.TLP != "" && tlpIDs[s.TLP] == 0 {
			why = fmt.Sprintf("its source %q has the TLP %q: use RED, AMBER+STRICT, AMBER, GREEN or CLEAR", s.Name, s.TLP)
		}
	}
	if why == "" {
		return nil
	}
	return &RefusedError{Item: label(o), Messages: []string{why}}
}

// atFault reports whether err is about the object rather than about ThreatQ.
func atFault(err error) bool {
	var refused *RefusedError
	var unknown *UnknownTypeError
	return errors.As(err, &refused) || errors.As(err, &unknown)
}

// itemBody is the element of a consume call for an object in normal form.
func itemBody(o *Object, typeID, statusID int64) map[string]any {
	body := map[string]any{o.Collection.NameField(): o.Name}
	addNamed(body, "type", o.Type, typeID)
	addNamed(body, "status", o.Status, statusID)
	if o.Description != "" {
		body["description"] = descriptionBody(o.Collection, o.Description)
	}
	if o.Content != "" {
		body["value"] = o.Content
	}
	for i, at := range o.times() {
		if text := formatTime(*at); text != "" {
			body[timeFields[i]] = text
		}
	}
	sources := sourceBodies(o.Sources)
	if len(sources) > 0 {
		body["sources"] = sources
	}
	if len(o.Attributes) > 0 {
		body["attributes"] = attributeBodies(o.Attributes, o.Sources)
	}
	if len(o.Tags) > 0 {
		body["tags"] = o.Tags
	}
	for collection, ids := range byCollection(o.Related) {
		body[string(collection)] = ids
	}
	return body
}

func addNamed(body map[string]any, field, name string, id int64) {
	switch {
	case id != 0:
		body[field+"_id"] = id
	case name != "":
		body[field] = map[string]string{"name": name}
	}
}

// descriptionBody is the description of a new object: adversaries have a list of
// them, all other objects one text.
func descriptionBody(c Collection, s string) any {
	if c.Kind().described {
		return []map[string]string{{"value": s}}
	}
	return s
}

type sourceBody struct {
	Name  string `json:"name"`
	TLPID int64  `json:"tlp_id,omitempty"`
}

func sourceBodies(in []Source) []sourceBody {
	out := make([]sourceBody, 0, len(in))
	for _, s := range in {
		out = append(out, sourceBody{s.Name, tlpIDs[tlpLabel(s.TLP)]})
	}
	return out
}

type attributeBody struct {
	Name    string       `json:"name"`
	Value   string       `json:"value"`
	Sources []sourceBody `json:"sources,omitempty"`
}

// attributeBodies gives each attribute the sources of its object, because TLP is
// kept per attribute too.
func attributeBodies(in []Attribute, sources []Source) []attributeBody {
	from := sourceBodies(sources)
	out := make([]attributeBody, 0, len(in))
	for _, a := range in {
		out = append(out, attributeBody{a.Name, a.Value, from})
	}
	return out
}

type idBody struct {
	ID int64 `json:"id"`
}

func byCollection(refs []Ref) map[Collection][]idBody {
	out := map[Collection][]idBody{}
	for _, r := range refs {
		out[r.Collection] = append(out[r.Collection], idBody{r.ID})
	}
	return out
}
