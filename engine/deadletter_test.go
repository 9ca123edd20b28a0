package engine

import (
	"context"
	"errors"
	"fmt"
	"github.com/hashicorp/hcl/v2"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/request"
)

const flowHead = `flow "pull" {`

func TestTooManyDead(t *testing.T) {
	for _, tc := range []struct {
		name  string
		f     FlowReport
		l     deadLimits
		stops bool
	}{
		{"none", FlowReport{Fetched: 100}, deadLimits{0, 0}, false},
		{"as many as allowed", FlowReport{Fetched: 100, Dead: 5}, deadLimits{5, 1}, false},
		{"one more", FlowReport{Fetched: 100, Dead: 6}, deadLimits{5, 1}, true},
		{"none allowed", FlowReport{Fetched: 1, Dead: 1}, deadLimits{0, 1}, true},
		{"the share allowed", FlowReport{Fetched: 20, Dead: 2}, deadLimits{1000, 0.1}, false},
		{"more than the share", FlowReport{Fetched: 20, Dead: 3}, deadLimits{1000, 0.1}, true},
		{"a share of too few", FlowReport{Fetched: 19, Dead: 19}, deadLimits{1000, 0.1}, false},
		{"any share", FlowReport{Fetched: 20, Dead: 40}, deadLimits{1000, 1}, false},
	} {
		err := tc.f.tooManyDead(tc.l)
		if errors.Is(err, ErrTooManyDead) != tc.stops || (err != nil) != tc.stops {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// Too many dead letters stop a flow. What was delivered is remembered and costs
// nothing in the next run; the cursor stays before the page in question.
func TestTooManyDeadStopTheFlow(t *testing.T) {
	b := newBench(t, flowHead, flowHead+"\n  max_dead = 1")
	for i, created := range []any{"09:00:00", "09:00:00", "09:00:00", nil, "09:00:00", nil, "09:00:00"} {
		it := b.feed.item(fmt.Sprintf("i%d", i), "09:00:00", fmt.Sprintf("10:0%d:00", i))
		if created == nil {
			it["created"] = "long ago"
		}
	}
	f := b.pull(Failed)
	if !errors.Is(f.Err, ErrTooManyDead) || f.Error != "too many dead letters: 2, and max_dead is 1: mend the mapping where they point, or raise the limit; the next run begins with this page again" {
		t.Errorf("error %v", f.Err)
	}
	wantLines(t, "delivered", b.lib.names(), []string{"events Item i0", "events Item i1", "events Item i2", "events Item i4"})
	wantLines(t, "letters", b.letters("pull"), []string{"event.item i3", "event.item i5"})
	if got := b.cursor("pull"); !got.Equal(at("10:03:00")) {
		t.Errorf("the cursor is at %s, want where the page before ended", got)
	}
	b.feed.byID("i3")["created"], b.feed.byID("i5")["created"] = "2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"
	b.lib.calls = nil
	wantCounts(t, b.pull(Ok), "+3 ~0 =1 dead 0")
	wantLines(t, "letters", b.letters("pull"), nil)
	if !b.cursor("pull").Equal(at("10:06:00")) {
		t.Errorf("the cursor is at %s", b.cursor("pull"))
	}
}

func TestTooManyDeadStopAnExport(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c", "d"}, `flow "push" {`, "flow \"push\" {\n  max_dead = 1")
	b.feed.fails(9, 400)
	f := b.push(Failed)
	if !errors.Is(f.Err, ErrTooManyDead) || len(b.letters("push")) != 2 || !b.cursor("push").IsZero() {
		t.Errorf("error %v, letters %v, cursor %s", f.Err, b.letters("push"), b.cursor("push"))
	}
}

func TestDeadLimitsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"max_dead = -1": "0 or more", "max_dead = 1.5": "whole number", "max_dead_share = 1.5": "from 0 to 1", "max_dead_share = -0.1": "from 0 to 1",
	} {
		b := newBench(t, flowHead, flowHead+"\n  "+text)
		if f := b.pull(Failed); !strings.Contains(f.Error, want) {
			t.Errorf("%s: %s, want %q", text, f.Error, want)
		}
	}
	b := newBench(t, flowHead, flowHead+"\n  max_dead_share = param.share", `param "since"`, "param \"share\" {\n type = number\n default = 0.5\n}\nparam \"since\"")
	limits, err := readDeadLimits(b.bound().Flow("pull"), b.bound())
	if err != nil || limits != (deadLimits{1000, 0.5}) {
		t.Errorf("%v, %v", limits, err)
	}
}

const rejectHost = "    related    = [event.item]\n    reject \"a host of our own\" { when = expr(\"each endsWith '.own'\") }\n"

// A rejected object is a dead letter; the rest of its record is delivered. The
// letter goes once nothing of the record is rejected any more.
func TestRejectedObject(t *testing.T) {
	b := newBench(t, "    related    = [event.item]\n", rejectHost)
	it := b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example", "y.own"))
	wantCounts(t, b.pull(Partial), "+2 ~0 =0 dead 1")
	wantLines(t, "objects", b.lib.names(), []string{"events Item a", "indicators x.example"})
	wantLines(t, "letters", b.letters("pull"), []string{"indicator.host a"})
	letter := b.state.flow("pull").dead[0]
	if letter.Reason != "a host of our own" || !strings.HasPrefix(atPlace(t, b.text, letter.Where), `reject "a host of our own"`) {
		t.Errorf("letter %+v", letter)
	}
	wantCounts(t, b.pull(Partial), "+0 ~0 =2 dead 1") // at the edge of the window: said again
	it["hosts"], it["updated"] = listOf("x.example", "y.example"), "2026-03-01T12:01:30Z"
	wantCounts(t, b.pull(Ok), "+1 ~1 =1 dead 0")
	wantLines(t, "letters", b.letters("pull"), nil)
}

func TestRejectedRecord(t *testing.T) {
	const skip = `    skip "muted" { when = expr("item?.muted ?? false") }`
	b := newBench(t, skip, skip+`
    reject "too loud" {
      when    = expr("(item?.volume ?? 0) > 10")
      message = expr("item.volume")
    }`)
	it := b.feed.item("a", "09:00:00", "10:00:00", "volume", 11)
	b.feed.item("b", "09:00:00", "10:01:00")
	wantCounts(t, b.pull(Partial), "+1 ~0 =0 dead 1")
	if letters := b.state.flow("pull").dead; len(letters) != 1 || letters[0].Rule != "" || letters[0].Key != "a" || letters[0].Reason != "too loud: 11" {
		t.Errorf("letters %+v", letters)
	}
	it["volume"], it["updated"] = 9, "2026-03-01T12:00:30Z"
	wantCounts(t, b.pull(Ok), "+1 ~0 =1 dead 0")
	wantLines(t, "letters", b.letters("pull"), nil)
}

// Events of a list keep their identity when the list is reordered and renamed.
func TestKeyedEventsOfAList(t *testing.T) {
	b := newBench(t, `  indicator "host" {`, `  event "hit" {
    for_each    = expr("item?.hits ?? []")
    key         = expr("item.id + '/' + string(each.n)")
    type        = "Sighting"
    title       = expr("each.name")
    happened_at = expr("item.created")
    related     = [event.item]
  }
  indicator "host" {`)
	hit := func(n int, name string) map[string]any { return map[string]any{"n": n, "name": name} }
	it := b.feed.item("a", "09:00:00", "10:00:00", "hits", listOf(hit(1, "one"), hit(2, "two")))
	wantCounts(t, b.pull(Ok), "+3 ~0 =0 dead 0")
	ids := map[string]int64{"one": b.lib.named("one").id, "two": b.lib.named("two").id}
	it["hits"], it["updated"] = listOf(hit(3, "three"), hit(2, "deux"), hit(1, "one")), "2026-03-01T12:00:30Z"
	wantCounts(t, b.pull(Ok), "+1 ~1 =2 dead 0")
	if b.lib.named("one").id != ids["one"] || b.lib.named("deux").id != ids["two"] || b.lib.named("three").id == 0 || b.lib.named("two").id != 0 {
		t.Errorf("objects %v", b.lib.names())
	}
}

// What a path is made of stays one part of it, if the mapping says so.
func TestURLEncodeInAPath(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI)
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	b := newBench(t, `path    = "/set"`, `path    = expr("'/items/' + url_encode(event.attributes['Item ID']) + '/state'")`,
		`https://api.example.test/v1`, server.URL+"/v1")
	names := []string{"a/b?c#d", "../x", "50%", "ä b"}
	for _, id := range names {
		b.feed.item(id, "09:00:00", "10:00:00")
	}
	b.pull(Ok)
	for _, id := range names {
		b.lib.setType("Item "+id, "WORK")
	}
	r := b.newRun()
	r.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return OpenClient(ctx, r.Bound, c, ClientOptions{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	}
	if report := r.Report(t.Context(), []*dsl.Flow{r.Bound.Flow("push")}); report.Outcome != Ok {
		t.Fatalf("%+v\n%s", report.Flows[0], b.log)
	}
	slices.Sort(got)
	wantLines(t, "requests", got, []string{
		"POST /v1/items/%C3%A4%20b/state", "POST /v1/items/..%2Fx/state", "POST /v1/items/50%25/state", "POST /v1/items/a%2Fb%3Fc%23d/state",
	})
}

// A mistake in a mapping strikes every record; the log says so a few times.
func TestDeadLettersAlikeAreToldAFewTimes(t *testing.T) {
	b := newBench(t, `'Item ' + string(item.id)`, `'Item ' + item.state.nope.id`)
	for i := range 9 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.pull(Partial)
	if got := strings.Count(b.log.String(), "level=ERROR msg=\"cannot be mapped, kept as a dead letter\""); got != 3 {
		t.Errorf("told %d times\n%s", got, b.log)
	}
	if got := strings.Count(b.log.String(), "further dead letters like these"); got != 1 {
		t.Errorf("%d words about the rest", got)
	}
	if got := len(b.state.flow("pull").dead); got != 9 {
		t.Errorf("%d kept", got)
	}
}

// What ThreatQ refuses has no place in the mapping: one reason does not silence another.
func TestRefusalsAreToldByReason(t *testing.T) {
	var log strings.Builder
	r := &Run{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))}
	f := &dsl.Flow{Name: "pull"}
	for _, reason := range []string{"no such type", "no such status"} {
		for i := range 5 {
			r.buried(f, "refused", &DeadLetter{Rule: "event.item", Key: fmt.Sprint(i), Reason: reason})
		}
	}
	r.buried(f, "refused", &DeadLetter{Rule: "event.other", Key: "0", Reason: "no such type"})
	for want, n := range map[string]int{"reason=\"no such type\"": 4, "reason=\"no such status\"": 3, "further dead letters like these": 2} {
		if got := strings.Count(log.String(), want); got != n {
			t.Errorf("%s stands %d times, want %d\n%s", want, got, n, &log)
		}
	}
}

func TestCodesOfLetters(t *testing.T) {
	at := hcl.Range{Filename: "m.hcl", Start: hcl.InitialPos, End: hcl.InitialPos}
	for _, c := range []struct {
		err  error
		want string
	}{
		{undelivered(errors.New("refused")), "TQ0831 refused"},
		{fmt.Errorf("sink: %w", undelivered(errors.New("refused"))), "TQ0831 sink: refused"},
		{failedAt(at, "Answer not understood", errors.New("no key")), "TQ0832 no key"},
		{undelivered(failedAt(at, "Not an instant", errors.New("x"))), "TQ0821 x"},
		{&ofField{"title", failedAt(at, "Not an instant", errors.New("x"))}, "TQ0821 x in title"},
		{errors.New("anything"), "TQ0800 anything"},
	} {
		d := newDeadLetter("event.a", "1", c.err, map[string]any{}, noon)
		got := d.Code + " " + d.Reason
		if d.Field != "" {
			got += " in " + d.Field
		}
		if got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
