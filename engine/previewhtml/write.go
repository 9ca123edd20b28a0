package previewhtml

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var layout string

//go:embed page.css
var style string

//go:embed page.js
var script string

// Write writes the page as one HTML file that loads nothing and lets nothing be loaded: its
// policy names its own style and script by their hashes. All that comes from records, mapping and
// settings passes mask before it is encoded. The same page gives the same bytes.
func Write(w io.Writer, p *Page, mask func(string) string) error {
	t, err := template.New("page").Parse(layout)
	if err != nil {
		return err
	}
	return t.Execute(w, newSheet(p, mask))
}

// sheet is what the layout is filled with.
type sheet struct {
	Policy             string
	Style, Script      template.HTML
	Title, Name, Intro string
	Facts              []Field
	Tally              Tally
	Kinds, Ops         []chip
	Letters            []placed
	Skipped            []Skipped
	Unknown            []Unknown
	Records            int
	Compared           bool
	Data               []entry
}

// chip is a button that filters.
type chip struct {
	Filter, Text, Sign string
	N                  int
}

// placed is a letter with the number of its record.
type placed struct {
	Letter
	Number int
}

// entry is a record as the script reads it.
type entry struct {
	Flow    string   `json:"flow"`
	Key     string   `json:"key"`
	Raw     []line   `json:"raw"`
	Objects []Object `json:"objects"`
	Letters []Letter `json:"letters"`
}

// maxListed is how many letters stand above the records; all stand with theirs.
const maxListed = 100

func newSheet(p *Page, mask func(string) string) *sheet {
	tally := p.Tally()
	s := &sheet{
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", sourceHash(style), sourceHash(script)),
		Style:  template.HTML("<style>" + style + "</style>"), Script: template.HTML("<script>" + script + "</script>"),
		Title: mask(p.Title), Name: mask(p.Name), Records: len(p.Records), Tally: tally, Compared: p.Compared, Data: []entry{},
	}
	s.Facts = facts(p, mask)
	for _, k := range tally.Kinds {
		s.Kinds = append(s.Kinds, chip{Filter: "kind:" + k.Of, Text: Named(k.Of, k.N), N: k.N})
	}
	for _, op := range Ops() {
		if n := p.Totals[op.Sign]; n > 0 {
			s.Ops = append(s.Ops, chip{Filter: "op:" + op.Sign, Text: op.Word, Sign: op.Sign, N: n})
		}
	}
	for _, k := range p.Skipped {
		s.Skipped = append(s.Skipped, Skipped{mask(k.Flow), mask(k.Reason), k.N})
	}
	for _, u := range p.Unknown {
		s.Unknown = append(s.Unknown, Unknown{u.Table, mask(u.Key), u.N})
	}
	for i := range p.Records {
		e := newEntry(&p.Records[i], mask)
		for _, l := range e.Letters {
			if len(s.Letters) < maxListed {
				s.Letters = append(s.Letters, placed{l, i + 1})
			}
		}
		s.Data = append(s.Data, e)
	}
	return s
}

// Hidden is how many letters are not listed above the records.
func (s *sheet) Hidden() int { return s.Tally.Dead - len(s.Letters) }

func facts(p *Page, mask func(string) string) []Field {
	flows := "flow"
	if len(p.Flows) > 1 {
		flows = "flows"
	}
	all := []Field{
		{"mapping", p.Mapping}, {flows, strings.Join(p.Flows, ", ")}, {"records from", p.Source}, {"run clock", p.Clock.UTC().Format(time.RFC3339)},
	}
	for i := range all {
		all[i].Value = mask(cmp.Or(all[i].Value, "—"))
	}
	return all
}

// sourceHash is how a policy names what stands in the page itself.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func newEntry(r *Record, mask func(string) string) entry {
	e := entry{Flow: mask(r.Flow), Key: mask(r.Key), Raw: rawLines(r.Raw, r.Used, mask), Objects: []Object{}, Letters: []Letter{}}
	for _, o := range r.Objects {
		e.Objects = append(e.Objects, o.masked(mask))
	}
	for _, l := range r.Letters {
		e.Letters = append(e.Letters, Letter{Rule: l.Rule, Key: mask(l.Key), Reason: mask(l.Reason), Where: l.Where, Code: l.Code, Values: maskFields(l.Values, mask), Field: mask(l.Field), Stage: mask(l.Stage)})
	}
	return e
}

func (o Object) masked(mask func(string) string) Object {
	for _, text := range []*string{&o.Name, &o.Type, &o.Description, &o.Source, &o.TLP, &o.Note} {
		*text = mask(*text)
	}
	o.Fields, o.Attributes = maskFields(o.Fields, mask), maskFields(o.Attributes, mask)
	o.Tags, o.Relations, o.Changes = slices.Clone(o.Tags), slices.Clone(o.Relations), slices.Clone(o.Changes)
	for i := range o.Tags {
		o.Tags[i] = mask(o.Tags[i])
	}
	for i := range o.Relations {
		o.Relations[i].Name, o.Relations[i].Type = mask(o.Relations[i].Name), mask(o.Relations[i].Type)
	}
	for i, c := range o.Changes {
		o.Changes[i] = Change{c.Op, c.Part, mask(c.Name), mask(c.Old), mask(c.New)}
	}
	return o
}

func maskFields(in []Field, mask func(string) string) []Field {
	out := slices.Clone(in)
	for i, f := range in {
		out[i] = Field{mask(f.Name), mask(f.Value)}
	}
	return out
}

// Named is what n of a kind are called: "1 event", "2 attack patterns".
func Named(kind string, n int) string {
	kind = strings.ReplaceAll(kind, "_", " ")
	switch {
	case n == 1 || kind == "malware" || kind == "infrastructure":
		return kind
	case strings.HasSuffix(kind, "course of action"):
		return strings.Replace(kind, "course", "courses", 1)
	case strings.HasSuffix(kind, "y"):
		return strings.TrimSuffix(kind, "y") + "ies"
	}
	return kind + "s"
}
