package guide

import (
	"strings"

	"tqmap/dsl"
)

func tableTitle(name string) string { return "Table " + span(name) }

// tables are all value tables, in full.
func (g *maker) tables() {
	if len(g.m.Tables) == 0 {
		return
	}
	g.doc.chapter("Value tables", paragraph("Each leads from the words of one side to those of the other."))
	for _, t := range g.m.Tables {
		out := table{head: []string{"From", "To", "Back"}}
		read := t.Node.Read(g.bound.Scope)
		back := backOf(t)
		for _, row := range t.Rows {
			mark := ""
			if back[row.Value] == row.Key {
				mark = "yes"
			}
			out.rows = append(out.rows, []string{span(row.Key), span(row.Value), mark})
		}
		if !g.reversed(t) {
			out.head = out.head[:2]
			for i := range out.rows {
				out.rows[i] = out.rows[i][:2]
			}
		}
		g.doc.part(3, tableTitle(t.Name), paragraph(tableWords(t, read)), out)
	}
}

func tableWords(t *dsl.Table, read *dsl.Reading) string {
	text := ""
	if read.Bool("ignore_case", false) {
		text = "Case and blanks around do not matter. "
	}
	switch v := t.Node.Val("default"); v.Word() {
	case "keep":
		text += "What is not in it stays as it is"
	case "fail":
		text += "A record with anything else becomes a dead letter"
	case "none", "":
		text += "What is not in it comes out as nothing"
		if v != nil && v.Word() == "" {
			text = strings.TrimSuffix(text, "nothing") + span(read.String("default", ""))
		}
	}
	if read.Bool("report", true) {
		text += ", and the report counts it"
	}
	return text + "."
}

// backOf is which key each value goes back to.
func backOf(t *dsl.Table) map[string]string {
	out, several := map[string]string{}, map[string]int{}
	for _, row := range t.Rows {
		out[row.Value] = row.Key
		several[row.Value]++
	}
	for value, n := range several {
		if n > 1 {
			delete(out, value)
		}
	}
	for _, pair := range t.Node.Static().Pairs("reverse") {
		out[pair.Name] = pair.Value
	}
	return out
}

// reversed tells whether something looks the table up from right to left.
func (g *maker) reversed(t *dsl.Table) bool {
	for _, f := range g.m.Files {
		if strings.Contains(string(f.Bytes), "table."+t.Name+".reverse(") {
			return true
		}
	}
	return false
}
