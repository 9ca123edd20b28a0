package dsl

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/diag"
)

// What only a run knows is told where a name is read of it that is not there.
func TestMembersOfARun(t *testing.T) {
	scope := newScoped(map[string]cty.Value{"param": ToCty(map[string]any{"days": 5, "key": "hunter2"})}).
		With("step", map[string]any{"job": map[string]any{"id": 1, "state": "done", "owner": nil}, "text": "t", "empty": map[string]any{}}).
		With("page", map[string]any{"number": 3})
	scope.secrets = []string{"hunter2"}
	for text, want := range map[string]string{
		`step.job.sate`:                     `step.job has no "sate". Did you mean "state"?`,
		`step.job.zzzzzzzz`:                 `step.job has no "zzzzzzzz". Known: id, owner, state.`,
		`step.job.owner.x`:                  `step.job.owner is null, so nothing can be read of it.`,
		`step.text.x`:                       `step.text is a text, which has no names.`,
		`step.empty.x`:                      `step.empty has no "x": it has nothing at all.`,
		`"${step.job.sate}/${page.number}"`: `step.job has no "sate". Did you mean "state"? with page.number 3`,
		`page.number + "x"`:                 `Unsuitable value for right operand: a number is required. with page.number 3`,
		`param.days + param.key`:            `Unsuitable value for right operand: a number is required. with param.days 5`,
	} {
		e, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = scope.eval(e)
		if len(diags) == 0 {
			t.Errorf("%s: no diagnostic", text)
			continue
		}
		got := diags[0].Detail
		if extra, ok := diags[0].Extra.(diag.Evaluated); ok && len(extra.Values) > 0 {
			got += " with"
			for _, v := range extra.Values {
				got += " " + v.Name + " " + v.Text
			}
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s shows a secret", text)
		}
	}
}
