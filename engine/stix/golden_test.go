package stix_test

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

// The bundles of our own objects, of every type: go test -update writes them anew.
func TestGolden(t *testing.T) {
	c := readCollection(t, "testdata/collection.json")
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		g, skipped := c.graph(t, v)
		objects := slices.Collect(g.Objects())
		structure(t, v, objects)
		file := "testdata/bundle-" + string(v) + ".json"
		got := pretty(t, g.Bundle(objects))
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(read(t, file)), got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		if diff := cmp.Diff(map[string]int{
			"indicator of type Password: no STIX pattern":               1,
			"indicator of type IP Address: value does not fit the type": 1,
			"event of type Sighting: no STIX type":                      1,
		}, skipped); diff != "" {
			t.Errorf("%s: skipped: %s", v, diff)
		}
	}
}
