package decode_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl/code"
	"tqmap/engine/decode"
)

// The cases of decoding and splitting, by their ids.
func TestCases(t *testing.T) {
	split := func(s decode.Split, text string) func() ([]any, error) {
		return func() ([]any, error) {
			record, err := code.Decode([]byte(text))
			if err != nil {
				return nil, err
			}
			return splitAll(s, record)
		}
	}
	unpacked := func(body []byte) func() ([]any, error) {
		return func() ([]any, error) {
			r, err := decode.Unpack(bytes.NewReader(body), decode.Limits{})
			if err != nil {
				return nil, err
			}
			got, _, err := collect(decode.JSON{}, r)
			return got, err
		}
	}
	tests := []struct {
		id, what string
		run      func() ([]any, error)
		want     []any
	}{
		{"D01", "a list in a list, parents kept", split(
			decode.Split{Path: []string{"alerts", "e"}, KeepParents: true},
			`{"this":1,"alerts":[{"a":1,"e":[{"x":1},{"y":2}]},{"a":2,"e":[{"x":3}]}]}`,
		), []any{
			object{"this": 1, "alerts": object{"a": 1, "e": object{"x": 1}}},
			object{"this": 1, "alerts": object{"a": 1, "e": object{"y": 2}}},
			object{"this": 1, "alerts": object{"a": 2, "e": object{"x": 3}}},
		}},
		{"D03", "the root list is empty, streamed", func() ([]any, error) {
			got, _, err := collect(decode.JSON{}, strings.NewReader("[]"))
			return got, err
		}, nil},
		{"D03", "the root list is empty, split", split(decode.Split{}, `[]`), nil},
		{"D05", "lines of a text", split(
			decode.Split{Path: []string{"message"}, By: "\n", KeepParents: true}, `{"id":7,"message":"L1\nL2\nL3"}`,
		), []any{object{"id": 7, "message": "L1"}, object{"id": 7, "message": "L2"}, object{"id": 7, "message": "L3"}}},
		{"D07", "gzip that no header tells of", unpacked(gz([]byte(`[1]`))), []any{1}},
		{"D07", "plain where a header says gzip", unpacked([]byte(`[1]`)), []any{1}},
		{"D09", "elements that are texts or lists", split(
			decode.Split{Path: []string{"e"}}, `{"a":1,"e":["x",["y","z"],{"k":1}]}`,
		), []any{object{"e": "x"}, object{"e": []any{"y", "z"}}, object{"k": 1}}},
		{"D09", "the same, parents kept", split(
			decode.Split{Path: []string{"e"}, KeepParents: true}, `{"a":1,"e":["x",["y","z"]]}`,
		), []any{object{"a": 1, "e": "x"}, object{"a": 1, "e": []any{"y", "z"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.id+" "+tt.what, func(t *testing.T) {
			got, err := tt.run()
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}
