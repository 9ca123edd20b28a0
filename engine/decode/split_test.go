package decode_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/decode"
)

func splitAll(s decode.Split, record any) (got []any, err error) {
	err = s.Records(record, func(v any) error {
		got = append(got, v)
		return nil
	})
	return got, err
}

func TestSplit(t *testing.T) {
	path := func(keys ...string) []string { return keys }
	tests := []struct {
		name   string
		split  decode.Split
		record any
		want   []any
	}{
		{"elements alone", decode.Split{Path: path("e")}, object{"a": 1, "e": []any{object{"x": 1}, object{"x": 2}}}, []any{object{"x": 1}, object{"x": 2}}},
		{"through an object", decode.Split{Path: path("d", "e"), KeepParents: true}, object{"d": object{"n": 1, "e": []any{2, 3}}}, []any{
			object{"d": object{"n": 1, "e": 2}}, object{"d": object{"n": 1, "e": 3}},
		}},
		{"lists in the list on the way", decode.Split{Path: path("d", "e")}, object{"d": []any{[]any{object{"e": []any{1}}}, object{"e": []any{2}}}}, []any{object{"e": 1}, object{"e": 2}}},
		{"a list of records", decode.Split{Path: path("e"), KeepParents: true}, []any{object{"e": []any{1}}, object{"e": []any{2}}}, []any{object{"e": 1}, object{"e": 2}}},
		{"null", decode.Split{Path: path("e")}, object{"e": nil}, nil},
		{"empty list", decode.Split{Path: path("e"), KeepParents: true}, object{"a": 1, "e": []any{}}, nil},
		{"empty list, kept", decode.Split{Path: path("e"), KeepParents: true, KeepEmpty: true}, object{"a": 1, "e": []any{}}, []any{object{"a": 1}}},
		{"null, kept", decode.Split{Path: path("e"), KeepParents: true, KeepEmpty: true}, object{"a": 1, "e": nil}, []any{object{"a": 1}}},
		{"missing, kept", decode.Split{Path: path("e"), KeepParents: true, KeepEmpty: true}, object{"a": 1}, []any{object{"a": 1}}},
		{"missing below, kept", decode.Split{Path: path("d", "e"), KeepParents: true, KeepEmpty: true}, object{"d": []any{object{"n": 1}, object{"e": []any{2}}}}, []any{
			object{"d": object{"n": 1}}, object{"d": object{"e": 2}},
		}},
		{"empty list on the way, kept", decode.Split{Path: path("d", "e"), KeepParents: true, KeepEmpty: true}, object{"a": 1, "d": []any{}}, []any{object{"a": 1}}},
		{"missing without parents", decode.Split{Path: path("e"), KeepEmpty: true}, object{"a": 1}, nil},
		{"empty root, kept", decode.Split{Path: path("e"), KeepParents: true, KeepEmpty: true}, []any{}, nil},
		{"pieces", decode.Split{Path: path("t"), By: ",", KeepParents: true}, object{"t": "a,b\r\n,,c", "n": 1}, []any{object{"t": "a", "n": 1}, object{"t": "b\r\n", "n": 1}, object{"t": "c", "n": 1}}},
		{"lines", decode.Split{Path: path("t"), By: "\n"}, object{"t": "a\r\n\r\nb\n"}, []any{object{"t": "a"}, object{"t": "b"}}},
		{"no pieces", decode.Split{Path: path("t"), By: "\n", KeepParents: true, KeepEmpty: true}, object{"t": "\n", "n": 1}, []any{object{"n": 1}}},
	}
	for _, tt := range tests {
		got, err := splitAll(tt.split, tt.record)
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, d)
		}
	}
}

func TestSplitRefusals(t *testing.T) {
	const hint = "; a field that may be missing needs keep_empty"
	tests := []struct {
		split  decode.Split
		record any
		text   string
		is     error
	}{
		{decode.Split{Path: []string{"d", "e"}}, object{"d": object{}}, "split: d.e is missing (good records before it: 0)" + hint, decode.ErrNoList},
		{decode.Split{Path: []string{"d", "e"}}, object{"d": []any{object{"e": []any{1}}, 7}}, `split: d is a number, not an object with "e" (good records before it: 1)` + hint, decode.ErrNoList},
		{decode.Split{Path: []string{"e"}}, object{"e": object{}}, "split: e is an object, not a list (good records before it: 0)" + hint, decode.ErrNoList},
		{decode.Split{Path: []string{"e"}}, "text", `split: the record is text, not an object with "e" (good records before it: 0)` + hint, decode.ErrNoList},
		{decode.Split{}, object{}, "split: the record is an object, not a list (good records before it: 0)" + hint, decode.ErrNoList},
		{decode.Split{Path: []string{"e"}, By: ","}, object{"e": []any{}}, "split: e is a list, not text (good records before it: 0)" + hint, decode.ErrNoList},
		{decode.Split{Path: []string{"e"}, Limits: decode.Limits{MaxRecords: 2}}, object{"e": []any{1, 2, 3}}, "split: there are more than 2 records (good records before it: 2); ask for smaller pages, or raise the limit", decode.ErrLimit},
	}
	for _, tt := range tests {
		_, err := splitAll(tt.split, tt.record)
		if err == nil || err.Error() != tt.text || !errors.Is(err, tt.is) {
			t.Errorf("\ngot  %v\nwant %s", err, tt.text)
		}
	}
}

func TestSplitLeavesItsRecordAlone(t *testing.T) {
	record := object{"a": 1, "d": []any{object{"e": []any{1, 2}}, object{}}}
	before := object{"a": 1, "d": []any{object{"e": []any{1, 2}}, object{}}}
	if _, err := splitAll(decode.Split{Path: []string{"d", "e"}, KeepParents: true, KeepEmpty: true}, record); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, record); d != "" {
		t.Errorf("the record changed:\n%s", d)
	}
	stop := errors.New("stop")
	if err := (decode.Split{Path: []string{"d"}}).Records(record, func(any) error { return stop }); err != stop {
		t.Errorf("got %v", err)
	}
}
