package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"tqmap/engine"
	"tqmap/engine/threatq"
)

// previewObject is one object in `preview --format json`. Objects that only hang
// on another one are listed there.
type previewObject struct {
	Flow        string      `json:"flow"`
	Key         string      `json:"key"`
	Object      string      `json:"object,omitempty"`
	Title       string      `json:"title,omitempty"`
	Name        string      `json:"name,omitempty"`
	Value       string      `json:"value,omitempty"`
	Type        string      `json:"type,omitempty"`
	Status      string      `json:"status,omitempty"`
	HappenedAt  string      `json:"happened_at,omitempty"`
	Description string      `json:"description,omitempty"`
	Source      string      `json:"source,omitempty"`
	TLP         string      `json:"tlp,omitempty"`
	Tags        []string    `json:"tags,omitempty"`
	Attributes  [][2]string `json:"attributes"`
	// Indicators are [type, value] pairs of the related indicators.
	Indicators [][2]string `json:"indicators"`
	// Dead says why the record makes no object, Where the rule that failed.
	Dead  string `json:"dead,omitempty"`
	Where string `json:"where,omitempty"`
}

func previewJSON(shown []engine.Mapped) (string, error) {
	out := []previewObject{}
	for i := range shown {
		out = append(out, objectsOf(&shown[i])...)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(out)
	return b.String(), err
}

// objectsOf lists the objects of a record; indicators stand in the event they
// are related to.
func objectsOf(m *engine.Mapped) []previewObject {
	if m.Dead != nil {
		return []previewObject{{Flow: m.Flow, Key: m.Dead.Key, Dead: m.Dead.Reason, Where: m.Dead.Where}}
	}
	inside := map[int][][2]string{}
	for _, o := range m.Objects {
		for _, k := range o.RelatedTo {
			if o.Collection == threatq.Indicators {
				inside[k] = append(inside[k], [2]string{o.Type, o.Name})
			}
		}
	}
	var out []previewObject
	for i, o := range m.Objects {
		if o.Collection == threatq.Indicators && len(o.RelatedTo) > 0 {
			continue
		}
		p := previewObject{
			Flow: m.Flow, Key: m.Key, Object: o.Rule.Type, Type: o.Type, Status: o.Status,
			Description: o.Description, Tags: o.Tags, Attributes: [][2]string{}, Indicators: append([][2]string{}, inside[i]...),
		}
		if len(o.Sources) > 0 {
			p.Source, p.TLP = o.Sources[0].Name, o.Sources[0].TLP
		}
		*map[string]*string{"title": &p.Title, "name": &p.Name, "value": &p.Value}[o.Collection.NameField()] = o.Name
		if !o.HappenedAt.IsZero() {
			p.HappenedAt = o.HappenedAt.UTC().Format(time.DateTime)
		}
		for _, a := range o.Attributes {
			p.Attributes = append(p.Attributes, [2]string{a.Name, a.Value})
		}
		out = append(out, p)
	}
	return out
}

func previewTable(shown []engine.Mapped) (string, error) {
	var b strings.Builder
	events, indicators, dead := 0, 0, 0
	for i := range shown {
		for _, o := range shown[i].Objects {
			switch o.Collection {
			case threatq.Events:
				events++
			case threatq.Indicators:
				indicators++
			}
		}
		if shown[i].Dead != nil {
			dead++
		}
		for _, p := range objectsOf(&shown[i]) {
			previewOne(&b, p, &shown[i])
		}
	}
	fmt.Fprintf(&b, "%d records: %d events, %d indicators", len(shown), events, indicators)
	if dead > 0 {
		fmt.Fprintf(&b, ", %d that cannot be mapped", dead)
	}
	fmt.Fprintln(&b, ". Nothing was written.")
	return b.String(), nil
}

func previewOne(b *strings.Builder, p previewObject, m *engine.Mapped) {
	if p.Dead != "" {
		fmt.Fprintf(b, "✗ %s\n    %s\n    %s\n\n", p.Key, p.Dead, p.Where)
		return
	}
	fmt.Fprintf(b, "%s  %s\n", strings.ToUpper(p.Object), p.Title+p.Name+p.Value)
	w := tabwriter.NewWriter(b, 2, 8, 2, ' ', 0)
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
	row("type", p.Type)
	row("status", p.Status)
	row("happened at", p.HappenedAt)
	row("source", p.Source)
	row("TLP", p.TLP)
	row("description", p.Description)
	row("tags", strings.Join(p.Tags, ", "))
	for _, a := range p.Attributes {
		row("· "+a[0], a[1])
	}
	for _, o := range m.Objects {
		if o.Collection == threatq.Indicators && len(o.RelatedTo) > 0 {
			row("→ "+o.Type, o.Name+"  ("+o.Status+")")
		}
	}
	w.Flush()
	fmt.Fprintln(b)
}
