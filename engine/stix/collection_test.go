package stix_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tqmap/engine/stix"
)

var update = flag.Bool("update", false, "rewrite the bundles of testdata")

// shared is the reference material of STIX that may lie beside the clone.
func shared(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "fixtures", "stix")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("left out: the reference material is not beside this clone")
	}
	return dir
}

// collection is what a file of objects of ThreatQ holds: some in a data collection, and
// others that are related to them.
type collection struct {
	ThreatQ string `json:"threatq_url"`
	Config  struct {
		Depth         int                 `json:"relationship_depth"`
		DefaultLabels map[string][]string `json:"default_labels"`
	} `json:"config"`
	Collection []string `json:"collection"`
	Objects    []struct {
		Key, Object, Type, Value, Description string
		Created                               string `json:"created_at"`
		Updated                               string `json:"updated_at"`
		Published                             string `json:"published_at"`
		Expires                               string `json:"expires_at"`
		Attributes                            []struct{ Name, Value string }
		Sources                               []struct{ TLP string }
		Related                               []string
	} `json:"objects"`
}

func readCollection(t testing.TB, path string) *collection {
	t.Helper()
	var c collection
	if err := json.Unmarshal(read(t, path), &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// object maps one as a mapping would.
func (c *collection) object(t testing.TB, key string) stix.Object {
	t.Helper()
	for _, in := range c.Objects {
		if in.Key != key {
			continue
		}
		m := map[string]any{"object": in.Object, "type": in.Type, "value": in.Value, "description": in.Description,
			"created": zoned(in.Created), "modified": zoned(in.Updated), "published": zoned(in.Published), "valid_until": zoned(in.Expires)}
		var labels, tlp, related []any
		for _, a := range in.Attributes {
			switch a.Name {
			case "Label":
				labels = append(labels, a.Value)
			case "Confidence":
				m["confidence"] = a.Value
			}
		}
		for _, s := range in.Sources {
			tlp = append(tlp, s.TLP)
		}
		for _, k := range in.Related {
			for _, to := range c.Objects {
				if to.Key == k {
					related = append(related, map[string]any{"object": to.Object, "type": to.Type, "value": to.Value})
				}
			}
		}
		m["labels"], m["tlp"], m["related"] = labels, tlp, related
		o, err := stix.FromMap(m)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	t.Fatalf("no object %s", key)
	return stix.Object{}
}

// zoned reads the times of ThreatQ.
func zoned(s string) any {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		return nil
	}
	return t
}

// graph walks from the data collection as deep as it says, and counts what is skipped.
func (c *collection) graph(t testing.TB, v stix.Version) (*stix.Graph, map[string]int) {
	t.Helper()
	g, err := stix.New(stix.Config{Version: v, ThreatQ: c.ThreatQ, DefaultLabels: c.Config.DefaultLabels})
	if err != nil {
		t.Fatal(err)
	}
	skipped := map[string]int{}
	seen, level := slices.Clone(c.Collection), c.Collection
	for depth := 0; len(level) > 0; depth++ {
		var next []string
		for _, key := range level {
			o := c.object(t, key)
			if depth == c.Config.Depth {
				o.Related = nil
			}
			_, err := g.Add(o)
			var skip *stix.Skip
			if errors.As(err, &skip) {
				skipped[skip.Error()]++
				continue // and is not expanded
			}
			if err != nil {
				t.Fatal(err)
			}
			if depth == c.Config.Depth {
				continue
			}
			for _, in := range c.Objects {
				if in.Key != key {
					continue
				}
				for _, k := range in.Related {
					if !slices.Contains(seen, k) {
						seen, next = append(seen, k), append(next, k)
					}
				}
			}
		}
		level = next
	}
	return g, skipped
}

// pretty is how bundles are kept in files.
func pretty(t testing.TB, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}
