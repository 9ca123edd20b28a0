package tutorial

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Sample is one file that the feed has seen.
type Sample struct {
	ID        string    `json:"id"`
	Family    string    `json:"family"`
	SHA256    string    `json:"sha256"`
	Added     time.Time `json:"added"`
	Severity  string    `json:"severity"`
	Contacted []string  `json:"contacted"`
	Comment   *string   `json:"comment"`
}

// dirty is the sample that is not as documented.
const dirty = 12

var (
	families   = []string{"GravelMoth", "TinLantern", "QuietHeron", "SaltRope"}
	severities = []string{"low", "medium", "high", "critical"}
	first      = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
)

// sample is the one with number i; always the same.
func sample(i int) Sample {
	family := families[i%len(families)]
	sum := sha256.Sum256([]byte(fmt.Sprint("sample ", i)))
	s := Sample{
		ID: fmt.Sprintf("em-%04d", i+1), Family: family, SHA256: hex.EncodeToString(sum[:]),
		Added: first.Add(time.Duration(i) * 37 * time.Minute), Severity: severities[i*7%len(severities)],
		Contacted: []string{fmt.Sprintf("hxxps://cdn%d[.]%s[.]example/get", i%5, strings.ToLower(family)), fmt.Sprintf("203.0.113.%d", i+1)},
	}
	if i%6 == 0 {
		comment := "packed twice"
		s.Comment = &comment
	}
	if i == dirty {
		s.SHA256, s.Severity, s.Contacted = "pending", "", nil
	}
	return s
}
