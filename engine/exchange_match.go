package engine

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// asked is a request as the double gets it.
type asked struct {
	*http.Request
	base *url.URL
	body []byte
}

func (r asked) line() string { return r.Method + " " + r.URL.String() }

// differences are where r is not what x is for, by attribute of its request block.
func (x *exchange) differences(r asked) []Difference {
	var out []Difference
	add := func(name string, want, got any) {
		for _, d := range differences(want, within(want, got)) {
			d.Path = append([]any{name}, d.Path...)
			out = append(out, d)
		}
	}
	if !samePath(x.path, r.URL, r.base) {
		add("path", x.path, pathBelow(r.URL, r.base))
	}
	if x.method != "" {
		add("method", x.method, r.Method)
	}
	query := valuesOf(r.URL.Query())
	if len(x.query) > 0 {
		add("path", map[string]any{"query": valuesOf(x.query)}, map[string]any{"query": query})
	}
	for _, name := range slices.Sorted(maps.Keys(x.want)) {
		add(name, asTexts(name, x.want[name]), r.part(name, query))
	}
	return out
}

// part is what r has under an attribute of a request block.
func (r asked) part(name string, query map[string]any) any {
	switch name {
	case "query":
		return query
	case "headers":
		out := map[string]any{}
		for key, v := range valuesOf(url.Values(r.Header)) {
			out[strings.ToLower(key)] = v
		}
		return out
	case "form":
		fields, err := url.ParseQuery(string(r.body))
		if err != nil {
			return string(r.body)
		}
		return valuesOf(fields)
	case "json":
		body, err := code.Decode(r.body)
		if err != nil {
			return string(r.body)
		}
		return code.Normalize(body)
	}
	return string(r.body)
}

// asTexts makes the values of query, headers and form what they are on the wire.
func asTexts(name string, want any) any {
	fields, ok := want.(map[string]any)
	if !ok || name == "json" || name == "body" {
		return want
	}
	out := map[string]any{}
	for key, v := range fields {
		if name == "headers" {
			key = strings.ToLower(key)
		}
		out[key] = wireValue(v)
	}
	return out
}

func wireValue(v any) any {
	if list, ok := v.([]any); ok {
		out := make([]any, len(list))
		for i := range list {
			out[i] = wireValue(list[i])
		}
		return out
	}
	if text, ok := wireText(v); ok {
		return text
	}
	return v
}

// valuesOf has a text for each name, and a list where there are several.
func valuesOf(v url.Values) map[string]any {
	out := map[string]any{}
	for name, all := range v {
		if len(all) == 1 {
			out[name] = all[0]
			continue
		}
		list := make([]any, len(all))
		for i := range all {
			list[i] = all[i]
		}
		out[name] = list
	}
	return out
}

// within keeps of got what want names, at every depth.
func within(want, got any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for name := range w {
			if v, there := g[name]; there {
				out[name] = within(w[name], v)
			} else if w[name] == nil {
				out[name] = nil
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok {
			return got
		}
		out := slices.Clone(g)
		for i := range min(len(w), len(g)) {
			out[i] = within(w[i], g[i])
		}
		return out
	}
	return got
}

// samePath says whether want, which is below base, from the root or a whole address, is u's.
func samePath(want string, u, base *url.URL) bool {
	if whole, err := url.Parse(want); err == nil && whole.IsAbs() {
		return sameOrigin(whole, u) && slash(whole.EscapedPath()) == slash(u.EscapedPath())
	}
	for _, path := range []string{u.EscapedPath(), u.Path} {
		if slash(want) == slash(path) {
			return true
		}
		below, ok := strings.CutPrefix(path, strings.TrimRight(base.EscapedPath(), "/"))
		if ok && sameOrigin(u, base) && slash(want) == slash(below) {
			return true
		}
	}
	return false
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && hostOf(a) == hostOf(b) }

// hostOf is the host and a port that is not the scheme's own.
func hostOf(u *url.URL) string {
	own := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return strings.ToLower(strings.TrimSuffix(u.Host, own))
}

func slash(path string) string { return "/" + strings.TrimLeft(path, "/") }

// pathBelow is how an exchange would spell the path of u.
func pathBelow(u, base *url.URL) string {
	if !sameOrigin(u, base) {
		return u.Scheme + "://" + u.Host + u.EscapedPath()
	}
	return slash(strings.TrimPrefix(u.EscapedPath(), strings.TrimRight(base.EscapedPath(), "/")))
}
