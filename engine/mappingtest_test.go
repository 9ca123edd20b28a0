package engine

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const oneEvent = `{ id = "z", state = "ST_WORK", created = "2026-03-01T10:00:00Z", updated = "2026-03-01T10:00:00Z", score = 9007199254740993, hosts = ["a.example", "b.example"] }`

// results runs the test blocks given in HCL and returns the mismatches of each.
func results(t *testing.T, blocks string) [][]string {
	t.Helper()
	b := newBench(t)
	b.text += blocks
	bound := b.bound()
	r := &Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	var out [][]string
	for _, block := range bound.Tests {
		bad, err := r.Test(context.Background(), block)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, m := range bad {
			line := strings.Split(b.text, "\n")[m.At.Start.Line-1]
			lines = append(lines, fmt.Sprintf("%s | %s", strings.TrimSpace(line), strings.TrimPrefix(m.String(), m.At.String()+": ")))
		}
		out = append(out, lines)
	}
	return out
}

func TestPassingBlocks(t *testing.T) {
	for i, bad := range results(t, `
test "a recorded answer" {
  flow      = flow.pull
  responses = ["answer.json"]
  skipped   = { muted = 1 }
  expect "event" "Item a1" {
    title       = "Item a1"
    type        = "WORK"
    happened_at = "2026-03-01 10:00:00"
    attributes  = { "Score" = "9007199254740993", "Item ID" = "a1" }
    indicators  = [["FQDN", "a.example"], ["FQDN", "b.example"]]
  }
  expect "indicator" "FQDN:a.example" {
    status     = "Review"
    attributes = { "Seen In" = "a1" }
  }
}
test "an instant with its zone" {
  flow      = flow.pull
  responses = ["answer.json"]
  skipped   = { muted = 1 }
  expect "event" "Item a1" { happened_at = "2026-03-01T11:00:00+01:00" }
}
test "records" {
  flow    = flow.pull
  dead    = 1
  records = [`+oneEvent+`, { id = null }]
  expect "event" "Item z" { type = "WORK" }
}
test "nothing is sent where both agree" {
  flow    = flow.push
  records = [{ id = 1, title = "t", type = "WORK", touched_at = "2026-03-01T10:00:00Z", attributes = { "Item ID" = "z", "State" = "Work" } }]
}
test "a change is sent" {
  flow    = flow.push
  records = [{ id = 1, title = "t", type = "dropped", touched_at = "2026-03-01T10:00:00Z", attributes = { "Item ID" = "z", "State" = "Work" } }]
  expect_request {
    method = "POST"
    path   = "/set"
    json   = { id = "z", change = { by = "ThreatQ", state = "ST_DONE", notify = [true, "dropped"] } }
  }
}
test "another change is sent" { # with the same Run
  flow    = flow.push
  records = [{ id = 1, title = "t", type = "OPEN", touched_at = "2026-03-01T10:00:00Z", attributes = { "Item ID" = "z", "State" = "Work" } }]
  expect_request { json = { id = "z", change = { by = "ThreatQ", state = "ST_OPEN", notify = [true, "OPEN"] } } }
}
`) {
		if len(bad) > 0 {
			t.Errorf("block %d fails:\n%s", i+1, strings.Join(bad, "\n"))
		}
	}
}

// Each mismatch stands at the line that expects something else, and says what is there (U52).
func TestFailingBlocks(t *testing.T) {
	const push = `flow = flow.push
  records = [{ id = 1, title = "t", type = "WORK", touched_at = "2026-03-01T10:00:00Z", attributes = { "Item ID" = "z", "State" = "Open" } }]
`
	for _, tc := range []struct {
		name, body string
		bad        []string
	}{
		{"another type", `flow = flow.pull
  records = [` + oneEvent + `]
  expect "event" "Item z" {
    title = "Item z"
    type  = "DONE"
  }`, []string{"type  = \"DONE\" | event \"Item z\", type is not as expected (- expected, + mapped):\n  - \"DONE\"\n  + \"WORK\""}},
		{"attributes", `flow = flow.pull
  records = [` + oneEvent + `]
  expect "event" "Item z" {
    attributes = { "Score" = "9007199254740992", "State" = "Work", "Other" = "x" }
  }`, []string{"attributes = { \"Score\" = \"9007199254740992\", \"State\" = \"Work\", \"Other\" = \"x\" } | event \"Item z\", attributes is not as expected (- expected, + mapped):\n  - .Score: \"9007199254740992\"\n  + .Score: \"9007199254740993\"\n  - .Other: \"x\""}},
		{"indicators", `flow = flow.pull
  records = [` + oneEvent + `]
  expect "event" "Item z" {
    indicators = [["FQDN", "a.example"]]
  }`, []string{"indicators = [[\"FQDN\", \"a.example\"]] | event \"Item z\", indicators is not as expected (- expected, + mapped):\n  + [1]: [\"FQDN\",\"b.example\"]"}},
		{"no such object", `flow = flow.pull
  records = [` + oneEvent + `]
  expect "event" "Item y" { type = "WORK" }`, []string{`expect "event" "Item y" { type = "WORK" } | no event is called "Item y"; there are: "Item z"`}},
		{"an unexpected dead letter", `flow = flow.pull
  records = [{ id = null }]`, []string{"test \"block\" { | 1 records became dead letters, expected 0\n  sha256:"}},
		{"too few dead letters", `flow = flow.pull
  dead = 2
  records = [` + oneEvent + `, { id = null }]`, []string{"dead = 2 | 1 records became dead letters, expected 2\n  sha256:"}},
		{"skipped otherwise", `flow = flow.pull
  responses = ["answer.json"]
  skipped = { muted = 2, loud = 1 }`, []string{"skipped = { muted = 2, loud = 1 } | other records are left out than expected (- expected, + skipped):\n  - .muted: 2\n  + .muted: 1\n  - .loud: 1"}},
		{"another request", push + `  expect_request {
    path = "/set"
    json = { id = "z", change = { by = "ThreatQ", state = "ST_DONE", notify = [true] } }
  }`, []string{"json = { id = \"z\", change = { by = \"ThreatQ\", state = \"ST_DONE\", notify = [true] } } | json of the request is not as expected (- expected, + sent):\n  - .change.state: \"ST_DONE\"\n  + .change.state: \"ST_WORK\"\n  + .change.notify[1]: \"WORK\""}},
		{"an unexpected request", push, []string{"test \"block\" { | an unexpected request is sent: POST /set {"}},
		{"a request that is not sent", push + `  expect_request { path = "/set" }
  expect_request { path = "/more" }`, []string{`expect_request { path = "/more" } | this request is not sent`}},
		{"a request that cannot be built", strings.Replace(push, `"State" = "Open"`, `"State" = "Open", "Item ID" = "z"`, 1) + `  expect_request { method = "PUT" }`,
			[]string{"expect_request { method = \"PUT\" } | method of the request is not as expected (- expected, + sent):\n  - \"PUT\"\n  + \"POST\""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bad := results(t, "\ntest \"block\" {\n  "+tc.body+"\n}\n")[0]
			if len(bad) != len(tc.bad) {
				t.Fatalf("%d mismatches, want %d:\n%s", len(bad), len(tc.bad), strings.Join(bad, "\n"))
			}
			for i := range bad {
				if !strings.HasPrefix(bad[i], tc.bad[i]) {
					t.Errorf("%s\nwant\n%s", bad[i], tc.bad[i])
				}
			}
		})
	}
}

// The whole name wins over a part of another one.
func TestExpectFindsTheExactName(t *testing.T) {
	bad := results(t, `
test "block" {
  flow    = flow.pull
  records = [
    { id = "a10", state = "ST_WORK", created = "2026-03-01T10:00:00Z", updated = "2026-03-01T10:00:00Z" },
    { id = "a1", state = "ST_OPEN", created = "2026-03-01T10:00:00Z", updated = "2026-03-01T10:00:00Z" },
  ]
  expect "event" "Item a1" { type = "OPEN" }
  expect "event" "a10" { type = "WORK" }
}
`)[0]
	if len(bad) > 0 {
		t.Error(bad)
	}
}

func TestBlockErrors(t *testing.T) {
	for _, tc := range []struct{ body, says string }{
		{`responses = ["missing.json"]`, "missing.json"},
		{`responses = ["m.hcl"]`, "m.hcl: "},
		{`records = { id = "one" }`, "records is a list"},
	} {
		b := newBench(t)
		b.text += "\ntest \"block\" {\n  flow = flow.pull\n  " + tc.body + "\n}\n"
		bound := b.bound()
		_, err := (&Run{Bound: bound}).Test(context.Background(), bound.Tests[0])
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: error %v, want one that says %q", tc.body, err, tc.says)
		}
	}
}

// A Run that has run a test is none the worse for it.
func TestBlocksLeaveTheRunAlone(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.text += "\ntest \"block\" {\n  flow = flow.push\n  records = []\n}\n"
	b.mapping = nil
	r := b.newRun()
	if bad, err := r.Test(context.Background(), r.Bound.Tests[0]); err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	r.Report(context.Background(), r.Bound.Flows[:1])
	wantLines(t, "sent", b.feed.sends(), []string{"a ST_WORK"})
}

// A record of a known shape has instants, which a test block writes as text.
func TestInstantsInBlocks(t *testing.T) {
	b := &bench{t: t, now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), text: strings.Replace(collectionsText, "key = expr(\"string(indicator.id)\")", `key = expr("string(indicator.id)")
    skip "over" {
      when = expr("indicator.expires_at != nil and indicator.expires_at <= now")
    }`, 1) + `
test "one is over" {
  flow    = flow.out
  skipped = { over = 1 }
  records = [
    { id = 1, value = "a", expires_at = "2026-01-31T11:59:59Z" },
    { id = 2, value = "b", expires_at = "2026-01-31T12:00:01Z" },
    { id = 3, value = "c", expires_at = null },
  ]
  expect_request {
    json = { value = "b" }
  }
  expect_request {
    json = { value = "c" }
  }
}
`}
	bound := b.bound()
	r := &Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	bad, err := r.Test(t.Context(), bound.Tests[0])
	if err != nil || len(bad) > 0 {
		t.Errorf("%v %v", bad, err)
	}
}
