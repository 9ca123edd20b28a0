package code

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

var gunzipFunc = Func{
	Name:      "gunzip",
	Signature: "gunzip(text) string or nil",
	Summary:   "The text that was packed with gzip or zlib and written in base64, in either alphabet; nil where it is something else, or not a text. nil stays nil.",
	Examples: []Example{
		{`gunzip('H4sIAAAAAAAC/0tMSgYAwkEkNQMAAAA=')`, `"abc"`},
		{`gunzip('eJxLTEpOAQAD2AGL')`, `"abcd"`},
		{`gunzip('abcd')`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  onText("gunzip", func(text string, _ []any) (any, error) { return gunzip(text) }),
}

// unbase64 takes both alphabets, padded or not, over several lines.
var unbase64 = strings.NewReplacer("\r", "", "\n", "", " ", "", "-", "+", "_", "/")

func gunzip(text string) (any, error) {
	packed, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(unbase64.Replace(text), "="))
	if err != nil {
		return nil, nil
	}
	var plain io.Reader
	if bytes.HasPrefix(packed, []byte("\x1f\x8b")) {
		plain, err = gzip.NewReader(bytes.NewReader(packed))
	} else {
		plain, err = zlib.NewReader(bytes.NewReader(packed))
	}
	if err != nil {
		return nil, nil
	}
	out, err := io.ReadAll(io.LimitReader(plain, maxText+1))
	switch {
	case len(out) > maxText:
		return nil, textTooLong("gunzip")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, faultf("the packed text ends early")
	case err != nil || !utf8.Valid(out):
		return nil, nil
	}
	return string(out), nil
}
