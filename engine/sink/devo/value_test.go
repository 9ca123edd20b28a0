package devo_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tqmap/engine/sink/devo"
)

func TestValues(t *testing.T) {
	big53, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	tests := []struct {
		value any
		want  string // "" if it is refused
	}{
		{"plain", `"plain"`},
		{"  blanks\t\u001c\u00a0", `"blanks"`},
		{"", `""`},
		{nil, `""`},
		{"11", `11`},
		{" -3 ", `-3`},
		{"10.5", `10.5`},
		{"198.51.100.7", `198.51.100.7`},
		{"1.2.3", `1.2.3`},
		{"1.", `"1."`},
		{".5", `".5"`},
		{"1..2", `"1..2"`},
		{"-", `"-"`},
		{"--1", `"--1"`},
		{"+1", `"+1"`},
		{"1e5", `"1e5"`},
		{"1,5", `"1,5"`},
		{"١٢", `"١٢"`},
		{`say "hi"`, `"say ""hi"""`},
		{`a,b|c\d'e`, `"a,b|c\d'e"`},
		{"a\tb", "\"a\tb\""},
		{"a\nb\r\nc\rd\n", `"a\nb\nc\nd"`},
		{"a\u0085b\u2028c", "\"a\u0085b\u2028c\""},
		{"a\x00b\xffc", "\"a\uFFFDb\uFFFDc\""},
		{8, `8`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{uint8(7), `7`},
		{int64(9007199254740993), `9007199254740993`}, // U42: 2^53 + 1
		{big53, `123456789012345678901234567890`},
		{json.Number("9007199254740993"), `9007199254740993`},
		{json.Number("1e3"), `1000`},
		{5.5, `5.5`},
		{8.0, `8`},
		{1e16, `10000000000000000`},
		{1e-7, `0.0000001`},
		{math.Copysign(0, -1), `0`},
		{float32(0.1), `0.1`},
		{math.NaN(), ""},
		{math.Inf(-1), ""},
		{true, `True`},
		{false, `False`},
		{time.Date(2024, 3, 5, 10, 15, 30, 999, time.FixedZone("", 3600)), `"2024-03-05 09:15:30"`},
		{time.Time{}, `""`},
		{[]any{1}, ""},
		{map[string]any{}, ""},
	}
	l := devo.Lookup{Name: "l", Columns: []devo.Column{{Name: "k"}, {Name: "v"}}}
	for _, test := range tests {
		got, err := l.Encode([]any{"k", test.value})
		want := `"k",` + test.want
		if test.want == "" {
			if !errors.Is(err, devo.ErrRow) {
				t.Errorf("%#v: %q, %v, want ErrRow", test.value, got, err)
			}
		} else if err != nil || string(got) != want {
			t.Errorf("%#v: %s, %v, want %s", test.value, got, err, want)
		}
	}
}

// A row that does not fit its columns would make the lookup fail without a word.
func TestColumnTypes(t *testing.T) {
	tests := map[devo.Type]struct{ fit, unfit []any }{
		devo.Text:  {fit: []any{"x", 1, true}},
		devo.Int:   {fit: []any{1, "1", "-9223372036854775808", nil}, unfit: []any{"x", 1.5, uint64(math.MaxUint64)}},
		devo.Int8:  {fit: []any{int64(math.MaxInt64)}, unfit: []any{true}},
		devo.Int4:  {fit: []any{math.MaxInt32, ""}, unfit: []any{math.MaxInt32 + 1}},
		devo.Float: {fit: []any{1, 1.5, "1.5"}, unfit: []any{"x", "1.2.3"}},
		devo.Bool:  {fit: []any{true, "False", nil}, unfit: []any{1, "yes"}},
		devo.IP4:   {fit: []any{"198.51.100.7"}, unfit: []any{"198.51.100.256", "::1", 7}},
	}
	if len(tests) != len(devo.Types()) {
		t.Errorf("%d types, %d with a test", len(devo.Types()), len(tests))
	}
	for kind, test := range tests {
		l := devo.Lookup{Name: "l", Columns: []devo.Column{{Name: "k"}, {Name: "v", Type: kind}}}
		if err := l.Check(); err != nil {
			t.Error(err)
		}
		for _, v := range test.fit {
			if _, err := l.Encode([]any{"k", v}); err != nil {
				t.Errorf("%v as %s: %v", v, kind, err)
			}
		}
		for _, v := range test.unfit {
			if _, err := l.Encode([]any{"k", v}); !errors.Is(err, devo.ErrRow) || !strings.Contains(err.Error(), `column "v"`) {
				t.Errorf("%v as %s: %v, want ErrRow of the column", v, kind, err)
			}
		}
	}
}

func TestLookups(t *testing.T) {
	col := func(names ...string) (out []devo.Column) {
		for _, n := range names {
			out = append(out, devo.Column{Name: n})
		}
		return out
	}
	for _, l := range []devo.Lookup{
		{Name: "", Columns: col("a")}, {Name: "a b", Columns: col("a")}, {Name: "ü", Columns: col("a")}, {Name: "a.b", Columns: col("a")}, {Name: "a\n", Columns: col("a")},
		{Name: "a"}, {Name: "a", Columns: col("")}, {Name: "a", Columns: col("a", "a")}, {Name: "a", Columns: col(`a"b`)}, {Name: "a", Columns: col("a\nb")},
		{Name: "a", Columns: col("\xff")}, {Name: "a", Columns: []devo.Column{{Name: "a", Type: "text"}}},
	} {
		if err := l.Check(); !errors.Is(err, devo.ErrLookup) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if err := (devo.Lookup{Name: "A_1", Columns: col("Has Adversary", "<&>|ü", `back\slash`)}).Check(); err != nil {
		t.Error(err)
	}
}

func TestIDs(t *testing.T) {
	now := time.UnixMicro(1_700_000_000_000_007)
	ids := devo.IDs{Now: func() time.Time { return now }}
	var got []string
	for range 2 {
		got = append(got, ids.Next())
	}
	now = now.Add(-time.Hour) // a clock that is set back makes none twice
	got = append(got, ids.Next())
	now = now.Add(2 * time.Hour)
	got = append(got, ids.Next())
	if want := "1700000000.000007 1700000000.000008 1700000000.000009 1700003600.000007"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestRegions(t *testing.T) {
	for region, want := range map[string]string{
		"USA": "collector-us.devo.io:443", " eu ": "collector-eu.devo.io:443", "es": "es.elb.relay.logtrust.net:443",
		"relay.example.com:12999": "relay.example.com:12999", "[::1]:443": "[::1]:443",
		"": "", "MARS": "", "relay.example.com": "", "relay:0": "", ":443": "", "https://relay:443": "", "relay:99999": "", "user@relay:443": "",
	} {
		got, err := devo.Address(region)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", region, got, err, want)
		}
	}
}

var bareText = regexp.MustCompile(`^-?\d+(\.\d+)*$`)

// Whatever text there is, the row is one line of CSV with two fields, and gives the text back, but for
// what is documented to be lost.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "a", `"`, "a,b", "1.2.3", "-1", " x ", "l\r\nm\rn\n", "\x00\xff", "\u001f1\u001c", `\n`, "|", "é\u2028"} {
		f.Add(text)
	}
	l := devo.Lookup{Name: "l", Columns: []devo.Column{{Name: "k"}, {Name: "v"}}}
	f.Fuzz(func(t *testing.T, text string) {
		row, err := l.Encode([]any{"k", text})
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(row) || strings.ContainsAny(string(row), "\r\n\x00") {
			t.Fatalf("%q is no line", row)
		}
		in := csv.NewReader(strings.NewReader(string(row)))
		got, err := in.Read()
		if err != nil || len(got) != 2 {
			t.Fatalf("%q has %d fields: %v", row, len(got), err)
		}
		want := strings.ToValidUTF8(strings.TrimFunc(text, func(r rune) bool {
			return r >= 0x1c && r <= 0x1f || strings.TrimSpace(string(r)) == ""
		}), "\uFFFD")
		want = strings.NewReplacer("\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\x00", "\uFFFD").Replace(want)
		if got[1] != want {
			t.Fatalf("%q came back as %q, want %q", text, got[1], want)
		}
		if bare := !strings.HasSuffix(string(row), `"`); bare != bareText.MatchString(want) {
			t.Fatalf("%q is bare: %v", want, bare)
		}
	})
}

// Numbers come back exactly.
func FuzzNumber(f *testing.F) {
	for _, v := range []float64{0, -1.5, 1e300, 5e-324, math.MaxInt64} {
		f.Add(v, int64(v))
	}
	l := devo.Lookup{Name: "l", Columns: []devo.Column{{Name: "k"}, {Name: "v"}}}
	f.Fuzz(func(t *testing.T, v float64, n int64) {
		row, err := l.Encode([]any{n, v})
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if !errors.Is(err, devo.ErrRow) {
				t.Fatal(err)
			}
			return
		}
		var back []json.Number
		if err != nil || json.Unmarshal([]byte("["+string(row)+"]"), &back) != nil {
			t.Fatalf("%s: %v", row, err)
		}
		gotV, _ := back[1].Float64()
		gotN, _ := back[0].Int64()
		if gotV != v || gotN != n || !bareText.MatchString(string(back[1])) {
			t.Fatalf("%v, %d became %s", v, n, row)
		}
	})
}
