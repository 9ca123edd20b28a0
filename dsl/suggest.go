package dsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// suggest ends a message with the nearest known name, or with all of them
// where they are few.
func suggest(got string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(got), strings.ToLower(k), nil); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf(" Did you mean %q?", best)
	case len(known) == 0:
		return ""
	case len(known) <= 12:
		sorted := slices.Sorted(slices.Values(known))
		return fmt.Sprintf(" Known: %s.", strings.Join(sorted, ", "))
	}
	return ""
}
