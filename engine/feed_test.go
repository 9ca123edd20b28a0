package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tqmap/engine/request"
)

// feed is a vendor: it lists items by their time of change, and takes new states.
type feed struct {
	now   func() time.Time
	items []map[string]any
	// calls are "/list start end offset" and "/set id state", accepted or not.
	calls []string
	// total is what answers say instead of the number of items.
	total any
	// before is called with each call; its error or answer replaces the feed's own.
	before func(n int, call string) (*request.Response, error)
}

// item adds an item that was created and last changed at the given times of day.
func (f *feed) item(id, created, updated string, more ...any) map[string]any {
	it := map[string]any{
		"id": id, "state": "ST_OPEN", "created": at(created).Format(time.RFC3339Nano), "updated": at(updated).Format(time.RFC3339Nano),
	}
	for i := 0; i < len(more); i += 2 {
		it[more[i].(string)] = more[i+1]
	}
	f.items = append(f.items, it)
	return it
}

func (f *feed) byID(id string) map[string]any {
	for _, it := range f.items {
		if it["id"] == id {
			return it
		}
	}
	return nil
}

// set changes the state of an item as the vendor's own users do.
func (f *feed) set(id string, state any) {
	it := f.byID(id)
	it["state"], it["updated"] = state, f.now().Format(time.RFC3339Nano)
}

// sends are the accepted and refused calls that set a state.
func (f *feed) sends() []string {
	var out []string
	for _, c := range f.calls {
		if rest, ok := strings.CutPrefix(c, "/set "); ok {
			out = append(out, rest)
		}
	}
	return out
}

func status(code int, body string) error {
	return &request.StatusError{Client: "fake", Method: "POST", URL: "https://fake", Status: code, Message: body, Body: []byte(body)}
}

func answerJSON(v any) (*request.Response, error) {
	b, err := json.Marshal(v)
	return &request.Response{Status: 200, Body: b}, err
}

func (f *feed) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var body struct {
		Start, End    string
		Limit, Offset int
		ID            string
		Change        struct{ State string }
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return nil, status(400, err.Error())
	}
	call := fmt.Sprintf("%s %s %s", r.Path, body.ID, body.Change.State)
	if r.Path == "/list" {
		call = fmt.Sprintf("/list %s %s %d", body.Start, body.End, body.Offset)
	}
	f.calls = append(f.calls, call)
	if f.before != nil {
		if resp, err := f.before(len(f.calls), call); resp != nil || err != nil {
			return resp, err
		}
	}
	if r.Path == "/list" {
		return f.list(body.Start, body.End, body.Limit, body.Offset)
	}
	if f.byID(body.ID) == nil {
		return nil, status(404, "no such item")
	}
	f.set(body.ID, body.Change.State)
	return answerJSON(map[string]any{})
}

// list gives the items between start and end, both included, in order.
func (f *feed) list(start, end string, limit, offset int) (*request.Response, error) {
	hits := []map[string]any{}
	for _, it := range f.items {
		if t := changed(it); start == "" || !t.Before(parsed(start)) && !t.After(parsed(end)) {
			hits = append(hits, it)
		}
	}
	slices.SortStableFunc(hits, func(a, b map[string]any) int { return changed(a).Compare(changed(b)) })
	total := f.total
	if total == nil {
		total = len(hits)
	}
	return answerJSON(map[string]any{"total": total, "items": hits[min(offset, len(hits)):min(offset+limit, len(hits))]})
}

// changed is zero for an item without a readable time, which is always listed.
func changed(it map[string]any) time.Time {
	text, _ := it["updated"].(string)
	return parsed(text)
}

func parsed(text string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, text)
	return t
}
