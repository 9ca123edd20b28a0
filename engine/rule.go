package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// rule is a dsl.Rule with the plain parts of its fields evaluated.
type rule struct {
	*dsl.Rule
	collection                         threatq.Collection
	kind                               *threatq.Kind
	identity                           string
	own                                []dsl.Template // of kind.Fields
	description, tags, tlp, attributes dsl.Template
}

func newRule(r *dsl.Rule, s *dsl.Scoped) (*rule, error) {
	out := &rule{Rule: r}
	var err error
	if out.collection, err = collectionOf(r, s); err != nil {
		return nil, err
	}
	out.kind = out.collection.Kind()
	read := r.Node.Read(s)
	if out.identity = read.String("identity", ""); read.Err() != nil {
		return nil, read.Err()
	}
	out.own = make([]dsl.Template, len(out.kind.Fields))
	fields := map[string]*dsl.Template{"description": &out.description, "tags": &out.tags, "tlp": &out.tlp, "attributes": &out.attributes}
	for i, f := range out.kind.Fields {
		fields[f.Name] = &out.own[i]
	}
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		got, more := r.Node.Val(name).Template(s)
		diags = append(diags, more...)
		*fields[name] = got
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return out, nil
}

// objectKey is what the object is known by under its rule: what the mapping says,
// else its name where that is what ThreatQ knows it by, else the record's key.
func objectKey(r *rule, out *Mapped, vars map[string]any, o *threatq.Object) (string, error) {
	switch {
	case r.Key != nil:
		v, err := r.Key.Eval(vars)
		if err != nil {
			return "", err
		}
		key, ok := code.Text(v)
		if !ok {
			return "", failedAt(r.Node.Val("key").Range, "Object without a required field", fmt.Errorf("%s comes out without key, so it could not be known again", r.ID()))
		}
		return key, nil
	case r.kind.Identity == threatq.ByTitleAndTime:
		return out.Key, nil
	}
	if o.Type == "" {
		return strings.TrimSpace(o.Name), nil
	}
	return strings.TrimSpace(o.Type) + ":" + strings.TrimSpace(o.Name), nil
}

func required(r *rule, o *threatq.Object) error {
	for i, f := range r.kind.Fields {
		if f.Required && strings.TrimSpace(o.Text(f.Name)) == "" {
			return &ofField{f.Name, failedAt(r.own[i].Range(), "Object without a required field", fmt.Errorf("%s comes out without %s", r.ID(), f.Name))}
		}
	}
	return nil
}
