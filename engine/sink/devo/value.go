package devo

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// appendValue adds a value as the collector reads it: numbers and what looks like one bare, any
// other text in quotes. What is lost, and accepted: blanks around a text, the difference between
// nil and "", between a line break and the two characters \n, between 11 and "11", bytes
// that are no UTF-8 and the character NUL (both become U+FFFD), and of an instant what is below a second.
func appendValue(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(b, `""`...), nil
	case string:
		return appendText(b, v), nil
	case bool:
		if v {
			return append(b, "True"...), nil
		}
		return append(b, "False"...), nil
	case time.Time:
		if v.IsZero() {
			return append(b, `""`...), nil
		}
		return appendText(b, v.UTC().Format(time.DateTime)), nil
	case float64:
		return appendFloat(b, v, 64)
	case float32:
		return appendFloat(b, float64(v), 32)
	case *big.Int:
		if v == nil {
			return append(b, `""`...), nil
		}
		return v.Append(b, 10), nil
	case json.Number:
		return appendNumber(b, v)
	}
	return appendInteger(b, value)
}

func appendInteger(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int8:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int16:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int32:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case uint:
		return strconv.AppendUint(b, uint64(v), 10), nil
	case uint8:
		return strconv.AppendUint(b, uint64(v), 10), nil
	case uint16:
		return strconv.AppendUint(b, uint64(v), 10), nil
	case uint32:
		return strconv.AppendUint(b, uint64(v), 10), nil
	case uint64:
		return strconv.AppendUint(b, v, 10), nil
	}
	return b, fmt.Errorf("a %T is no value of a column: make a text or a number of it", value)
}

// appendFloat never writes an exponent, which would be taken for text.
func appendFloat(b []byte, v float64, bits int) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return b, fmt.Errorf("%v is no number that can be written", v)
	}
	return strconv.AppendFloat(b, v+0, 'f', -1, bits), nil // +0: there is no -0
}

func appendNumber(b []byte, v json.Number) ([]byte, error) {
	if bare(string(v)) {
		return append(b, v...), nil
	}
	f, err := v.Float64()
	if err != nil {
		return b, fmt.Errorf("%q is no number", string(v))
	}
	return appendFloat(b, f, 64)
}

var plain = strings.NewReplacer(`"`, `""`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, "\x00", "\uFFFD")

func appendText(b []byte, text string) []byte {
	text = strings.ToValidUTF8(strings.TrimFunc(text, blank), "\uFFFD")
	if bare(text) {
		return append(b, text...)
	}
	b = append(b, '"')
	if strings.ContainsAny(text, "\"\r\n\x00") {
		text = plain.Replace(text)
	}
	b = append(b, text...)
	return append(b, '"')
}

// blank is what Python takes for blanks too, whose SDK the collector is used to.
func blank(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// bare says whether text is written without quotes: ^-?\d+(\.\d+)*$, which numbers are, and
// IPv4 addresses.
func bare(text string) bool {
	digits := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = true
		case c == '-' && i == 0:
		case c == '.' && digits:
			digits = false
		default:
			return false
		}
	}
	return digits
}
