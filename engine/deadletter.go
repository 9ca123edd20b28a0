package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// placed is a failure with its place in the mapping file.
type placed struct {
	at  hcl.Range
	err error
}

func (e *placed) Error() string { return fmt.Sprintf("%s: %s", e.at, e.err) }
func (e *placed) Unwrap() error { return e.err }

func newDeadLetter(ruleID, key string, err error, record any, at time.Time) *DeadLetter {
	if key == "" {
		key = "sha256:" + contentHash(record)[:16]
	}
	d := &DeadLetter{Rule: ruleID, Key: key, Reason: err.Error(), Input: contentOf(record), At: at}
	var own *placed
	var located interface{ Diagnostics() hcl.Diagnostics }
	switch {
	case errors.As(err, &own):
		d.Where, d.Reason = own.at.String(), own.err.Error()
	case errors.As(err, &located):
		if diags := located.Diagnostics(); len(diags) > 0 && diags[0].Subject != nil {
			d.Where = diags[0].Subject.String()
			d.Reason = diags[0].Summary + ": " + diags[0].Detail
		}
	}
	return d
}

// contentHash is stable over the order of keys.
func contentHash(v any) string {
	sum := sha256.Sum256(contentOf(v))
	return hex.EncodeToString(sum[:16])
}

// contentOf is v as JSON. What JSON cannot say (NaN, infinity, years of five
// digits) makes it the JSON text of what Go prints, so that it still tells two
// values apart.
func contentOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(fmt.Sprintf("%v", v)) // a string can always be encoded
	}
	return b
}
