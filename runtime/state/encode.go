package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tqmap/engine"
)

// timeLayout has a fixed width, so that the order of the texts is the order of
// the instants.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// encodeTime writes t as RFC 3339 in UTC; the zero time as "".
func encodeTime(t time.Time) (string, error) {
	if t.IsZero() {
		return "", nil
	}
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return "", errors.New("time outside of the years 0 to 9999: " + t.String())
	}
	return t.Format(timeLayout), nil
}

func decodeTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

// decodeTimes decodes two texts of the state.
func (s *Store) decodeTimes(a string, to *time.Time, b string, and *time.Time) (err error) {
	if *to, err = decodeTime(a); err != nil {
		return s.kind.damaged(err)
	}
	if *and, err = decodeTime(b); err != nil {
		return s.kind.damaged(err)
	}
	return nil
}

// sortedSpans copies spans in their order, in UTC.
func sortedSpans(spans []engine.Span) []engine.Span {
	var out []engine.Span
	for _, s := range spans {
		out = append(out, engine.Span{Start: s.Start.UTC(), End: s.End.UTC()})
	}
	slices.SortFunc(out, func(a, b engine.Span) int { return a.Start.Compare(b.Start) })
	return out
}

// encodeSpans writes spans as a JSON list of pairs; none as "".
func encodeSpans(spans []engine.Span) (string, error) {
	if len(spans) == 0 {
		return "", nil
	}
	var pairs [][2]string
	for _, s := range sortedSpans(spans) {
		start, err := encodeTime(s.Start)
		if err != nil {
			return "", err
		}
		end, err := encodeTime(s.End)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, [2]string{start, end})
	}
	text, err := json.Marshal(pairs)
	return string(text), err
}

func decodeSpans(text string) ([]engine.Span, error) {
	if text == "" {
		return nil, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("done spans: %w", err)
	}
	spans := make([]engine.Span, len(pairs))
	for n, p := range pairs {
		var err error
		if spans[n].Start, err = decodeTime(p[0]); err == nil {
			spans[n].End, err = decodeTime(p[1])
		}
		if err != nil {
			return nil, fmt.Errorf("done spans: %w", err)
		}
	}
	return spans, nil
}
