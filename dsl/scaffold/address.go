package scaffold

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secretName is what keys are called in the query of an address.
var secretName = regexp.MustCompile(`(?i)^key$|api[_-]?key|token|secret|passw|auth|signature`)

// Names of what asks for a page.
var pageNames = map[string][]string{
	"page.size":   {"limit", "per_page", "perpage", "page_size", "pagesize", "size", "count", "top", "$top", "max", "rows"},
	"page.offset": {"offset", "skip", "start", "$skip", "from_index"},
	"page.number": {"page", "page_number", "pagenumber", "p"},
	"page.cursor": {"cursor", "next_token", "page_token", "pagetoken", "after", "continuation"},
}

// parameter is one of the query of an address: its value, and what of page it stands for.
type parameter struct{ name, value, asks string }

// ask takes the address apart that somebody pasted: the query goes into the request, and
// what is a key in it, which is not written down, into the auth.
func (p *Plan) ask() {
	if u, err := url.Parse(p.URL); err == nil && u.Host != "" && strings.Trim(p.Path, "/") == "" && (u.RawQuery != "" || strings.Trim(u.Path, "/") != "") && u.User == nil {
		p.Path = u.EscapedPath()
		if u.RawQuery != "" {
			p.Path += "?" + u.RawQuery
		}
		p.URL = u.Scheme + "://" + u.Host
	}
	path, query, _ := strings.Cut(p.Path, "?")
	p.Path = "/" + strings.TrimLeft(path, "/")
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' }) {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		p.parameter(name, value)
	}
}

func (p *Plan) parameter(name, value string) {
	if p.names(name) {
		return
	}
	what := asked(name)
	if what == "" && secretName.MatchString(name) {
		if p.keyName == "" && (p.Auth == "none" || p.Auth == "api_key" || p.Auth == "") {
			p.Auth, p.keyName = "api_key", name
		}
		return
	}
	switch what {
	case "page.offset":
		p.paged = "offset"
	case "page.number":
		p.paged = "page"
	case "page.size":
		p.size, _ = strconv.Atoi(value)
	}
	p.query = append(p.query, parameter{name, value, what})
}

// names says whether the query has a parameter called name already: a second one is left out.
func (p *Plan) names(name string) bool {
	return name == "" || slices.ContainsFunc(p.query, func(a parameter) bool { return a.name == name })
}

// asked is what of page a parameter stands for.
func asked(name string) string {
	for _, what := range []string{"page.cursor", "page.number", "page.offset", "page.size"} {
		if slices.Contains(pageNames[what], strings.ToLower(name)) {
			return what
		}
	}
	return ""
}

// queryName writes a key of an object as HCL does.
func queryName(name string) string {
	if plain.MatchString(name) {
		return name
	}
	return quote(name)
}
