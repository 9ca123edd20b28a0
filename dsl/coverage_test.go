package dsl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// Points are what can be exercised, each of which is covered by its own mark alone.
func TestPoints(t *testing.T) {
	m := mustLoad(t, `
param "mode" {
  type    = string
  default = "a"
  options = ["a", "b"]
}
locals { used = param.mode }
table "words" {
  rows = {
    "x" = "1"
    "y" = "1"
    "z" = "2"
  }
  reverse = { "1" = "y" }
}
table "unused" { rows = { "k" = "v" } }
`)
	seen := &Seen{}
	b, errs := m.Bind(map[string]Given{"mode": Text("b", "test")}, clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	b.Watch(seen)
	var got []string
	for _, p := range m.Points() {
		if p.At.Filename == "case.hcl" {
			got = append(got, fmt.Sprintf("%d %s %s %s %t", p.At.Start.Line, p.Kind, p.Name, p.Missing, seen.Covered(p)))
		}
	}
	want := []string{`5 option param.mode = "a" never given false`, `5 option param.mode = "b" never given true`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRowsAreSeen(t *testing.T) {
	m := mustLoad(t, strings.ReplaceAll(tablesText, "\r", ""))
	b, errs := m.Bind(nil, clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	seen := &Seen{}
	b.Watch(seen)
	fold := b.Vars["table"].(map[string]any)["fold"].(map[string]any)
	if _, err := fold["lookup"].(func(any) (any, error))("OPEN "); err != nil {
		t.Fatal(err)
	}
	table := m.table("fold")
	for i, want := range []bool{true, false, false} {
		if got := seen.Covered(Point{At: table.Rows[i].At, what: "forward"}); got != want {
			t.Errorf("row %q: %t", table.Rows[i].Key, got)
		}
		if seen.Covered(Point{At: table.Rows[i].At, what: "back"}) {
			t.Errorf("row %q was not asked for backwards", table.Rows[i].Key)
		}
	}
}

// Nobody notes anything where nothing is to be noted.
func TestNilSeen(*testing.T) {
	var s *Seen
	s.Made(hcl.Range{})
	s.Held(hcl.Range{})
	s.Decided(nil, true)
	s.Value(&Template{}, 1)
}
