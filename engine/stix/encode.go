package stix

import (
	"bytes"
	"encoding/json"
	"time"
)

// Encoded is an object of STIX.
type Encoded struct {
	ID string
	// Modified, of markings the time of creation: with ID it names this version.
	Modified string
	// JSON is the object without a final newline, always in the same bytes.
	JSON []byte
}

// wire is an object of any type, in the order in which its properties are written.
type wire struct {
	Type             string            `json:"type"`
	SpecVersion      string            `json:"spec_version,omitempty"`
	ID               string            `json:"id"`
	CreatedByRef     string            `json:"created_by_ref,omitempty"`
	Created          string            `json:"created"`
	Modified         string            `json:"modified,omitempty"`
	Revoked          bool              `json:"revoked,omitempty"`
	DefinitionType   string            `json:"definition_type,omitempty"`
	Definition       map[string]string `json:"definition,omitempty"`
	Name             string            `json:"name,omitempty"`
	Extensions       map[string]any    `json:"extensions,omitempty"`
	IdentityClass    string            `json:"identity_class,omitempty"`
	Description      string            `json:"description,omitempty"`
	Pattern          string            `json:"pattern,omitempty"`
	PatternType      string            `json:"pattern_type,omitempty"`
	PatternVersion   string            `json:"pattern_version,omitempty"`
	IsFamily         bool              `json:"is_family,omitempty"`
	ValidFrom        string            `json:"valid_from,omitempty"`
	ValidUntil       string            `json:"valid_until,omitempty"`
	Labels           []string          `json:"labels,omitempty"`
	IndicatorTypes   []string          `json:"indicator_types,omitempty"`
	ThreatActorTypes []string          `json:"threat_actor_types,omitempty"`
	MalwareTypes     []string          `json:"malware_types,omitempty"`
	ToolTypes        []string          `json:"tool_types,omitempty"`
	ReportTypes      []string          `json:"report_types,omitempty"`
	Published        string            `json:"published,omitempty"`
	ObjectRefs       []string          `json:"object_refs,omitempty"`
	RelationshipType string            `json:"relationship_type,omitempty"`
	SourceRef        string            `json:"source_ref,omitempty"`
	TargetRef        string            `json:"target_ref,omitempty"`
	Confidence       *int              `json:"confidence,omitempty"`
	References       []Reference       `json:"external_references,omitempty"`
	MarkingRefs      []string          `json:"object_marking_refs,omitempty"`
}

// encode cannot fail: a wire holds nothing but texts, and lists and maps of them.
func encode(w *wire) Encoded {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // URLs are full of &, and three times as long with it
	if err := e.Encode(w); err != nil {
		panic(err)
	}
	modified := w.Modified
	if modified == "" {
		modified = w.Created
	}
	return Encoded{w.ID, modified, bytes.Clone(bytes.TrimSuffix(b.Bytes(), []byte("\n")))} // to keep not half a buffer of nothing
}

// rewrite changes an object that was made by encode.
func (e Encoded) rewrite(change func(*wire)) Encoded {
	var w wire
	if err := json.Unmarshal(e.JSON, &w); err != nil {
		return e // of somebody else
	}
	change(&w)
	return encode(&w)
}

// instant as STIX 2.0 wants it, three digits of a second and no more.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// setTypes puts labels where the version has them.
func (w *wire) setTypes(v Version, k kind, labels []string) {
	if v == V20 {
		w.Labels = labels
		return
	}
	switch k {
	case indicator:
		w.IndicatorTypes = labels
	case threatActor:
		w.ThreatActorTypes = labels
	case malware:
		w.MalwareTypes = labels
	case tool:
		w.ToolTypes = labels
	case report:
		w.ReportTypes = labels
	}
}
