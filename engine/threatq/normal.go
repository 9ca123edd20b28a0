package threatq

import (
	"slices"
	"strings"
	"time"
)

// maxText is how many characters of a description ThreatQ keeps.
const maxText = 65500

// timeLayout is how ThreatQ writes times: UTC, to the second, without a zone.
const timeLayout = "2006-01-02 15:04:05"

// normal returns a copy of o under the text rules of ThreatQ: trimmed, without
// empty parts, without parts said twice, TLP labels in one spelling. Everything
// that is sent, hashed or compared goes through it, so that they agree.
func normal(o *Object) Object {
	n := *o
	n.Name = strings.TrimSpace(o.Name)
	n.Type = strings.TrimSpace(o.Type)
	n.Status = strings.TrimSpace(o.Status)
	n.Description = normalText(o.Description)
	n.Content = strings.TrimSpace(o.Content)
	for _, at := range n.times() {
		if !at.IsZero() {
			*at = at.UTC().Truncate(time.Second)
		}
	}
	n.Sources = normalSources(o.Sources)
	n.Attributes = normalAttributes(o.Attributes)
	n.Tags = normalTags(o.Tags)
	n.Related = normalRelated(o.Related)
	return n
}

func normalText(s string) string {
	s = strings.TrimSpace(s)
	if len(s) <= maxText {
		return s
	}
	count := 0
	for i := range s {
		if count == maxText {
			return strings.TrimSpace(s[:i])
		}
		count++
	}
	return s
}

// normalSources merges sources of one name; the stricter TLP wins.
func normalSources(in []Source) []Source {
	var out []Source
	for _, s := range in {
		s.Name, s.TLP = strings.TrimSpace(s.Name), tlpLabel(s.TLP)
		if s.Name == "" {
			continue
		}
		i := slices.IndexFunc(out, func(have Source) bool { return strings.EqualFold(have.Name, s.Name) })
		switch {
		case i < 0:
			out = append(out, s)
		case tlpStricter(s.TLP, out[i].TLP):
			out[i].TLP = s.TLP
		}
	}
	return out
}

// normalAttributes drops attributes without name or value and repeated ones.
// The first attribute of a name decides the mode for that name; unless that is
// Add, it is the only one.
func normalAttributes(in []Attribute) []Attribute {
	if len(in) > fewAttributes {
		return normalMany(in)
	}
	out := make([]Attribute, 0, len(in))
	for _, a := range in {
		a.Name, a.Value = strings.TrimSpace(a.Name), strings.TrimSpace(a.Value)
		said := a.Name == "" || a.Value == ""
		for _, have := range out {
			if have.Name == a.Name {
				a.Mode = have.Mode
				said = said || a.Mode != Add || have.Value == a.Value
			}
		}
		if !said {
			out = append(out, a)
		}
	}
	return out
}

// fewAttributes is how many are compared one with another rather than looked up.
const fewAttributes = 50

// normalMany does it in time that grows with the number of attributes.
func normalMany(in []Attribute) []Attribute {
	type pair struct{ name, value string }
	var out []Attribute
	modes, seen := map[string]Mode{}, map[pair]bool{}
	for _, a := range in {
		a.Name, a.Value = strings.TrimSpace(a.Name), strings.TrimSpace(a.Value)
		mode, known := modes[a.Name]
		if a.Name == "" || a.Value == "" || known && mode != Add || seen[pair{a.Name, a.Value}] {
			continue
		}
		if !known {
			mode = a.Mode
			modes[a.Name] = mode
		}
		a.Mode = mode
		seen[pair{a.Name, a.Value}] = true
		out = append(out, a)
	}
	return out
}

func normalTags(in []string) []string {
	var out []string
	for _, tag := range in {
		if tag = strings.TrimSpace(tag); tag != "" && !containsFold(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

func normalRelated(in []Ref) []Ref {
	var out []Ref
	seen := make(map[Ref]bool, len(in))
	for _, r := range in {
		if r.ID > 0 && !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, s) })
}
