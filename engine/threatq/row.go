package threatq

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// row is an object as ThreatQ writes it, in the form of the object endpoints
// and in that of the search endpoints.
type row struct {
	ID          number          `json:"id"`
	Value       text            `json:"value"`
	Title       text            `json:"title"`
	Name        text            `json:"name"`
	Type        named           `json:"type"`
	TypeID      number          `json:"type_id"`
	Status      named           `json:"status"`
	Description about           `json:"description"`
	Score       score           `json:"score"`
	HappenedAt  stamp           `json:"happened_at"`
	StartedAt   stamp           `json:"started_at"`
	EndedAt     stamp           `json:"ended_at"`
	DetectedAt  stamp           `json:"last_detected_at"`
	ExpiresAt   stamp           `json:"expires_at"`
	TouchedAt   stamp           `json:"touched_at"`
	Sources     list[rowSource] `json:"sources"`
	Attributes  list[rowAttr]   `json:"attributes"`
	Tags        list[named]     `json:"tags"`
	Indicators  list[rowRef]    `json:"indicators"`
	Events      list[rowRef]    `json:"events"`
	Adversaries list[rowRef]    `json:"adversaries"`
	Existing    flag            `json:"existing"`
	Pivot       rowRef          `json:"pivot"`
	Error       json.RawMessage `json:"error"`
	Errors      json.RawMessage `json:"errors"`
}

// rowRef is any record of which only the id matters.
type rowRef struct {
	ID number `json:"id"`
}

func (r *rowRef) UnmarshalJSON(b []byte) error {
	var rec struct{ ID number }
	if json.Unmarshal(b, &rec) != nil {
		rec.ID = 0
	}
	r.ID = rec.ID
	return nil
}

type rowSource struct {
	Name    text   `json:"name"`
	TLP     named  `json:"tlp"`
	TLPID   number `json:"tlp_id"`
	TLPName text   `json:"tlp_name"`
}

// UnmarshalJSON takes a name alone, too, as projections may give it.
func (s *rowSource) UnmarshalJSON(b []byte) error {
	type record rowSource
	*s = rowSource{}
	if len(b) > 0 && b[0] == '"' {
		return s.Name.UnmarshalJSON(b)
	}
	return json.Unmarshal(b, (*record)(s))
}

type rowAttr struct {
	ID        number `json:"id"`
	Name      text   `json:"name"`
	Value     text   `json:"value"`
	Attribute named  `json:"attribute"`
}

// score is the score of an object read with its parts; of the score records, only
// the manual one, as the generated one is no mapping's.
type score struct{ manual *int }

func (s *score) UnmarshalJSON(b []byte) error {
	s.manual = nil
	var rec struct {
		Manual json.RawMessage `json:"manual_score"`
	}
	if len(b) == 0 || b[0] != '{' || json.Unmarshal(b, &rec) != nil {
		return nil
	}
	if f, err := strconv.ParseFloat(unquote(rec.Manual), 64); err == nil {
		n := int(f)
		s.manual = &n
	}
	return nil
}

// about is a description: text, or for adversaries a record with "value" or a
// list of such records.
type about string

func (a *about) UnmarshalJSON(b []byte) error {
	*a = about(unquote(b))
	records := elements(b)
	if len(records) == 0 && bytes.HasPrefix(b, []byte("{")) {
		records = []json.RawMessage{b}
	}
	var parts []string
	for _, raw := range records {
		var rec struct{ Value text }
		if json.Unmarshal(raw, &rec) == nil && rec.Value != "" {
			parts = append(parts, string(rec.Value))
		}
	}
	if len(parts) > 0 {
		*a = about(strings.Join(parts, "\n"))
	}
	return nil
}

// name returns what the row calls the object; collections that are not known to
// Collection.NameField may keep it elsewhere.
func (r *row) name(c Collection) string {
	own := map[string]text{"value": r.Value, "title": r.Title, "name": r.Name}[c.NameField()]
	for _, s := range []text{own, r.Value, r.Title, r.Name} {
		if s != "" {
			return strings.TrimSpace(string(s))
		}
	}
	return ""
}

func (r *row) typeID() int64 {
	if r.TypeID != 0 {
		return int64(r.TypeID)
	}
	return int64(r.Type.ID)
}

// refusal returns the messages of a row that stands for a refused object.
func (r *row) refusal() []string {
	return append(flatten("", r.Error), flatten("", r.Errors)...)
}

// object turns the row into an Object of collection c.
func (r *row) object(c Collection) Object {
	o := Object{
		Collection: c, ID: int64(r.ID), Name: r.name(c),
		Type: string(r.Type.Name), Status: string(r.Status.Name),
		Description: string(r.Description),
		Score:       r.Score.manual,
		HappenedAt:  r.HappenedAt.Time, StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.Time,
		LastDetectedAt: r.DetectedAt.Time, ExpiresAt: r.ExpiresAt.Time, TouchedAt: r.TouchedAt.Time,
	}
	if c.NameField() != "value" {
		o.Content = strings.TrimSpace(string(r.Value))
	}
	for _, s := range r.Sources {
		label := tlpOf(string(s.TLPName), 0)
		if label == "" {
			label = tlpOf(string(s.TLP.Name), max(int64(s.TLPID), int64(s.TLP.ID)))
		}
		o.Sources = append(o.Sources, Source{Name: string(s.Name), TLP: label})
	}
	for _, a := range r.Attributes {
		name := a.Name
		if name == "" {
			name = a.Attribute.Name
		}
		o.Attributes = append(o.Attributes, Attribute{Name: string(name), Value: string(a.Value), RowID: int64(a.ID)})
	}
	for _, t := range r.Tags {
		o.Tags = append(o.Tags, string(t.Name))
	}
	o.Related = r.related()
	return o
}

func (r *row) related() []Ref {
	var out []Ref
	add := func(c Collection, refs []rowRef) {
		for _, ref := range refs {
			out = append(out, Ref{Collection: c, ID: int64(ref.ID)})
		}
	}
	add(Indicators, r.Indicators)
	add(Events, r.Events)
	add(Adversaries, r.Adversaries)
	return out
}
