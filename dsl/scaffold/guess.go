package scaffold

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// guess is what a sample answer gives away about an API.
type guess struct {
	extract string // jq; "" where the answer is one record or a list of them
	stream  string // of XML: the way to the elements that are records
	record  string // name of a record
	key     string // path of the field that tells records apart; "" where none is seen
	title   string
	strong  bool // title is what people would call it, and not just some text
	// time and changed are paths of when a record happened and was last changed; "" where
	// none is seen.
	time, changed string
	instants      map[string]instant
	// attributes are paths of single values, observables of values that are indicators,
	// and tags and spread those of lists of them.
	attributes, observables, tags, spread []string
	nested                                []nested
	// bare are records that are indicators and nothing else.
	bare  bool
	pages envelope
	table table
}

// lists are the names of fields that hold records, whatever these are.
var lists = []string{"data", "items", "results", "result", "records", "value", "values", "list", "hits", "rows", "entries", "objects", "elements", "content"}

// look guesses from the answers of a plan. The error names an answer that is of another kind
// than the first.
func look(p Plan) (guess, error) {
	g := guess{record: "record", instants: map[string]instant{}}
	if len(p.Answers) == 0 {
		g.key, g.title, g.record, g.strong = "id", "name", "alert", true
		return g, nil
	}
	var path []string
	if !p.Rows {
		if path = recordsIn(p.Answers[0], 0); path == nil {
			path = emptyIn(p.Answers[0])
		}
	}
	if _, isList := p.Answers[0].([]any); len(path) > 0 {
		g.extract = jqPath(path) + "[]"
		g.record = singular(path[len(path)-1])
		if p.isXML() {
			g.extract, g.stream = "", strings.Join(path, "/")
		}
	} else if isList {
		g.extract = ".[]"
	}
	var records []any
	for i, a := range p.Answers {
		more, ok := follow(a, path)
		if !ok {
			return g, &AnswerError{Answer: i, reason: fmt.Sprintf("there is no list at %s, where the first answer has its records; give answers of the same request together. What is asked for each record is an each of its own: tqmap reference each", jqPath(path))}
		}
		records = append(records, more...)
	}
	if len(records) == 0 {
		return g, &AnswerError{reason: "it holds no record to guess from; record an answer that has some, or go on without --from"}
	}
	g.table = newTable(g.record, records)
	switch g.table.shape.Kind {
	case code.Object:
		g.fields()
	case code.String:
		g.bare = isObservable(records)
	}
	if !p.Rows && !p.isXML() {
		g.pages = enveloped(p.Answers[0], path, len(records))
	}
	return g, nil
}

// AnswerError is an answer that no mapping can be made of: it has no records, or not where
// the first one has them.
type AnswerError struct {
	Answer int // which one, counted from 0
	reason string
}

func (e *AnswerError) Error() string { return e.reason }

// recordsIn is the way to the longest list of objects, nil where the answer is a list
// itself or holds none.
func recordsIn(v any, depth int) []string {
	object, ok := v.(map[string]any)
	if !ok || depth > 3 {
		return nil
	}
	var best []string
	most := 0
	for _, name := range sortedNames(object) {
		switch child := object[name].(type) {
		case []any:
			if n := objectsIn(child); n > most {
				best, most = []string{name}, n
			}
		case map[string]any:
			below := recordsIn(child, depth+1)
			if n, _ := follow(child, below); below != nil && len(n) > most {
				best, most = append([]string{name}, below...), len(n)
			}
		}
	}
	return best
}

// emptyIn is the way to a list where an answer without records would have them.
func emptyIn(v any) []string {
	object, _ := v.(map[string]any)
	for _, name := range append([]string{"alerts", "events", "incidents", "indicators"}, lists...) {
		if list, ok := object[name].([]any); ok && len(list) == 0 {
			return []string{name}
		}
	}
	return nil
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

// follow are the elements of the list at path, or what else is there; false where there is
// no way to it. Null is an empty list.
func follow(v any, path []string) ([]any, bool) {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = object[name]; !ok {
			return nil, false
		}
	}
	if list, ok := v.([]any); ok {
		return list, true
	}
	if v == nil && len(path) > 0 {
		return nil, true
	}
	return []any{v}, len(path) == 0
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
func (g *guess) fields() {
	t := g.table
	g.times()
	g.key = g.identity()
	g.titled()
	for _, f := range t.seen {
		switch {
		case !t.single(f) || f.Path == g.key || f.Path == g.time:
		case g.instants[f.Path].read == "" && isObservable(t.values(f.Path)):
			g.observables = append(g.observables, f.Path)
		case len(g.attributes) < mostAttributes && f.Path != g.title:
			g.attributes = append(g.attributes, f.Path)
		}
	}
	for _, path := range t.lists() {
		g.inList(path)
	}
	if g.key == "" {
		g.key = g.first(t.unique, g.observables...)
	}
}

// feed is the path of the indicator that each record is about; "" where records are more
// than that.
func (g *guess) feed() string {
	about := g.observables
	if g.key != "" && isObservable(g.table.values(g.key)) && !slices.Contains(about, g.key) {
		about = append([]string{g.key}, about...)
	}
	if g.strong || len(about) != 1 || len(g.nested)+len(g.spread) > 0 {
		return ""
	}
	return about[0]
}

// identity is the field that tells records apart.
func (g *guess) identity() string {
	t := g.table
	own := []string{g.record + "id", g.record + "_id", g.record + "uuid", g.record + "key", g.record + "number"}
	if key := g.first(t.unique, append([]string{"id", "_id", "uuid", "guid", "uid", "key", "@id", "alert_id", "event_id", "incident_id"}, own...)...); key != "" {
		return key
	}
	for _, f := range t.seen {
		words := split(f.Path)
		if strings.Contains(f.Path, ".") || len(words) == 0 || !slices.Contains([]string{"id", "uuid", "guid", "uid", "key", "ref", "reference"}, strings.ToLower(words[len(words)-1])) {
			continue
		}
		if t.single(f) && f.Count == f.Of && t.unique(f.Path) {
			return f.Path
		}
	}
	return ""
}

// titled finds what a record is called.
func (g *guess) titled() {
	t := g.table
	text := func(path string) bool {
		for _, v := range t.values(path) {
			if s, ok := v.(string); !ok || s == "" {
				return false
			}
		}
		return g.instants[path].read == ""
	}
	if g.title = g.first(text, "title", "name", "summary", "subject", "headline", g.record+"name", g.record+"_name", g.record+"title", g.record+"_title", "description", "message"); g.title != "" {
		g.strong = true
		return
	}
	g.title = g.first(text, "type", "category")
}

// first is the first of names that is a field of every record and fits.
func (g *guess) first(fits func(path string) bool, names ...string) string {
	for _, name := range names {
		for _, f := range g.table.seen {
			if strings.EqualFold(f.Path, name) && f.Count == f.Of && g.table.single(f) && fits(f.Path) {
				return f.Path
			}
		}
	}
	return ""
}

// unique fits fields of which no two records have the same value, but for one that came
// twice.
func (t table) unique(path string) bool {
	rows := map[any]any{}
	for i, v := range t.values(path) {
		switch v.(type) {
		case string, int:
			if before, ok := rows[v]; ok && !reflect.DeepEqual(before, t.rows[i]) || v == "" {
				return false
			}
			rows[v] = t.rows[i]
		default:
			return false
		}
	}
	return true
}
