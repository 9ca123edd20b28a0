package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/diag"
)

// placed is a failure with its place in the mapping file.
type placed struct {
	at      hcl.Range
	summary string // what it is called in the catalogue of diagnostics
	err     error
}

// failedAt says where in the mapping err comes from, and by summary what kind of failure it is.
func failedAt(at hcl.Range, summary string, err error) *placed { return &placed{at, summary, err} }

func (e *placed) Error() string { return fmt.Sprintf("%s: %s", e.at, e.err) }
func (e *placed) Unwrap() error { return e.err }

// named is a failure without a place in the mapping, whose kind is known.
type named struct {
	summary string
	err     error
}

func (e *named) Error() string { return e.err.Error() }
func (e *named) Unwrap() error { return e.err }

// undelivered is why something was not delivered that could be mapped.
func undelivered(err error) error { return &named{summary: "Refused on delivery", err: err} }

// ofField is a failure of one field or attribute of an object.
type ofField struct {
	field string
	err   error
}

func (e *ofField) Error() string { return e.err.Error() }
func (e *ofField) Unwrap() error { return e.err }

func newDeadLetter(ruleID, key string, err error, record any, at time.Time) *DeadLetter {
	input := contentOf(record)
	if key == "" {
		key = "sha256:" + digest(input)[:16]
	}
	d := &DeadLetter{Rule: ruleID, Key: key, Reason: err.Error(), Input: input, At: at}
	var own *placed
	var evaluated *code.EvalError
	var delivered *named
	summary := ""
	switch {
	case errors.As(err, &own):
		d.Where, d.Reason, summary = place(own.at), own.err.Error(), own.summary
	case errors.As(err, &evaluated):
		why := evaluated.Diagnostics()[0]
		d.Where, d.Reason, summary = code.Place(why.Subject), why.Summary+": "+why.Detail, why.Summary
		d.Stage, d.Values = evaluated.Stage(), evaluated.Involved()
	case errors.As(err, &delivered):
		summary = delivered.summary
	}
	d.Code = diag.OfRecord(summary).Code
	var field *ofField
	if errors.As(err, &field) {
		d.Field = field.field
	}
	return d
}

// letters are the dead letters of a record: one of its own, or those of its objects.
func (m *Mapped) letters() []DeadLetter {
	if m.Dead != nil {
		return []DeadLetter{*m.Dead}
	}
	return m.Rejected
}

// ErrTooManyDead stops a flow in which more goes wrong than its mapping allows. What
// was delivered is remembered; the cursor stays before the page in question, so that
// a corrected mapping reads it again.
var ErrTooManyDead = errors.New("too many dead letters")

// enoughRecords is from how many records on a share says something.
const enoughRecords = 20

// deadLimits are how many dead letters a flow may leave in one run.
type deadLimits struct {
	count int
	share float64 // of the records; 1: any
}

func readDeadLimits(f *dsl.Flow, b *dsl.Bound) (deadLimits, error) {
	read := f.Node.Read(b.Scope)
	l := deadLimits{count: read.Int("max_dead", 1000), share: 1}
	switch v := read.Any("max_dead_share").(type) {
	case int:
		l.share = float64(v)
	case float64:
		l.share = v
	}
	if l.count < 0 {
		read.Fail("max_dead", "Bad limit", "max_dead is a number of dead letters, 0 or more.")
	}
	if l.share < 0 || l.share > 1 {
		read.Fail("max_dead_share", "Bad limit", "max_dead_share is a share from 0 to 1: 0.1 is every tenth record.")
	}
	return l, read.Err()
}

// alike is how many dead letters of one rule and place, or reason where there is no place, are
// told before the rest only shows with all details: a mistake in a mapping strikes every record.
const alike = 3

// buried tells of a dead letter.
func (r *Run) buried(f *dsl.Flow, why string, d *DeadLetter) {
	r.mu.Lock()
	if r.told == nil {
		r.told = map[string]int{}
	}
	kind := strings.Join([]string{f.Name, why, d.Rule, cmp.Or(d.Where, d.Reason)}, "\n")
	r.told[kind]++
	n := r.told[kind]
	r.mu.Unlock()
	level := slog.LevelError
	if n > alike {
		level = slog.LevelDebug
	}
	r.Log.Log(context.Background(), level, why+", kept as a dead letter", "code", d.Code, "flow", f.Name, "record", d.Key, "rule", d.Rule, "field", d.Field, "reason", d.Reason, "stage", d.Stage, "where", d.Where)
	if n == alike+1 {
		r.Log.Error("further dead letters like these are told with -v3 only, and by tqmap deadletter list", "flow", f.Name, "rule", d.Rule)
	}
}

// noLimits allows any number.
var noLimits = deadLimits{count: math.MaxInt, share: 1}

// tooManyDead is an ErrTooManyDead once the flow has left more dead letters than
// it may, else nil. It is asked after each page.
func (f *FlowReport) tooManyDead(l deadLimits) error {
	const next = "mend the mapping where they point, or raise the limit; the next run begins with this page again"
	switch {
	case f.Dead > l.count:
		return fmt.Errorf("%w: %d, and max_dead is %d: %s", ErrTooManyDead, f.Dead, l.count, next)
	case f.Fetched >= enoughRecords && float64(f.Dead) > l.share*float64(f.Fetched) && l.share < 1:
		return fmt.Errorf("%w: %d of %d records, and max_dead_share is %v: %s", ErrTooManyDead, f.Dead, f.Fetched, l.share, next)
	}
	return nil
}
