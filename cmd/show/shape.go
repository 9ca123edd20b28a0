package show

import (
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// Surveyed are the records of one flow.
type Surveyed struct {
	Flow    *dsl.Flow
	Records []any
}

// Shapes are tables of the fields of records.
func Shapes(all []Surveyed) (string, error) {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "flow.%s, record %q: %s\n", s.Flow.Name, s.Flow.Record.Name, prose.Number(len(s.Records), "record"))
		s.table(&b)
		b.WriteByte('\n')
	}
	return Visible(b.String()), nil
}

func (s *Surveyed) table(b *strings.Builder) {
	w := aligned(b)
	fmt.Fprintln(w, "  field\tkind\tpresent\texample")
	for _, f := range code.Survey(s.Records) {
		present := "always"
		if f.Count < f.Of {
			present = fmt.Sprintf("%d of %d", f.Count, f.Of)
		}
		path := strings.TrimSuffix(s.Flow.Record.Name+"."+f.Path, ".")
		if strings.HasPrefix(f.Path, "[]") {
			path = s.Flow.Record.Name + f.Path // a record that is a list
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", path, strings.Join(f.Kinds, " or "), present, f.Example)
	}
	w.Flush()
}

// ShapesHCL are shapes as a mapping says them.
func ShapesHCL(all []Surveyed) (string, error) {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "# flow.%s, record %q\nshape = %s\n\n", s.Flow.Name, s.Flow.Record.Name, dsl.WriteOutline(code.Infer(s.Records), ""))
	}
	return b.String(), nil
}

// ShapesJSON are the fields of records by flow.
func ShapesJSON(all []Surveyed) (string, error) {
	flows := map[string][]code.Field{}
	for _, s := range all {
		flows[s.Flow.Name] = code.Survey(s.Records)
	}
	return prose.Indented(flows)
}
