// Package cron writes the crontab entry of a connector, in the form that ThreatQ 6 gives it.
package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// field is one of the five of a schedule. Names stand alone: not every cron takes them in ranges.
type field struct {
	name     string
	min, max int
	words    string
}

var fields = []field{
	{"minute", 0, 59, ""},
	{"hour", 0, 23, ""},
	{"day of the month", 1, 31, ""},
	{"month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"},
	{"day of the week", 0, 7, "sun mon tue wed thu fri sat"},
}

// Schedule is text with one space between its five fields: minute, hour, day of the month,
// month, day of the week. The error says which of them no cron would take.
func Schedule(text string) (string, error) {
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return "", fmt.Errorf("a schedule has five fields, such as \"0 */2 * * *\" for every two hours; %q has %d", text, len(parts))
	}
	for i, f := range fields {
		for _, part := range strings.Split(parts[i], ",") {
			if err := f.check(part); err != nil {
				return "", fmt.Errorf("%s of the schedule: %w", f.name, err)
			}
		}
	}
	return strings.Join(parts, " "), nil
}

func (f field) check(part string) error {
	span, step, hasStep := strings.Cut(part, "/")
	if n, err := strconv.ParseUint(step, 10, 16); hasStep && (err != nil || n == 0) {
		return fmt.Errorf("%q is no step; */2 is every second", part)
	}
	first, last, isRange := strings.Cut(span, "-")
	switch {
	case span == "*":
		return nil
	case hasStep && !isRange:
		return fmt.Errorf("%q has a step of neither * nor a range", part)
	case !isRange && f.words != "" && strings.Contains(" "+f.words+" ", " "+strings.ToLower(span)+" "):
		return nil
	}
	from, err := f.number(first)
	if err != nil || !isRange {
		return err
	}
	to, err := f.number(last)
	if err == nil && to < from {
		err = fmt.Errorf("%q ends before it begins", part)
	}
	return err
}

func (f field) number(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || int(n) < f.min || int(n) > f.max {
		return 0, fmt.Errorf("%q is not from %d to %d", text, f.min, f.max)
	}
	return int(n), nil
}
