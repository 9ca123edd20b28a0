package ironnet

import (
	"fmt"
	"strings"
	"time"
)

// layouts by number of fraction digits.
var layouts = [...]string{
	"2006-01-02T15:04:05Z",
	"2006-01-02T15:04:05.0Z",
	"2006-01-02T15:04:05.00Z",
	"2006-01-02T15:04:05.000Z",
	"2006-01-02T15:04:05.0000Z",
	"2006-01-02T15:04:05.00000Z",
	"2006-01-02T15:04:05.000000Z",
}

// formatMicro writes an instant (microseconds since 1970) with a fixed number
// of fraction digits, as the API does: `…:00.000Z`, never shortened.
func formatMicro(micro int64, digits uint8) string {
	return time.UnixMicro(micro).UTC().Format(layouts[digits])
}

// unit is the step, in microseconds, of an instant with so many digits.
func unit(digits uint8) int64 {
	step := int64(1_000_000)
	for range digits {
		step /= 10
	}
	return step
}

// cut rounds towards the past, so the order of two instants never turns round.
func cut(micro int64, digits uint8) int64 {
	rest := micro % unit(digits)
	if rest < 0 {
		rest += unit(digits)
	}
	return micro - rest
}

// fewestDigits is the shortest of the usual forms that shows micro exactly.
func fewestDigits(micro int64) uint8 {
	for _, d := range []uint8{0, 3} {
		if cut(micro, d) == micro {
			return d
		}
	}
	return 6
}

// parseInstant reads a time and how many fraction digits it was written with.
func parseInstant(field, text string) (micro int64, digits uint8, err error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %q is no RFC 3339 time such as 2020-02-04T22:05:00Z", field, clip(text))
	}
	if _, fraction, found := strings.Cut(text, "."); found {
		for digits = 0; int(digits) < len(fraction) && fraction[digits] >= '0' && fraction[digits] <= '9'; digits++ {
			if digits == 6 {
				return 0, 0, fmt.Errorf("%s: %q has more than six fraction digits", field, clip(text))
			}
		}
	}
	return t.UnixMicro(), digits, nil
}
