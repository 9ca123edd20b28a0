package page

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

var pageKind = Kind{
	Spec: &dsl.Block{
		Type: "page", Provides: []string{"size", "number"},
		Summary: "page.number counts the pages. Ends at the total, where nothing of the kind is declared at a short page, and always at an empty one.",
		Example: `paginate "page" {
  size        = 100
  total_pages = jq(".pages")
}`,
		Attrs: append([]dsl.Attr{
			{Name: "first", Type: cty.Number, Scope: dsl.Run, Default: "1", Summary: "Number of the first page, 0 or more."},
			{Name: "size", Type: cty.Number, Scope: dsl.Run, Summary: "Records to ask for, read as page.size."},
		}, numberedAttrs()...),
		Describe: func(r *dsl.Reading) string {
			return describeNumbered(r, fmt.Sprintf("page.number counts the pages, from %d.", r.Int("first", 1)))
		},
		Check: func(r *dsl.Reading) { readPages(r.Node(), r) },
	},
	New: func(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
		r := n.Read(s)
		return readPages(n, r), r.Err()
	},
}

type pages struct {
	numbered
	first int
}

func readPages(n *dsl.Node, r *dsl.Reading) *pages {
	p := &pages{
		numbered: readNumbered(n, r),
		first:    count(r, "first", 1, 0, "Bad page number", "Pages are counted from 0 or more."),
	}
	p.whole = true
	return p
}

func (p *pages) Vars() map[string]any {
	return map[string]any{"size": p.sized(), "number": p.first + p.index}
}
