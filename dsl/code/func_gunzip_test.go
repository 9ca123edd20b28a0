package code

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"
)

func packed(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func TestGunzip(t *testing.T) {
	long := packed(t, strings.Repeat("x", maxText+1))
	whole := packed(t, "alert: a > b ? c")
	tests := []struct {
		name, in string
		want     any
		err      string
	}{
		{"D07 gzip in a field", whole, "alert: a > b ? c", ""},
		{"other alphabet, no padding", strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(whole), "alert: a > b ? c", ""},
		{"over several lines", whole[:10] + "\r\n" + whole[10:], "alert: a > b ? c", ""},
		{"as much as a text can be", packed(t, strings.Repeat("x", maxText)), strings.Repeat("x", maxText), ""},
		{"a bomb", long, nil, "more than"},
		{"cut off", base64.StdEncoding.EncodeToString(mustDecode(t, whole)[:20]), nil, "ends early"},
		{"no base64", "what?", nil, ""},
		{"base64 of a text", "YWJjZA==", nil, ""},
		{"of no text", packed(t, "\xff\xfe"), nil, ""},
		{"empty", "", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := gunzip(test.in)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("got %.40v", got)
			}
		})
	}
}

func mustDecode(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzGunzip(f *testing.F) {
	f.Add(packed(f, "abc"))
	f.Add("eJxLTEpOAQAD2wGK")
	f.Fuzz(func(t *testing.T, text string) {
		if out, err := gunzip(text); err == nil && out != nil && len(out.(string)) > maxText {
			t.Error("too long")
		}
	})
}
