package engine

import (
	"slices"
	"strings"
	"testing"

	"tqmap/engine/threatq"
)

// A block for every kind of object, with the fields of its kind.
func TestObjectTypes(t *testing.T) {
	var types []string
	for _, o := range objectTypes() {
		types = append(types, o.Type)
		names := map[string]bool{}
		for _, a := range o.Attrs {
			if names[a.Name] || a.Summary == "" {
				t.Errorf("%s.%s is there twice, or says nothing", o.Type, a.Name)
			}
			names[a.Name] = true
		}
		if o.NeedsKey && !o.Keyed {
			t.Errorf("%s needs a key that it does not take", o.Type)
		}
	}
	for _, k := range threatq.Kinds() {
		if !slices.Contains(types, k.Code) {
			t.Errorf("no block for %s", k.Code)
		}
	}
	for _, want := range []string{"event", "indicator", "adversary", "campaign", "course_of_action", "custom"} {
		if !slices.Contains(types, want) {
			t.Errorf("no block %s", want)
		}
	}
}

// Expectations name the fields of any kind of object, and what it is related to.
func TestExpectOtherObjects(t *testing.T) {
	const rules = `
  malware "m" {
    value   = expr("item.id")
    tlp     = "AMBER"
    related = [event.item]
  }
  campaign "c" {
    value      = expr("item.id")
    started_at = expr("item.created")
    related    = [malware.m]
  }
  indicator "host" {`
	const expects = `
test "others" {
  flow    = flow.pull
  records = [{ id = "a", state = "ST_OPEN", created = "2026-03-01T10:00:00Z", updated = "2026-03-01T10:00:00Z", hosts = ["x.example"] }]
  expect "malware" "a" {
    value   = "a"
    tlp     = "AMBER"
    related = [["event", "Item a"], ["campaign", "a"]]
  }
  expect "campaign" "a" {
    started_at = "2026-03-01 10:00:00"
    related    = WANT
  }
  expect "indicator" "x.example" {
    score      = 7
    expires_at = "2027-01-01 00:00:00"
  }
}
`
	for want, bad := range map[string]string{`[["malware", "a"]]`: "", `[["malware", "b"]]`: `campaign "a", related is not as expected`} {
		b := newBench(t, "\n  indicator \"host\" {", rules+"\n    score = 7\n    expires_at = \"2027-01-01T00:00:00Z\"\n")
		b.text += strings.Replace(expects, "WANT", want, 1)
		mismatches, err := b.newRun().Test(t.Context(), b.bound().Tests[0])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case bad == "" && len(mismatches) > 0:
			t.Errorf("%v", mismatches)
		case bad != "" && (len(mismatches) != 1 || !strings.Contains(mismatches[0].Text, bad)):
			t.Errorf("%v, want %q", mismatches, bad)
		}
	}
}
