package stix_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tqmap/engine/stix"
)

// object draws one with anything in it.
func object(t *rapid.T) stix.Object {
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
	})
	maybe := rapid.OneOf(rapid.Just(time.Time{}), at)
	words := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"Worm", "nation state", "benign", "unknown", "campaign", ""}), rapid.String()), 0, 4)
	r := reference(t)
	o := stix.Object{
		Object: r.Object, Type: r.Type, Value: r.Value, Created: at.Draw(t, "created"), Modified: maybe.Draw(t, "modified"), Published: maybe.Draw(t, "published"),
		ValidFrom: maybe.Draw(t, "valid_from"), ValidUntil: maybe.Draw(t, "valid_until"), Description: rapid.String().Draw(t, "description"),
		Labels: words.Draw(t, "labels"), DefaultLabels: words.Draw(t, "default_labels"), Confidence: rapid.SampledFrom([]string{"", "Low", "50", "x"}).Draw(t, "confidence"),
		TLP: rapid.SliceOfN(rapid.SampledFrom([]string{"RED", "AMBER", "amber+strict", "GREEN", "WHITE", "CLEAR", ""}), 0, 3).Draw(t, "tlp"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "related") {
		o.Related = append(o.Related, reference(t))
	}
	if rapid.Bool().Draw(t, "referring") {
		o.References = []stix.Reference{{SourceName: rapid.SampledFrom([]string{"cve", "capec", "x", ""}).Draw(t, "source"),
			ExternalID: rapid.SampledFrom([]string{"CVE-2026-0001", "CAPEC-1", "7", ""}).Draw(t, "external"),
			URL:        rapid.SampledFrom([]string{"", "https://a.example/b?c=%20#d", "a b", "://", "mailto:a@b", "http://[::1]/x"}).Draw(t, "url")}}
	}
	return o
}

// reference draws one of few objects, so that they meet.
func reference(t *rapid.T) stix.Ref {
	kind := rapid.SampledFrom([]string{"indicator", "indicator", "adversary", "malware", "tool", "report", "attack_pattern", "campaign", "vulnerability",
		"intrusion_set", "course_of_action", "identity", "event"}).Draw(t, "object")
	r := stix.Ref{Object: kind, Value: rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "CVE-2026-0001", "192.0.2.1"}), rapid.String()).Draw(t, "value")}
	if kind == "indicator" {
		r.Type = rapid.SampledFrom(append([]string{"CVE", "Password"}, types...)).Draw(t, "type")
	}
	return r
}

// Whatever objects there are, what comes out is STIX, also in chunks; what is taken is
// sent unless it is a report of nothing.
func TestAnyObjects(t *testing.T) {
	oasis := map[stix.Version]*schemas{}
	if _, err := os.Stat(filepath.Join("..", "..", "..", "shared", "fixtures", "stix")); err == nil {
		oasis[stix.V20], oasis[stix.V21] = openSchemas(t, stix.V20), openSchemas(t, stix.V21)
	}
	rapid.Check(t, func(rt *rapid.T) {
		v := rapid.SampledFrom([]stix.Version{stix.V20, stix.V21}).Draw(rt, "version")
		g := graph(t, stix.Config{Version: v})
		taken := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(rt, "objects") {
			id, err := g.Add(object(rt))
			var skip *stix.Skip
			var invalid *stix.Invalid
			switch {
			case err == nil:
				taken[id] = true
			case !errors.As(err, &skip) && !errors.As(err, &invalid):
				rt.Fatal(err)
			}
		}
		all := slices.Collect(g.Objects())
		structure(t, v, all)
		for _, e := range all {
			delete(taken, e.ID)
			if oasis[v] != nil {
				oasis[v].check(t, e)
			}
			patterned(t, e)
		}
		for _, s := range g.Unreferenced() {
			delete(taken, s.ID)
		}
		if len(taken) > 0 {
			rt.Fatalf("not sent: %v", taken)
		}
		got, large := chunks(t, g, v, slices.Values(all), stix.Limits{Bytes: rapid.IntRange(200, 3000).Draw(rt, "bytes")})
		var sent []stix.Encoded
		for _, c := range got {
			sent = append(sent, c.Objects...)
		}
		if len(sent)+len(large) != len(all) {
			rt.Fatalf("%d sent and %d too large of %d", len(sent), len(large), len(all))
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// patterned checks that the pattern of an indicator can be read, from JSON.
func patterned(t testing.TB, e stix.Encoded) {
	t.Helper()
	var m struct{ Name, Pattern string }
	if err := json.Unmarshal(e.JSON, &m); err != nil {
		t.Error(err)
	}
	if m.Pattern == "" {
		return
	}
	typ, value, _ := strings.Cut(m.Name, ": ")
	got, err := literals(m.Pattern)
	if want := expected(typ, value); err != nil || !slices.Equal(got, want) && utf8.ValidString(value) {
		t.Errorf("%s: %q, want %q, %v", e.JSON, got, want, err)
	}
}
