package threatq

import (
	"cmp"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// canonical is Encode as encoding/json would write it.
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

func canonicalOf(o *Object) []byte {
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

// awkward texts are those in which JSON has something to escape or to repair.
func awkward(t *rapid.T, label string) string {
	parts := []string{"a", " ", `"`, `\`, "\n", "\x00", "\x7f", "<&>", "é", "世", "\u2028", "\xff", "\xed\xa0\x80", "𝄞", "{}", ","}
	out := ""
	for _, p := range rapid.SliceOfN(rapid.SampledFrom(parts), 0, 5).Draw(t, label) {
		out += p
	}
	return out
}

func anyObject(t *rapid.T) *Object {
	o := &Object{
		Collection: rapid.SampledFrom([]Collection{Events, Indicators, Adversaries, "a\"b"}).Draw(t, "collection"),
		Name:       awkward(t, "name"), Type: awkward(t, "type"), Status: awkward(t, "status"), Content: awkward(t, "content"), Description: awkward(t, "description"),
	}
	for _, at := range o.times() {
		if rapid.Bool().Draw(t, "has time") {
			*at = time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "time"), 7)
		}
	}
	if rapid.Bool().Draw(t, "scored") {
		o.Score = new(rapid.IntRange(0, 10).Draw(t, "score"))
	}
	for range rapid.IntRange(0, 4).Draw(t, "lists") {
		o.Sources = append(o.Sources, Source{awkward(t, "source"), rapid.SampledFrom([]string{"", "RED", "amber", "\x01"}).Draw(t, "tlp")})
		o.Tags = append(o.Tags, awkward(t, "tag"))
		o.Related = append(o.Related, Ref{o.Collection, rapid.Int64Range(-1, 5).Draw(t, "related")})
		o.Attributes = append(o.Attributes, Attribute{Name: awkward(t, "attribute"), Value: awkward(t, "value"), Mode: Mode(rapid.IntRange(0, 2).Draw(t, "mode"))})
	}
	return o
}

func TestEncodeIsTheJSONOfTheObject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyObject(t)
		before := *o
		before.Attributes, before.Sources = slices.Clone(o.Attributes), slices.Clone(o.Sources)
		before.Tags, before.Related = slices.Clone(o.Tags), slices.Clone(o.Related)
		if got, want := Encode(o), canonicalOf(o); string(got) != string(want) {
			t.Fatalf("encoding\n%q\nwant\n%q", got, want)
		}
		if !reflect.DeepEqual(*o, before) {
			t.Fatalf("Encode changed its object: %+v, it was %+v", *o, before)
		}
	})
}

// Few attributes and many are brought into normal form in two ways.
func TestNormalAttributesOfFewAndMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in []Attribute
		for range rapid.IntRange(0, 12).Draw(t, "attributes") {
			in = append(in, Attribute{
				Name:  rapid.SampledFrom([]string{"", "a", " a", "b", "B"}).Draw(t, "name"),
				Value: rapid.SampledFrom([]string{"", "1", "1 ", "2", "3"}).Draw(t, "value"),
				Mode:  Mode(rapid.IntRange(0, 2).Draw(t, "mode")), RowID: rapid.Int64Range(0, 1).Draw(t, "row"),
			})
		}
		few, many := normalAttributes(in), normalMany(in)
		if !slices.Equal(few, many) {
			t.Fatalf("few %+v\nmany %+v", few, many)
		}
	})
}
