package page

import "tqmap/dsl"

var linkHeaderKind = Kind{
	Spec: &dsl.Block{
		Type: "link_header", Summary: "The header Link of the answer holds the address of the next page (rel=\"next\", RFC 8288), which takes the place of the request's path and query. Ends where there is none.",
		Example: `paginate "link_header" {
  max_pages = 500
}`,
		Describe: func(r *dsl.Reading) string {
			return "The next page is at the address in the answer's header Link (rel=\"next\"), which takes the place of path and query. " +
				describeRules(r, "where there is none", onEmptyContinue)
		},
		Attrs: tokenAttrs(),
		Check: func(r *dsl.Reading) { readTokens(r.Node(), r) },
	},
	New: func(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
		r := n.Read(s)
		return &linkHeader{readTokens(n, r)}, r.Err()
	},
}

type linkHeader struct{ tokens }

func (*linkHeader) Vars() map[string]any { return nil }

func (l *linkHeader) Next(a Answer) (Step, error) {
	return l.visit(a, func() (string, error) { return nextLink(a.Header.Values("Link")), nil })
}
