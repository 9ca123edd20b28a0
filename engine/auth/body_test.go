package auth

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSetField(t *testing.T) {
	const jsonType, form = "application/json", "application/x-www-form-urlencoded"
	tests := []struct {
		name, contentType, body, want, err string
	}{
		{"JSON", jsonType, `{"a":1}`, `{"a":1,"key":"v\"1"}`, ""},
		{"JSON with charset", jsonType + "; charset=utf-8", `{"a":1}`, `{"a":1,"key":"v\"1"}`, ""},
		{"vendor JSON", "application/vnd.x+json", `{}`, `{"key":"v\"1"}`, ""},
		{"numbers stay", jsonType, ` { "n" : 9007199254740993 , "f":1.50 } `, `{"n" : 9007199254740993,"f":1.50,"key":"v\"1"}`, ""},
		{"text stays", jsonType, `{"a":"<\u00e9> , "}`, `{"a":"<\u00e9> , ","key":"v\"1"}`, ""},
		{"replaced, also twice", jsonType, `{"key":1,"a":{"key":2},"key":null}`, `{"a":{"key":2},"key":"v\"1"}`, ""},
		{"escaped name", jsonType, `{"k\u0065y":1}`, `{"key":"v\"1"}`, ""},
		{"nothing yet", jsonType, "", `{"key":"v\"1"}`, ""},
		{"form", form, "a=1&b=x+y", "a=1&b=x+y&key=v%221", ""},
		{"form replaced", form, "key=old&a=1&k%65y=old", "a=1&key=v%221", ""},
		{"empty form", form, "", "key=v%221", ""},
		{"array", jsonType, `[1]`, "", "the body is no JSON object"},
		{"broken", jsonType, `{"hunter2":`, "", "the body is no JSON object"},
		{"two values", jsonType, `{}{}`, "", "the body is no JSON object"},
		{"no type", "", "hunter2", "", "there is no JSON or form body to put key into"},
		{"XML", "text/xml", "<hunter2/>", "", `(Content-Type "text/xml")`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := setField([]byte(test.body), test.contentType, "key", `v"1`)
			if string(got) != test.want || (err == nil) != (test.err == "") {
				t.Fatalf("got %s, %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

// FuzzSetJSON: a field is set and all others keep their values.
func FuzzSetJSON(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1}`, ` {"key":{"key":[1,{}]},"b":"\u2028,"} `, `{"a":1,"a":2}`, `[]`, `{"a":1e400}`, "{\"a\"\t:\r\ntrue ,\"b\":-0.0}"} {
		f.Add([]byte(text), "key", "value")
	}
	f.Fuzz(func(t *testing.T, text []byte, name, value string) {
		if !utf8.ValidString(name) {
			t.Skip("names come from mapping files, which are UTF-8")
		}
		before := bytes.Clone(text)
		got, err := setJSON(text, name, value)
		if !bytes.Equal(before, text) {
			t.Fatal("it has changed what it was given")
		}
		var want, have map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil {
			if err == nil && len(bytes.TrimSpace(text)) > 0 {
				t.Errorf("took %q", text)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err := json.Unmarshal(got, &have); err != nil {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
		delete(want, name)
		others := maps.Clone(have)
		delete(others, name)
		if len(have) != len(want)+1 || !reflect.DeepEqual(compact(others), compact(want)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func compact(m map[string]json.RawMessage) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = strings.TrimSpace(string(v))
	}
	return out
}

// FuzzSetParameter: a parameter is set once, the others stay in their order.
func FuzzSetParameter(f *testing.F) {
	for _, query := range []string{"", "a=1", "key=1&a=2&key", "&&", "%zz=1&k%65y=2", "a=1;key=2"} {
		f.Add(query, "key", "v/1 ")
	}
	f.Fuzz(func(t *testing.T, query, name, value string) {
		got := setParameter(query, name, value)
		last := got[strings.LastIndexByte(got, '&')+1:]
		n, v, _ := strings.Cut(last, "=")
		if n2, err := url.QueryUnescape(n); err != nil || n2 != name {
			t.Fatalf("%q ends with %q", got, last)
		}
		if v2, err := url.QueryUnescape(v); err != nil || v2 != value {
			t.Fatalf("%q ends with %q", got, last)
		}
		rest := strings.TrimSuffix(strings.TrimSuffix(got, last), "&")
		if setParameter(rest, name, value) != got || setParameter(got, name, value) != got {
			t.Errorf("%q is not stable", got)
		}
	})
}
