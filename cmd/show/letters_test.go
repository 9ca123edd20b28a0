package show

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
	"tqmap/dsl/diag"
	"tqmap/engine"
)

var seen = []code.Involved{{Name: "alert.severity", Kind: "string", Text: `"hgh"`}, {Name: "alert.id", Kind: "null", Text: "null"}}

// What a failing program worked on reads the same wherever it is told.
func TestValuesOfAFailure(t *testing.T) {
	diags := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "S", Detail: "D", Extra: diag.Evaluated{Values: seen}}}
	for where, text := range map[string]string{
		"diagnostic": Diagnostics(nil, diags, false, strings.ToLower), "letter": Letter{Values: seen}.Text(),
		"preview": letterValues(engine.DeadLetter{Values: seen}),
	} {
		got := strings.Join(strings.Fields(text), " ")
		if want := `with alert.severity = "hgh" (string) with alert.id = null`; !strings.Contains(got, want) {
			t.Errorf("%s: %s", where, text)
		}
	}
}

// A value is redacted before it is cut: half of a secret would not be known.
func TestValuesAreRedactedWhole(t *testing.T) {
	secret := strings.Repeat("s", 3*shownValue)
	mask := func(s string) string { return strings.ReplaceAll(s, secret, "***") }
	if got := Values([]code.Involved{{Name: "a", Text: secret}}, mask); got[0].Text != "***" {
		t.Errorf("got %q", got[0].Text)
	}
}
