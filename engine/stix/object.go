package stix

import "time"

// Version of STIX. They differ in required properties, ids and ways to mark.
type Version string

// The versions.
const (
	V20 Version = "2.0"
	V21 Version = "2.1"
)

// Object is an object of ThreatQ, as a mapping gives it.
type Object struct {
	// Object is its kind: indicator, adversary, malware, tool, report, attack_pattern,
	// campaign, vulnerability, intrusion_set, course_of_action, identity. Others are skipped.
	Object string
	// Type is the type of an indicator, by the name that ThreatQ gives it.
	Type string
	// Value as ThreatQ stores it, of objects with a name the name. With Object and Type it
	// makes the id.
	Value string
	// Created is required, and must never change.
	Created time.Time
	// Modified is the version of the object; default Created.
	Modified time.Time
	// Published is when a report was; default Created.
	Published time.Time
	// ValidFrom of an indicator; default Published, then Created. ValidUntil is left out
	// unless it is later.
	ValidFrom, ValidUntil time.Time
	Description           string
	// Revoked takes the object back. Modified must be later than in all versions before.
	Revoked bool
	// Labels are what its attributes say; those that STIX knows for the type count.
	Labels []string
	// DefaultLabels stand in where none does; default those of the Config.
	DefaultLabels []string
	// TLP are the labels of all its sources in any spelling; the strictest counts.
	TLP []string
	// Confidence is 0 to 100, or None, Low, Medium, High; anything else is as good as nothing.
	Confidence string
	References []Reference
	// Related are the objects it is related to, in either direction. Those that are no part
	// of the export make no difference. How far to follow them is up to the caller: what is
	// at the end of the way has none.
	Related []Ref
}

// Ref names an object.
type Ref struct {
	Object, Type, Value string
	// Created and Modified are only needed if the target may have the object from an
	// earlier run (Config.Has).
	Created, Modified time.Time
}

// Reference points out of STIX. It needs a source name, and at least one of the others.
type Reference struct {
	SourceName  string `json:"source_name"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	ExternalID  string `json:"external_id,omitempty"`
}
