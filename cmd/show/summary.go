package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tqmap/dsl/prose"
	"tqmap/engine"
)

// Summary is a report for a person.
func Summary(r *engine.Report) string {
	var b strings.Builder
	for _, f := range r.Flows {
		for _, line := range f.Plan {
			fmt.Fprintln(&b, line)
		}
		if f.PlanCut > 0 {
			fmt.Fprintf(&b, "… and %d more\n", f.PlanCut)
		}
		if c := f.Objects["items"]; r.DryRun && c != nil {
			fmt.Fprintf(&b, "= %d items unchanged\n", c.Unchanged)
		}
	}
	if b.Len() > 0 {
		fmt.Fprintln(&b)
	}
	w := aligned(&b)
	fmt.Fprintln(w, "FLOW\tFETCHED\tMAPPED\tCREATED\tUPDATED\tUNCHANGED\tSKIPPED\tDEAD")
	for _, f := range r.Flows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", f.Name, f.Fetched, f.Mapped, f.Created, f.Updated, f.Unchanged, f.Skipped, f.Dead)
	}
	w.Flush()
	for _, f := range r.Flows {
		remarks(&b, f)
	}
	fmt.Fprintf(&b, "\n%s: %s in %s. %s\n", r.Connector, r.Outcome, r.Finished.Sub(r.Started).Round(time.Millisecond), verdict(r))
	return b.String()
}

func remarks(b *strings.Builder, f *engine.FlowReport) {
	if f.LeftOut {
		fmt.Fprintf(b, "  %s: left out, as its `when` does not hold with these parameters\n", f.Name)
	}
	if f.Extracts && f.Fetched == 0 && f.Answered > 0 && f.Error == "" { // which may be right, or an extract that cuts nothing
		fmt.Fprintf(b, "  %s: no records in %s\n", f.Name, prose.Number(f.Answered, "answer"))
	}
	for _, reason := range slices.Sorted(maps.Keys(f.SkippedBy)) {
		fmt.Fprintf(b, "  %s: %d left out: %s\n", f.Name, f.SkippedBy[reason], reason)
	}
	for _, rule := range slices.Sorted(maps.Keys(f.IgnoredBy)) {
		fmt.Fprintf(b, "  %s: %d answers skipped: %s\n", f.Name, f.IgnoredBy[rule], rule)
	}
	for _, table := range slices.Sorted(maps.Keys(f.UnknownKeys)) {
		fmt.Fprintf(b, "  table %s has no row for: %s\n", table, counted(f.UnknownKeys[table]))
	}
	if f.Removed > 0 {
		fmt.Fprintf(b, "  %s: %d taken back\n", f.Name, f.Removed)
	}
	if f.Kept > 0 {
		fmt.Fprintf(b, "  %s: %d kept, though the source has them no more\n", f.Name, f.Kept)
	}
	if f.Dead > 0 {
		fmt.Fprintf(b, "  %s: %d kept as dead letters; the log says why\n", f.Name, f.Dead)
	}
	if f.Failed > 0 {
		fmt.Fprintf(b, "  %s: %d could not be sent; the next run tries again\n", f.Name, f.Failed)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(b, "  %s: %s\n", f.Name, n)
	}
	if f.Error != "" {
		fmt.Fprintf(b, "  %s failed: %s\n", f.Name, f.Error)
	}
}

func counted(keys map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		out = append(out, fmt.Sprintf("%q (%d×)", k, keys[k]))
	}
	return strings.Join(out, ", ")
}

// named is what n objects of a collection are called. Those of most types are named in the singular.
func named(collection string, n int) string {
	name := strings.ReplaceAll(collection, "_", " ")
	switch one, plural := strings.CutSuffix(name, "s"); {
	case !plural && n == 1:
		return name + " object"
	case !plural:
		return name + " objects"
	case n != 1:
		return name
	case strings.HasSuffix(one, "ie"):
		return strings.TrimSuffix(one, "ie") + "y"
	default:
		return one
	}
}

// verdict says in a sentence what changed in ThreatQ and on the vendor's side.
func verdict(r *engine.Report) string {
	did, would := "", ""
	if r.DryRun {
		did, would = " (dry run: nothing was written)", "would be "
	}
	total := map[string]engine.Counts{}
	for _, f := range r.Flows {
		for kind, c := range f.Objects {
			t := total[kind]
			total[kind] = engine.Counts{Created: t.Created + c.Created, Updated: t.Updated + c.Updated, Unchanged: t.Unchanged + c.Unchanged, Removed: t.Removed + c.Removed}
		}
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(total)) {
		c := total[kind]
		if kind == "calls" {
			if c.Updated > 0 {
				parts = append(parts, fmt.Sprintf("%d changes %ssent to the vendor", c.Updated, would))
			}
			continue
		}
		for _, done := range []struct {
			n    int
			what string
		}{{c.Created, "created"}, {c.Updated, "updated"}, {c.Removed, "taken back"}} {
			if done.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s %s%s", done.n, named(kind, done.n), would, done.what))
			}
		}
	}
	if len(parts) == 0 {
		return "Nothing to create or update." + did
	}
	return strings.Join(parts, ", ") + "." + did
}
