package stix_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/stix"
)

// chunks collects what Chunks yields, and checks each chunk: its size, its id, that it
// is JSON of the version.
func chunks(t testing.TB, g *stix.Graph, v stix.Version, objects iter.Seq[stix.Encoded], max stix.Limits) ([]stix.Chunk, []*stix.TooLarge) {
	t.Helper()
	var out []stix.Chunk
	var large []*stix.TooLarge
	for c, err := range g.Chunks(objects, max) {
		var e *stix.TooLarge
		if errors.As(err, &e) {
			large = append(large, e)
			continue
		}
		if max.Bytes > 0 && len(c.Body) > max.Bytes || max.Objects > 0 && len(c.Objects) > max.Objects || len(c.Objects) == 0 {
			t.Errorf("a chunk of %d objects, %d bytes", len(c.Objects), len(c.Body))
		}
		var body struct {
			Type, ID string
			Version  string `json:"spec_version"`
			Objects  []json.RawMessage
		}
		if err := json.Unmarshal(c.Body, &body); err != nil {
			t.Fatal(err)
		}
		if bundle := body.Type == "bundle" && ids[v].MatchString(body.ID) && body.Version == "2.0"; bundle != (v == stix.V20) || !bundle && body.Type+body.ID != "" {
			t.Errorf("%.100s", c.Body)
		}
		if len(body.Objects) != len(c.Objects) {
			t.Errorf("%d objects in a body of %d", len(body.Objects), len(c.Objects))
		}
		for i := range body.Objects {
			if string(body.Objects[i]) != string(c.Objects[i].JSON) {
				t.Errorf("%s is not %s", body.Objects[i], c.Objects[i].JSON)
			}
		}
		out = append(out, c)
	}
	return out, large
}

// Chunks are as full as can be, in the order of the objects, and each has an id of its own.
func TestChunks(t *testing.T) {
	c := readCollection(t, "testdata/collection.json")
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		g, _ := c.graph(t, v)
		all := slices.Collect(g.Objects())
		whole, _ := chunks(t, g, v, g.Objects(), stix.Limits{})
		if len(whole) != 1 || v == stix.V20 && string(whole[0].Body) != string(g.Bundle(all)) {
			t.Fatalf("%s: %d chunks without limits", v, len(whole))
		}
		for _, max := range []stix.Limits{{Bytes: 1000}, {Bytes: 1500}, {Bytes: 4096, Objects: 5}, {Objects: 1}, {Objects: 7}, {Bytes: len(whole[0].Body)}, {Bytes: len(whole[0].Body) - 1}} {
			got, large := chunks(t, g, v, slices.Values(all), max)
			var sent []stix.Encoded
			seen := map[string]bool{}
			for i, c := range got {
				if seen[string(c.Body)] {
					t.Errorf("a chunk is sent twice")
				}
				seen[string(c.Body)] = true
				if i > 0 && max.Bytes > 0 && (max.Objects == 0 || len(got[i-1].Objects) < max.Objects) && len(got[i-1].Body)+1+len(c.Objects[0].JSON) <= max.Bytes {
					t.Errorf("%s %+v: chunk %d has room for what comes after it", v, max, i-1)
				}
				sent = append(sent, c.Objects...)
			}
			if diff := cmp.Diff(all, sent); diff != "" || large != nil {
				t.Errorf("%s %+v: %v %s", v, max, large, diff)
			}
			if max.Bytes == len(whole[0].Body) != (len(got) == 1) {
				t.Errorf("%s %+v: %d chunks", v, max, len(got))
			}
		}
	}
}

// No more than 1000 objects go into one chunk by default.
func TestChunksOfMany(t *testing.T) {
	g := graph(t, stix.Config{})
	got, _ := chunks(t, g, stix.V21, many(2500, nil), stix.Limits{})
	sizes := []int{}
	for _, c := range got {
		sizes = append(sizes, len(c.Objects))
	}
	if !slices.Equal(sizes, []int{1000, 1000, 500}) {
		t.Errorf("%v", sizes)
	}
}

// An object that is too large loses its description, which is told. What is still too large
// is left out with what would refer to it, and the rest is sent.
func TestTooLarge(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, v := range []stix.Version{stix.V20, stix.V21} {
		g := graph(t, stix.Config{Version: v})
		described := add(t, g, stix.Object{Object: "campaign", Value: "C", Description: long, TLP: []string{"GREEN"}})
		large := add(t, g, stix.Object{Object: "tool", Value: long})
		worse := add(t, g, stix.Object{Object: "malware", Value: long + "!", Description: "short"})
		add(t, g, stix.Object{Object: "adversary", Value: "A", Related: []stix.Ref{ref("campaign", "", "C"), ref("tool", "", long)}})
		both := add(t, g, stix.Object{Object: "report", Value: "of both", Related: []stix.Ref{ref("campaign", "", "C"), ref("tool", "", long)}})
		alone := add(t, g, stix.Object{Object: "report", Value: "of one", Related: []stix.Ref{ref("tool", "", long), ref("malware", "", long+"!")}})
		got, left := chunks(t, g, v, g.Objects(), stix.Limits{Bytes: 1100})
		var sent []stix.Encoded
		var short []string
		for _, c := range got {
			sent, short = append(sent, c.Objects...), append(short, c.Shortened...)
		}
		structure(t, v, sent)
		if diff := cmp.Diff([]string{described}, short); diff != "" {
			t.Errorf("%s: shortened %s", v, diff)
		}
		var names, needs []string
		for _, e := range left {
			names, needs = append(names, e.ID), append(needs, e.Needs)
		}
		if len(left) != 4 || !strings.HasPrefix(names[2], "relationship--") {
			t.Fatalf("%s: left out %v", v, left)
		}
		slices.Sort(names[:2])
		if diff := cmp.Diff([]string{worse, large, names[2], alone}, names); diff != "" || needs[0]+needs[1] != "" || needs[2] != large || needs[3] == "" {
			t.Errorf("%s: %s %v", v, diff, needs)
		}
		if e := left[0]; e.Size < 3000 || e.Max != 1100 || !strings.Contains(e.Error(), "is left out: it takes 3") || !strings.Contains(left[2].Error(), "which is too large to send") {
			t.Errorf("%v, %v", left[0], left[2])
		}
		i := slices.IndexFunc(sent, func(e stix.Encoded) bool { return e.ID == both })
		if i < 0 || strings.Contains(string(sent[i].JSON), large) {
			t.Errorf("%s: the report of both: %d", v, i)
		}
	}
}

// Who takes no more chunks gets no more.
func TestStop(t *testing.T) {
	g := graph(t, stix.Config{})
	made := 0
	n := 0
	for range g.Chunks(many(5000, &made), stix.Limits{Objects: 10}) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 || made > 40 {
		t.Errorf("%d chunks of %d objects", n, made)
	}
	add(t, g, stix.Object{Object: "tool", Value: "T", TLP: []string{"RED"}, Related: []stix.Ref{ref("malware", "", "M"), ref("report", "", "R")}})
	add(t, g, stix.Object{Object: "malware", Value: "M"})
	add(t, g, stix.Object{Object: "report", Value: "R"})
	for stop := range 7 {
		n := 0
		for range g.Objects() {
			if n++; n > stop {
				break
			}
		}
	}
}

// many are objects that are made as they are taken.
func many(n int, made *int) iter.Seq[stix.Encoded] {
	return func(yield func(stix.Encoded) bool) {
		for i := range n {
			id := fmt.Sprintf("tool--%08d-0000-4000-8000-000000000000", i)
			e := stix.Encoded{ID: id, Modified: "2026-01-01T00:00:00.000Z", JSON: fmt.Appendf(nil, `{"type":"tool","id":%q,"name":%q}`, id, strings.Repeat("n", 400))}
			if made != nil {
				*made++
			}
			if !yield(e) {
				return
			}
		}
	}
}

// 50,000 objects, 25 MB, go through in the memory of a few chunks.
func TestMemoryOfChunks(t *testing.T) {
	g := graph(t, stix.Config{Version: stix.V20})
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	objects, most := 0, uint64(0)
	for c, err := range g.Chunks(many(50_000, nil), stix.Limits{Bytes: 1 << 20}) {
		if err != nil {
			t.Fatal(err)
		}
		objects += len(c.Objects)
		runtime.GC()
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
	}
	if objects != 50_000 || most > 4<<20 {
		t.Errorf("%d objects with %d KB", objects, most>>10)
	}
}
