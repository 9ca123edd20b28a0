package main

import (
	"bytes"
	"strings"
	"testing"

	"tqmap/dsl/diag"
)

func TestExplainCode(t *testing.T) {
	say := func(name string) (string, error) {
		var out bytes.Buffer
		a := &app{stdout: &out}
		err := a.explainCode(name)
		return out.String(), err
	}
	got, err := say("tq0203")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TQ0203  Unknown name\n\n", "\nWrong:\n\n    record \"alert\" {\n      key = expr(\"alrt.id\")\n    }\n", "\nRight:\n", "\nWhat to do:\nTake the name"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if len([]rune(line)) > 80 && !strings.HasPrefix(line, "    ") {
			t.Errorf("too wide: %s", line)
		}
	}
	list, err := say("codes")
	if err != nil || strings.Count(list, "\n") != len(diag.All())+len(diag.Families()) || !strings.Contains(list, "  TQ0222  Never used (warning)\n") {
		t.Errorf("%v\n%s", err, list)
	}
	for name, want := range map[string]string{"TQ0230": "Did you mean TQ02", "TQ9": "The families:\n  TQ01xx  reading the file", "": "TQ09xx"} {
		if out, err := say(name); err == nil || !strings.Contains(err.Error(), want) || out != "" {
			t.Errorf("%q: %q, %v", name, out, err)
		}
	}
	for name, want := range map[string]bool{"codes": true, "TQ0203": true, "tq-0203": true, "TQ99": true, "ironnet": false, "tq0203.hcl": false} {
		if isCode(name) != want {
			t.Errorf("isCode(%q) is %v", name, !want)
		}
	}
}
