package code

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var iocsFunc = Func{
	Name:      "iocs",
	Signature: "iocs(text[, types]) list of {type, value}",
	Summary: "Finds indicators in a text: in its double-quoted strings, else in its words. Types are URL, CIDR Block, IP Address, IPv6 Address, Email Address and FQDN. " +
		"Private, loopback, link-local, multicast and unspecified addresses are left out. In order, each once. " +
		"With a list of types only those are found; it may name every type that indicator_type knows. What is defanged, such as hxxp://bad[.]example, is found by iocs(refang(text)).",
	Examples: []Example{
		{`iocs('src_ip: ["10.0.0.4"], domains: ["Login.Bad.example.", "203.0.113.9"]')`,
			`[{"type":"FQDN","value":"login.bad.example"},{"type":"IP Address","value":"203.0.113.9"}]`},
		{`iocs('seen: http://bad.example/x, 2001:DB8::1')`,
			`[{"type":"URL","value":"http://bad.example/x"},{"type":"IPv6 Address","value":"2001:db8::1"}]`},
		{`iocs('"bad.example", "203.0.113.9", "900150983cd24fb0d6963f7d28e17f72"', ['FQDN', 'MD5'])`,
			`[{"type":"FQDN","value":"bad.example"},{"type":"MD5","value":"900150983cd24fb0d6963f7d28e17f72"}]`},
		{`iocs(nil)`, `[]`},
	},
	Result: ListOf(ObjectOf(map[string]Shape{"type": {Kind: String}, "value": {Kind: String}})),
	types:  []any{new(func(any) []any), new(func(any, any) []any)},
	call: func(args ...any) (any, error) {
		var types []string
		if len(args) > 1 {
			var err error
			if types, err = typeNames(args); err != nil {
				return nil, err
			}
		}
		if args[0] == nil {
			return []any{}, nil
		}
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		found := findIOCs(text, types...)
		if len(found) > maxElements {
			return nil, listTooLong("iocs")
		}
		return found, nil
	},
}

// typeNames are the indicator types that the second argument lists.
func typeNames(args []any) ([]string, error) {
	list, err := listArg(args, 1)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(list))
	for i := range list {
		name, err := textElem("iocs", list, i)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(indicatorTypes(), name) {
			return nil, faultf("iocs: the list has a type that is none of %s", strings.Join(indicatorTypes(), ", "))
		}
		names = append(names, name)
	}
	return names, nil
}

var iocTypeFunc = Func{
	Name:      "ioc_type",
	Signature: "ioc_type(text) string or nil",
	Summary:   "The indicator type of a value: URL, CIDR Block, IP Address, IPv6 Address, Email Address or FQDN; nil for anything else. Private addresses have a type too.",
	Examples: []Example{
		{`ioc_type('bad.example')`, `"FQDN"`},
		{`ioc_type('10.0.0.0/8')`, `"CIDR Block"`},
		{`ioc_type('user@bad.example')`, `"Email Address"`},
		{`ioc_type('just words')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		if found, ok := classifyIOC(text); ok {
			return found.kind, nil
		}
		return nil, nil
	},
}

var quotedLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// findIOCs finds what ioc_type knows or, where types are given, what indicator_type
// finds to be of one of them.
func findIOCs(text string, types ...string) []any {
	classify := classifyIOC
	if types != nil {
		classify = classifyIndicator
	}
	out, seen := []any{}, map[ioc]bool{}
	for _, candidate := range candidates(text) {
		found, ok := classify(candidate)
		if !ok || found.own || seen[found] || types != nil && !slices.Contains(types, found.kind) {
			continue
		}
		seen[found] = true
		out = append(out, map[string]any{"type": found.kind, "value": found.value})
	}
	return out
}

func candidates(text string) []string {
	literals := quotedLiteral.FindAllString(text, -1)
	if len(literals) == 0 {
		words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;[]", r) })
		out := words[:0]
		for _, w := range words {
			if !strings.HasSuffix(w, ":") {
				out = append(out, w)
			}
		}
		return out
	}
	for i, l := range literals {
		var plain string
		if json.Unmarshal([]byte(l), &plain) != nil {
			plain = l[1 : len(l)-1]
		}
		literals[i] = plain
	}
	return literals
}
