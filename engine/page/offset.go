package page

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

var offsetKind = Kind{
	Spec: &dsl.Block{
		Type: "offset", Provides: []string{"size", "offset"},
		Summary: "page.offset counts the records received so far. Ends at the total, where nothing of the kind is declared at a short page, and always at an empty one.",
		Example: `paginate "offset" {
  size  = 100
  total = jq(".total")
}`,
		Attrs: append([]dsl.Attr{
			{Name: "size", Type: cty.Number, Scope: dsl.Run, Summary: "Records to ask for, read as page.size. The server may give fewer, if it tells the end in another way."},
		}, numberedAttrs()...),
		Describe: func(r *dsl.Reading) string {
			return describeNumbered(r, "page.offset counts the records received so far, from 0.")
		},
		Check: func(r *dsl.Reading) {
			n := r.Node()
			w := readNumbered(n, r)
			if w.onEmpty == onEmptyContinue && n.Val("size") == nil {
				r.Fail("on_empty", "No size", "Without \"size\" it is not known where to go on after an empty page.")
			}
		},
	},
	New: func(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
		r := n.Read(s)
		return &offset{readNumbered(n, r)}, r.Err()
	},
}

// offset moves by what it received, so that a server may cap its pages. The first
// offset is 0; an author for whose server the first request must have none writes
// page.offset > 0 ? page.offset : null.
type offset struct{ numbered }

func (o *offset) Vars() map[string]any {
	return map[string]any{"size": o.sized(), "offset": o.at}
}
