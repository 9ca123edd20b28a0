package code

import (
	"strings"
	"testing"
	"time"
)

func TestAddDate(t *testing.T) {
	at := func(text string) time.Time {
		got, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, tc := range []struct {
		from string
		n    int
		unit string
		want string
	}{
		{"2026-01-31T12:00:00Z", 1, "month", "2026-02-28T12:00:00Z"},
		{"2028-01-31T12:00:00Z", 1, "month", "2028-02-29T12:00:00Z"},
		{"2026-01-31T12:00:00Z", 13, "months", "2027-02-28T12:00:00Z"},
		{"2026-12-31T23:59:59.5Z", 2, "month", "2027-02-28T23:59:59.5Z"},
		{"2026-03-31T00:00:00Z", -13, "month", "2025-02-28T00:00:00Z"},
		{"2026-05-31T00:00:00Z", 6, "month", "2026-11-30T00:00:00Z"},
		{"2028-02-29T00:00:00Z", 1, "year", "2029-02-28T00:00:00Z"},
		{"2028-02-29T00:00:00Z", 4, "years", "2032-02-29T00:00:00Z"},
		{"2028-02-29T00:00:00Z", -100, "years", "1928-02-29T00:00:00Z"},
		{"2026-02-28T00:00:00Z", 1, "day", "2026-03-01T00:00:00Z"},
		{"2026-01-01T00:00:00Z", -1, "week", "2025-12-25T00:00:00Z"},
		{"2026-01-31T23:30:00-05:00", 1, "month", "2026-03-01T04:30:00Z"}, // in UTC it is the first of February
		{"2026-01-31T00:00:00Z", 0, "month", "2026-01-31T00:00:00Z"},
	} {
		if got, ok := addDate(at(tc.from), tc.n, tc.unit); !ok || got.Format(time.RFC3339Nano) != tc.want {
			t.Errorf("%s and %d %s: %s %t, want %s", tc.from, tc.n, tc.unit, got.Format(time.RFC3339Nano), ok, tc.want)
		}
	}
	for program, says := range map[string]string{
		`add_date('2026-01-31T12:00:00Z', 1, 'quarter')`:      "day, week, month or year",
		`add_date('2026-01-31T12:00:00Z', 9000, 'years')`:     "not in the years 1 to 9999",
		`add_date('2026-01-31T12:00:00Z', 99999999, 'years')`: "10000 years",
		`add_date('2026-01-31T12:00:00Z', 1.5, 'years')`:      "float",
		`add_date('yesterday', 1, 'years')`:                   "RFC 3339",
	} {
		if _, err := runText(t, program); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", program, err)
		}
	}
	for _, program := range []string{`add_date(nil, 1, 'year')`, `add_date('2026-01-31T12:00:00Z', nil, 'year')`} {
		if got, err := runText(t, program); got != nil || err != nil {
			t.Errorf("%s: %v %v", program, got, err)
		}
	}
}

func TestAttributeValues(t *testing.T) {
	for program, want := range map[string]string{
		// Ties, and rows without a time, in the order of the list; the latter last.
		`[{name: 'D', value: '1'}, {name: 'D', value: '2', updated_at: '2026-01-01T00:00:00Z'}, {name: 'D', value: '3', updated_at: time('2026-01-01T00:00:00Z')}, {name: 'D', value: '4'}]`: "2 3 1 4",
		`[{name: 'd  ', value: 'a'}, {name: nil, value: 'b'}, {value: 'c'}, {name: 'D', value: ''}, {name: 'D', value: nil}, {name: 'D'}, {name: 'D', value: 7}]`:                            "a 7",
		`[{name: 'D', value: 'late', updated_at: '2026-01-01T01:00:00+02:00'}, {name: 'D', value: 'later', updated_at: '2026-01-01T00:00:00Z'}]`:                                             "later late",
	} {
		got, err := runText(t, `join(attribute_values(`+program+`, ' d'), ' ')`)
		if err != nil || got != want {
			t.Errorf("%s: %v %v, want %s", program, got, err, want)
		}
	}
	if got, err := runText(t, `attribute_values([{name: ' Score   Type ', value: 'x'}], 'score type')[0]`); got != "x" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := runText(t, `attribute_values(['x'], 'x')`); err == nil || !strings.Contains(err.Error(), "element 0 is not an object") {
		t.Error(err)
	}
}

func TestStrictestTLP(t *testing.T) {
	for program, want := range map[string]any{
		`[]`: nil, `[nil]`: nil, `['PURPLE', {tlp: 'odd'}, {tlp: {}}]`: nil, `['PURPLE', 'GREEN']`: "GREEN",
		`[{tlp: 'WHITE'}]`: "CLEAR", `[{tlp: 'Clear'}, {tlp: 'green'}]`: "GREEN", `[{tlp: 'GREEN'}, {tlp: 'AMBER'}]`: "AMBER",
		`[{tlp: 'AMBER'}, {tlp: 'AMBER+STRICT'}]`: "AMBER+STRICT", `['TLP: AMBER STRICT', 'RED']`: "RED", `['tlp:red']`: "RED",
	} {
		if got, err := runText(t, `strictest_tlp(`+program+`)`); got != want || err != nil {
			t.Errorf("%s: %v %v, want %v", program, got, err, want)
		}
	}
}

// runText is what a program without names results in.
func runText(t *testing.T, program string) (any, error) {
	t.Helper()
	e, diags := CompileExpr(Literal(program), Env{})
	if diags.HasErrors() {
		return nil, diags
	}
	return e.Eval(nil)
}
