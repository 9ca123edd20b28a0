package taxii

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// taxiiStatus is what the server says of a request to add objects. Lists that are empty are left
// out, and some servers only count.
type taxiiStatus struct {
	ID           string   `json:"id"`
	Status       string   `json:"status"`
	FailureCount int      `json:"failure_count"`
	PendingCount int      `json:"pending_count"`
	Successes    []detail `json:"successes"`
	Failures     []detail `json:"failures"`
	Pendings     []detail `json:"pendings"`
}

// detail is about one object: its id, or an object with its id.
type detail struct {
	ID      string `json:"id"`
	Message string `json:"message"`
}

func (d *detail) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte(`"`)) {
		return json.Unmarshal(b, &d.ID)
	}
	type plain detail
	return json.Unmarshal(b, (*plain)(d))
}

func (s *taxiiStatus) complete() bool {
	return strings.EqualFold(strings.TrimSpace(s.Status), "complete")
}

// PendingError is a request that the server has taken, and not processed in time. It may do so yet.
type PendingError struct {
	Collection string // title
	Status     string // id of the status resource, which the server knows the request by
	Pending    int    // objects, as the server counts
	Waited     time.Duration
}

func (e *PendingError) Error() string {
	return fmt.Sprintf("collection %q: the server has taken a request, but not processed it within %s (status %s, %d objects pending): whether it takes them is not known, so they are to be sent again; look whether the server is overloaded",
		e.Collection, e.Waited, oneLine(e.Status), e.Pending)
}

// judge waits until the server has processed objects, and notes what it says of each.
func (p *push) judge(ctx context.Context, objects []stix.Encoded, st *taxiiStatus) error {
	if err := p.await(ctx, st); err != nil {
		return err
	}
	said := map[string]bool{}
	for _, d := range st.Successes {
		said[d.ID] = true
		p.settle(d.ID, Outcome{Kind: Created})
	}
	messages := map[string]string{}
	for _, d := range st.Failures {
		said[d.ID] = true
		messages[d.ID] = oneLine(d.Message)
	}
	for _, d := range st.Pendings {
		said[d.ID] = true
	}
	hidden := st.FailureCount > len(st.Failures) || st.PendingCount > len(st.Pendings)
	if !st.complete() {
		hidden = false
	}
	var doubtful []stix.Encoded
	for _, o := range objects {
		_, failed := messages[o.ID]
		switch {
		case failed, !said[o.ID] && hidden:
			doubtful = append(doubtful, o)
		case !said[o.ID] && st.complete():
			p.settle(o.ID, Outcome{Kind: Created})
		}
	}
	if err := p.compare(ctx, doubtful, messages); err != nil {
		return err
	}
	if !st.complete() {
		return &PendingError{Collection: p.Title, Status: st.ID, Pending: st.PendingCount, Waited: p.conf.Patience}
	}
	return nil
}

// await asks about a request until it is processed, or patience ends.
func (p *push) await(ctx context.Context, st *taxiiStatus) error {
	for waited := time.Duration(0); !st.complete() && waited < p.conf.Patience; waited += p.conf.Poll {
		if st.ID == "" || url.PathEscape(st.ID) != st.ID {
			return fmt.Errorf("collection %q: the server has taken a request, but its answer names no status that can be asked for: %w", p.Title, ErrNotTAXII)
		}
		if err := p.conf.Sleep(ctx, p.conf.Poll); err != nil {
			return err
		}
		var now taxiiStatus
		if _, err := p.server.get(ctx, request.Request{Path: p.root + "status/" + st.ID + "/"}, &now); err != nil {
			return fmt.Errorf("collection %q: the server has taken a request, but does not say what became of it: %w", p.Title, err)
		}
		if now.ID == "" {
			now.ID = st.ID
		}
		*st = now
	}
	return nil
}
