package threatq

import (
	"net/http"
	"strconv"
	"strings"
)

// route is one method and path of the API. In the path {c} is a collection,
// {n} an id and {s} any word; the first route that fits is taken.
type route struct {
	method, path string
	serve        func(*call) (reply, error)
}

func routes() []route {
	return []route{
		{"GET", "/api/objects", (*call).listKinds},
		{"GET", "/api/users/current", (*call).currentUser},
		{"GET", "/api/configuration/proxy", (*call).proxy},

		{"GET", "/api/search", (*call).keyword},
		{"GET", "/api/search/query", (*call).listSearches},
		{"POST", "/api/search/query", (*call).postSearch},
		{"GET", "/api/search/query/{s}", (*call).getSearch},

		{"GET", "/api/connectors", (*call).listConnectors},
		{"POST", "/api/connectors", (*call).postConnector},
		{"GET", "/api/connectors/{n}", (*call).getConnector},
		{"PUT", "/api/connectors/{n}", (*call).putConnector},

		{"POST", "/api/event/types", (*call).postEventType},
		{"GET", "/api/{s}/types", (*call).listTypes},
		{"GET", "/api/{s}/types/{n}", (*call).getType},
		{"GET", "/api/{s}/statuses", (*call).listStatuses},
		{"GET", "/api/{s}/statuses/{n}", (*call).getStatus},
		{"GET", "/api/indicator/{n}/scores", (*call).getScore},
		{"PUT", "/api/indicator/{n}/scores", (*call).putScore},

		{"POST", "/api/{c}/query", (*call).runQuery},
		{"GET", "/api/{c}/query/hash/{s}", (*call).runSaved},

		{"POST", "/api/{c}/consume", (*call).consume},
		{"POST", "/api/{c}/consume/new", (*call).consume},
		{"GET", "/api/{c}", (*call).list},
		{"POST", "/api/{c}", (*call).create},
		{"GET", "/api/{c}/{n}", (*call).getOne},
		{"PUT", "/api/{c}/{n}", (*call).update},
		{"DELETE", "/api/{c}/{n}", (*call).remove},
		{"GET", "/api/{c}/{n}/details", (*call).details},
		{"POST", "/api/{c}/{n}/description", (*call).postDescription},

		{"GET", "/api/{c}/{n}/attributes", (*call).listAttributes},
		{"POST", "/api/{c}/{n}/attributes", (*call).postAttributes},
		{"PUT", "/api/{c}/{n}/attributes/{n}", (*call).putAttributeRow},
		{"DELETE", "/api/{c}/{n}/attributes/{n}", (*call).deleteAttribute},
		{"GET", "/api/{c}/{n}/sources", (*call).listSources},
		{"POST", "/api/{c}/{n}/sources", (*call).postSources},
		{"DELETE", "/api/{c}/{n}/sources/{n}", (*call).deleteSource},
		{"GET", "/api/{c}/{n}/tags", (*call).listTags},
		{"POST", "/api/{c}/{n}/tags", (*call).postTags},
		{"DELETE", "/api/{c}/{n}/tags/{n}", (*call).deleteTag},
		{"GET", "/api/{c}/{n}/comments", (*call).listComments},
		{"POST", "/api/{c}/{n}/comments", (*call).postComment},
		{"PUT", "/api/{c}/comments/{n}", (*call).putCommentRow},

		{"GET", "/api/{c}/{n}/{c}", (*call).listLinks},
		{"POST", "/api/{c}/{n}/{c}", (*call).postLinks},
		{"DELETE", "/api/{c}/{n}/{c}", (*call).deleteLinks},
	}
}

// match fills the path's values into c, or reports that the path does not fit.
func (c *call) match(pattern string, segments []string) bool {
	want := strings.Split(pattern, "/")[1:]
	if len(want) != len(segments) {
		return false
	}
	c.kinds, c.ids, c.words = nil, nil, nil
	for i, segment := range segments {
		switch want[i] {
		case segment:
		case "{s}":
			c.words = append(c.words, segment)
		case "{n}":
			id, err := strconv.ParseInt(segment, 10, uidShift)
			if err != nil || id < 1 {
				return false
			}
			c.ids = append(c.ids, id)
		case "{c}":
			k := c.store.kinds.byName[segment]
			if k == nil {
				return false
			}
			c.kinds = append(c.kinds, k)
		default:
			return false
		}
	}
	return true
}

// dispatch finds the route of a request and runs it.
func (c *call) dispatch(method, path string) (reply, error) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")[1:]
	fits := false
	for _, r := range routes() {
		if !c.match(r.path, segments) {
			continue
		}
		if r.method == method {
			return r.serve(c)
		}
		fits = true
	}
	if fits {
		return reply{}, refuse(http.StatusMethodNotAllowed, "%s is not allowed on %s.", method, path)
	}
	return reply{}, refuse(http.StatusNotFound, "There is no %s; is the collection right?", path)
}
