package main

import (
	"fmt"
	"slices"
	"strings"

	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/runtime/redact"
)

// codedReason is why a record failed: TQ0801 in title: Value is null: …
func codedReason(d engine.DeadLetter) string {
	head := d.Code
	if d.Field != "" {
		head = strings.TrimSpace(head + " in " + d.Field)
	}
	if head == "" {
		return d.Reason
	}
	return head + ": " + d.Reason
}

// letterValues are lines with the stage of jq that failed, and the values it worked on, which
// maskShown has made fit to be shown.
func letterValues(d engine.DeadLetter) string {
	out := ""
	if d.Stage != "" {
		out += fmt.Sprintf("    in the stage %s\n", d.Stage)
	}
	for _, v := range d.Values {
		out += fmt.Sprintf("    with %s\n", involvedText(v))
	}
	return out
}

// involvedText is such as alert.severity = "hgh" (string).
func involvedText(v code.Involved) string {
	kind := ""
	if v.Kind != v.Text { // null
		kind = " (" + v.Kind + ")"
	}
	return printable(v.Name) + " = " + printable(v.Text) + kind
}

// shownValues are redacted, and then cut.
func (a *app) shownValues(values []code.Involved) []code.Involved {
	return masked(values, a.redactor.String)
}

// maskShown masks all that is shown of records, before it is wrapped, cut and laid out: of half a
// secret nobody would know that it is one. By the keys of objects their differences are found, and
// they are shown nowhere.
func (a *app) maskShown(s *shown) {
	for i := range s.mapped {
		m := &s.mapped[i]
		m.Key, m.Dead, m.Rejected = redact.Copy(a.redactor, m.Key), redact.Copy(a.redactor, m.Dead), redact.Copy(a.redactor, m.Rejected)
		if d := m.Dead; d != nil {
			d.Values = a.shownValues(d.Values)
		}
		for j := range m.Rejected {
			m.Rejected[j].Values = a.shownValues(m.Rejected[j].Values)
		}
		m.Objects = slices.Clone(m.Objects)
		for j := range m.Objects {
			m.Objects[j].Object = redact.Copy(a.redactor, m.Objects[j].Object)
		}
		if m.Item != nil {
			item := *m.Item
			item.Key, item.Label, item.Body = redact.Copy(a.redactor, item.Key), redact.Copy(a.redactor, item.Label), redact.Copy(a.redactor, item.Body)
			m.Item = &item
		}
	}
	for _, found := range s.diffs {
		for key, d := range found {
			found[key] = redact.Copy(a.redactor, d)
		}
	}
}
