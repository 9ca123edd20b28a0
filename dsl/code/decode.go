package code

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// DecodeError is text that is no JSON. Byte counts from 0, Line and Column
// (in characters) from 1.
type DecodeError struct {
	Byte, Line, Column int
	reason             string
}

func (e *DecodeError) Error() string { return e.reason }

// Decode reads exactly one JSON value into normalised values (see [Normalize]).
// Its errors are [DecodeError] and show none of the text.
func Decode(b []byte) (any, error) {
	bom := len(b) - len(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	text := b[bom:]
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) == 0 {
		return nil, decodeError(b, len(b), "the body is empty, JSON was expected")
	} else if t[0] == '<' {
		return nil, decodeError(b, len(b)-len(t), "the body is HTML, not JSON (a proxy or login page may have answered)")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, explainJSON(b, bom, err)
	}
	end := int(dec.InputOffset())
	if rest := bytes.TrimLeft(text[end:], " \t\r\n"); len(rest) > 0 {
		return nil, decodeError(b, len(b)-len(rest), "the JSON value has ended, but the text goes on")
	}
	return exact(v), nil
}

// exact replaces the numbers of a freshly decoded value in place.
func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case []any:
		for i, e := range v {
			v[i] = exact(e)
		}
	case map[string]any:
		for k, e := range v {
			switch e.(type) {
			case json.Number, []any, map[string]any:
				v[k] = exact(e)
			}
		}
	}
	return v
}

func explainJSON(b []byte, base int, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return decodeError(b, len(b), fmt.Sprintf("the JSON ends early at byte %d: the answer was cut off", len(b)))
	case errors.As(err, &syntax):
		at := max(0, min(base+int(syntax.Offset)-1, len(b)))
		return decodeError(b, at, "this is no JSON")
	}
	return decodeError(b, base, "this JSON cannot be read")
}

func decodeError(b []byte, at int, reason string) error {
	before := b[:at]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return &DecodeError{
		Byte: at, Line: line, Column: column,
		reason: fmt.Sprintf("%s (line %d, column %d, byte %d)", reason, line, column, at),
	}
}
