package engine

import (
	"errors"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// rejected is the first of the rejects that holds, as an error; nil if none does.
func rejected(all []dsl.Reject, vars map[string]any, seen *dsl.Seen) error {
	for _, r := range all {
		if yes, err := r.When.Eval(vars); err != nil || yes != true {
			if err != nil {
				return err
			}
			continue
		}
		seen.Decided(r.Val, true)
		reason := r.Reason
		if r.Message != nil {
			v, err := r.Message.Eval(vars)
			if err != nil {
				return err
			}
			if text, ok := code.Text(v); ok {
				reason += ": " + text
			}
		}
		return &rejection{failedAt(r.At, "Rejected by the mapping", errors.New(reason))}
	}
	return nil
}

// rejection is what the author does not want delivered, as against what failed.
type rejection struct{ why *placed }

func (r *rejection) Error() string { return r.why.Error() }
func (r *rejection) Unwrap() error { return r.why }

// rejectObject makes a dead letter of one object. Objects without a key of their own
// share the letter of their record, which is taken back once all are delivered.
func (m *mapper) rejectObject(r *rule, out *Mapped, vars map[string]any, why error) error {
	var rejection *rejection
	if !errors.As(why, &rejection) {
		return why
	}
	key := out.Key
	if r.Key != nil {
		var err error
		if key, err = objectKey(r, out, vars, nil); err != nil {
			return err
		}
	}
	letter := newDeadLetter(r.ID(), key, rejection.why, out.Record, m.bound.Now)
	for i := range out.Rejected {
		if have := &out.Rejected[i]; have.Rule == letter.Rule && have.Key == letter.Key {
			if len(have.Reason) < longReason {
				have.Reason += "; " + letter.Reason
			}
			return nil
		}
	}
	out.Rejected = append(out.Rejected, *letter)
	return nil
}

// longReason is how long the reason of a letter may become by adding to it.
const longReason = 2000
