package engine

import (
	"encoding/json"
	"strings"
	"testing"
)

// All texts of a report pass the mask; the report itself stays as it is.
func TestMaskedReport(t *testing.T) {
	r := &Report{Connector: "c", Flows: []*FlowReport{{
		Name: "f", Created: 3, Error: "e hunter2", Notes: []string{"n hunter2"}, Plan: []string{"p hunter2"},
		SkippedBy: map[string]int{"s hunter2": 1}, IgnoredBy: map[string]int{"i hunter2": 2},
		UnknownKeys: map[string]map[string]int{"t": {"k hunter2": 4}},
	}}}
	text := func(r *Report) string {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := text(r)
	got := text(r.Masked(func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") }))
	if want := strings.ReplaceAll(before, "hunter2", "***"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if text(r) != before {
		t.Error("the report was changed")
	}
	if got := text((&Report{}).Masked(strings.ToUpper)); !strings.Contains(got, `"flows":[]`) {
		t.Errorf("no flows come out as %s", got)
	}
}
