package code

import (
	"fmt"
	"strings"

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
