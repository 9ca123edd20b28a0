package engine

import (
	"errors"
	"net/http"
	"testing"

	"tqmap/engine/export"
	"tqmap/engine/request"
)

// What an error means for a batch decides whether it is halved.
func TestClassOfErrors(t *testing.T) {
	to := &httpItems{ops: map[export.Op]*itemRequest{export.Request: {batch: true}, export.Update: {}}}
	for name, tc := range map[string]struct {
		err         error
		batch, each export.Class
	}{
		"nobody listens":                  {&request.TransportError{Err: errors.New("refused")}, export.Unavailable, export.Unavailable},
		"an answer that was lost":         {&request.TransportError{Sent: true, Err: errors.New("reset")}, export.TooSlow, export.TooSlow},
		"500":                             {&request.StatusError{Status: 500}, export.TooSlow, export.TooSlow},
		"503":                             {&request.StatusError{Status: 503}, export.Unavailable, export.Unavailable},
		"429":                             {&request.StatusError{Status: 429}, export.Unavailable, export.Unavailable},
		"413":                             {&request.StatusError{Status: http.StatusRequestEntityTooLarge}, export.TooMuch, export.TooMuch},
		"400":                             {&request.StatusError{Status: 400}, export.Refused, export.Refused},
		"400 that a rule calls a failure": {&request.StatusError{Status: 400, Where: "m.hcl:1:1"}, export.Fatal, export.Refused},
		"401":                             {&request.StatusError{Status: 401}, export.Fatal, export.Fatal},
		"403":                             {&request.StatusError{Status: 403}, export.Fatal, export.Refused},
		"404":                             {&request.StatusError{Status: 404}, export.Fatal, export.Refused},
		"a rule that splits":              {&request.RuledError{Status: 200, Action: request.Split}, export.TooMuch, export.TooMuch},
		"a rule that splits a 502":        {&request.RuledError{Status: 502, Action: request.Split}, export.TooSlow, export.TooSlow},
		"a rule that skips":               {&request.RuledError{Status: 404, Action: request.Skip}, export.Ignored, export.Ignored},
		"a rule that stops":               {&request.RuledError{Status: 200, Action: request.Stop}, export.Fatal, export.Fatal},
		"a body that cannot be computed":  {asRefused(errors.New("null")), export.Unwritable, export.Unwritable},
	} {
		if got := to.Class(export.Request, tc.err); got != tc.batch {
			t.Errorf("%s: %d in a batch, want %d", name, got, tc.batch)
		}
		if got := to.Class(export.Update, tc.err); got != tc.each {
			t.Errorf("%s: %d of one item, want %d", name, got, tc.each)
		}
	}
}
