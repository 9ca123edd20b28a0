package page

import "tqmap/dsl"

// checkPointer refuses a pointer to the next page that is the same on every page, so that
// only a limit would end the walk, with a failure.
func checkPointer(n *dsl.Node, r *dsl.Reading) {
	if n.Val("next").JQ().Constant() {
		r.Fail("next", "Endless paging", "This does not look at the answer, so it points to the same page for ever. Read the pointer that the answer gives, such as jq(\".next\").")
	}
}
