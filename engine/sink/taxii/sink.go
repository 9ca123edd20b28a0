package taxii

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// Block is what a mapping says of a collection, beside what all sinks with items have in common.
func Block() *dsl.Block {
	return &dsl.Block{
		Type: "taxii", Summary: "A collection of a TAXII server, kept in step with the items: each is given there as an object of STIX, with what it is related to. Leave out with `skip` what is no part of the export.",
		Example: `sink "taxii" {
  client     = client.api
  collection = param.collection
  threatq    = "https://${param.threatq_host}"
  left       = "expire"
  item = {
    object   = "indicator"
    type     = expr("indicator.type")
    value    = expr("indicator.value")
    created  = expr("indicator.created_at")
    modified = expr("indicator.updated_at")
    labels   = expr("attribute_values(indicator.attributes, 'Label')")
    tlp      = expr("map(indicator.sources, .tlp)")
  }
}`,
		Describe: func(r *dsl.Reading) string {
			version := r.Show("version")
			if version == "" || version == "auto" {
				version = "2.1, and where the server does not know it 2.0"
			}
			text := "Keeps the collection " + r.Show("collection") + " of the TAXII server in step, as objects of STIX " + version + ". Their ids are made from " + r.Show("threatq") + "."
			if r.Bool("network_only", false) {
				text += " Indicators that are no address, host or URL are left out."
			}
			return text
		},
		Attrs: []dsl.Attr{
			{Name: "client", Holds: dsl.Ref, Required: true, Summary: "The server, with auth \"basic\" as a rule. API roots of other hosts need allow_hosts, and get no credentials."},
			{Name: "collection", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "Title or id of the collection, in any API root."},
			{Name: "threatq", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "The address of ThreatQ. All ids of objects are made from it: it must never change."},
			{Name: "version", Type: cty.String, Scope: dsl.Run, Options: []string{"auto", "2.0", "2.1"}, Default: "auto", Summary: "Of TAXII, and of STIX. auto: 2.1, and where the server does not know it 2.0."},
			{Name: "discovery", Type: cty.String, Scope: dsl.Run, Summary: "Path, or address, of the discovery. Default: that of the version, /taxii2/ or /taxii/."},
			{Name: "network_only", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Leave out indicators that are no address, block of addresses, host or URL."},
			{Name: "when", Holds: dsl.Expr, Returns: []code.Kind{code.Bool}, Summary: "Send only where this is true; other records count as skipped."},
		},
		Sends: []dsl.Sent{
			{Method: "GET", Attr: "discovery", Path: "/taxii2/ or /taxii/", Means: "where the collections of the server are"},
			{Method: "GET", Path: "<api root>/collections/", Means: "finds the collection by its title or id"},
			{Method: "GET", Path: "<api root>/collections/<id>/manifest/", Means: "what has arrived, where the server gives no status"},
			{Method: "POST", Path: "<api root>/collections/<id>/objects/", Means: "gives the objects"},
			{Method: "GET", Path: "<api root>/status/<id>/", Means: "what has become of them"},
		},
	}
}

// ItemAttrs are those of any sink with items that make sense where objects are revoked, and
// not removed.
func ItemAttrs(all []dsl.Attr) []dsl.Attr {
	var out []dsl.Attr
	for _, a := range all {
		switch a.Name {
		case "compare", "expires", "default_expires", "renew":
			continue
		case "item":
			a.Required = true
			a.Summary = "The object: {object, type, value, created, modified, published, valid_from, valid_until, description, labels, default_labels, tlp, confidence, external_references, related}. `related` are {object, type, value, created, modified} of other objects of the export. The ledger remembers it, so that only new and changed items are sent."
		case "left", "skipped":
			a.Options = []string{"keep", string(export.Expire)}
			a.Summary += " expire: it is sent once more as revoked."
		}
		out = append(out, a)
	}
	return out
}

// atOnce is how many items are made into objects at once. How many objects go into a
// request, the server says.
const atOnce = 1000

// Sink is the target of a sink "taxii".
type Sink struct {
	setting Setting
	open    func(context.Context) (*Collection, error)
	to      *Collection // nil: not yet opened
	stix    stix.Config // with the version once it is known
	// about are what has told a relation to a report by now, by its name: where links are followed,
	// what is nearer tells them, and the report that is met last has none of its own.
	about map[string][]any
}

// Setting is what the engine gives to a sink.
type Setting struct {
	Node  *dsl.Node
	Scope *dsl.Scoped
	Now   time.Time
	Log   *slog.Logger
	Sleep func(context.Context, time.Duration) error
	// Client is the one that the block names.
	Client request.Doer
	// Remake gives an item another body.
	Remake func(it *export.Item, body any)
}

// NewSink reads the block. The server is asked nothing before there is something to send.
func NewSink(s Setting) (*Sink, export.Config, error) {
	read := s.Node.Read(s.Scope)
	c := Config{
		Doer: s.Client, Collection: read.String("collection", ""), Version: read.String("version", "auto"), Discovery: read.String("discovery", ""),
		Sleep: s.Sleep, Log: s.Log,
	}
	t := &Sink{setting: s, about: map[string][]any{}, stix: stix.Config{Version: stix.V21, ThreatQ: read.String("threatq", ""), NetworkOnly: read.Bool("network_only", false)}}
	// A relation is made where one of its ends is sent; the other may be in another request, or there already.
	t.stix.Has = func(string) bool { return true }
	if c.Version == string(stix.V20) {
		t.stix.Version = stix.V20
	}
	if err := read.Err(); err != nil {
		return nil, export.Config{}, err
	}
	if _, err := stix.New(t.stix); err != nil {
		return nil, export.Config{}, fmt.Errorf("%s: %w", s.Node.Range, err)
	}
	t.open = func(ctx context.Context) (*Collection, error) { return Open(ctx, c) }
	return t, export.Config{Max: map[export.Op]int{export.Request: atOnce, export.Expire: atOnce}}, nil
}

// Check finds what STIX has no place for, before anything is sent.
func (t *Sink) Check(it *export.Item) (string, error) {
	g, err := stix.New(t.stix)
	if err != nil {
		return "", err
	}
	o, err := t.reported(it)
	if err == nil {
		_, err = g.Add(t.exportable(g, o))
	}
	skip := (*stix.Skip)(nil)
	if without := g.Unreferenced(); err == nil && len(without) > 0 {
		err = without[0]
	}
	if errors.As(err, &skip) {
		return (&stix.Skip{Reason: skip.Reason, Object: skip.Object, Type: skip.Type}).Error(), nil // its value would make every one a reason of its own
	}
	for _, r := range o.Related {
		if err == nil && r.Object == "report" {
			t.about[r.Value] = append(t.about[r.Value], map[string]any{"object": o.Object, "type": o.Type, "value": o.Value, "created": o.Created, "modified": o.Modified})
		}
	}
	return "", err
}

// reported reads an item. A report is given what others have told of it, as if it had told it itself.
func (t *Sink) reported(it *export.Item) (stix.Object, error) {
	o, err := objectOf(it.Body)
	if err != nil || o.Object != "report" || len(t.about[o.Value]) == 0 {
		return o, err
	}
	body := maps.Clone(it.Body.(map[string]any))
	own, list := body["related"].([]any)
	if !list && body["related"] != nil {
		own = []any{body["related"]}
	}
	body["related"] = slices.Concat(own, t.about[o.Value])
	t.setting.Remake(it, body)
	return objectOf(body)
}

func objectOf(body any) (stix.Object, error) {
	fields, ok := body.(map[string]any)
	if !ok {
		return stix.Object{}, errors.New("an item of this sink must be an object: item = { object = …, type = …, value = … }")
	}
	return stix.FromMap(fields)
}

// exportable leaves out relations to what cannot be there.
func (t *Sink) exportable(g *stix.Graph, o stix.Object) stix.Object {
	o.Related = slices.DeleteFunc(o.Related, func(r stix.Ref) bool { return g.Exportable(r.Object, r.Type, r.Value) != nil })
	return o
}

// Held is not asked: a server that has a version of an object says so when it is sent.
func (t *Sink) Held(context.Context, []*export.Item) (map[string]*export.Held, error) {
	return nil, nil
}

// Same is not asked either.
func (t *Sink) Same(*export.Item, *export.Held) (bool, error) { return true, nil }

// Class sorts errors. What is about single objects is in their results.
func (t *Sink) Class(_ export.Op, err error) export.Class {
	var pending *PendingError
	if errors.As(err, &pending) || errors.Is(err, request.ErrUnavailable) {
		return export.Unavailable
	}
	return export.Fatal
}
