package show

import (
	"strings"
	"time"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
	"tqmap/engine"
	"tqmap/engine/previewhtml"
	"tqmap/engine/threatq"
)

// previewObject is one object in `preview --format json`. Objects that only hang
// on another one are listed there.
type previewObject struct {
	Flow   string `json:"flow"`
	Key    string `json:"key"`
	Object string `json:"object,omitempty"`
	Title  string `json:"title,omitempty"`
	Name   string `json:"name,omitempty"`
	Value  string `json:"value,omitempty"`
	Type   string `json:"type,omitempty"`
	Status string `json:"status,omitempty"`
	// Times and Score are those of the object's kind, by field.
	HappenedAt     string      `json:"happened_at,omitempty"`
	StartedAt      string      `json:"started_at,omitempty"`
	EndedAt        string      `json:"ended_at,omitempty"`
	PublishedAt    string      `json:"published_at,omitempty"`
	LastDetectedAt string      `json:"last_detected_at,omitempty"`
	ExpiresAt      string      `json:"expires_at,omitempty"`
	Score          *int        `json:"score,omitempty"`
	Description    string      `json:"description,omitempty"`
	Source         string      `json:"source,omitempty"`
	TLP            string      `json:"tlp,omitempty"`
	Tags           []string    `json:"tags,omitempty"`
	Attributes     [][2]string `json:"attributes"`
	// Indicators are [type, value] pairs of the related indicators.
	Indicators [][2]string `json:"indicators"`
	// Related are [object, name] pairs of the other related objects.
	Related [][2]string `json:"related,omitempty"`
	// Item is what a sink would be given; ExpiresAt is when the server forgets it.
	Item any `json:"item,omitempty"`
	// Dead says why the record or the object is not made, Where the rule that says so.
	Dead  string `json:"dead,omitempty"`
	Where string `json:"where,omitempty"`
	// Code, Field and Stage say of which mistake it is, and where in the object or the jq program;
	// Values are what it worked on.
	Code   string          `json:"code,omitempty"`
	Field  string          `json:"field,omitempty"`
	Stage  string          `json:"stage,omitempty"`
	Values []code.Involved `json:"values,omitempty"`
	// Diff is what ThreatQ would be told, where --diff asks for it.
	Diff *previewDiff `json:"diff,omitempty"`
}

// previewDiff is an engine.Comparison in JSON.
type previewDiff struct {
	// Does is "create", "update", "unchanged" or "refused".
	Does    string               `json:"does"`
	ID      int64                `json:"id,omitempty"`
	Note    string               `json:"note,omitempty"`
	Changes []previewhtml.Change `json:"changes,omitempty"`
}

// JSON lists the objects for other programs.
func (s *Preview) JSON() (string, error) {
	out := []previewObject{}
	for i := range s.Mapped {
		out = append(out, s.objectsOf(&s.Mapped[i])...)
	}
	return prose.Indented(out)
}

// objectsOf lists the objects of a record; indicators stand in what they are
// related to, and where objects are compared, for themselves as well.
func (s *Preview) objectsOf(m *engine.Mapped) []previewObject {
	if m.Dead != nil {
		return []previewObject{deadObject(m, *m.Dead)}
	}
	var out []previewObject
	if m.Item != nil {
		out = append(out, itemOf(m))
	}
	for i := range m.Objects {
		if s.Diffs != nil || !previewhtml.Hangs(m, i) {
			p := objectOf(m, i)
			p.Diff = s.diffOf(m, i)
			out = append(out, p)
		}
	}
	for _, letter := range m.Rejected {
		out = append(out, deadObject(m, letter))
	}
	return out
}

func itemOf(m *engine.Mapped) previewObject {
	p := previewObject{Flow: m.Flow, Key: m.Key, Object: "item", Name: m.Item.Name(), Item: m.Item.Body, Attributes: [][2]string{}, Indicators: [][2]string{}}
	if at := m.Item.Expires; !at.IsZero() {
		p.ExpiresAt = at.UTC().Format(time.RFC3339)
	}
	return p
}

func deadObject(m *engine.Mapped, letter engine.DeadLetter) previewObject {
	object, _, _ := strings.Cut(letter.Rule, ".")
	if m.Dead != nil {
		object = ""
	}
	return previewObject{
		Flow: m.Flow, Key: letter.Key, Object: object, Dead: letter.Reason, Where: letter.Where,
		Code: letter.Code, Field: letter.Field, Stage: letter.Stage, Values: letter.Values,
		Attributes: [][2]string{}, Indicators: [][2]string{},
	}
}

func (s *Preview) diffOf(m *engine.Mapped, i int) *previewDiff {
	found, ok := s.diff(m, i)
	if !ok {
		return nil
	}
	d := &previewDiff{ID: found.ID, Note: found.Note}
	for _, op := range previewhtml.Ops() {
		if op.Sign == found.Op {
			d.Does = op.Word
		}
	}
	for _, c := range found.Changes {
		d.Changes = append(d.Changes, previewhtml.Change(c))
	}
	return d
}

func objectOf(m *engine.Mapped, i int) previewObject {
	o := &m.Objects[i]
	p := previewObject{
		Flow: m.Flow, Key: m.Key, Object: o.Rule.Type, Type: o.Type, Status: o.Status,
		Description: o.Description, Tags: o.Tags, Attributes: [][2]string{}, Indicators: [][2]string{},
		HappenedAt: o.Text("happened_at"), StartedAt: o.Text("started_at"), EndedAt: o.Text("ended_at"),
		PublishedAt: o.Text("published_at"), LastDetectedAt: o.Text("last_detected_at"), ExpiresAt: o.Text("expires_at"),
		Score: o.Score, Value: o.Content,
	}
	if len(o.Sources) > 0 {
		p.Source, p.TLP = o.Sources[0].Name, o.Sources[0].TLP
	}
	*map[string]*string{"title": &p.Title, "name": &p.Name, "value": &p.Value}[o.Collection.NameField()] = o.Name
	for _, a := range o.Attributes {
		p.Attributes = append(p.Attributes, [2]string{a.Name, a.Value})
	}
	for _, other := range m.Linked(i) {
		if other.Collection == threatq.Indicators {
			p.Indicators = append(p.Indicators, [2]string{other.Type, other.Name})
		} else {
			p.Related = append(p.Related, [2]string{other.Rule.Type, other.Name})
		}
	}
	return p
}
