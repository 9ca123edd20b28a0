package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tqmap/engine/request"
)

// library is a small ThreatQ: events and indicators with attributes, sources, tags and links.
type library struct {
	now   func() time.Time
	objs  []*thing
	types map[string]map[string]int64 // by collection, then name
	last  int64
	// calls are "METHOD path".
	calls []string
	// poison refuses objects by name.
	poison map[string]bool
	// silent holds names of objects that a bulk write stores and does not answer with.
	silent map[string]bool
	// before is called with each call; its error replaces the library's answer.
	before func(n int, call string) error
	// after is called once the work is done; its error is the answer.
	after func(call string) error
	// hide, if not 0, is the offset from where lists come back empty.
	hide int
	// unsorted ignores what a list should be sorted by.
	unsorted bool
}

type thing struct {
	id                                     int64
	collection, name, typ, status, happens string
	description                            string
	touched                                time.Time
	attrs                                  []attr
	sources, tags                          []string
	links                                  []int64
}

type attr struct {
	id          int64
	name, value string
}

func newLibrary(now func() time.Time) *library {
	return &library{now: now, last: 100, poison: map[string]bool{}, types: map[string]map[string]int64{
		"events": {"Sighting": 1, "OTHER": 2}, "indicators": {"FQDN": 1, "IP Address": 2},
	}}
}

func (l *library) id() int64 { l.last++; return l.last }

// attributes are "name=value" of the object called name, sorted.
func (l *library) attributes(name string) []string {
	var out []string
	for _, a := range l.named(name).attrs {
		out = append(out, a.name+"="+a.value)
	}
	slices.Sort(out)
	return out
}

func (l *library) value(name, attribute string) string {
	for _, a := range l.named(name).attrs {
		if a.name == attribute {
			return a.value
		}
	}
	return ""
}

// named returns the one object called name; an empty one if there is none.
func (l *library) named(name string) *thing {
	for _, o := range l.objs {
		if o.name == name {
			return o
		}
	}
	return &thing{}
}

// names are "collection name" of all objects, sorted.
func (l *library) names() []string {
	out := []string{}
	for _, o := range l.objs {
		out = append(out, o.collection+" "+o.name)
	}
	slices.Sort(out)
	return out
}

// setType changes a type as an analyst does.
func (l *library) setType(name, typ string) {
	o := l.named(name)
	o.typ, o.touched = typ, l.now()
}

// writes are the calls that change something.
func (l *library) writes() []string {
	return slices.DeleteFunc(slices.Clone(l.calls), func(c string) bool { return strings.HasPrefix(c, "GET ") })
}

func (l *library) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call := r.Method + " " + r.Path
	l.calls = append(l.calls, call)
	if l.before != nil {
		if err := l.before(len(l.calls), call); err != nil {
			return nil, err
		}
	}
	code, body := l.serve(r)
	if l.after != nil {
		if err := l.after(call); err != nil {
			return nil, err
		}
	}
	if code > 299 {
		return nil, status(code, body)
	}
	return &request.Response{Status: code, Header: http.Header{}, Body: []byte(body)}, nil
}

func (l *library) serve(r request.Request) (int, string) {
	parts := strings.Split(strings.TrimPrefix(r.Path, "/api/"), "/")
	switch {
	case len(parts) == 2 && parts[1] == "types" && r.Method == "POST":
		name := decoded[map[string]string](r.Body)["name"]
		l.types["events"][name] = l.id()
		return data([]any{map[string]any{"id": l.types["events"][name], "name": name}})
	case len(parts) == 2 && parts[1] == "types":
		return data(rowsOf(l.types[parts[0]+"s"]))
	case len(parts) == 2 && parts[1] == "statuses":
		return data(rowsOf(map[string]int64{"Active": 1, "Review": 2}))
	case len(parts) == 2 && parts[1] == "consume":
		return l.consume(parts[0], decoded[[]map[string]any](r.Body))
	case len(parts) == 1 && r.Method == "GET":
		return l.list(parts[0], r)
	case len(parts) > 1:
		return l.one(parts, r)
	}
	return 404, `{"errors":["no such route"]}`
}

func rowsOf(ids map[string]int64) []any {
	out := []any{}
	for name, id := range ids {
		out = append(out, map[string]any{"id": id, "name": name})
	}
	return out
}

func decoded[T any](b []byte) (out T) {
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

func data(rows []any) (int, string) {
	b, err := json.Marshal(map[string]any{"total": len(rows), "data": rows})
	if err != nil {
		panic(err)
	}
	return 200, string(b)
}

func text(it map[string]any, field string) string { s, _ := it[field].(string); return s }

func (l *library) consume(collection string, items []map[string]any) (int, string) {
	for _, it := range items {
		if name := text(it, "title") + text(it, "value"); l.poison[name] {
			return 400, fmt.Sprintf(`{"errors":[%q]}`, name+" is not wanted")
		}
	}
	rows := []any{}
	for _, it := range items {
		o, existed := l.upsert(collection, it)
		for _, a := range list(it, "attributes") {
			l.addAttr(o, text(a, "name"), text(a, "value"))
		}
		for _, s := range list(it, "sources") {
			o.sources = add(o.sources, text(s, "name"))
		}
		for _, field := range []string{"indicators", "events"} {
			for _, link := range list(it, field) {
				o.links = add(o.links, int64(link["id"].(float64)))
			}
		}
		row := l.row(o)
		row["existing"] = map[bool]string{true: "Y", false: "N"}[existed]
		if !l.silent[o.name] {
			rows = append(rows, row)
		}
	}
	return data(rows)
}

func list(it map[string]any, field string) []map[string]any {
	var out []map[string]any
	all, _ := it[field].([]any)
	for _, e := range all {
		out = append(out, e.(map[string]any))
	}
	return out
}

func add[T comparable](in []T, v T) []T {
	if slices.Contains(in, v) {
		return in
	}
	return append(in, v)
}

func (l *library) addAttr(o *thing, name, value string) {
	if !slices.ContainsFunc(o.attrs, func(a attr) bool { return a.name == name && a.value == value }) {
		o.attrs = append(o.attrs, attr{l.id(), name, value})
	}
}

func (l *library) typeName(collection string, it map[string]any) string {
	id, _ := it["type_id"].(float64)
	for name, have := range l.types[collection] {
		if have == int64(id) {
			return name
		}
	}
	return text(it, "type")
}

func (l *library) upsert(collection string, it map[string]any) (*thing, bool) {
	status := map[float64]string{1: "Active", 2: "Review"}
	id, _ := it["status_id"].(float64)
	n := &thing{
		collection: collection, name: text(it, "title") + text(it, "value"), typ: l.typeName(collection, it), happens: text(it, "happened_at"),
		status: status[id], description: text(it, "description"), touched: l.now(),
	}
	for _, o := range l.objs {
		if o.collection == n.collection && strings.EqualFold(o.name, n.name) && o.happens == n.happens && (collection == "events" || o.typ == n.typ) {
			return o, true
		}
	}
	n.id = l.id()
	l.objs = append(l.objs, n)
	return n, false
}

func (l *library) row(o *thing) map[string]any {
	attrs, sources, tags, links := []any{}, []any{}, []any{}, []any{}
	for _, a := range o.attrs {
		attrs = append(attrs, map[string]any{"id": a.id, "name": a.name, "value": a.value})
	}
	for _, s := range o.sources {
		sources = append(sources, map[string]any{"name": s})
	}
	for _, s := range o.tags {
		tags = append(tags, map[string]any{"name": s})
	}
	for _, id := range o.links {
		links = append(links, map[string]any{"id": id})
	}
	row := map[string]any{
		"id": o.id, "type": map[string]any{"id": l.types[o.collection][o.typ], "name": o.typ}, "description": o.description,
		"touched_at": o.touched.UTC().Format(time.DateTime), "attributes": attrs, "sources": sources, "tags": tags,
	}
	if o.collection == "events" {
		row["title"], row["happened_at"], row["indicators"] = o.name, o.happens, links
	} else {
		row["value"], row["status"] = o.name, map[string]any{"name": o.status}
	}
	return row
}

func param(r request.Request, name string) string {
	for _, p := range r.Query {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func (l *library) list(collection string, r request.Request) (int, string) {
	var found []*thing
	for _, o := range l.objs {
		if o.collection == collection && l.chosen(o, r) {
			found = append(found, o)
		}
	}
	if strings.HasPrefix(param(r, "sort"), "-touched_at") && !l.unsorted {
		slices.SortStableFunc(found, func(a, b *thing) int {
			return cmp.Or(b.touched.Truncate(time.Second).Compare(a.touched.Truncate(time.Second)), cmp.Compare(b.id, a.id))
		})
	}
	offset, _ := strconv.Atoi(param(r, "offset"))
	limit, _ := strconv.Atoi(param(r, "limit"))
	rows := []any{}
	for i, o := range found[min(offset, len(found)):min(offset+limit, len(found))] {
		if l.hide == 0 || offset+i < l.hide {
			rows = append(rows, l.row(o))
		}
	}
	b, err := json.Marshal(map[string]any{"total": len(found), "data": rows})
	if err != nil {
		panic(err)
	}
	return 200, string(b)
}

func (l *library) chosen(o *thing, r request.Request) bool {
	if ids := param(r, "id"); ids != "" && !slices.Contains(strings.Split(ids, ","), fmt.Sprint(o.id)) {
		return false
	}
	if ids := param(r, "type_id"); ids != "" && !slices.Contains(strings.Split(ids, ","), fmt.Sprint(l.types[o.collection][o.typ])) {
		return false
	}
	names := param(r, "title") + param(r, "value")
	return names == "" || slices.ContainsFunc(strings.Split(names, ","), func(pattern string) bool {
		if part, ok := strings.CutPrefix(pattern, "%"); ok {
			return strings.Contains(strings.ToLower(o.name), strings.ToLower(strings.TrimSuffix(part, "%")))
		}
		return strings.EqualFold(pattern, o.name)
	})
}

// one serves /api/{collection}/{id} and what is below it.
func (l *library) one(parts []string, r request.Request) (int, string) {
	i := slices.IndexFunc(l.objs, func(o *thing) bool { return o.collection == parts[0] && fmt.Sprint(o.id) == parts[1] })
	if i < 0 {
		return 404, `{"errors":["there is no such object"]}`
	}
	o := l.objs[i]
	if r.Method != "GET" {
		o.touched = l.now()
	}
	switch what := strings.Join(append([]string{r.Method}, parts[2:]...), " "); {
	case what == "PUT":
		body := decoded[map[string]any](r.Body)
		o.name, o.description = cmp.Or(text(body, "title"), o.name), cmp.Or(text(body, "description"), o.description)
		if _, ok := body["type_id"]; ok {
			o.typ = l.typeName(o.collection, body)
		}
	case what == "POST attributes":
		for _, a := range decoded[[]map[string]any](r.Body) {
			l.addAttr(o, text(a, "name"), text(a, "value"))
		}
	case strings.HasPrefix(what, "PUT attributes "):
		for i := range o.attrs {
			if fmt.Sprint(o.attrs[i].id) == parts[3] {
				o.attrs[i].value = text(decoded[map[string]any](r.Body), "value")
			}
		}
	case strings.HasPrefix(what, "DELETE attributes "):
		o.attrs = slices.DeleteFunc(o.attrs, func(a attr) bool { return fmt.Sprint(a.id) == parts[3] })
	case what == "POST sources":
		o.sources = add(o.sources, text(decoded[map[string]any](r.Body), "name"))
	case what == "POST tags":
		for _, tag := range decoded[[]map[string]any](r.Body) {
			o.tags = add(o.tags, text(tag, "name"))
		}
	case what == "GET indicators", what == "GET events":
		rows := []any{}
		for _, id := range o.links {
			if slices.ContainsFunc(l.objs, func(o *thing) bool { return o.id == id && o.collection == parts[2] }) {
				rows = append(rows, map[string]any{"id": id})
			}
		}
		return data(rows)
	case what == "POST indicators", what == "POST events":
		rows := []any{}
		for _, link := range decoded[[]map[string]int64](r.Body) {
			o.links = add(o.links, link["id"])
			rows = append(rows, map[string]any{"id": link["id"], "pivot": map[string]any{"id": 1}})
		}
		return data(rows)
	default:
		return 404, `{"errors":["no such route"]}`
	}
	return data([]any{l.row(o)})
}
