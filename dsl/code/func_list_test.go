package code

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestListFunctions(t *testing.T) {
	at := time.Date(2020, 2, 5, 1, 30, 0, 0, time.UTC)
	testEdges(t, []edge{
		{`compact(v)`, nil, nil},
		{`compact(v)`, []any{}, []any{}},
		{`compact(v)`, "a", "error v is a string, but a list is needed."},
		{`compact([1..0, split('', ''), groupBy([], true), false])`, nil, []any{false}},
		{`unique(v)`, []any{1, 1.0, 1.5, "1", true, nil, nil, 1.5}, []any{1, 1.5, "1", true, nil}},
		{`unique(v)`, []any{at, at.In(time.FixedZone("", 3600)), "x"}, []any{at, "x"}},
		{`unique(v)`, []any{[]any{"[]"}, "[\"[]\"]", []any{"[]"}}, []any{[]any{"[]"}, "[\"[]\"]"}},
		{`unique(split('a,b,a', ','))`, nil, []any{"a", "b"}},
		{`len(unique(1..99999))`, nil, 99999},
		{`let a = map(1..400, 1); unique(map(1..300, a))`, nil, "error Unique compares at most 100000 elements within elements."},
		{`index_by(v, 'id')["1"].n`, []any{map[string]any{"id": 1, "n": "a"}, map[string]any{"id": "1", "n": "b"}}, "a"},
		{`index_by(v, 'id')`, []any{map[string]any{"id": nil}, map[string]any{"id": ""}, map[string]any{"id": []any{1}}}, map[string]any{}},
		{`index_by(v, 'id')`, []any{"secret"}, "error Index_by: element 0 is not an object."},
		{`index_by(v, nil ?? v)`, []any{}, "error v is a list, but text is needed."},
		{`pluck(v, 'a')`, []any{map[string]any{"a": false}, map[string]any{}, map[string]any{"a": []any{}}}, []any{false, []any{}}},
		{`pluck(v, 'a')`, nil, nil},
		{`pairs(v)`, map[string]any{}, []any{}},
		{`pairs(groupBy(['a', 'bb', 'cc'], len(#)))`, nil, []any{map[string]any{"key": "1", "value": []any{"a"}}, map[string]any{"key": "2", "value": []any{"bb", "cc"}}}},
		{`pairs(v)`, []any{}, "error v is a list, but an object is needed."},
	})
}

func TestNumberFunctions(t *testing.T) {
	testEdges(t, []edge{
		{`int(v)`, "+7", 7},
		{`int(v)`, "9223372036854775807", math.MaxInt},
		{`int(v)`, "9223372036854775808", "error The text is not a whole number."},
		{`int(v)`, " 7", "error The text is not a whole number."},
		{`int(v)`, "7.0", "error The text is not a whole number."},
		{`int(v)`, "", "error The text is not a whole number."},
		{`int(v)`, "٧", "error The text is not a whole number."},
		{`int(v)`, -2.9, -2},
		{`int(v)`, 1e19, "error Int: the number has more than 64 bits."},
		{`int(v)`, math.NaN(), "error Int: the number has more than 64 bits."},
		{`int(v)`, true, "error v is a bool, but a number is needed."},
		{`int(v)`, []any{}, "error v is a list, but a number is needed."},
		{`int(v) ?? 0`, nil, 0},
		{`round(v)`, -2.5, -3.0},
		{`round(v)`, 7, 7.0},
		{`round(v, 0)`, 0.5, 1.0},
		{`round(v, 2)`, 1.005, 1.01},
		{`round(v, 15)`, 0.1, 0.1},
		{`round(v, 2)`, 1e300, 1e300},
		{`round(v, 2)`, math.Inf(-1), math.Inf(-1)},
		{`round(v, 16)`, 1.5, "error Round takes 0 to 15 digits."},
		{`round(v, -1)`, 15, "error Round takes 0 to 15 digits."},
		{`round(v)`, "1.5", "error v is a string, but a number is needed."},
		{`round(v, 1)`, nil, nil},
		{`percent(v, 3, 2)`, 2, 66.67},
		{`percent(v, 3)`, nil, nil},
		{`percent(3, v)`, 0.0, nil},
		{`percent(3, v)`, "0", "error v is a string, but a number is needed."},
		{`percent(1, 2, v)`, 99, "error Percent takes 0 to 15 digits."},
	})
}

func TestHashFunctions(t *testing.T) {
	testEdges(t, []edge{
		{`md5(v)`, "", "d41d8cd98f00b204e9800998ecf8427e"},
		{`md5(string(epoch(v)) + lower('TEST'))`, "2020-07-19T09:19:00Z", "78f58dacd9c215003911a09d5b3e810d"},
		{`sha1(v)`, "é", "bf15be717ac1b080b4f1c456692825891ff5073d"},
		{`sha256(v)`, nil, nil},
		{`sha512(v)`, map[string]any{}, "error v is an object, but text is needed."},
		{`hmac('md5', v, 'what do ya want for nothing?')`, "Jefe", "750c783e6ab0b503eaa86e310a5db738"},
		{`hmac('sha1', v, '')`, "", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"},
		{`len(hmac('sha384', v, 'x'))`, "k", 96},
		{`hmac('MD5', v, 'x')`, "k", "error Hmac takes md5, sha1, sha256, sha384 or sha512."},
		{`hmac('md5', v, 'x')`, nil, "error v is null (absent in this record); use ?? to give a fallback, or ?. to read a field of what may be absent."},
		{`hex(v)`, "", ""},
		{`hex(v)`, 255, "error v is an int, but text is needed."},
		{`unhex(hex(v))`, "中\x00", "中\x00"},
		{`unhex(v)`, "0x41", nil},
		{`unhex(v)`, nil, nil},
		{`base64url(v)`, "", ""},
		{`hex(repeat('x', 600000))`, nil, "error Hex would make a text of more than 1048576 bytes."},
		{`url_encode(repeat(' ', 400000))`, nil, "error Url_encode would make a text of more than 1048576 bytes."},
		{`base64url(repeat(' ', 800000))`, nil, "error Base64url would make a text of more than 1048576 bytes."},
		{`defang(repeat('a.', 500000))`, nil, "error Defang would make a text of more than 1048576 bytes."},
	})
}

func TestUniqueProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "in")
		var list []any
		for _, n := range in {
			list = append(list, n)
		}
		out, err := uniqueFunc.call(append([]any{}, list...))
		if err != nil {
			t.Fatal(err)
		}
		next := 0
		for i, n := range list {
			first := true
			for _, before := range list[:i] {
				first = first && before != n
			}
			if first {
				if out.([]any)[next] != n {
					t.Fatalf("%v became %v", in, out)
				}
				next++
			}
		}
		if next != len(out.([]any)) {
			t.Fatalf("%v became %v", in, out)
		}
	})
}
