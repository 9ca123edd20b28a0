package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

// changedItems is a bench whose items were all brought in, and then given another
// type by an analyst, one a minute.
func changedItems(t tb, ids []string, edits ...string) *bench {
	b := newBench(t, edits...)
	for _, id := range ids {
		b.feed.item(id, "09:00:00", "10:00:00")
	}
	b.one("pull", Ok)
	for _, id := range ids {
		b.lib.setType("Item "+id, "WORK")
		b.now = b.now.Add(time.Minute)
	}
	b.lib.calls, b.feed.calls = nil, nil
	return b
}

// fails makes the calls that set a state fail with the given status, the first n of them.
func (f *feed) fails(n, code int) {
	f.before = func(_ int, call string) (*request.Response, error) {
		if strings.HasPrefix(call, "/set") && n > 0 {
			n--
			return nil, status(code, "no")
		}
		return nil, nil
	}
}

func TestPush(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c"})
	b.lib.setType("Item b", "OPEN") // as it was: nothing to send
	f := b.push(Ok)
	wantCounts(t, f, "+0 ~2 =1 dead 0")
	wantLines(t, "sent", b.feed.sends(), []string{"c ST_WORK", "a ST_WORK"}) // the last touched comes first
	for _, id := range []string{"a", "c"} {
		if got := b.lib.value("Item "+id, "State"); got != "Work" {
			t.Errorf("item %s is acknowledged as %q", id, got)
		}
	}
	if f.Mapped != 3 || f.Fetched != 3 {
		t.Errorf("fetched %d, mapped %d", f.Fetched, f.Mapped)
	}
	b.feed.calls = nil
	b.push(Ok)
	wantLines(t, "sent by a second run", b.feed.sends(), nil)
}

// The whole request: method, path, headers, and a body tree of plain and computed parts.
func TestPushRequest(t *testing.T) {
	b := changedItems(t, []string{"a"}, `path    = "/set"`, `path    = expr("'/set/' + event.attributes['Item ID']")`+"\n"+`      basic   = ["me", "secret"]`+"\n"+`      query   = { dry = "no", tag = ["x", "y"] }`)
	rec := &recorder{}
	r := b.newRun()
	r.open = map[string]request.Doer{"api": rec}
	if got := r.Report(context.Background(), r.Bound.Flows[:1]); got.Outcome != Ok || len(rec.requests) != 1 {
		t.Fatalf("%+v, %d requests", got.Flows[0], len(rec.requests))
	}
	req := rec.requests[0]
	if req.Method != "POST" || req.Path != "/set/a" || req.ContentType != "application/json" || fmt.Sprint(req.Query) != "[{dry no} {tag x} {tag y}]" {
		t.Errorf("%+v", req)
	}
	if got := req.Header.Get("X-Reason") + " " + req.Header.Get("Authorization"); got != "sync Basic bWU6c2VjcmV0" {
		t.Errorf("headers %s", got)
	}
	if got, want := string(req.Body), `{"change":{"by":"ThreatQ","notify":[true,"WORK"],"state":"ST_WORK"},"id":"a"}`; got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}

func TestPushSkips(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.lib.upsert("events", map[string]any{"title": "by hand", "type": "WORK"})
	f := b.push(Ok)
	if f.SkippedBy["made by hand"] != 1 || !strings.Contains(b.log.String(), `level=WARN msg="left out: made by hand" flow=push record=`) {
		t.Errorf("skipped %v\n%s", f.SkippedBy, b.log)
	}
}

// What one record is refused for does not stop the others, nor the cursor.
func TestPushRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		edits []string
		err   error
		says  string
	}{
		{"400", nil, status(400, "bad state"), "bad state"},
		{"403 for this item", nil, status(403, "locked"), "locked"},
		{"a path on another host", nil, &request.OriginError{Client: "client.api", URL: "https://elsewhere.example", Origin: "https://api.example.test"}, "elsewhere"},
		{"a body that cannot be computed", []string{`state = expr("table.state.lookup(event.type)"), by`, `state = expr("event.title == 'Item b' ? event.attributes.none.at.all : 'x'"), by`}, nil, "null"},
		{"a path that comes out as nothing", []string{`path    = "/set"`, `path = expr("event.title == 'Item b' ? nil : '/set'")`}, nil, "the path comes out as"},
		{"a path that is no path", []string{`path    = "/set"`, `path = expr("event.title == 'Item b' ? '/%zz' : '/set'")`}, nil, "the path comes out as"},
		{"a condition that cannot be decided", []string{`label(table.state.lookup(event.type), 'ST_') !=`, `(event.title == 'Item b' ? event.attributes.none.at.all : 'x') !=`}, nil, "null"},
		{"an acknowledgement that cannot be computed", []string{`{ "State" = expr("label(`, `{ "Extra" = expr("event.title == 'Item b' ? event.attributes.none.at.all : 'x'")` + "\n" + `"State" = expr("label(`}, nil, "null"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := changedItems(t, []string{"a", "b", "c"}, tc.edits...)
			b.feed.before = func(_ int, call string) (*request.Response, error) {
				if strings.HasPrefix(call, "/set b") {
					return nil, tc.err
				}
				return nil, nil
			}
			f := b.push(Partial)
			wantCounts(t, f, "+0 ~2 =0 dead 1")
			dead := b.state.flow("push").dead
			if len(dead) != 1 || dead[0].Rule != "sink.http" || !strings.Contains(dead[0].Reason, tc.says) || f.Failed != 0 {
				t.Errorf("%d failed, dead letters %+v", f.Failed, dead)
			}
			if b.cursor("push").IsZero() {
				t.Error("a refused record holds up the cursor")
			}
		})
	}
}

// A record that was refused is no dead letter any more once it is sent.
func TestPushOfARefusedRecordLater(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.feed.fails(1, 400)
	b.push(Partial)
	if got := b.letters("push"); len(got) != 1 {
		t.Fatalf("dead letters %v", got)
	}
	b.push(Ok)
	wantLines(t, "dead letters", b.letters("push"), nil)
}

// A server that is not available keeps the cursor where it is; the others are
// still sent, and the next run sends what is left.
func TestPushUnavailable(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c"})
	b.feed.fails(2, 503)
	f := b.push(Partial)
	wantCounts(t, f, "+0 ~1 =0 dead 0")
	if f.Failed != 2 || !b.cursor("push").IsZero() || f.Mapped != 3 {
		t.Errorf("failed %d, mapped %d, cursor %s", f.Failed, f.Mapped, b.cursor("push"))
	}
	b.feed.calls = nil
	wantCounts(t, b.push(Ok), "+0 ~2 =1 dead 0")
	wantLines(t, "sent", b.feed.sends(), []string{"c ST_WORK", "b ST_WORK"})
	if b.cursor("push").IsZero() {
		t.Error("the cursor has not moved although all is sent")
	}
}

func TestPushGivesUp(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c", "d", "e"})
	b.feed.fails(99, 503)
	f := b.push(Failed)
	if len(b.feed.sends()) != giveUpAfter || !strings.Contains(f.Error, "gave up after 3 records in a row") || !errors.Is(f.Err, request.ErrUnavailable) {
		t.Errorf("%d calls, error %v", len(b.feed.sends()), f.Err)
	}
	b.feed.calls = nil
	n := 0
	b.feed.before = func(int, string) (*request.Response, error) { // never three in a row: a refusal is an answer
		if n++; n == 3 {
			return nil, status(400, "no")
		}
		return nil, status(503, "down")
	}
	if f := b.push(Partial); f.Failed != 4 || f.Dead != 1 {
		t.Errorf("failed %d, dead %d: want all five tried", f.Failed, f.Dead)
	}
}

func TestPushUnauthorizedStops(t *testing.T) {
	b := changedItems(t, []string{"a", "b"})
	b.feed.fails(1, 401)
	f := b.push(Failed)
	if len(b.feed.sends()) != 1 || !errors.Is(f.Err, request.ErrUnauthorized) || f.Dead+f.Failed != 0 {
		t.Errorf("sent %v, error %v, dead %d: wrong credentials are no record's fault", b.feed.sends(), f.Err, f.Dead)
	}
}

func TestPushCancelled(t *testing.T) {
	b := changedItems(t, []string{"a", "b"})
	ctx, cancel := context.WithCancel(context.Background())
	b.feed.before = func(int, string) (*request.Response, error) { cancel(); return nil, nil }
	f := b.runWith(ctx, "push").Flows[0]
	if !errors.Is(f.Err, context.Canceled) || f.Dead+f.Failed != 0 {
		t.Errorf("error %v, dead %d, failed %d", f.Err, f.Dead, f.Failed)
	}
	b.feed.before, b.feed.calls = nil, nil
	b.push(Ok)
	wantLines(t, "sent by the next run", b.feed.sends(), []string{"a ST_WORK"})
}

// A crash at any commit of a push: what the server was told is not told again,
// unless the crash came before that could be noted.
func TestPushCrashes(t *testing.T) {
	for n := 1; ; n++ {
		b := changedItems(t, []string{"a", "b"})
		start, unnoted := b.state.commits, false
		b.state.fail = func(commit int, c Commit) error {
			if commit != start+n {
				return nil
			}
			unnoted = len(c.Entries) == 1 && strings.HasPrefix(c.Entries[0].Hash, sent)
			return errCrash
		}
		first := b.run("push").Flows[0]
		ended := !errors.Is(first.Err, errCrash) && first.Failed == 0
		b.state.fail = nil
		b.push(Ok)
		want := 2
		if unnoted {
			want = 3
		}
		if got := b.feed.sends(); len(got) != want {
			t.Errorf("crash at commit %d: sent %v, want %d calls", n, got, want)
		}
		for _, id := range []string{"a", "b"} {
			if got := b.lib.value("Item "+id, "State"); got != "Work" {
				t.Errorf("crash at commit %d: item %s is acknowledged as %q", n, id, got)
			}
		}
		if ended {
			if n < 5 {
				t.Errorf("only %d commits", n-1)
			}
			return
		}
	}
}

// A crash between the call and its acknowledgement, or ThreatQ gone by then: the
// server is not told twice.
func TestPushIsNotRepeatedForTheAcknowledgement(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.lib.before = func(_ int, call string) error {
		if strings.HasPrefix(call, "PUT /api/events/") {
			return status(503, "down")
		}
		return nil
	}
	f := b.push(Partial)
	if f.Failed != 1 || !b.cursor("push").IsZero() || !strings.Contains(b.log.String(), "the server has accepted, but ThreatQ could not record it") {
		t.Errorf("failed %d, cursor %s\n%s", f.Failed, b.cursor("push"), b.log)
	}
	b.lib.before, b.dry = nil, true
	if f := b.push(Ok); len(f.Plan) != 0 {
		t.Errorf("a dry run plans %v, which will not be sent", f.Plan)
	}
	b.dry = false
	b.push(Ok)
	wantLines(t, "sent in all", b.feed.sends(), []string{"a ST_WORK"})
	if got := b.lib.value("Item a", "State"); got != "Work" {
		t.Errorf("acknowledged as %q", got)
	}
	// There and back again is a new call each time.
	for _, typ := range []string{"OPEN", "WORK"} {
		b.lib.setType("Item a", typ)
		b.push(Ok)
	}
	wantLines(t, "sent in all", b.feed.sends(), []string{"a ST_WORK", "a ST_OPEN", "a ST_WORK"})
}

// An acknowledgement that ThreatQ refuses is a dead letter, not an endless retry.
func TestAcknowledgementRefused(t *testing.T) {
	b := changedItems(t, []string{"a", "b"})
	b.lib.before = func(_ int, call string) error {
		if call == fmt.Sprintf("PUT /api/events/%d/attributes/%d", b.lib.named("Item a").id, b.lib.named("Item a").attrs[1].id) {
			return status(422, "no such value")
		}
		return nil
	}
	f := b.push(Partial)
	if f.Dead != 1 || f.Failed != 0 || b.cursor("push").IsZero() {
		t.Errorf("dead %d, failed %d, cursor %s", f.Dead, f.Failed, b.cursor("push"))
	}
}

// ThreatQ's refusal of the whole account is no record's fault.
func TestAcknowledgementForbidden(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.lib.before = func(_ int, call string) error {
		if strings.HasPrefix(call, "PUT ") {
			return status(403, "read only")
		}
		return nil
	}
	if f := b.push(Partial); f.Dead != 0 || f.Failed != 1 {
		t.Errorf("dead %d, failed %d: want it tried again", f.Dead, f.Failed)
	}
}

func TestAcknowledgementOfADeletedEvent(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.feed.before = func(int, string) (*request.Response, error) { b.lib.objs = nil; return nil, nil }
	b.push(Ok)
	if len(b.lib.objs) != 0 {
		t.Errorf("objects %v", b.lib.names())
	}
}

// Without an acknowledgement the ledger alone knows what the server has.
func TestPushWithoutAcknowledgement(t *testing.T) {
	const ack = "    acknowledge {\n      attributes = { \"State\" = expr(\"label(table.state.lookup(event.type), 'ST_')\") }\n    }\n"
	b := changedItems(t, []string{"a"}, ack, "")
	wantCounts(t, b.push(Ok), "+0 ~1 =0 dead 0")
	wantCounts(t, b.push(Ok), "+0 ~0 =1 dead 0")
	b.lib.setType("Item a", "DONE")
	wantCounts(t, b.push(Ok), "+0 ~1 =0 dead 0")
	wantLines(t, "sent", b.feed.sends(), []string{"a ST_WORK", "a ST_DONE"})
}

// What was sent and never acknowledged, because both sides came to agree by
// themselves, is sent again when they differ again.
func TestPushAfterAnAgreementByItself(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.lib.before = func(_ int, call string) error {
		if strings.HasPrefix(call, "PUT /api/events/") {
			return status(503, "down")
		}
		return nil
	}
	b.push(Partial)
	b.lib.before = nil
	b.pull(Ok) // the vendor says what was sent: agreed
	b.feed.set("a", "ST_OPEN")
	b.run()
	b.lib.setType("Item a", "WORK")
	b.now = b.now.Add(time.Minute)
	b.run()
	wantLines(t, "sent", b.feed.sends(), []string{"a ST_WORK", "a ST_WORK"})
}

// There and back again, with the answer lost in between: nobody knows what the
// server has, so it is told.
func TestPushBackToWhatWasSent(t *testing.T) {
	const ack = "    acknowledge {\n      attributes = { \"State\" = expr(\"label(table.state.lookup(event.type), 'ST_')\") }\n    }\n"
	b := changedItems(t, []string{"a"}, ack, "")
	b.push(Ok)
	b.lib.setType("Item a", "DONE")
	b.feed.fails(1, 500)
	b.push(Partial)
	b.lib.setType("Item a", "WORK")
	b.push(Ok)
	wantLines(t, "sent", b.feed.sends(), []string{"a ST_WORK", "a ST_DONE", "a ST_WORK"})
}

// Records that are no events of ThreatQ have nothing to write to: said before anything is sent.
func TestAcknowledgeNeedsEvents(t *testing.T) {
	b := newBench(t)
	from, to := strings.Index(b.text, `flow "push"`), strings.Index(b.text, `flow "pull"`)
	source := `flow "push" {
  source "http" {
    client = client.api
    request { path = "/list" }
  }
  record "event" {`
	b.text = b.text[:from] + source + b.text[from+strings.Index(b.text[from:], `record "event" {`)+len(`record "event" {`):to] + b.text[to:]
	f := b.push(Failed)
	if !strings.Contains(f.Error, `acknowledge writes to the ThreatQ event that a record is`) || !strings.HasPrefix(f.Error, "m.hcl:") || len(b.feed.calls) > 0 {
		t.Errorf("error %s, calls %v", f.Error, b.feed.calls)
	}
	if id, ok := objectID("no event"); ok {
		t.Errorf("id %d of a text", id)
	}
}

// A page that a source holds back keeps the cursor of a flow that sends, too.
func TestPushHeldBack(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c"})
	b.lib.hide = 2
	f := b.push(Partial)
	if len(f.Notes) != 1 || !b.cursor("push").IsZero() || slices.Contains(b.feed.sends(), "a ST_WORK") {
		t.Errorf("notes %v, cursor %s, sent %v", f.Notes, b.cursor("push"), b.feed.sends())
	}
	b.lib.hide = 0
	b.push(Ok)
	if got := b.feed.sends(); len(got) != 3 {
		t.Errorf("sent %v", got)
	}
}
