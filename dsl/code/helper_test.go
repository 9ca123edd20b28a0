package code

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// show writes diagnostics the way editors do, one a line:
// line:column-column summary: detail.
func show(diags hcl.Diagnostics) string {
	lines := make([]string, 0, len(diags))
	for _, d := range diags {
		r := d.Subject
		end := fmt.Sprint(r.End.Column)
		if r.End.Line != r.Start.Line {
			end = fmt.Sprintf("%d:%d", r.End.Line, r.End.Column)
		}
		lines = append(lines, fmt.Sprintf("%d:%d-%s %s: %s", r.Start.Line, r.Start.Column, end, d.Summary, d.Detail))
	}
	return strings.Join(lines, "\n")
}

// edge is a program that names its input v, and what it makes of that. A want that
// starts with "error " is the end of an error.
type edge struct {
	code string
	v    any
	want any
}

func testEdges(t *testing.T, edges []edge) {
	t.Helper()
	for _, tt := range edges {
		t.Run(fmt.Sprintf("%s %.40v", tt.code, tt.v), func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), Env{"v": {}})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, err := e.Eval(map[string]any{"v": tt.v})
			want, fails := strings.CutPrefix(fmt.Sprint(tt.want), "error ")
			switch {
			case fails && (err == nil || !strings.HasSuffix(err.Error(), want)):
				t.Errorf("got %v, %v; want an error that ends in %q", got, err, want)
			case !fails && err != nil:
				t.Error(err)
			case !fails:
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
			}
		})
	}
}
