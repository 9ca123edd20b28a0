package page

import (
	"encoding/json"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

var cursorKind = Kind{
	Spec: &dsl.Block{
		Type: "cursor", Provides: []string{"cursor", "size"},
		Summary: "page.cursor is the token that the answer before gave; null on the first page. Ends where the token is null, missing, empty or false.",
		Example: `paginate "cursor" {
  size = 100
  next = jq(".next_cursor")
}`,
		Attrs: append([]dsl.Attr{
			{Name: "next", Holds: dsl.JQ, Required: true, Summary: "The token of the next page in the answer: a text, a number, or a list or object to be sent as it is. jq sees $response, $page and $window, too."},
			{Name: "size", Type: cty.Number, Scope: dsl.Run, Summary: "Records to ask for, read as page.size."},
		}, tokenAttrs()...),
		Describe: func(r *dsl.Reading) string {
			return "page.cursor is the token that the answer before gave in " + r.Code("next") + ", null on the first page." + asksFor(r) + " " +
				describeRules(r, "where there is no token", onEmptyContinue)
		},
		Check: func(r *dsl.Reading) { readTokens(r.Node(), r) },
	},
	New: func(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
		r := n.Read(s)
		return &cursor{tokens: readTokens(n, r), next: n.Val("next")}, r.Err()
	},
}

// cursor hands the server's token back. Where it goes (query, header, body, path) is not
// declared here: the request names page.cursor in that very place, so
// two targets cannot contradict each other.
type cursor struct {
	tokens
	next  *dsl.Val
	value any
}

func (c *cursor) Vars() map[string]any {
	vars := map[string]any{"cursor": c.value, "size": nil}
	if c.size > 0 {
		vars["size"] = c.size
	}
	return vars
}

func (c *cursor) Next(a Answer) (Step, error) {
	return c.follow(a, func() (string, error) {
		token, err := a.Eval(c.next)
		if err != nil || noToken(token) {
			return "", err
		}
		if token == true {
			return "", fmt.Errorf("the token at %s is true: write jq that results in the token itself", c.next.Range)
		}
		key, err := json.Marshal(token)
		if err != nil {
			return "", fmt.Errorf("the token at %s cannot be sent: %w", c.next.Range, err)
		}
		c.value = token
		return string(key), nil
	})
}

// noToken: what servers give behind the last page.
func noToken(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
