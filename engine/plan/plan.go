// Package plan says in plain words what a run of a mapping would do: which requests it would
// send, what it would make of the answers, what it would remember. It sends nothing, needs no
// parameter to be set, and holds no secret: what is not set, and what is secret, stands as <name>.
//
// What a kind of block does is not known here: each kind says it itself, in dsl.Block.Describe.
package plan

// Plan is what a run would do.
type Plan struct {
	Connector Connector   `json:"connector"`
	Params    []Param     `json:"params"`
	Clients   []Client    `json:"clients"`
	Flows     []Flow      `json:"flows"`
	Default   []AnswerRow `json:"default_table"`
}

// Connector is whose run it is.
type Connector struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Version  string `json:"version,omitempty"`
	Instance string `json:"instance"`
	Source   string `json:"source"`
	TLP      string `json:"tlp,omitempty"`
}

// Param is a setting that has a value, or needs one.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	// Origin is "default", "" where it has no value, or what gave it, such as --param.
	Origin    string `json:"origin,omitempty"`
	Required  bool   `json:"required,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
}

// Fact is a name with a sentence.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Client is one server.
type Client struct {
	Name  string `json:"name"`
	Facts []Fact `json:"facts"`
	// Auth are the ways to authenticate that apply, in their order; Unused those whose `when`
	// does not hold.
	Auth   []Fact   `json:"auth"`
	Unused []string `json:"auth_not_used,omitempty"`
	// Rules come before those of a request and before the default table.
	Rules []string `json:"rules,omitempty"`
}

// Request is what is sent. What a run fills in stands in angle brackets, such as <window.start>.
type Request struct {
	Name    string   `json:"name,omitempty"` // of a step or a sub-request
	Client  string   `json:"client,omitempty"`
	Method  string   `json:"method"`
	Path    string   `json:"path"`
	Query   []string `json:"query,omitempty"`
	Headers []string `json:"headers,omitempty"`
	Body    string   `json:"body,omitempty"`
	Does    string   `json:"does,omitempty"`
	Pages   string   `json:"pages,omitempty"`
	Decode  string   `json:"decode,omitempty"`
	Rules   []string `json:"rules,omitempty"`
}

// Flow is one way for data.
type Flow struct {
	Name string `json:"name"`
	To   string `json:"to"` // ThreatQ, or the client or wire of its sink
	// Skipped is the condition that leaves the flow out with these parameters.
	Skipped string   `json:"skipped,omitempty"`
	Source  Source   `json:"source"`
	Record  Record   `json:"record"`
	Objects []Object `json:"objects,omitempty"`
	Sink    *Sink    `json:"sink,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// Source is where the records of a flow come from.
type Source struct {
	Kind    string    `json:"kind"`
	Does    string    `json:"does,omitempty"`
	Steps   []Request `json:"steps,omitempty"`
	Request *Request  `json:"request,omitempty"`
	Window  string    `json:"window,omitempty"`
	Each    []Request `json:"each,omitempty"`
}

// Record is how records are cut out of answers, known again and left out.
type Record struct {
	Name  string   `json:"name"`
	Facts []Fact   `json:"facts"`
	Outs  []string `json:"left_out,omitempty"` // skips and rejects
}

// Object is what one rule makes of a record.
type Object struct {
	Rule  string `json:"rule"` // event.alert
	Makes string `json:"makes"`
	Again string `json:"known_again"` // how it is found, and what an update changes
	// Fields are values by field, Attributes by attribute; how one is written stands behind it.
	Fields     []Fact   `json:"fields"`
	Attributes []Fact   `json:"attributes,omitempty"`
	Notes      []string `json:"notes,omitempty"`
}

// Sink is where a flow sends records.
type Sink struct {
	Kind     string    `json:"kind"`
	Does     string    `json:"does,omitempty"`
	Facts    []Fact    `json:"facts,omitempty"`
	Requests []Request `json:"requests,omitempty"`
}

// AnswerRow is a line of the table that decides about answers of which no rule speaks.
type AnswerRow struct {
	Status string `json:"status"`
	Action string `json:"action"`
	Means  string `json:"means"`
}
