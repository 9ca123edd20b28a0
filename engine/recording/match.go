package recording

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// asked is a request in the form in which it is compared. Hosts are left out.
type asked struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
	json         any // the document that body is, if it is one
	form         url.Values
}

func askedOf(method string, u *url.URL, h http.Header, body []byte) asked {
	a := asked{method: method, path: u.Path, header: h, body: body}
	a.query, _ = url.ParseQuery(u.RawQuery)
	if len(body) == 0 {
		return a
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&a.json) != nil || d.More() {
		a.json = nil
	}
	if strings.Contains(h.Get("Content-Type"), "x-www-form-urlencoded") {
		a.form, _ = url.ParseQuery(string(body))
	}
	return a
}

func (x *Exchange) asked() asked {
	u, err := url.Parse(x.Request.URL)
	if err != nil {
		u = &url.URL{Path: x.Request.URL}
	}
	return askedOf(x.Request.Method, u, x.Request.Header, x.Request.Body)
}

// How well a request fits a recorded one.
const (
	noFit    = iota
	looseFit // but for a header that the mapping sets
	maskFit  // where a secret was taken out
	fullFit
)

// fit compares what is asked now with what was recorded; why says where they differ first.
func (a *asked) fit(was *asked) (how int, why string) {
	m := &matching{}
	switch {
	case a.method != was.method:
		return noFit, "the method is " + was.method
	case !m.text(was.path, a.path):
		return noFit, "the path is " + was.path
	}
	if name := m.values(was.query, a.query); name != "" {
		return noFit, "the query parameter " + name + " differs"
	}
	if why := m.body(was, a); why != "" {
		return noFit, why
	}
	switch {
	case !m.headers(was.header, a.header):
		return looseFit, ""
	case m.masked:
		return maskFit, ""
	}
	return fullFit, ""
}

// matching notes whether a mask was needed.
type matching struct{ masked bool }

// text compares with a recorded text, in which Mask stands for anything.
func (m *matching) text(was, is string) bool {
	if was == is {
		return true
	}
	if !strings.Contains(was, Mask) {
		return false
	}
	m.masked = true
	was, is = strings.TrimSpace(was), strings.TrimSpace(is) // a key file ends in a line feed that no stand-in has
	parts := strings.Split(was, Mask)
	first, last := parts[0], parts[len(parts)-1]
	if len(is) < len(first)+len(last) || !strings.HasPrefix(is, first) || !strings.HasSuffix(is, last) {
		return false
	}
	rest := is[len(first) : len(is)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}

// values names the first parameter that differs. One that is nothing but a secret may be
// missing: a run without credentials asks without it.
func (m *matching) values(was, is url.Values) string {
	for _, name := range sorted(was, is) {
		w, i := was[name], is[name]
		if len(i) == 0 && all(w) {
			m.masked = true
			continue
		}
		if len(w) != len(i) {
			return name
		}
		for n := range w {
			if !m.text(w[n], i[n]) {
				return name
			}
		}
	}
	return ""
}

func all(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != Mask })
}

func sorted(a, b url.Values) []string {
	var out []string
	for _, v := range []url.Values{a, b} {
		for name := range v {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (m *matching) body(was, is *asked) string {
	switch {
	case bytes.Equal(was.body, is.body):
		return ""
	case was.form.Has("grant_type") && is.form.Has("grant_type"):
		// Credentials again: whether a token is renewed or asked for anew depends on what is
		// remembered of earlier runs.
		m.masked = true
		return ""
	case was.form != nil && is.form != nil:
		if name := m.values(was.form, is.form); name != "" {
			return "the field " + name + " of the body differs"
		}
		return ""
	case was.json != nil && is.json != nil:
		if at, ok := m.value(was.json, is.json, "body"); !ok {
			return at + " differs"
		}
		return ""
	case m.text(strings.TrimSpace(string(was.body)), strings.TrimSpace(string(is.body))):
		return ""
	}
	return "the body differs"
}

// value compares JSON; at is where the two differ.
func (m *matching) value(was, is any, at string) (string, bool) {
	switch w := was.(type) {
	case string:
		switch i := is.(type) {
		case string:
			return at, m.text(w, i)
		case json.Number:
			return at, m.text(w, i.String())
		}
		return at, w == Mask
	case map[string]any:
		i, ok := is.(map[string]any)
		if !ok {
			return at, false
		}
		for _, name := range keys(w, i) {
			if _, there := i[name]; !there && w[name] == Mask {
				m.masked = true
				continue
			}
			_, inWas := w[name]
			_, inIs := i[name]
			if inWas != inIs {
				return at + "." + name, false
			}
			if where, ok := m.value(w[name], i[name], at+"."+name); !ok {
				return where, false
			}
		}
		return at, true
	case []any:
		i, ok := is.([]any)
		if !ok || len(i) != len(w) {
			return at, false
		}
		for n := range w {
			if where, ok := m.value(w[n], i[n], at); !ok {
				return where, false
			}
		}
		return at, true
	}
	return at, reflect.DeepEqual(was, is)
}

func keys(a, b map[string]any) []string {
	var out []string
	for _, v := range []map[string]any{a, b} {
		for name := range v {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// headers compares the headers that were kept; what was only a secret may be missing.
func (m *matching) headers(was, is http.Header) bool {
	for name, values := range was {
		if len(is[name]) != len(values) {
			if len(is[name]) == 0 && strings.HasSuffix(values[0], Mask) {
				continue
			}
			return false
		}
		for i := range values {
			if !m.text(values[i], is[name][i]) {
				return false
			}
		}
	}
	return true
}
