package threatq

import "time"

// Credentials of a library that is opened without its own.
const (
	DefaultUsername     = "analyst@sandbox.example"
	DefaultPassword     = "open-to-all-of-it" // no word that records have: it is masked wherever it appears
	DefaultClientID     = "sandbox0clientid0000000000000000"
	DefaultClientSecret = "sandbox-client-secret"
)

// Options says how a library is opened. The zero value is a library in memory
// with the default credentials and reference lists.
type Options struct {
	// Path is the database file, created with mode 0600. "" keeps everything
	// in memory until Close.
	Path string

	Username, Password string // of the password grant
	ClientID           string // of every grant, and in /assets/js/config.js
	ClientSecret       string // of the client_credentials grant

	// Now is the clock of tokens and object times. Nil: time.Now.
	Now func() time.Time
	// TokenLife is how long an access token is good. 0: one hour.
	TokenLife time.Duration

	// ExistingFlag adds "existing" to the answers of consume too; the answers
	// of POST /api/{collection} always carry it.
	ExistingFlag bool
	// ItemErrors answers a bad item of an array with {"error": …} in its place
	// and writes the others. Otherwise one bad item refuses the whole request.
	ItemErrors bool
	// OldSearch leaves out what newer search items carry: uuid, the scores,
	// tlp_name, sources of attributes and the related_*_count numbers.
	OldSearch bool
	// OldWith answers names with an underscore in "with" with status 500, as some versions
	// do; in camel case they are known.
	OldWith bool
	// IndexDelay hides objects from searches (not from lists) until they are
	// this old, as the platform's search index does. Times are whole seconds.
	IndexDelay time.Duration

	// IndicatorTypes, EventTypes and IndicatorStatuses replace the default
	// lists of a new database; a file that has lists keeps its own.
	IndicatorTypes    []Type
	EventTypes        []Type
	IndicatorStatuses []Status
	// Custom are object kinds made by an administrator.
	Custom []CustomObject

	// BodyCap is how many bytes of each request body the journal keeps.
	// 0: 64 KiB; negative: none.
	BodyCap int
}

// Type is one row of a list of types. Class ("network" or "host") is for
// indicators only.
type Type struct {
	ID          int64
	Name, Class string
}

// Status is one row of a list of statuses. An object whose status is protected
// keeps it when it is sent again.
type Status struct {
	ID                int64
	Name, Description string
	Protected         bool
}

// CustomObject is an object kind made by an administrator. Its code is also
// its collection, the path segment; its objects are named by "value".
type CustomObject struct {
	Code, Name, NamePlural string
}

func (o Options) withDefaults() Options {
	set := func(p *string, value string) {
		if *p == "" {
			*p = value
		}
	}
	set(&o.Username, DefaultUsername)
	set(&o.Password, DefaultPassword)
	set(&o.ClientID, DefaultClientID)
	set(&o.ClientSecret, DefaultClientSecret)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife <= 0 {
		o.TokenLife = time.Hour
	}
	if o.BodyCap == 0 {
		o.BodyCap = 64 << 10
	}
	if o.IndicatorTypes == nil {
		o.IndicatorTypes = indicatorTypes
	}
	if o.EventTypes == nil {
		o.EventTypes = numbered(eventTypes)
	}
	if o.IndicatorStatuses == nil {
		o.IndicatorStatuses = indicatorStatuses
	}
	return o
}

// numbered makes types of names, with ids from 1.
func numbered(names []string) []Type {
	types := make([]Type, len(names))
	for i, name := range names {
		types[i] = Type{ID: int64(i + 1), Name: name}
	}
	return types
}
