package redact

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

type word string

type node struct {
	Text  string
	Word  word
	Any   any
	List  []string
	Pairs [][2]string
	Names map[string]any
	Raw   json.RawMessage
	At    time.Time
	Place string `json:"-"`
	Next  *node
	own   string
}

func TestCopyMasksAllTexts(t *testing.T) {
	const secret = `hunter"2` + "\nline"
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	from := node{
		Text: "is " + secret, Word: secret, Any: []any{secret, 481516, true, nil, map[string]any{secret: secret}}, List: []string{"a", secret}, Pairs: [][2]string{{secret, "b"}},
		Names: map[string]any{"k": secret}, Raw: json.RawMessage(mustJSON(secret)), At: at, Place: secret, own: secret, Next: &node{Text: secret},
	}
	want := node{
		Text: "is ***", Word: secret, Any: []any{"***", "***", true, nil, map[string]any{"***": "***"}}, List: []string{"a", "***"}, Pairs: [][2]string{{"***", "b"}},
		Names: map[string]any{"k": "***"}, Raw: json.RawMessage(`"***"`), At: at, Place: secret, own: secret, Next: &node{Text: "***"},
	}
	if got := Copy(with(secret, "481516"), from); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if from.List[1] != secret || from.Names["k"] != secret || from.Next.Text != secret {
		t.Error("what was copied is changed")
	}
	if got := Copy(New(), from); !reflect.DeepEqual(got, from) {
		t.Errorf("without secrets it is %+v", got)
	}
}

func TestCopyEnds(t *testing.T) {
	ring := map[string]any{}
	ring["again"] = []any{ring, "hunter2!"}
	if Copy[any](with("hunter2!"), ring) == nil {
		t.Error("nothing comes out")
	}
}

func TestJSONStaysJSON(t *testing.T) {
	r := with("4815", "nabc", "true", `se"cr\et`, "severity", `{"a": 1}`)
	for in, want := range map[string]string{
		`{"n": 4815, "m": 148150, "x": 7}`:       `{"n": "***", "m": "1***0", "x": 7}`,
		`["\nabc", "xnabc", true, false, null]`:  `["\nabc", "x***", "***", false, null]`,
		`{"severity": "se\"cr\\et"}`:             `{"***": "***"}`,
		`["se\u0022cr\u005cet", "se\"cr\\et!"]`:  `["***", "***!"]`,
		`{"a": 1}`:                               `{"a": 1}`,
		"[\n  \"plain <&> ü\",\n  1.50e3\n]\n":   "[\n  \"plain <&> ü\",\n  1.50e3\n]\n",
		`no JSON: se"cr\et`:                      `no JSON: ***`,
		`"in JSON in JSON: \"se\\\"cr\\\\et\""`:  `"in JSON in JSON: \"***\""`,
		`"` + strings.Repeat("a", 3) + `nabc<>"`: `"aaa***<>"`,
	} {
		got := r.JSON(in)
		if got != want {
			t.Errorf("of %s it makes %s, want %s", in, got, want)
		}
		if json.Valid([]byte(in)) && !json.Valid([]byte(got)) {
			t.Errorf("%s is no JSON any more: %s", in, got)
		}
	}
}

func FuzzJSONStaysJSON(f *testing.F) {
	f.Add(`{"a":[1,"b\u0000",true]}`, "true")
	f.Add(`"\\\""`, `\"`)
	f.Fuzz(func(t *testing.T, doc, secret string) {
		if !json.Valid([]byte(doc)) {
			t.Skip("not JSON before: only what is JSON has to stay so")
		}
		if got := with(secret).JSON(doc); !json.Valid([]byte(got)) {
			t.Errorf("%q without %q is %q", doc, secret, got)
		}
	})
}

func TestStringMasksWhatIsCut(t *testing.T) {
	r := with("hunter2secret", "first line\n  second\tline\n")
	for in, want := range map[string]string{
		"is hunter2se…":          "is ***…",
		"is hunt … and":          "is *** … and",
		"is hun…":                "is hun…",
		"hunters…":               "hunters…",
		`"first line second…"`:   `"*** ***…"`,
		"x second line y":        "x *** y",
		"first line second line": "***",
		"… hunter2… hunter2sec":  "… ***… hunter2sec",
		"nothing… at all…":       "nothing… at all…",
	} {
		if got := r.String(in); got != want {
			t.Errorf("of %q it makes %q, want %q", in, got, want)
		}
	}
}
