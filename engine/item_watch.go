package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/request"
)

// itemCounts is under which name a report counts items.
const itemCounts = "items"

// itemWatcher reports what happens to the items of a flow.
type itemWatcher struct {
	run    *Run
	flow   *dsl.Flow
	report *FlowReport
	rule   string
}

// The reasons under which records are left out whose item is not looked at.
const (
	sameKey       = "another record of this run has the same key"
	refusedBefore = "refused before, and unchanged since; see tqmap deadletter"
	notWanted     = "the sink's `when` is not true"
)

func (w *itemWatcher) Event(what export.Event, op export.Op, it *export.Item, why error) {
	switch what {
	case export.Created:
		w.report.count(itemCounts, created)
		w.plan("+", it, why)
	case export.Updated:
		w.report.count(itemCounts, updated)
		w.plan("~", it, why)
	case export.Unchanged:
		w.report.count(itemCounts, unchanged)
	case export.Removed:
		w.report.removed(itemCounts)
		w.plan("-", it, fmt.Errorf("%s", op))
	case export.Kept:
		w.report.Kept++
	case export.Repeated:
		w.report.skip(sameKey)
	case export.RefusedBefore:
		w.report.skip(refusedBefore)
	case export.Ignoring:
		var ruled *request.RuledError
		errors.As(why, &ruled)
		w.run.ignored(w.report, ruled)
	case export.Failed:
		w.report.Failed++
		w.run.Log.Error("not delivered, the next run tries again", "flow", w.flow.Name, "record", it.Key, "error", why)
	case export.Dead:
		w.report.Dead++
		w.run.buried(w.flow, "refused", newDeadLetter(w.rule, it.Key, undelivered(why), it.Record, w.run.Bound.Now))
	}
}

func (w *itemWatcher) Note(text string) {
	w.report.Notes = append(w.report.Notes, text)
	w.run.Log.Warn(text, "flow", w.flow.Name)
}

// plan is a line of a dry run, with what differs from what was delivered before.
func (w *itemWatcher) plan(sign string, it *export.Item, why error) {
	if !w.run.DryRun {
		return
	}
	line := fmt.Sprintf("%s item %q", sign, it.Name())
	if it.Label != "" && it.Label != it.Key {
		line += " (" + it.Key + ")"
	}
	changes := ""
	if sign == "~" && it.Before.Delivered() {
		changes = itemChanges(it.Before.Sent, it.Sent)
	}
	if why != nil {
		line += ": " + why.Error()
	}
	if changes != "" {
		line += "\n" + indent(changes)
	}
	w.run.plan(w.report, line)
}

// itemChanges lists the fields that differ, one a line, in the form of a plan for objects.
func itemChanges(old, now []byte) string {
	before, err := code.Decode(old)
	after, err2 := code.Decode(now)
	if err != nil || err2 != nil {
		return ""
	}
	was, is := map[string]string{}, map[string]string{}
	flatten(was, "", before)
	flatten(is, "", after)
	names := maps.Clone(was)
	maps.Copy(names, is)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, had := was[name]
		b, has := is[name]
		switch {
		case a == b:
		case !had:
			lines = append(lines, fmt.Sprintf("+ %s: %s", name, b))
		case !has:
			lines = append(lines, fmt.Sprintf("- %s: %s", name, a))
		default:
			lines = append(lines, fmt.Sprintf("~ %s: %s -> %s", name, a, b))
		}
	}
	return strings.Join(lines, "\n")
}

// flatten writes the leaves of v by their paths.
func flatten(into map[string]string, path string, v any) {
	if fields, ok := v.(map[string]any); ok && len(fields) > 0 {
		for name, f := range fields {
			flatten(into, strings.TrimPrefix(path+"."+name, "."), f)
		}
		return
	}
	if path == "" {
		path = "item"
	}
	into[path] = string(contentOf(v))
}
