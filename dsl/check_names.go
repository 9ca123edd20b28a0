package dsl

import (
	"strings"

	"tqmap/dsl/prose"
)

// names reports attributes of an object that hide one another.
func (c *checker) names(r *Rule) {
	v := r.Node.Val("attributes")
	if v == nil || v.tree == nil || !v.tree.object {
		return
	}
	seen, several := map[string]string{}, map[string]bool{}
	for i, key := range v.tree.keys[:min(len(v.tree.keys), len(v.tree.items))] {
		name, diags := newScoped(nil).text(key)
		if diags.HasErrors() {
			continue
		}
		same := strings.ToLower(prose.OneLine(name))
		first, again := seen[same]
		adds := v.tree.items[i].mode == "add"
		switch {
		case several[same] && adds: // both put values beside those there
		case same == "":
			c.d.errorf(key.Range(), "Empty name", "An attribute needs a name.")
		case again && first == name:
			c.d.errorf(key.Range(), "Attribute twice", "%q stands there already; both would write to one attribute. For several values of one name write add([…]).", name)
		case again:
			c.d.warn(key.Range(), "Attribute twice", "ThreatQ takes %q and %q for one name; both would write to one attribute.", name, first)
		default:
			seen[same], several[same] = name, adds
		}
	}
}
