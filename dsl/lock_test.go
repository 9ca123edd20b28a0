package dsl

import (
	"strings"
	"testing"
	"time"
)

func TestLockOfRuns(t *testing.T) {
	const text = `connector "own" {
  title  = "Own"
  source = "Own"
  lock {
    multiple   = param.many
    kill_after = param.after
  }
}
param "many" {
  type    = bool
  default = false
}
param "after" {
  type    = string
  default = "12h"
}
`
	m, diags := load("base.hcl", text)
	if diags.HasErrors() {
		t.Fatal(show(diags))
	}
	for _, c := range []struct {
		given map[string]string
		want  Lock
	}{
		{nil, Lock{KillAfter: 12 * time.Hour}},
		{map[string]string{"many": "true", "after": "0s"}, Lock{Multiple: true}},
	} {
		if got := bind(t, m, c.given).Lock; got != c.want {
			t.Errorf("%v: %+v, want %+v", c.given, got, c.want)
		}
	}
	for _, bad := range []string{"soon", "-5s"} {
		if got := strings.Join(bindErrors(m, flags(map[string]string{"after": bad})), "\n"); !strings.Contains(got, "base.hcl:6") || !strings.Contains(got, "not a duration") {
			t.Errorf("%s: %q", bad, got)
		}
	}
	if m, _ := load(); m.Connector.lock != nil {
		t.Error("a lock that nobody wrote")
	}
}
