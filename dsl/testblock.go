package dsl

import (
	"time"
)

// Setting returns the parameters and the clock that a test runs with.
func (t *Test) Setting(now time.Time) (map[string]Given, time.Time, error) {
	r := t.Node.Read((&Mapping{}).staticScope())
	given := map[string]Given{}
	if v := t.Node.Val("params"); v != nil {
		for _, p := range r.unordered("params") {
			given[p.Name] = Text(p.Value, v.Range.String())
		}
	}
	if text := r.String("now", ""); text != "" {
		at, err := ParseTime(text)
		if err != nil {
			r.Fail("now", "Bad time", "%s.", err)
		}
		now = at
	}
	return given, now, r.Err()
}
