package recording

import (
	"net/http"
	"time"
)

// Recording is what a file holds.
type Recording struct {
	Run       Run
	Exchanges []Exchange
}

// Run says what was run, so that it can be run again from the recording.
type Run struct {
	Connector string `json:"connector"`
	// Version is the mapping's.
	Version string   `json:"version,omitempty"`
	Flows   []string `json:"flows,omitempty"`
	// Now is the clock of the run, and Until an end given for all windows; zero: none.
	Now   time.Time `json:"now"`
	Until time.Time `json:"until,omitzero"`
	// Limit is after how many records the run was stopped; 0: it read all.
	Limit int `json:"limit,omitempty"`
	// Params are the parameters that are not sensitive, as JSON values.
	Params map[string]any `json:"params"`
	// Anonymized says that addresses and names are stand-ins.
	Anonymized bool `json:"anonymized,omitempty"`
	// Failed is why the run ended early; "": it did not.
	Failed string `json:"failed,omitempty"`
}

// Exchange is one request and its answer.
type Exchange struct {
	// Client is its name in the mapping, or "threatq".
	Client  string
	Request Request
	Answer  Answer

	// added is what credentials have put on the request; only while it is recorded.
	added credentials
}

// Request is a request as it was sent.
type Request struct {
	Method string
	// URL is whole; only its path and query tell requests apart.
	URL    string
	Header http.Header
	Body   []byte
}

// Answer is the answer to a request, unpacked.
type Answer struct {
	// Status is 0 where no whole answer came; Lost then says why.
	Status int
	Lost   string
	Header http.Header
	Body   []byte
}
