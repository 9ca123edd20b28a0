package threatq

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// canonical is what an object says, apart from where ThreatQ keeps it: ids of
// the object and of its rows are left out, the lists that ThreatQ holds as sets
// are sorted.
type canonical struct {
	Collection  Collection       `json:"collection"`
	Name        string           `json:"name"`
	Type        string           `json:"type,omitempty"`
	Status      string           `json:"status,omitempty"`
	Description string           `json:"description,omitempty"`
	Content     string           `json:"content,omitempty"`
	Score       *int             `json:"score,omitempty"`
	HappenedAt  string           `json:"happened_at,omitempty"`
	StartedAt   string           `json:"started_at,omitempty"`
	EndedAt     string           `json:"ended_at,omitempty"`
	PublishedAt string           `json:"published_at,omitempty"`
	DetectedAt  string           `json:"last_detected_at,omitempty"`
	ExpiresAt   string           `json:"expires_at,omitempty"`
	Sources     []Source         `json:"sources,omitempty"`
	Attributes  []canonAttribute `json:"attributes,omitempty"`
	Tags        []string         `json:"tags,omitempty"`
	Related     []Ref            `json:"related,omitempty"`
}

type canonAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Mode  Mode   `json:"mode"`
}

// Encode returns the canonical encoding of o as JSON: equal for two objects
// exactly if ThreatQ would be told the same about them. The text rules (trimmed,
// no empty attributes, descriptions cut) are applied first; ID, TouchedAt and
// row ids do not count, nor does the order of sources, attributes, tags and
// related objects.
func Encode(o *Object) []byte {
	n := normal(o)
	out := canonical{
		Collection: n.Collection, Name: n.Name, Type: n.Type, Status: n.Status,
		Description: n.Description, Content: n.Content, Score: n.Score, HappenedAt: formatTime(n.HappenedAt),
		StartedAt: formatTime(n.StartedAt), EndedAt: formatTime(n.EndedAt), PublishedAt: formatTime(n.PublishedAt),
		DetectedAt: formatTime(n.LastDetectedAt), ExpiresAt: formatTime(n.ExpiresAt),
		Sources: n.Sources, Tags: n.Tags, Related: n.Related,
	}
	for _, a := range n.Attributes {
		out.Attributes = append(out.Attributes, canonAttribute{a.Name, a.Value, a.Mode})
	}
	slices.SortFunc(out.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.Attributes, func(a, b canonAttribute) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	slices.Sort(out.Tags)
	slices.SortFunc(out.Related, func(a, b Ref) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID))
	})
	return marshal(out)
}

// Hash is the SHA-256 of Encode in hex: the ledger's word for "unchanged".
func Hash(o *Object) string {
	sum := sha256.Sum256(Encode(o))
	return hex.EncodeToString(sum[:])
}

// marshal encodes values that are made of strings, numbers, lists and maps only,
// which cannot fail. HTML stays readable: descriptions contain it.
func marshal(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("threatq: encoding a plain value failed: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}
