package window

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Parse reads a value of a record, as JSON gives it, or an instant that is one already. The result is
// in UTC with every digit that was there. An error shows the form of the value, not the
// value.
func (f Format) Parse(v any) (time.Time, error) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), nil
	case int:
		return f.epoch(strconv.Itoa(v))
	case int64:
		return f.epoch(strconv.FormatInt(v, 10))
	case float64:
		return f.epoch(strconv.FormatFloat(v, 'f', -1, 64))
	case string:
		if f.layout == "" {
			return f.epoch(strings.TrimSpace(v))
		}
		return f.parse(strings.TrimSpace(v))
	case nil:
		return time.Time{}, errors.New("there is no time: the value is null")
	}
	return time.Time{}, errors.New("a time is a text or a number, this is neither")
}

// decimal bounds what is given to big.Rat, which would expand any exponent.
var decimal = regexp.MustCompile(`^-?\d{1,20}(\.\d{1,20})?$`)

// Instants that an epoch may mean. Milliseconds read as seconds lie far behind them,
// seconds read as milliseconds before them; only a count of seconds may say something as early.
var (
	sensibleFrom = time.Date(1973, 1, 1, 0, 0, 0, 0, time.UTC)
	sensibleTo   = time.Date(5000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// epoch reads a number of ticks, exactly.
func (f Format) epoch(text string) (time.Time, error) {
	if f.layout != "" {
		return time.Time{}, fmt.Errorf("the value is a number (%s), but the declared format is text; for a count of seconds or milliseconds declare epoch_s or epoch_ms", form(text))
	}
	if !decimal.MatchString(text) {
		return time.Time{}, fmt.Errorf("a number is expected, this has the form %q", form(text))
	}
	r, _ := new(big.Rat).SetString(text)
	r.Mul(r, new(big.Rat).SetInt64(int64(f.tick)))
	ns, seconds := new(big.Int), new(big.Int)
	ns.Div(r.Num(), r.Denom()) // rounds down, as the denominator is positive
	seconds.DivMod(ns, big.NewInt(int64(time.Second)), ns)
	wrong := !seconds.IsInt64()
	t := time.Unix(seconds.Int64(), ns.Int64()).UTC()
	wrong = wrong || t.After(sensibleTo) || f.tick < time.Second && r.Sign() != 0 && t.Before(sensibleFrom)
	if wrong {
		return time.Time{}, fmt.Errorf("a number with the form %s makes no sense as a count of %s since 1970; is it seconds, milliseconds or microseconds?", form(text), f.tick)
	}
	return t, nil
}

// nearly are forms that servers take for RFC 3339, after case and the T are set right.
var nearly = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00"}

// bare are those without a zone.
var bare = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

func (f Format) parse(text string) (time.Time, error) {
	if !f.lax {
		return f.inLayout(text)
	}
	if len(text) > 10 && text[10] == ' ' {
		text = text[:10] + "T" + text[11:]
	}
	text = strings.ToUpper(text)
	for _, layout := range nearly {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	for _, layout := range bare {
		t, err := time.Parse(layout, text)
		switch {
		case err != nil:
		case !f.named:
			return time.Time{}, fmt.Errorf("a time of the form %q has no zone: declare the time zone of the API, e.g. \"UTC\"", form(text))
		default:
			return earliest(t, f.zone).UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("a time in RFC 3339 is expected, this has the form %q; declare its format", form(text))
}

// inLayout takes the earlier instant where a clock that is set back shows a time twice.
func (f Format) inLayout(text string) (time.Time, error) {
	if f.naive {
		if t, err := time.Parse(f.layout, text); err == nil && f.unit == day {
			y, m, d := t.Date()
			return firstOf(y, m, d, f.zone).UTC(), nil
		} else if err == nil {
			return earliest(t, f.zone).UTC(), nil
		}
	} else if t, err := time.ParseInLocation(f.layout, text, f.zone); err == nil && !f.invented(t) {
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("a time like %q is expected, this has the form %q", f.layout, form(text))
}

// invented says that text named a zone such as EST by letters that mean nothing in the
// declared zone: Go takes it as UTC then.
func (f Format) invented(t time.Time) bool {
	name, offset := t.Zone()
	return offset == 0 && name != "" && name != "GMT" && t.Location() != f.zone && t.Location() != time.UTC
}

// form shows what a text looks like without what it says: 9 for digits, a for letters.
func form(text string) string {
	const limit = 40
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r):
			return '9'
		case unicode.IsLetter(r):
			return 'a'
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
	if len(shown) > limit {
		return shown[:limit] + "…"
	}
	return shown
}
