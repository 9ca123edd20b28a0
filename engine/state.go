package engine

import (
	"context"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine/window"
)

// State is what a connector instance remembers between runs. The engine reads
// it at the start of a flow and writes it after the target has acknowledged.
type State interface {
	// Checkpoint returns where flow stands; the zero Checkpoint if it never ran.
	Checkpoint(ctx context.Context, flow string) (Checkpoint, error)
	// Ledger returns the entries of the given keys; unknown keys are absent.
	Ledger(ctx context.Context, flow string, keys []EntryKey) (map[EntryKey]Entry, error)
	// Entries yields the entries of a flow with that rule and hash ("": any), in the order of
	// rule and key, few at a time, each once. It ends with the first error of yield, which may
	// commit: whether it still sees an entry that it has forgotten ahead of itself is open.
	Entries(ctx context.Context, flow, rule, hash string, yield func(Entry) error) error
	// Commit stores everything of c in one transaction, or nothing.
	Commit(ctx context.Context, flow string, c Commit) error
}

// Checkpoint is how far a flow has read.
type Checkpoint struct {
	// Cursor is the lower bound of the next window, inclusive. Zero: none yet.
	Cursor time.Time
	// Boundary maps the keys of the records that lie exactly on Cursor to the
	// hash of their content, so that the next run leaves them out.
	Boundary map[string]string
	// Token is where an API goes on that hands out marks of its own (a delta token, a
	// next link) in place of times. It means nothing to us. "": none yet.
	Token string
	// Done are the spans behind Cursor that are delivered already, because parts
	// of a window were read side by side and an earlier one failed. Sorted, apart.
	Done []Span
}

// Span is a part of time, half-open: [Start, End).
type Span = window.Span

// EntryKey names what a ledger entry is about: the rule that made an object
// ("event.alert") and the object's key under that rule.
type EntryKey struct{ Rule, Key string }

// Entry is the ledger's memory of one delivered object.
type Entry struct {
	EntryKey
	Hash     string // of the object as it was sent
	RemoteID int64  // its id on the target; 0 if the target has none
	// Content is what the engine keeps of what was delivered, as JSON that means nothing to
	// a State. Empty is nil, as it is for objects of ThreatQ, which can be asked for.
	Content []byte
}

// DeadLetter is a record or an object that could not be delivered.
type DeadLetter struct {
	Rule   string // the rule that refused it, "" for the record itself
	Key    string // the record's key, or a hash of it where it has none
	Reason string
	Where  string // file:line:column of the rule, if one failed
	// Code is that of the catalogue of diagnostics, such as TQ0801; "" in letters of before
	// there was one. Field is the field or attribute of the object that failed, where one did,
	// Stage the part of a jq program, as it is written.
	Code, Field, Stage string
	// Values are what the failing program worked on. They may hold data of people and
	// secrets, so they are shown redacted, and cut after that, and are not logged.
	Values []code.Involved
	Input  []byte // the record as JSON
	At     time.Time
}

// Commit is one acknowledged step of a flow.
type Commit struct {
	Checkpoint *Checkpoint // nil: not moved
	// Forgotten are the keys of entries that are deleted, before Entries are stored: a key
	// in both is in the ledger afterwards. One that is not there is no error.
	Forgotten []EntryKey
	Entries   []Entry // inserted or replaced
	Dead      []DeadLetter
	// Revived names the keys of dead letters that were delivered after all.
	Revived []string
}
