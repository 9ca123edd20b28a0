package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// whole runs the flow of the test as a run does. Nothing leaves the process: the exchanges stand
// in for the servers, and ThreatQ holds nothing. To it a flow delivers as in a dry run, which
// commits the same state; a sink sends for real.
func (c *testCheck) whole(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	b, flow := c.run.Bound, c.test.Flow
	server, err := newDouble(c.test, b, stop)
	if err != nil {
		return err
	}
	st := &testState{book: map[EntryKey]Entry{}, at: map[string]Checkpoint{}}
	if err := c.before(st); err != nil {
		return err
	}
	var mu sync.Mutex // slices may be read side by side
	clock := &testClock{now: b.Now}
	run := &Run{
		Bound: b, State: st, DryRun: flow.Sink == nil, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Platform: threatq.NewClient(emptyPlatform{}, threatq.Options{}), Sleep: clock.sleep,
		Clients: func(ctx context.Context, cl *dsl.Client) (request.Doer, error) {
			return OpenClient(ctx, b, cl, testClient(b, cl, server, clock))
		},
		mapped: func(m *Mapped) {
			mu.Lock()
			defer mu.Unlock()
			c.add(*m)
		},
		dial: func(context.Context, string, string) (net.Conn, error) { return nil, errNoWire },
	}
	if flow.OfThreatQ() {
		records, err := c.run.testRecords(ctx, c.test)
		if err != nil {
			return err
		}
		run.given = givenRecords(records)
	}
	report := run.Report(ctx, []*dsl.Flow{flow})
	c.ended = context.Cause(ctx)
	c.dead = st.dead
	c.bad = append(c.bad, server.unmet()...)
	switch {
	case errors.Is(c.ended, errRefused):
	case errors.Is(c.ended, errCut):
		c.cut()
	default:
		c.finished(report)
		c.after(st)
	}
	return nil
}

var errNoWire = errors.New("a test opens no connection: what this sink sends is no HTTP, so no exchange can stand for it")

// testClient is what a client is opened with whose server is a double.
func testClient(b *dsl.Bound, cl *dsl.Client, server double, clock *testClock) ClientOptions {
	base, err := url.Parse(cl.Node.Read(b.Scope).String("base_url", ""))
	if err != nil {
		base = &url.URL{} // opening the client says so
	}
	return ClientOptions{
		Proxy: func(context.Context) (*url.URL, error) { return nil, nil },
		Now:   clock.Now, Sleep: clock.sleep,
		Transport: func(string, http.RoundTripper) http.RoundTripper { return roundTripper{server, base} },
		LeaveOut: func(auth *dsl.Node) bool {
			read := auth.Read(b.Scope)
			switch auth.Kind() {
			case "jwt", "mtls":
				return true // they need keys, which a test does without
			case "oauth2":
				return !server.covers(read.String("token_url", ""), base)
			case "login":
				return !server.covers(read.Of(auth.Block("request")).String("path", ""), base)
			}
			return false
		},
	}
}

// finished compares how the run ended with expect_run.
func (c *testCheck) finished(report *Report) {
	f := report.Flows[0]
	n := c.test.Node.Block("expect_run")
	if f.LeftOut {
		c.fail(Broken, c.test.Node.Range, "the flow is left out: its `when` (%s) does not hold with these parameters", place(c.test.Flow.When.Range))
	}
	if n.Val("outcome") == nil && n.Val("error") == nil && f.Err != nil {
		c.fail(Broken, c.test.Node.Range, "the run fails: %s", f.Err)
	}
	if n == nil {
		return
	}
	read := n.Read(c.run.Bound.Scope)
	got := map[string]any{
		"outcome": string(report.Outcome), "fetched": f.Fetched, "mapped": f.Mapped, "created": f.Created, "updated": f.Updated, "unchanged": f.Unchanged,
		"removed": f.Removed, "skipped": f.Skipped, "dead": f.Dead, "ignored": f.Ignored, "failed": f.Failed, "error": f.Error,
	}
	for _, field := range n.Names() {
		want := read.Any(field)
		if text, _ := want.(string); field == "error" && text != "" && strings.Contains(f.Error, text) {
			continue
		}
		c.differ(n, field, want, got[field], nil, "there", "run", "the run ends with another %s", field)
		if field == "outcome" && want != got[field] {
			m := &c.bad[len(c.bad)-1]
			m.Notes = append(m.Notes, f.Notes...)
			if f.Error != "" {
				m.Notes = append(m.Notes, f.Error)
			}
		}
	}
	c.unreadable(n, read)
}

// cut refuses what cannot be said of a run that is stopped where the recorded one was.
func (c *testCheck) cut() {
	for _, n := range slices.Concat(c.test.Node.All("expect_run"), c.test.Node.All("expect_state")) {
		c.fail(Broken, n.Range, "the recording was stopped at a limit, so the run does not come to its end: record all (tqmap record --limit 0), or leave this out")
	}
}

// before puts what the last run left into the state.
func (c *testCheck) before(st *testState) error {
	for _, n := range c.test.Node.All("state") {
		read := n.Read(c.run.Bound.Scope)
		at := Checkpoint{Token: read.String("token", ""), Cursor: readInstant(read, "cursor")}
		if err := read.Err(); err != nil {
			return err
		}
		st.at[c.partition(read)] = at
	}
	return nil
}

// partition is the name under which the state keeps a checkpoint.
func (c *testCheck) partition(read *dsl.Reading) string {
	if !read.Has("partition") {
		return c.test.Flow.Name
	}
	return c.test.Flow.Name + "[" + read.String("partition", "") + "]"
}

// after compares what the run left with the expect_state blocks.
func (c *testCheck) after(st *testState) {
	for _, n := range c.test.Node.All("expect_state") {
		read := n.Read(c.run.Bound.Scope)
		at := st.at[c.partition(read)]
		got := map[string]any{"cursor": nil, "token": nil}
		if !at.Cursor.IsZero() {
			got["cursor"] = at.Cursor.UTC().Format(time.RFC3339Nano)
		}
		if at.Token != "" {
			got["token"] = at.Token
		}
		for _, field := range n.Names() {
			if field == "partition" {
				continue
			}
			want := read.Any(field)
			if field == "cursor" && want != nil {
				want = readInstant(read, field).UTC().Format(time.RFC3339Nano)
			}
			c.differ(n, field, want, got[field], c.cursorAt(field), "left", "state for the next run", "the next run begins at another %s", field)
		}
		c.unreadable(n, read)
	}
}

// cursorAt is what in the window says where the next run begins.
func (c *testCheck) cursorAt(field string) func([]any) hcl.Range {
	return func([]any) hcl.Range {
		if w := c.test.Flow.Source.Block("window"); w != nil {
			return placeOf(w, field)
		}
		return hcl.Range{}
	}
}

// givenRecords are a source in place of one that reads ThreatQ.
type givenRecords []any

func (g givenRecords) read(_ context.Context, _ Window, yield func(*batch) error) error {
	return yield(&batch{number: 1, records: g})
}

// whole: the records of a test are all there are.
func (g givenRecords) whole() bool { return true }

// testClock stands still but for waits, which take no time.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// emptyPlatform is a ThreatQ that holds nothing.
type emptyPlatform struct{}

func (emptyPlatform) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	if r.Method != http.MethodGet {
		return nil, fmt.Errorf("a test writes nothing to ThreatQ, and this would: %s %s", r.Method, r.Path)
	}
	return &request.Response{Status: http.StatusOK, Header: http.Header{}, Body: []byte(`{"total":0,"data":[]}`)}, ctx.Err()
}
