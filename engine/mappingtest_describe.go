package engine

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// sameInstant is got where want is the same instant with its zone, as other parts of a test
// are written: ThreatQ's own form names none.
func sameInstant(want, got any) any {
	w, _ := want.(string)
	g, _ := got.(string)
	if at, err := time.Parse(time.RFC3339Nano, w); err == nil && at.UTC().Truncate(time.Second).Format(time.DateTime) == g {
		return got
	}
	return want
}

// only keeps of a mapped object what the expectation names, so that a test need
// not list every attribute.
func only(want, got any) any {
	w, ok := want.(map[string]any)
	g, ok2 := got.(map[string]any)
	if !ok || !ok2 {
		return got
	}
	out := map[string]any{}
	for k := range w {
		if v, ok := g[k]; ok {
			out[k] = v
		} else if w[k] == nil { // it must not be there
			out[k] = nil
		}
	}
	return out
}

// described is what came out, in the words of expect blocks.
type described struct {
	fields map[string]any
	open   bool                                     // it may have others
	at     func(field string, path []any) hcl.Range // what made the part of a field at a path
}

// describe is what is called name, nil and the names there are if nothing is.
func (c *testCheck) describe(typ, name string) (*described, []string) {
	if c.test.Flow.Items() && typ == "item" {
		return c.item(name)
	}
	found, names := c.find(typ, name)
	if found == nil {
		return nil, names
	}
	at := func(field string, path []any) hcl.Range {
		if len(path) > 0 && field == "attributes" {
			field += "." + fmt.Sprint(path[0])
		}
		return found.object.At(field)
	}
	return &described{fields: describeObject(found.object, found.record), at: at}, nil
}

// item is an item by its key or label: its fields, or `item` where it is a single value.
func (c *testCheck) item(name string) (*described, []string) {
	var names []string
	for i := range c.mapped {
		it := c.mapped[i].Item
		if it.Key != name && it.Name() != name {
			names = append(names, strconv.Quote(it.Name()))
			continue
		}
		got := map[string]any{"key": it.Key, "label": it.Name(), "expires": nil}
		if !it.Expires.IsZero() {
			got["expires"] = it.Expires.UTC().Format(time.RFC3339Nano)
		}
		if fields, ok := it.Body.(map[string]any); ok {
			maps.Copy(got, fields)
		} else {
			got["item"] = it.Body
		}
		m := &c.mapped[i]
		return &described{fields: got, open: true, at: func(field string, path []any) hcl.Range {
			if _, whole := got["item"]; whole && field == "item" {
				return m.ItemAt(path...)
			}
			return m.ItemAt(append([]any{field}, path...)...)
		}}, nil
	}
	return nil, names
}

type foundObject struct {
	object *Object
	record *Mapped
}

// find returns the object called name, else the first that has it in its name,
// else the names there are.
func (c *testCheck) find(typ, name string) (*foundObject, []string) {
	var part *foundObject
	var names []string
	for i := range c.mapped {
		for j := range c.mapped[i].Objects {
			o := &c.mapped[i].Objects[j]
			if o.Rule.Type != typ {
				continue
			}
			this := &foundObject{o, &c.mapped[i]}
			if o.Name == name || o.Key == name {
				return this, nil
			}
			if part == nil && strings.Contains(o.Name, name) {
				part = this
			}
			names = append(names, fmt.Sprintf("%q", o.Name))
		}
	}
	return part, names
}

// describeObject is an object in the words of expect blocks.
func describeObject(o *Object, of *Mapped) map[string]any {
	attrs := map[string]any{}
	for _, a := range o.Attributes {
		switch have := attrs[a.Name].(type) {
		case nil:
			attrs[a.Name] = a.Value
		case []any:
			attrs[a.Name] = append(have, a.Value)
		default:
			attrs[a.Name] = []any{have, a.Value}
		}
	}
	out := map[string]any{
		"description": o.Description, "attributes": attrs, "tags": o.Tags,
		"indicators": relatedIndicators(o, of), "related": relatedTo(o, of), "tlp": nil,
	}
	if len(o.Sources) > 0 {
		out["tlp"] = o.Sources[0].TLP
	}
	for _, f := range o.Collection.Kind().Fields {
		out[f.Name] = o.Text(f.Name)
	}
	if o.Score != nil {
		out["score"] = *o.Score
	}
	return out
}

// relatedIndicators are [type, value] pairs of the indicators linked to o.
func relatedIndicators(o *Object, of *Mapped) []any {
	out := []any{}
	for _, other := range of.Linked(of.index(o)) {
		if other.Rule.Type == "indicator" {
			out = append(out, []any{other.Type, other.Name})
		}
	}
	return out
}

// relatedTo are [object, name] pairs of everything linked to o.
func relatedTo(o *Object, of *Mapped) []any {
	out := []any{}
	for _, other := range of.Linked(of.index(o)) {
		out = append(out, []any{other.Rule.Type, other.Name})
	}
	return out
}
