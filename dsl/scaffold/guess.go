package scaffold

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"tqmap/dsl/code"
)

// guess is what a sample answer gives away about an API.
type guess struct {
	extract string // jq; "" where the answer is one record or a list of them
	record  string // name of a record
	key     string // path of the field that tells records apart; "" where none is seen
	title   string
	time    string // expr of the instant of the event; "" where none is seen
	// attributes are paths of single values, observables of values that are indicators.
	attributes, observables []string
	next, total             string // paths in the answer
	shape                   code.Shape
}

// lists are the names of fields that hold records, whatever these are.
var lists = []string{"data", "items", "results", "result", "records", "value", "values", "list", "hits", "rows", "entries", "objects", "elements", "content"}

// look guesses from answers, all of one kind.
func look(answers []any) guess {
	g := guess{record: "record"}
	if len(answers) == 0 {
		g.key, g.title, g.record = "id", "name", "alert"
		return g
	}
	path := recordsIn(answers[0], 0)
	if _, isList := answers[0].([]any); len(path) > 0 {
		g.extract = jqPath(path) + "[]"
		g.record = singular(path[len(path)-1])
	} else if isList {
		g.extract = ".[]"
	}
	var records []any
	for _, a := range answers {
		records = append(records, follow(a, path)...)
	}
	g.shape = code.Infer(records)
	g.fields(records)
	g.envelope(answers[0], path)
	return g
}

// recordsIn is the way to the longest list of objects, nil where the answer is a list
// itself or holds none.
func recordsIn(v any, depth int) []string {
	object, ok := v.(map[string]any)
	if !ok || depth > 3 {
		return nil
	}
	var best []string
	most := 0
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch child := object[name].(type) {
		case []any:
			if n := objectsIn(child); n > most {
				best, most = []string{name}, n
			}
		case map[string]any:
			below := recordsIn(child, depth+1)
			if n := len(follow(child, below)); below != nil && n > most {
				best, most = append([]string{name}, below...), n
			}
		}
	}
	return best
}

func objectsIn(list []any) int {
	n := 0
	for _, e := range list {
		if _, ok := e.(map[string]any); ok {
			n++
		}
	}
	return n
}

func follow(v any, path []string) []any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func jqPath(path []string) string {
	var b strings.Builder
	for _, name := range path {
		if plain.MatchString(name) {
			b.WriteString("." + name)
		} else {
			quoted, _ := json.Marshal(name)
			b.WriteString("." + string(quoted))
		}
	}
	return b.String()
}

var plain = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// reserved are words that no record can be called by in expr.
var reserved = []string{"param", "local", "table", "each", "current", "now", "connector", "not", "in", "and", "or", "let", "if", "else", "nil", "true", "false", "matches", "contains"}

// singular names a record after the list it stands in.
func singular(list string) string {
	name := strings.ToLower(list)
	if slices.Contains(lists, name) || !plain.MatchString(name) {
		return "record"
	}
	switch {
	case strings.HasSuffix(name, "ies"):
		name = strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "shes"), strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "xes"):
		name = strings.TrimSuffix(name, "es")
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && !strings.HasSuffix(name, "us"):
		name = strings.TrimSuffix(name, "s")
	}
	if slices.Contains(reserved, name) {
		return "record"
	}
	return name
}

// mostAttributes is how many attributes a first mapping has at most.
const mostAttributes = 20

// fields sorts the fields of the records by what they look like.
func (g *guess) fields(records []any) {
	seen := code.Survey(records)
	g.key = named(seen, unique(records), "id", "_id", "uuid", "guid", "uid", "key", "alert_id", "event_id", "incident_id")
	g.title = named(seen, isText, "title", "name", "summary", "subject", "headline", "description", "message", "type", "category")
	var when string
	g.time, when = g.instant(seen)
	for _, f := range seen {
		switch {
		case strings.Contains(f.Path, "[]") || f.Value == nil || f.Path == g.key || f.Path == when || !g.reached(f.Path):
		case isObservable(f):
			g.observables = append(g.observables, f.Path)
		case len(g.attributes) < mostAttributes && f.Path != g.title:
			g.attributes = append(g.attributes, f.Path)
		}
	}
}

// reached says whether path leads to a field: a name that holds a dot is none of its steps.
func (g *guess) reached(path string) bool {
	shape, ok := g.shape, true
	for _, name := range strings.Split(path, ".") {
		if shape, ok = shape.Fields[name]; !ok {
			return false
		}
	}
	return true
}

// named is the first of names that is a field of every record and fits.
func named(seen []code.Field, fits func(code.Field) bool, names ...string) string {
	for _, name := range names {
		for _, f := range seen {
			if strings.EqualFold(f.Path, name) && f.Count == f.Of && fits(f) {
				return f.Path
			}
		}
	}
	return ""
}

func isText(f code.Field) bool { return slices.Equal(f.Kinds, []string{"string"}) }

// unique fits fields that no two records have the same value of.
func unique(records []any) func(code.Field) bool {
	return func(f code.Field) bool {
		values := map[any]bool{}
		for _, r := range records {
			object, _ := r.(map[string]any)
			switch v := object[f.Path].(type) {
			case string, int:
				if values[v] {
					return false
				}
				values[v] = true
			default:
				return false
			}
		}
		return true
	}
}

// instants are names of the time of an event, the likeliest first.
var instants = []string{
	"created", "created_at", "createdAt", "createdDateTime", "creation_time", "creationTime", "timestamp", "@timestamp", "time", "date",
	"detected_at", "first_seen", "firstSeen", "observed", "occurred", "published", "added", "start", "start_time", "startTime", "updated", "updated_at",
}

// instant is how expr reads the time of an event, and the path of that time.
func (g *guess) instant(seen []code.Field) (expr, path string) {
	for _, name := range instants {
		for _, f := range seen {
			if !strings.EqualFold(f.Path, name) || !g.reached(f.Path) {
				continue
			}
			if read := reads(f); read != "" {
				return strings.ReplaceAll(read, "·", g.reach(f.Path)), f.Path
			}
		}
	}
	return "", ""
}

// reads is the expr that makes an instant of a field, with · for the field; "" where it
// holds none.
func reads(f code.Field) string {
	switch v := f.Value.(type) {
	case int:
		switch {
		case v > 1e11 && v < 1e14:
			return "unix_ms(·)"
		case v > 1e8 && v < 1e11:
			return "unix(·)"
		}
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return "·"
		}
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
			if _, err := time.Parse(layout, strings.SplitN(v, ".", 2)[0]); err == nil && layout == time.DateTime {
				return "time(·, 'UTC')"
			} else if err == nil {
				return "time(·, 'UTC', '" + layout + "')"
			}
		}
	}
	return ""
}

// isObservable says whether a value is certainly an indicator.
func isObservable(f code.Field) bool {
	if reads(f) != "" {
		return false
	}
	program, diags := code.CompileExpr(code.Literal("indicator_type(v)"), code.Env{"v": {}})
	if diags.HasErrors() {
		return false
	}
	kind, err := program.Eval(map[string]any{"v": f.Value})
	return err == nil && kind != nil && kind != "Filename"
}

// envelope looks for what tells of the next page.
func (g *guess) envelope(answer any, path []string) {
	for _, f := range code.Survey([]any{answer}) {
		last := strings.ToLower(f.Path[strings.LastIndexByte(f.Path, '.')+1:])
		if strings.Contains(f.Path, "[]") || len(path) == 0 || strings.HasPrefix(f.Path, strings.Join(path, ".")) {
			continue
		}
		switch last {
		case "next", "next_cursor", "nextcursor", "next_page", "next_page_token", "nextpagetoken", "next_token", "nextlink", "@odata.nextlink", "cursor", "continuation", "after":
			g.next = jqPath(strings.Split(f.Path, "."))
		case "total", "total_count", "totalcount", "count", "totalresults", "total_results", "total_hits":
			if slices.Contains(f.Kinds, "integer") {
				g.total = jqPath(strings.Split(f.Path, "."))
			}
		}
	}
}
