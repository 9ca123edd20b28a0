package show

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tqmap/engine/previewhtml"
)

// branch is a line of a tree with what hangs on it.
type branch struct {
	sign, head, text string // head stands out, text is wrapped behind it
	kids             []*branch
}

func (b *branch) add(sign, head, text string) *branch {
	kid := &branch{sign: sign, head: head, text: text}
	b.kids = append(b.kids, kid)
	return kid
}

// Tree shows each record as a tree of so many columns: its objects, and of each the fields,
// attributes, tags and relations.
func (s *Preview) Tree(width int, color bool) string {
	w := &treeWriter{width: width, color: color}
	for i := range s.Page.Records {
		r := &s.Page.Records[i]
		root := &branch{head: "record", text: fmt.Sprintf("%s  (%s)", r.Key, r.Flow)}
		for _, l := range r.Letters {
			bad := root.add("✗", strings.TrimSpace(l.Rule+" not made"), "")
			bad.add("", "", codedReason(l.Code, l.Field, l.Reason))
			if l.Where != "" {
				bad.add("", "", l.Where)
			}
			if l.Stage != "" {
				bad.add("", "", "in the stage "+l.Stage)
			}
			for _, v := range l.Values {
				bad.add("", "", "with "+v.Name+" = "+v.Value)
			}
		}
		for j := range r.Objects {
			objectTree(root, &r.Objects[j])
		}
		w.write(root, "", "")
		w.b.WriteByte('\n')
	}
	return w.b.String() + s.Totals()
}

func objectTree(root *branch, o *previewhtml.Object) {
	text := o.Name
	if o.Type != "" {
		text += "  (" + o.Type + ")"
	}
	if o.ID != 0 {
		text += fmt.Sprintf("  #%d", o.ID)
	}
	top := root.add(o.Op, strings.ReplaceAll(o.Kind, "_", " "), text)
	if o.Note != "" {
		top.add("", "", o.Note)
	}
	for _, c := range o.Changes {
		changeTree(top, c)
	}
	if o.Op == "=" || o.Op == "~" { // what is there need not be read again
		return
	}
	for _, f := range o.Fields {
		top.add("", f.Name, f.Value)
	}
	for _, own := range [][2]string{{"source", o.Source}, {"TLP", o.TLP}, {"description", o.Description}, {"tags", strings.Join(o.Tags, ", ")}} {
		if own[1] != "" {
			top.add("", own[0], own[1])
		}
	}
	if len(o.Attributes) > 0 {
		attributes := top
		if o.Kind != "item" { // whose fields these are
			attributes = top.add("", "attributes", "")
		}
		for _, f := range o.Attributes {
			attributes.add("", f.Name, f.Value)
		}
	}
	if len(o.Relations) > 0 {
		related := top.add("", "related", "")
		for _, r := range o.Relations {
			text := r.Name
			if r.Type != "" {
				text += "  (" + r.Type + ")"
			}
			related.add("→", strings.ReplaceAll(r.Kind, "_", " "), text)
		}
	}
}

func changeTree(top *branch, c previewhtml.Change) {
	name := c.Name
	if c.Part != "attribute" && c.Part != "field" {
		name = strings.TrimSpace(c.Part + " " + c.Name)
	}
	switch c.Op {
	case "~":
		change := top.add("~", name, "")
		change.add("-", "", c.Old)
		change.add("+", "", c.New)
	case "-":
		top.add("-", name, c.Old)
	default:
		top.add(c.Op, name, c.New)
	}
}

// treeWriter draws trees that are no wider than its width.
type treeWriter struct {
	b     strings.Builder
	width int
	color bool
	pad   int // columns that heads of leaves take, so that their texts stand below each other
}

// maxPad is the widest head that others are aligned with.
const maxPad = 22

// padding is how wide the heads of leaves are.
func padding(of []*branch) int {
	most := 0
	for _, b := range of {
		if n := utf8.RuneCountInString(b.head); b.sign == "" && len(b.kids) == 0 && n <= maxPad {
			most = max(most, n)
		}
	}
	return most
}

// write draws b behind lead, and what hangs on it behind rest.
func (w *treeWriter) write(b *branch, lead, rest string) {
	if own := Visible(b.head); utf8.RuneCountInString(own) > w.width/2 { // no head any more
		b = &branch{b.sign, "", own + ": " + b.text, b.kids}
	}
	head, taken := "", 0
	strong := ""
	if len(b.kids) > 0 {
		strong = "1"
	}
	for _, part := range []struct{ text, paint string }{{b.sign, signPaint(b.sign)}, {b.head, strong}} {
		if part.text == "" {
			continue
		}
		text := Visible(part.text)
		if taken > 0 {
			head, taken = head+" ", taken+1
		}
		head, taken = head+w.paint(text, part.paint), taken+utf8.RuneCountInString(text)
	}
	if short := w.pad - taken; short > 0 && taken > 0 && b.sign == "" && len(b.kids) == 0 {
		head, taken = head+strings.Repeat(" ", short), w.pad
	}
	below := rest
	if len(b.kids) > 0 {
		below += "│ "
	} else {
		below += "  "
	}
	lines := wrap(Visible(b.text), w.room(lead)-taken, w.room(below))
	w.b.WriteString(w.paint(lead, "2") + head)
	for i, line := range lines {
		switch {
		case i > 0:
			w.b.WriteString("\n" + w.paint(below, "2") + "  " + line)
		case line == "": // nothing, or too little room for it
		case taken > 0:
			w.b.WriteString("  " + line)
		default:
			w.b.WriteString(line)
		}
	}
	w.b.WriteByte('\n')
	for i, kid := range b.kids {
		w.pad = padding(b.kids)
		if i == len(b.kids)-1 {
			w.write(kid, rest+"└ ", rest+"  ")
		} else {
			w.write(kid, rest+"├ ", rest+"│ ")
		}
	}
}

// room is how many columns are left for a text behind lead.
func (w *treeWriter) room(lead string) int { return max(w.width-utf8.RuneCountInString(lead)-2, 20) }

func signPaint(sign string) string {
	switch sign {
	case "+":
		return "32"
	case "~":
		return "33"
	case "-", "✗", "!":
		return "31"
	}
	return "2"
}

func (w *treeWriter) paint(text, with string) string {
	if !w.color || text == "" || with == "" {
		return text
	}
	return "\x1b[" + with + "m" + text + "\x1b[0m"
}

// wrap breaks text into lines of at most first, then further columns: at blanks, and within a word that
// is longer than a line.
func wrap(text string, first, further int) []string {
	var out []string
	room := first
	if first < 20 && text != "" { // too little to begin there
		out, room = append(out, ""), further
	}
	for _, line := range strings.Split(text, "\n") {
		rest := []rune(strings.TrimRight(strings.ReplaceAll(line, "\t", "  "), " "))
		for len(rest) > room {
			at := room
			for i := room; i > room/2; i-- {
				if rest[i] == ' ' {
					at = i
					break
				}
			}
			out = append(out, strings.TrimRight(string(rest[:at]), " "))
			rest = []rune(strings.TrimLeft(string(rest[at:]), " "))
			room = further
		}
		out = append(out, string(rest))
		room = further
	}
	return out
}
