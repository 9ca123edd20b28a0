package taxii

import (
	"cmp"
	"strings"
)

type object = map[string]any

func (s *Simulator) discovery(c *call) any {
	base := s.opt.PublicURL
	switch {
	case base == "" && s.opt.Relative && c.version == "2.1":
	case base == "":
		base = "http://" + c.request.Host
		if c.request.TLS != nil {
			base = "https://" + c.request.Host
		}
	}
	var roots []string
	for _, r := range s.opt.Roots {
		roots = append(roots, strings.TrimSuffix(base, "/")+"/"+r.Name+"/")
	}
	return object{"title": "Simulated TAXII server", "description": "for tests", "contact": "nobody@example.com", "default": roots[0], "api_roots": roots}
}

func (c *call) about() any {
	versions := map[string]string{"2.0": "taxii-2.0", "2.1": taxii21}
	return object{"title": c.root.Name, "versions": []string{versions[c.version]}, "max_content_length": c.root.MaxLength}
}

func described(l *Collection, version string) any {
	media := map[string]string{"2.0": stix20, "2.1": "application/stix+json;version=2.1"}
	return object{"id": l.ID, "title": l.Title, "can_read": !l.NoRead, "can_write": !l.NoWrite, "media_types": []string{media[version]}}
}

// collections are listed page by page in version 2.0, and all at once in 2.1. Without any, the
// list is left out.
func (s *Simulator) collections(c *call) (any, error) {
	var all []any
	for i := range c.root.Collections {
		all = append(all, described(&c.root.Collections[i], c.version))
	}
	if c.version == "2.0" {
		some, err := s.ranged(c, len(all))
		if err != nil {
			return nil, err
		}
		all = all[some[0]:some[1]]
	}
	if len(all) == 0 {
		return object{}, nil
	}
	return object{"collections": all}, nil
}

// matches are the objects that the filters of a request let through; of each the last version, unless it
// asks for others.
func (c *call) matches(of *contents) []Object {
	q := c.request.URL.Query()
	wanted := func(name, value string) bool {
		text := q.Get("match[" + name + "]")
		return text == "" || contains(text, value)
	}
	version := cmp.Or(q.Get("match[version]"), "last")
	var out []Object
	for _, o := range of.list {
		kind, _, _ := strings.Cut(o.ID, "--")
		added := q.Get("added_after")
		switch {
		case !wanted("id", o.ID), !wanted("type", kind), c.route == "object" && o.ID != c.parts[4]:
		case added != "" && o.Added.UTC().Format(stamp) <= added:
		case version == "all", version == o.Version, isEdge(of, o, version):
			out = append(out, o)
		}
	}
	return out
}

func contains(list, value string) bool {
	for v := range strings.SplitSeq(list, ",") {
		if v == value {
			return true
		}
	}
	return false
}

// isEdge says whether o is the first or last version of its object, as asked for.
func isEdge(of *contents, o Object, which string) bool {
	if which != "first" && which != "last" {
		return false
	}
	versions := of.versions[o.ID]
	return which == "first" && o.Version == versions[0] || which == "last" && o.Version == versions[len(versions)-1]
}
