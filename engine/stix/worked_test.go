package stix_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

// The worked example of the reference comes out byte by byte, in both versions.
func TestWorkedBundles(t *testing.T) {
	dir := filepath.Join(shared(t), "worked")
	c := readCollection(t, filepath.Join(dir, "threatq-collection.json"))
	for v, file := range map[stix.Version]string{stix.V20: "expected-stix20-bundle.json", stix.V21: "expected-stix21-bundle.json"} {
		g, skipped := c.graph(t, v)
		got := pretty(t, g.Bundle(slices.Collect(g.Objects())))
		if diff := cmp.Diff(strings.TrimSpace(string(read(t, filepath.Join(dir, file)))), strings.TrimSpace(got)); diff != "" {
			t.Errorf("%s: %s", v, diff)
		}
		if diff := cmp.Diff(map[string]int{"indicator of type String: no STIX pattern": 1}, skipped); diff != "" {
			t.Errorf("%s: skipped: %s", v, diff)
		}
	}
}

// The vectors of the reference for patterns.
func TestWorkedPatterns(t *testing.T) {
	var vectors []struct {
		Type      string  `json:"threatq_type"`
		Value     string  `json:"value"`
		Pattern   *string `json:"pattern"`
		Pattern21 *string `json:"pattern_stix21"`
	}
	if err := json.Unmarshal(read(t, filepath.Join(shared(t), "worked", "pattern-vectors.json")), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 30 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for _, vec := range vectors {
		for _, v := range []stix.Version{stix.V20, stix.V21} {
			want := vec.Pattern
			if v == stix.V21 && vec.Pattern21 != nil {
				want = vec.Pattern21
			}
			got, err := stix.Pattern(v, vec.Type, vec.Value)
			switch {
			case want == nil && err == nil:
				t.Errorf("%s %s: %s, want none", v, vec.Type, got)
			case want != nil && (err != nil || got != *want):
				t.Errorf("%s %s: %s, %v, want %s", v, vec.Type, got, err, *want)
			}
		}
	}
}
