package dsl

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// Each function is described, and its examples result in what they say.
func TestFunctionExamples(t *testing.T) {
	var told []string
	for _, f := range Functions() {
		told = append(told, f.Name)
		if f.Summary == "" || len(f.Examples) == 0 || !strings.HasPrefix(f.Signature, f.Name+"(") {
			t.Errorf("%s is not described", f.Name)
		}
		for _, e := range f.Examples {
			if !strings.HasPrefix(e.Call, f.Name+"(") {
				t.Errorf("%s is no call of %s", e.Call, f.Name)
			}
			got, diags := evaluate(t, e.Call, nil)
			want, more := evaluate(t, e.Result, nil)
			if diags = append(diags, more...); diags.HasErrors() {
				t.Errorf("%s: %s", e.Call, diags)
				continue
			}
			if equal := jsonOf(t, got) == jsonOf(t, want); !equal {
				t.Errorf("%s is %#v, not %s", e.Call, got, e.Result)
			}
		}
	}
	if all := slices.Sorted(maps.Keys(functions())); !slices.Equal(told, all) {
		t.Errorf("described are %v, there are %v", told, all)
	}
}

// jsonOf compares a list and a tuple of the same elements as equal.
func jsonOf(t *testing.T, v cty.Value) string {
	t.Helper()
	b, err := json.Marshal(FromCty(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
