// Package export keeps a target in step with the items of a source: it remembers what was
// delivered, sends what is new or changed in batches, halves a refused batch down to the
// guilty item, and withdraws what the source has no more. What a target is, and how it
// is spoken to, its caller says.
package export

import (
	"encoding/json"
	"time"
)

// Item is what a target is given of one record.
type Item struct {
	Key    string
	Label  string // what people call it; "" for its key
	Body   any    // what is delivered
	Record any    // that it was made of; nil where it is withdrawn
	Vars   map[string]any
	// Sent is, as JSON, what of the item makes a difference; Hash is of the same.
	Sent json.RawMessage
	Hash string
	// Expires is when the target forgets the item by itself; zero: never.
	Expires time.Time
	// Rolling says that Expires is counted from now: an item that the target has keeps the
	// time it was given, until it is renewed.
	Rolling bool
	// ID is the target's own name of the item, "" while it is not known.
	ID string
	// Before is what was delivered last, nil for an item that is new to us.
	Before *Memory
	// Held is what the target says it has, where it was asked.
	Held *Held

	resent bool    // it was missing where it was to be updated
	unsure *Memory // of a delivery whose answer was lost, of an item that is new otherwise
}

// Name is what people call the item.
func (it *Item) Name() string {
	if it.Label != "" {
		return it.Label
	}
	return it.Key
}

// keepTime leaves a living item the time it has.
func (it *Item) keepTime(has, now time.Time) {
	if it.Rolling && has.After(now) {
		it.Expires = has
	}
}

// Memory is what the ledger knows of an item.
type Memory struct {
	// Hash is of what the target has; "" if nobody knows, because an answer was lost.
	Hash string `json:"-"`
	// Sent is what it has, as JSON; nil if nothing was ever delivered.
	Sent    json.RawMessage `json:"item,omitempty"`
	ID      string          `json:"id,omitempty"`
	Label   string          `json:"label,omitempty"`
	Expires time.Time       `json:"expires,omitzero"`
	// Since is when the item was first delivered.
	Since time.Time `json:"since,omitzero"`
	// Refused is the hash of what the target did not take. It is not offered again.
	Refused string `json:"refused,omitempty"`
}

// Delivered says that the target has the item, or may have it.
func (m *Memory) Delivered() bool { return m != nil && m.Sent != nil }

// confirmed says that the target did have the item at some time.
func (m *Memory) confirmed() bool { return m.Delivered() && !m.Since.IsZero() }

// Held is an item as the target says it has it.
type Held struct {
	ID      string
	Expires time.Time
	// Tells says that the target tells when items expire: a zero Expires is never.
	Tells bool
	// Fields is all that it says of the item; Kept is the same as JSON, where it is one of very many.
	Fields map[string]any
	Kept   json.RawMessage
}

// Op is what is done with items.
type Op string

// The ways to speak to a target, by the names of their blocks. Request brings items there.
const (
	Request Op = "request"
	Update  Op = "update"
	Remove  Op = "remove"
	Expire  Op = "expire"
)

// withdraws says that items are taken back by op.
func (op Op) withdraws() bool { return op == Remove || op == Expire }

// Result is what the target says of one item.
type Result struct {
	ID string
	// Exists: the target has had an item of this key and left it as it was.
	Exists bool
	// Missing: there is nothing to update.
	Missing bool
	// Err is why it was not taken; Retry says that another run may fare better.
	Err   error
	Retry bool
}
