package show

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
	"tqmap/engine"
)

const (
	// shownLong is how much of a value a line of text has, in characters; shownShort of one in a table.
	shownLong  = 301
	shownShort = 49
	// shownObjects is how many objects are listed where none was found, or several.
	shownObjects = 20
)

// Found are objects one by one: rule, key and name.
func Found(all []engine.Found) string {
	var b strings.Builder
	w := aligned(&b)
	for i, f := range all {
		if i == shownObjects {
			break
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Rule, prose.Cut(prose.OneLine(f.Key), shownShort), prose.Cut(prose.OneLine(cmp.Or(f.Name, f.Why)), shownShort+20))
	}
	w.Flush()
	if more := len(all) - shownObjects; more > 0 {
		fmt.Fprintf(&b, "  … and %d more\n", more)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Lineage is a lineage for people: each value in one line, or step by step with the lines of
// the files.
func Lineage(l *engine.Lineage, files map[string]*hcl.File, steps bool) string {
	b := &strings.Builder{}
	switch {
	case l.Dead != "":
		fmt.Fprintf(b, "✗ record %s, flow %s: a dead letter\n  %s\n  %s\n", l.Record, l.Flow, l.Dead, l.Where)
	case l.Skipped != "":
		fmt.Fprintf(b, "record %s, flow %s: left out: %s\n", l.Record, l.Flow, l.Skipped)
	default:
		fmt.Fprintf(b, "%s, flow %s: %s\n", l.Object, l.Flow, prose.Cut(prose.OneLine(l.Name), shownLong))
	}
	fmt.Fprintf(b, "  %s\n", originText(l))
	stagesText(b, l)
	if l.Each != nil {
		fmt.Fprintf(b, "  It is element %d of for_each, at %s:\n", l.Element, Place(l.Each.At))
		stepsText(b, l.Each, "    ")
	}
	for _, why := range l.Rejected {
		fmt.Fprintf(b, "  Of the same record was rejected %s.\n", why)
	}
	if !steps {
		overview(b, l)
		return b.String()
	}
	for i := range l.Fields {
		fmt.Fprintln(b)
		fieldText(b, &l.Fields[i], files)
	}
	if l.Dead != "" && len(l.Fields) == 0 {
		fmt.Fprintln(b, "\nNo single program of the mapping is to blame.")
	}
	return b.String()
}

func originText(l *engine.Lineage) string {
	o := &l.Origin
	from := "page " + fmt.Sprint(o.Page) + " of " + o.Request
	if o.File != "" {
		from = o.File
	}
	text := fmt.Sprintf("Made of the record %s: number %d of %d in %s", l.Record, o.Record, o.Of, from)
	if o.Part > 0 {
		text += fmt.Sprintf(", part %d of what split makes of it", o.Part)
	}
	if o.Path != "" {
		text += ", where it stands at " + o.Path
	}
	if o.Partition != "" {
		text += ", partition " + o.Partition
	}
	if !o.Until.IsZero() && o.File == "" {
		from := "the beginning"
		if !o.From.IsZero() {
			from = o.From.UTC().Format(time.RFC3339)
		}
		text += ". Window: " + from + " to " + o.Until.UTC().Format(time.RFC3339)
	}
	return text + "."
}

func stagesText(b *strings.Builder, l *engine.Lineage) {
	for i, s := range l.Stages {
		head := "  It was cut out by "
		if i > 0 {
			head = "               then "
		}
		note := s.Note
		if s.Error != "" {
			note = "✗ " + s.Error
		}
		fmt.Fprintf(b, "%s%s  (%s)\n", head, prose.Cut(s.Text, 71), note)
	}
}

// overview has one line for each value: what it is, what it was made of, and where.
func overview(b *strings.Builder, l *engine.Lineage) {
	fmt.Fprintln(b)
	w := aligned(b)
	for i := range l.Fields {
		f := &l.Fields[i]
		value := strings.Join(f.Written, ", ")
		if len(f.Written) == 0 {
			value = "(nothing)"
		}
		at := Place(f.At)
		if f.At.Filename == l.At.Filename {
			at = fmt.Sprintf("%d:%d", f.At.Start.Line, f.At.Start.Column)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", f.Name, prose.Cut(prose.OneLine(value), shownShort), fromText(f), at)
	}
	w.Flush()
	fmt.Fprintf(b, "\nThe last column is line:column of %s. One value step by step: add --field \"NAME\".\n", l.At.Filename)
}

// fromText names what a value was read from.
func fromText(f *engine.FieldLineage) string {
	var out []string
	for _, s := range f.Sources {
		text := s.Name
		if s.Path != "" {
			text = s.Path
		}
		if s.Let != nil {
			text += " (let)"
		}
		out = append(out, text)
	}
	switch {
	case len(out) == 0 && len(f.Steps) == 0:
		return "plain: " + prose.Cut(f.Code, 31)
	case len(out) == 0:
		return prose.Cut(f.Code, 41)
	case len(out) > 2:
		return fmt.Sprintf("%s, %s and %d more", out[0], out[1], len(out)-2)
	}
	return strings.Join(out, ", ")
}

// Place is where something stands: file:line:column.
func Place(at hcl.Range) string {
	return code.Place(&at)
}

func fieldText(b *strings.Builder, f *engine.FieldLineage, files map[string]*hcl.File) {
	kind := f.Kind
	if kind == "record" {
		kind = "of the record:"
	}
	fmt.Fprintf(b, "%s %s\n", kind, f.Name)
	fmt.Fprintf(b, "  at %s\n", Place(f.Failed))
	caret(b, files, f.Failed)
	for _, s := range f.Sources {
		sourceText(b, &s)
	}
	if len(f.Steps) > 0 {
		fmt.Fprintln(b, "  step by step")
		stepsText(b, f, "    ")
	}
	if f.Error != "" {
		fmt.Fprintf(b, "  ✗ %s\n", f.Error)
		return
	}
	fmt.Fprintf(b, "  comes to  %s\n", valueText(f.Value))
	switch {
	case len(f.Written) > 0:
		for _, text := range f.Written {
			fmt.Fprintf(b, "  written   %s\n", prose.Cut(prose.OneLine(text), shownLong))
		}
	case f.Kind == "field" || f.Kind == "attribute":
		fmt.Fprintln(b, "  written   (nothing)")
	}
	for _, note := range f.Notes {
		fmt.Fprintf(b, "            %s\n", note)
	}
}

func sourceText(b *strings.Builder, s *engine.LineageSource) {
	where := s.Note
	if s.Path != "" {
		where = "in the answer at " + s.Path
	}
	if where != "" {
		where = "  (" + where + ")"
	}
	fmt.Fprintf(b, "  reads %s = %s%s\n", s.Name, valueText(s.Value), where)
	if s.Let == nil {
		return
	}
	fmt.Fprintf(b, "    let %s, at %s\n", s.Let.Name, Place(s.Let.At))
	for i := range s.Let.Sources {
		one := &s.Let.Sources[i]
		where := one.Path
		if where == "" {
			where = one.Note
		}
		fmt.Fprintf(b, "      reads %s = %s  (%s)\n", one.Name, valueText(one.Value), where)
	}
	stepsText(b, s.Let, "      ")
}

func stepsText(b *strings.Builder, f *engine.FieldLineage, indent string) {
	wide := 0
	for _, s := range f.Steps {
		wide = max(wide, min(utf8.RuneCountInString(s.Text), 60))
	}
	for i, s := range f.Steps {
		if i > 0 && i == len(f.Steps)-1 && (f.Steps[i-1].Error != "" || s.Error == "" && utf8.RuneCountInString(s.Text) > 60) {
			break // the whole program, of which more follows below
		}
		value := valueText(s.Value)
		if s.Error != "" {
			value = "✗ fails here"
		}
		text := prose.Cut(s.Text, 111)
		pad := strings.Repeat(" ", max(wide-utf8.RuneCountInString(text), 0))
		note := ""
		if s.Note != "" {
			note = "  (" + prose.Cut(s.Note, 141) + ")"
		}
		fmt.Fprintf(b, "%s%s%s  %s%s\n", indent, text, pad, value, note)
	}
}

// caret shows the line of a place with a mark below it.
func caret(b *strings.Builder, files map[string]*hcl.File, at hcl.Range) {
	f := files[at.Filename]
	if f == nil {
		return
	}
	lines := strings.Split(string(f.Bytes), "\n")
	if at.Start.Line < 1 || at.Start.Line > len(lines) {
		return
	}
	line := strings.TrimRight(lines[at.Start.Line-1], "\r")
	runes := []rune(line)
	start := min(max(at.Start.Column-1, 0), len(runes))
	end := len(runes)
	if at.End.Line == at.Start.Line {
		end = min(at.End.Column-1, len(runes))
	}
	shift := len(runes) - len([]rune(strings.TrimLeft(line, " \t")))
	fmt.Fprintf(b, "      %s\n", prose.Cut(string(runes[shift:]), 2*shownLong-1))
	fmt.Fprintf(b, "      %s%s\n", strings.Repeat(" ", max(start-shift, 0)), strings.Repeat("^", max(end-start, 1)))
}

// valueText is a value on one line, as JSON.
func valueText(v any) string {
	if at, ok := v.(time.Time); ok {
		return at.UTC().Format(time.RFC3339Nano)
	}
	return prose.Cut(prose.JSON(v), shownLong)
}
