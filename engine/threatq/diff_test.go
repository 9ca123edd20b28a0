package threatq

import (
	"strings"
	"testing"
	"time"
)

func TestDiffAttributes(t *testing.T) {
	rows := func(values ...string) []Attribute {
		var out []Attribute
		for i, v := range values {
			out = append(out, Attribute{Name: "A", Value: v, RowID: int64(i + 1)})
		}
		return append(out, Attribute{Name: "Theirs", Value: "kept", RowID: 99})
	}
	want := func(mode Mode, values ...string) []Attribute {
		var out []Attribute
		for _, v := range values {
			out = append(out, Attribute{Name: "A", Value: v, Mode: mode})
		}
		return out
	}
	tests := map[string]struct {
		have, want []Attribute
		plan       string
	}{
		"replace absent":           {rows(), want(Replace, "x"), "+ A: x"},
		"replace same":             {rows("x"), want(Replace, "x"), ""},
		"replace same but blanks":  {rows(" x "), want(Replace, "x "), ""},
		"replace other":            {rows("640"), want(Replace, "870"), "~ A: 640 -> 870"},
		"replace several":          {rows("a", "b", "c"), want(Replace, "x"), "~ A: a -> x\n- A: b\n- A: c"},
		"replace, second has it":   {rows("a", "x", "c"), want(Replace, "x"), "- A: a\n- A: c"},
		"replace, twice in rows":   {rows("x", "x"), want(Replace, "x"), "- A: x"},
		"replace, wanted twice":    {rows("a"), want(Replace, "x", "y"), "~ A: a -> x"},
		"replace by empty":         {rows("a"), want(Replace, " "), ""},
		"replace row without id":   {[]Attribute{{Name: "A", Value: "a"}}, want(Replace, "x"), "+ A: x"},
		"replace, rest has no id":  {[]Attribute{{Name: "A", Value: "a", RowID: 1}, {Name: "A", Value: "b"}}, want(Replace, "x"), "~ A: a -> x"},
		"replace from empty value": {rows(""), want(Replace, "x"), "~ A: (none) -> x"},
		"add absent":               {rows(), want(Add, "x", "y"), "+ A: x\n+ A: y"},
		"add beside":               {rows("a", "x"), want(Add, "x", "y", "y"), "+ A: y"},
		"add same":                 {rows("a", "x"), want(Add, "x", "a"), ""},
		"fixed absent":             {rows(), want(Fixed, "x", "y"), "+ A: x"},
		"fixed other":              {rows("a"), want(Fixed, "x"), ""},
		"not wanted":               {rows("a", "b"), nil, ""},
		"modes mixed, first rules": {rows("a"), append(want(Replace, "x"), want(Add, "y")...), "~ A: a -> x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := Diff(&Object{Attributes: test.have}, &Object{Attributes: test.want})
			if p.String() != test.plan || p.Empty() != (test.plan == "") {
				t.Errorf("plan\n%s\nwant\n%s", p, test.plan)
			}
			for _, a := range p.SetAttributes {
				if a.RowID != 1 {
					t.Errorf("row %d is edited, not the first", a.RowID)
				}
			}
		})
	}
}

func TestDiffObjects(t *testing.T) {
	at := time.Unix(1000, 0)
	have := Object{
		Collection: Events, ID: 5, Name: "t", Type: "Sighting", Status: "Active", Description: " d\n", HappenedAt: at,
		Sources: []Source{{"Vendor", "AMBER"}, {"Other", ""}}, Tags: []string{"Seen"}, Related: []Ref{{Indicators, 1}},
	}
	tests := map[string]struct {
		have, want Object
		plan       string
	}{
		"nothing wanted":    {have, Object{Collection: Events}, ""},
		"itself":            {have, have, ""},
		"fields":            {have, Object{Collection: Events, Name: "u", Type: "CLOSED", Status: "Review", Description: "e"}, "~ title: t -> u\n~ type: Sighting -> CLOSED\n~ status: Active -> Review\n~ description: d -> e"},
		"case of names":     {have, Object{Collection: Events, Type: "sighting", Status: "ACTIVE"}, ""},
		"case of the title": {have, Object{Collection: Events, Name: "T"}, "~ title: t -> T"},
		"happened_at":       {have, Object{Collection: Events, HappenedAt: at.Add(time.Hour)}, ""},
		"indicator":         {Object{Collection: Indicators, Name: "a", Type: "FQDN"}, Object{Collection: Indicators, Name: "b", Type: "URL", Status: "Review"}, "~ status: (none) -> Review"},
		"sources":           {have, Object{Sources: []Source{{"vendor", ""}, {"New", "tlp:white"}}}, "+ source New (TLP:CLEAR)"},
		"stricter TLP":      {have, Object{Sources: []Source{{"Vendor", "RED"}, {"Other", "GREEN"}}}, "+ source Vendor (TLP:RED)\n+ source Other (TLP:GREEN)"},
		"AMBER+STRICT":      {have, Object{Sources: []Source{{"Vendor", "AMBER+STRICT"}}}, "+ source Vendor (TLP:AMBER+STRICT)"},
		"laxer TLP":         {have, Object{Sources: []Source{{"Vendor", "GREEN"}}}, ""},
		"tags and links":    {have, Object{Tags: []string{"seen", "new"}, Related: []Ref{{Indicators, 1}, {Events, 1}}}, "+ tag new\n+ related events 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if p := Diff(&test.have, &test.want); p.String() != test.plan || p.Empty() != (test.plan == "") {
				t.Errorf("plan\n%s\nwant\n%s", p, test.plan)
			}
		})
	}
}

func TestPlanTextIsOneLineEach(t *testing.T) {
	p := Plan{Fields: []FieldChange{{FieldDescription, "a\nb\x1b", strings.Repeat("é", 500)}}}
	want := "~ description: a b -> " + strings.Repeat("é", 119) + "…"
	if p.String() != want {
		t.Errorf("%s", p)
	}
}
