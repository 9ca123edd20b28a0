package dsl

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// suggest ends a message with the nearest known name, or with all of them
// where they are few.
func suggest(got string, known []string) string {
	near := suggestNear(got, known)
	switch {
	case near != "":
		return near
	case len(known) == 0:
		return ""
	case len(known) <= 12:
		sorted := slices.Sorted(slices.Values(known))
		return fmt.Sprintf(" Known: %s.", strings.Join(sorted, ", "))
	}
	return ""
}

// suggestNear names the nearest known name only.
func suggestNear(got string, known []string) string {
	best, distance := "", min(3, utf8.RuneCountInString(got))
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(got), strings.ToLower(k), nil); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}
