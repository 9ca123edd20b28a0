package stix

import "fmt"

// Skip is why an object is not exported. It holds no values but names of reports, since
// they may be secrets. Count by Reason, Object and Type.
type Skip struct {
	Reason       Reason
	Object, Type string
	// ID and Value are of reports that refer to nothing.
	ID, Value string
}

// Reason of a Skip.
type Reason string

// The reasons.
const (
	NoType    Reason = "no STIX type"                   // events, files, signatures, assets ...
	NoPattern Reason = "no STIX pattern"                // passwords, strings ...
	BadValue  Reason = "value does not fit the type"    // an IP address that is none
	NoNetwork Reason = "not of the network"             // with Config.NetworkOnly
	NoRefs    Reason = "refers to nothing that is sent" // a report must
)

func (s *Skip) Error() string {
	what := s.Object
	if s.Type != "" {
		what += " of type " + s.Type
	}
	if s.Value != "" {
		what += fmt.Sprintf(" %q", s.Value)
	}
	return what + ": " + string(s.Reason)
}

// Invalid is what is wrong with an object that should have been exported: a mistake of the
// mapping, or of what it was given.
type Invalid struct {
	Field   string
	Problem string // and what to do
}

func (e *Invalid) Error() string { return e.Field + ": " + e.Problem }

// TooLarge is an object that fits into no request, even without its description; or, with
// Needs, one that is about such an object and nothing else.
type TooLarge struct {
	ID        string
	Size, Max int // bytes of the request it would be in alone
	Needs     string
}

func (e *TooLarge) Error() string {
	if e.Needs != "" {
		return fmt.Sprintf("%s is left out: it needs %s, which is too large to send", e.ID, e.Needs)
	}
	return fmt.Sprintf("%s is left out: it takes %d bytes, and the server takes no more than %d at once", e.ID, e.Size, e.Max)
}
