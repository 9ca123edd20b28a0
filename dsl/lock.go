package dsl

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

var lockBlock = &Block{
	Type: "lock",
	Summary: "How the runs of an instance keep out of each other's way. Without it, or where it says nothing else, there is one run at a time: " +
		"another one ends at once with exit code 4.",
	Attrs: []Attr{
		{Name: "multiple", Type: cty.Bool, Scope: Run, Default: "false", Summary: "true: no lock is taken, so several runs may go on at once. Each step that one commits is stored as a whole, and of two that commit the same the later one is remembered: what they do twice must do no harm. As nobody knows whose items come last, an export sends everything in each run. A run that takes the lock after all keeps these from committing any more."},
		{Name: "kill_after", Type: cty.String, Scope: Run, Default: "0s", Summary: "Take the lock from a run that has held it for longer, e.g. \"12h\". On this machine its process is told to end (SIGTERM), and ended 10 s later (SIGKILL); on another one it cannot commit any more. \"0s\": never."},
	},
}

// Lock is how runs of an instance keep out of each other's way.
type Lock struct {
	// Multiple runs may go on at once.
	Multiple bool
	// KillAfter is how long a run may hold the lock while another wants it; 0: as long as it runs.
	KillAfter time.Duration
}

// lock reads what the mapping says of the lock.
func (b *Bound) lock() (Lock, hcl.Diagnostics) {
	n := b.Connector.lock
	if n == nil {
		return Lock{}, nil
	}
	r := n.Read(b.Scope)
	l := Lock{Multiple: r.Bool("multiple", false), KillAfter: r.Duration("kill_after", 0)}
	return l, r.diags
}
