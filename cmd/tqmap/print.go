package main

import (
	"io"
	"slices"

	"tqmap/cmd/show"
	"tqmap/runtime/redact"
)

// text is text for people, without secrets, and without what a terminal would obey: both may come
// from a server. What is cut or laid out before has to be masked before.
func (a *app) text(text string) string { return show.Visible(a.redactor.String(text)) }

// json is a JSON document for programs, without secrets; what a terminal would obey is escaped.
func (a *app) json(doc string) string { return show.Escaped(a.redactor.JSON(doc)) }

// print writes text for people to stdout.
func (a *app) print(text string) error {
	_, err := io.WriteString(a.stdout, a.text(text))
	return err
}

// document writes JSON for programs to stdout.
func (a *app) document(doc string) error {
	_, err := io.WriteString(a.stdout, a.json(doc))
	return err
}

// maskShown masks all that is shown of records, before it is wrapped, cut and laid out: of half a
// secret nobody would know that it is one. By the keys of objects their differences are found, and
// they are shown nowhere.
func (a *app) maskShown(s *show.Preview) {
	for i := range s.Mapped {
		m := &s.Mapped[i]
		m.Key, m.Dead, m.Rejected = redact.Copy(a.redactor, m.Key), redact.Copy(a.redactor, m.Dead), redact.Copy(a.redactor, m.Rejected)
		if d := m.Dead; d != nil {
			d.Values = show.Values(d.Values, a.redactor.String)
		}
		for j := range m.Rejected {
			m.Rejected[j].Values = show.Values(m.Rejected[j].Values, a.redactor.String)
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
	for _, found := range s.Diffs {
		for key, d := range found {
			found[key] = redact.Copy(a.redactor, d)
		}
	}
}
