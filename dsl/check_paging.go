package dsl

import (
	"slices"
	"strings"
)

// asked reports a paginate block whose place no part of the request names: each request would
// be the first one again.
func (c *checker) asked(f *Flow) {
	n := f.Source.Block("paginate")
	request := f.Source.Block("request")
	if n == nil || request == nil {
		return
	}
	places := slices.DeleteFunc(slices.Clone(n.Spec.Provides), func(name string) bool { return name == "size" })
	if len(places) == 0 {
		return // it goes on by itself
	}
	for _, v := range request.values {
		for _, t := range v.hcl.Variables() {
			if name, known := member(t); t.RootName() == "page" && (!known || slices.Contains(places, name)) {
				return
			}
		}
	}
	c.d.warn(n.Range, "Page not asked for", "The request does not say which page it wants, so each answer would be the first page again. Put page.%s into it where the server reads it.", strings.Join(places, " or page."))
}
