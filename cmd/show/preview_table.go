package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tqmap/dsl/prose"
	"tqmap/engine"
	"tqmap/engine/previewhtml"
	"tqmap/engine/threatq"
)

// Preview is what a preview has found, ready to be written.
type Preview struct {
	Page   previewhtml.Page
	Mapped []engine.Mapped
	Diffs  map[string]engine.Comparisons // by flow; nil: nothing was compared
}

// diff is the difference of an object of a record.
func (s *Preview) diff(m *engine.Mapped, i int) (engine.Comparison, bool) {
	return s.Diffs[m.Flow].Of(&m.Objects[i])
}

// Table shows objects to a person, each in the words of its kind.
func (s *Preview) Table() string {
	var b strings.Builder
	for i := range s.Mapped {
		m := &s.Mapped[i]
		if m.Dead != nil {
			previewDead(&b, m.Dead.Key, *m.Dead)
		}
		if m.Item != nil {
			previewItem(&b, m)
		}
		for j := range m.Objects {
			switch found, compared := s.diff(m, j); {
			case compared:
				previewDifference(&b, m, j, found)
			case !previewhtml.Hangs(m, j):
				previewOne(&b, m, j, "")
			}
		}
		for _, letter := range m.Rejected {
			previewDead(&b, letter.Rule+" "+letter.Key, letter)
		}
	}
	b.WriteString(s.Totals())
	return Visible(b.String())
}

// Totals sums a preview up.
func (s *Preview) Totals() string {
	objects, items, dead := map[threatq.Collection]int{}, 0, 0
	for i := range s.Mapped {
		m := &s.Mapped[i]
		dead += len(m.Rejected)
		if m.Dead != nil {
			dead++
		}
		if m.Item != nil {
			items++
		}
		for j := range m.Objects {
			objects[m.Objects[j].Collection]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", prose.Number(len(s.Mapped), "record"), tally(objects, items))
	if dead > 0 {
		fmt.Fprintf(&b, ", %d that cannot be mapped", dead)
	}
	if s.Diffs != nil {
		fmt.Fprintf(&b, ". ThreatQ: %s", compared(s.Page.Totals))
	}
	fmt.Fprintln(&b, ". Nothing was written.")
	if len(s.Mapped) == 0 {
		fmt.Fprintln(&b, "If there should be some, look at what cuts them out (decode, extract), and at the window and the parameters of the request.")
	}
	return b.String()
}

// tally counts objects by collection, the last ones written first.
func tally(objects map[threatq.Collection]int, items int) string {
	switch {
	case items > 0:
		return prose.Number(items, "item")
	case len(objects) == 0:
		return "no objects"
	}
	order := slices.Collect(maps.Keys(objects))
	slices.SortFunc(order, func(a, b threatq.Collection) int {
		return cmp.Or(cmp.Compare(b.Order(), a.Order()), cmp.Compare(a, b))
	})
	var out []string
	for _, c := range order {
		out = append(out, fmt.Sprintf("%d %s", objects[c], named(string(c), objects[c])))
	}
	return strings.Join(out, ", ")
}

func previewItem(b *strings.Builder, m *engine.Mapped) {
	fmt.Fprintf(b, "ITEM  %s\n", m.Item.Name())
	w := aligned(b)
	for _, field := range m.ItemFields() {
		fmt.Fprintf(w, "    %s\t%s\n", field[0], field[1])
	}
	if at := m.Item.Expires; !at.IsZero() {
		fmt.Fprintf(w, "    (expires)\t%s\n", at.UTC().Format(time.RFC3339))
	}
	w.Flush()
	fmt.Fprintln(b)
}

func previewDead(b *strings.Builder, what string, letter engine.DeadLetter) {
	fmt.Fprintf(b, "✗ %s\n    %s\n    %s\n%s\n", what, codedReason(letter.Code, letter.Field, letter.Reason), letter.Where, letterValues(letter))
}

// previewOne shows an object, with what would happen to it before its kind.
func previewOne(b *strings.Builder, m *engine.Mapped, i int, sign string) {
	o := &m.Objects[i]
	p := objectOf(m, i)
	fmt.Fprintf(b, "%s%s  %s\n", sign, strings.ToUpper(strings.ReplaceAll(p.Object, "_", " ")), o.Name)
	w := aligned(b)
	row := func(name, value string) {
		for i, line := range strings.Split(value, "\n") {
			if i > 0 {
				name = ""
			}
			if value != "" {
				fmt.Fprintf(w, "    %s\t%s\n", name, line)
			}
		}
	}
	for _, f := range o.Collection.Kind().Fields {
		if f.Name != o.Collection.NameField() {
			row(strings.ReplaceAll(f.Name, "_", " "), o.Text(f.Name))
		}
	}
	row("source", p.Source)
	row("TLP", p.TLP)
	row("description", p.Description)
	row("tags", strings.Join(p.Tags, ", "))
	for _, a := range p.Attributes {
		row("· "+a[0], a[1])
	}
	for _, other := range m.Linked(i) {
		switch {
		case other.Collection != threatq.Indicators:
			row("→ "+other.Rule.Type, other.Name)
		case other.Status == "":
			row("→ "+other.Type, other.Name)
		default:
			row("→ "+other.Type, other.Name+"  ("+other.Status+")")
		}
	}
	w.Flush()
	fmt.Fprintln(b)
}

// previewDifference shows an object as a difference: in full where it is new, its changes where it
// is there, one line where nothing would happen.
func previewDifference(b *strings.Builder, m *engine.Mapped, i int, d engine.Comparison) {
	if d.Op == "+" {
		previewOne(b, m, i, "+ ")
		return
	}
	o := &m.Objects[i]
	fmt.Fprintf(b, "%s %s  %s", d.Op, strings.ToUpper(strings.ReplaceAll(o.Rule.Type, "_", " ")), o.Name)
	if o.Type != "" {
		fmt.Fprintf(b, "  (%s)", o.Type)
	}
	fmt.Fprintln(b)
	if d.Note != "" {
		fmt.Fprintf(b, "    %s\n", d.Note)
	}
	for _, c := range d.Changes {
		fmt.Fprintf(b, "    %s\n", c)
	}
	fmt.Fprintln(b)
}

// compared sums up what ThreatQ would be told: "+ 2 create, ~ 1 update, = 5 unchanged".
func compared(totals map[string]int) string {
	var out []string
	for _, op := range previewhtml.Ops() {
		if n := totals[op.Sign]; n > 0 || op.Sign != "!" {
			out = append(out, fmt.Sprintf("%s %d %s", op.Sign, n, op.Word))
		}
	}
	return strings.Join(out, ", ")
}
