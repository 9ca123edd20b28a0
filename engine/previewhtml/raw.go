package previewhtml

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tqmap/dsl/prose"
)

// line is one line of a record in pretty JSON. Its JSON is [depth, key, text, kind, used], short
// because a page has very many.
type line struct {
	depth     int
	key, text string
	kind      byte // 's' text, 'v' another value, '{' what opens, '}' what closes
	used      bool
}

func (l line) MarshalJSON() ([]byte, error) {
	used := 0
	if l.used {
		used = 1
	}
	return json.Marshal([]any{l.depth, l.key, l.text, string(l.kind), used})
}

// printer writes a record as lines.
type printer struct {
	lines []line
	used  map[string]bool
	mask  func(string) string
}

// rawLines is a record in pretty JSON, its keys sorted, its secrets masked.
func rawLines(raw any, used []string, mask func(string) string) []line {
	p := &printer{used: map[string]bool{}, mask: mask}
	for _, path := range used {
		p.used[path] = true
	}
	p.value(0, "", "", raw, "", false)
	return p.lines
}

func (p *printer) value(depth int, path, key string, v any, comma string, used bool) {
	used = used || path != "" && p.used[path]
	open := func(text string, kind byte) {
		p.lines = append(p.lines, line{depth, p.mask(key), text, kind, used})
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			open("{}"+comma, 'v')
			return
		}
		open("{", '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			p.value(depth+1, strings.TrimPrefix(path+"."+name, "."), prose.JSON(name), v[name], commaBefore(i, len(v)), used)
		}
		p.lines = append(p.lines, line{depth, "", "}" + comma, '}', used})
	case []any:
		if len(v) == 0 {
			open("[]"+comma, 'v')
			return
		}
		open("[", '{')
		for i, e := range v {
			p.value(depth+1, path, "", e, commaBefore(i, len(v)), used)
		}
		p.lines = append(p.lines, line{depth, "", "]" + comma, '}', used})
	case string:
		open(p.mask(prose.JSON(v))+comma, 's')
	default:
		open(p.mask(prose.JSON(v))+comma, 'v')
	}
}

func commaBefore(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

var step = regexp.MustCompile(`\??\.\s*([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|\d+)\s*\]`)

// Used finds the fields of a record that the text of a flow names, as in alert.src.ip or
// alert['src ip']: it reads the text, so it is a help for the eye and no proof.
func Used(flow, record string) []string {
	head := regexp.MustCompile(`\b` + regexp.QuoteMeta(record) + `(?:` + step.String() + `)+`)
	var out []string
	for _, found := range head.FindAllString(flow, -1) {
		path := ""
		for _, s := range step.FindAllStringSubmatch(found, -1) {
			if name := s[1] + s[2] + s[3]; name != "" {
				path += "." + name
			}
		}
		if path != "" {
			out = append(out, path[1:])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
