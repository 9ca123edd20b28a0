package dsl

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const tablesText = `
table "none" {
  rows = { "OPEN" = "Active", "SHUT" = "Expired" }
}
table "keep" {
  default = keep
  rows    = { "OPEN" = "Active" }
}
table "fail" {
  default = fail
  rows    = { "OPEN" = "Active" }
}
table "text" {
  default = "Review"
  rows    = { "OPEN" = "Active" }
}
table "number" {
  default = 0
  rows    = { 404 = "Gone", "true" = "Yes", "1.5" = "Half", a = 1 }
}
table "fold" {
  ignore_case = true
  rows = {
    " Open " = "Active"
    "New"    = "ACTIVE"
    "Shut"   = "Expired"
  }
  reverse = { "active" = "new" }
}
table "computed" {
  rows = merge({ "b" = "x" }, { "a" = "y" })
}
table "exact" {
  rows    = { "Open" = "x", "open" = "x" }
  reverse = { "x" = "open" }
}
locals { all = keys(table) }
`

func TestTables(t *testing.T) {
	tests := []struct {
		table, method string
		in, want      any
	}{
		{"none", "lookup", "OPEN", "Active"},
		{"none", "lookup", "open", nil},
		{"none", "lookup", nil, nil},
		{"none", "reverse", "Active", "OPEN"},
		{"none", "reverse", "nope", nil},
		{"none", "reverse", nil, nil},
		{"keep", "lookup", "Other", "Other"},
		{"keep", "reverse", "Other", nil},
		{"fail", "lookup", "OPEN", "Active"},
		{"fail", "lookup", nil, nil},
		{"fail", "reverse", "Other", nil},
		{"text", "lookup", "Other", "Review"},
		{"number", "lookup", 404, "Gone"},
		{"number", "lookup", "404", "Gone"},
		{"number", "lookup", true, "Yes"},
		{"number", "lookup", 1.5, "Half"},
		{"number", "lookup", "a", "1"},
		{"number", "lookup", 405, "0"},
		{"fold", "lookup", "OPEN", "Active"},
		{"fold", "lookup", "  open", "Active"},
		{"fold", "reverse", "Active", "New"},
		{"fold", "reverse", "expired ", "Shut"},
		{"computed", "lookup", "a", "y"},
		{"computed", "reverse", "x", "b"},
		{"exact", "lookup", "open", "x"},
		{"exact", "reverse", "x", "open"},
	}
	vars := bind(t, mustLoad(t, tablesText), nil).Vars["table"].(map[string]any)
	for _, tt := range tests {
		find := vars[tt.table].(map[string]any)[tt.method].(func(any) (any, error))
		got, err := find(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%s.%s(%v): %v %v, want %v", tt.table, tt.method, tt.in, got, err, tt.want)
		}
	}
}

func TestTableRowOrder(t *testing.T) {
	m := mustLoad(t, tablesText)
	if diff := cmp.Diff([]Row{{Key: " Open ", Value: "Active"}, {Key: "New", Value: "ACTIVE"}, {Key: "Shut", Value: "Expired"}}, m.table("fold").Rows, cmpopts.IgnoreFields(Row{}, "At")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Row{{Key: "a", Value: "y"}, {Key: "b", Value: "x"}}, m.table("computed").Rows, cmpopts.IgnoreFields(Row{}, "At")); diff != "" {
		t.Error(diff)
	}
}

func TestTableDefaultFail(t *testing.T) {
	vars := bind(t, mustLoad(t, tablesText), nil).Vars["table"].(map[string]any)
	_, err := vars["fail"].(map[string]any)["lookup"].(func(any) (any, error))("Other")
	var unknown *UnknownKeyError
	if !errors.As(err, &unknown) || unknown.Table != "fail" || unknown.Key != "Other" {
		t.Fatalf("%v", err)
	}
	if want := `table "fail" has no row for "Other", and its default is fail`; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestTablesCountUnknownKeys(t *testing.T) {
	b := bind(t, mustLoad(t, tablesText), nil)
	vars := b.Vars["table"].(map[string]any)
	lookup := func(table string) func(any) (any, error) {
		return vars[table].(map[string]any)["lookup"].(func(any) (any, error))
	}
	for range 3 {
		_, _ = lookup("keep")("X")
	}
	_, _ = lookup("fail")("Y")
	_, _ = lookup("none")("OPEN")
	_, _ = lookup("none")(nil)
	first := b.Tables.Unknown()
	want := map[string]map[string]int{"keep": {"X": 3}, "fail": {"Y": 1}}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	_, _ = lookup("keep")("X")
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("an answer changes after it was given: %s", diff)
	}
	if got := b.Tables.Unknown()["keep"]["X"]; got != 4 {
		t.Errorf("counted %d of 4", got)
	}
	if other := bind(t, b.Mapping, nil).Tables.Unknown(); len(other) != 0 {
		t.Errorf("another run begins with %v", other)
	}
}

// A server with endless words must not fill the memory.
func TestTablesBoundUnknownKeys(t *testing.T) {
	b := bind(t, mustLoad(t, tablesText), nil)
	lookup := b.Vars["table"].(map[string]any)["keep"].(map[string]any)["lookup"].(func(any) (any, error))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 100 {
				if got, err := lookup(fmt.Sprint(i, j)); err != nil || got != fmt.Sprint(i, j) {
					t.Errorf("%v %v", got, err)
				}
				b.Tables.Unknown()
			}
		})
	}
	wg.Wait()
	if got := len(b.Tables.Unknown()["keep"]); got != 100 {
		t.Errorf("keeps %d keys", got)
	}
}

func TestTableInPlainHCL(t *testing.T) {
	b := bind(t, mustLoad(t, tablesText), nil)
	v, diags := b.Scope.eval(mustParse(t, `[keys(table.none), table.none.OPEN, table.fold["Shut"]]`))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if diff := cmp.Diff([]any{[]any{"OPEN", "SHUT"}, "Active", "Expired"}, FromCty(v)); diff != "" {
		t.Error(diff)
	}
}

func TestTableAmbiguous(t *testing.T) {
	m := mustLoad(t, tablesText+`
table "twice" {
  rows    = { "a" = "x", "b" = "x", "c" = "y", "d" = "z", "e" = "z" }
  reverse = { "z" = "e" }
}`)
	if got := m.table("twice").ambiguous(); !slices.Equal(got, []string{"x"}) {
		t.Errorf("%v", got)
	}
	if got := m.table("fold").ambiguous(); got != nil {
		t.Errorf("%v", got)
	}
}
