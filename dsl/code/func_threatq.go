package code

import (
	"slices"
	"strings"
	"time"

	"tqmap/dsl/prose"
)

var attributeValuesFunc = Func{
	Name:      "attribute_values",
	Signature: "attribute_values(attributes, name) list of text",
	Summary: "The values of an attribute of ThreatQ, from a list of {name, value, updated_at}: those changed last first, of one time in the order of the list. " +
		"Case and blanks of the name do not count; empty values are left out. nil stays nil.",
	Examples: []Example{
		{`attribute_values([{name: 'Disposition', value: 'Clean', updated_at: '2026-01-01T00:00:00Z'}, {name: ' disposition', value: 'Malicious', updated_at: '2026-02-01T00:00:00Z'}, {name: 'Other', value: 'x'}], 'Disposition')`, `["Malicious","Clean"]`},
		{`attribute_values([{name: 'Severity', value: 'High'}], 'severity')[0]`, `"High"`},
		{`attribute_values([], 'Severity')`, `[]`},
	},
	Result: ListOf(Shape{Kind: String}),
	types:  []any{new(func(any, string) any)},
	call: func(args ...any) (any, error) {
		return onList(func(list []any) (any, error) {
			name, err := textArg(args, 1)
			if err != nil {
				return nil, err
			}
			return attributeValues(list, name)
		})(args[0])
	},
}

// dated is a value and when it was changed last.
type dated struct {
	value any
	at    time.Time
}

func attributeValues(list []any, name string) (any, error) {
	var found []dated
	for i, e := range list {
		o, ok := objectOf(e)
		if !ok {
			return nil, faultf("attribute_values: element %d is not an object", i)
		}
		have, _ := Text(scalar(o["name"]))
		value, ok := Text(scalar(o["value"]))
		if !ok || strings.TrimSpace(value) == "" || !strings.EqualFold(prose.OneLine(have), prose.OneLine(name)) {
			continue
		}
		d := dated{value: value}
		if at, err := timeArg([]any{o["updated_at"]}, 0); err == nil {
			d.at = at
		}
		found = append(found, d)
	}
	slices.SortStableFunc(found, func(a, b dated) int { return b.at.Compare(a.at) })
	out := make([]any, len(found))
	for i, d := range found {
		out[i] = d.value
	}
	return out, nil
}

var strictestTLPFunc = Func{
	Name:      "strictest_tlp",
	Signature: "strictest_tlp(sources) string or nil",
	Summary: "The strictest label of the Traffic Light Protocol among sources, a list of {tlp} or of labels: RED, AMBER+STRICT, AMBER, GREEN or CLEAR, which WHITE is too. " +
		"nil where none has a label that is known. nil stays nil.",
	Examples: []Example{
		{`strictest_tlp([{name: 'a', tlp: 'GREEN'}, {name: 'b', tlp: 'AMBER'}, {name: 'c', tlp: nil}])`, `"AMBER"`},
		{`strictest_tlp(['TLP:White', 'tlp:amber+strict', 'AMBER'])`, `"AMBER+STRICT"`},
		{`strictest_tlp([{name: 'a'}])`, `null`},
	},
	types: []any{new(func(any) any)},
	call: onList(func(list []any) (any, error) {
		strictest := len(tlpLabels)
		for _, e := range list {
			label := e
			if o, ok := objectOf(e); ok {
				label = o["tlp"]
			}
			text, _ := Text(scalar(label))
			if rank := slices.Index(tlpLabels, tlpLabel(text)); rank >= 0 {
				strictest = min(strictest, rank)
			}
		}
		if strictest == len(tlpLabels) {
			return nil, nil
		}
		return tlpLabels[strictest], nil
	}),
}

// tlpLabels are the labels, strictest first.
var tlpLabels = []string{"RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"}

// tlpLabel brings the spellings of a label together.
func tlpLabel(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "TLP:"))
	switch text {
	case "WHITE":
		return "CLEAR"
	case "AMBER STRICT", "AMBER_STRICT", "AMBER-STRICT":
		return "AMBER+STRICT"
	}
	return text
}
