package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/decode"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

// U6: the window stays the same for all pages.
func TestWindowIsFrozenWhilePaging(t *testing.T) {
	b := newBench(t)
	for i := range 5 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.pull(Ok)
	const span = "/list 2026-02-27T12:00:00Z 2026-03-01T12:00:00Z "
	wantLines(t, "calls", b.feed.calls, []string{span + "0", span + "2", span + "4"})
}

// U7: a first window that is empty does not slide away.
func TestFirstWindowDoesNotSlide(t *testing.T) {
	b := newBench(t)
	b.pull(Ok)
	b.now = b.now.Add(10 * 24 * time.Hour)
	b.feed.item("a", "09:00:00", "11:00:00") // indexed late
	b.pull(Ok)
	wantOnce(t, b, 1)
}

// An answer that cannot be read names the request, and nothing moves.
func TestUnreadableAnswer(t *testing.T) {
	for _, tc := range []struct{ name, body, says string }{
		{"HTML", "<html>Log in</html>", "POST /list answered with a body that cannot be read: JSON: the body is HTML"},
		{"cut off", `{"items": [{"id"`, "cut off"},
		{"of another shape", `{"total": 1, "items": 7}`, "m.hcl:"},
		{"with a total that is none", `{"total": {"is": 1}, "items": []}`, "not a number of records"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			b.feed.before = func(int, string) (*request.Response, error) {
				return &request.Response{Status: 200, Body: []byte(tc.body)}, nil
			}
			f := b.pull(Failed)
			if !strings.HasPrefix(f.Error, "page 1: ") || !strings.Contains(f.Error, tc.says) || !b.cursor("pull").IsZero() {
				t.Errorf("error %q, cursor %s; want %q", f.Error, b.cursor("pull"), tc.says)
			}
			var unread *DecodeError
			if want := tc.name == "HTML" || tc.name == "cut off"; errors.As(f.Err, &unread) != want {
				t.Errorf("%T is a DecodeError: %v", f.Err, !want)
			}
			var place *decode.Error
			if errors.As(f.Err, &unread) && !errors.As(f.Err, &place) {
				t.Error("the place in the answer is lost")
			}
		})
	}
}

// What came with an answer that ends the walk with an error is delivered first.
func TestRecordsOfTheLastPageAreKept(t *testing.T) {
	b := newBench(t, `total = jq(".total")`, "total = jq(\".total\")\n      max_pages = 2")
	for i := range 5 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	f := b.pull(Failed)
	if !errors.Is(f.Err, page.ErrTooManyPages) || len(b.lib.names()) != 4 || !b.cursor("pull").Equal(at("10:00:03")) {
		t.Errorf("error %v, %v, cursor %s: two pages were received", f.Err, b.lib.names(), b.cursor("pull"))
	}
	b.pull(Ok)
	wantOnce(t, b, 5)
}

// P23 U15: a server that gives the first page again and again.
func TestSamePageTwice(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.feed.item("b", "09:00:00", "10:00:01")
	b.feed.before = func(int, string) (*request.Response, error) {
		return answerJSON(map[string]any{"total": 100, "items": b.feed.items})
	}
	f := b.pull(Failed)
	if !errors.Is(f.Err, ErrSamePage) || len(b.feed.calls) != 2 || f.Fetched != 2 {
		t.Errorf("error %v after %d calls, %d records", f.Err, len(b.feed.calls), f.Fetched)
	}
	wantOnce(t, b, 2)
}

// A page that is empty before the total: partial, and the next run goes on from there.
func TestHeldBackPage(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.feed.before = func(n int, _ string) (*request.Response, error) {
		if n == 2 {
			return answerJSON(map[string]any{"total": 3, "items": []any{}})
		}
		return nil, nil
	}
	f := b.pull(Partial)
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "came back empty") || !b.cursor("pull").Equal(at("10:00:01")) {
		t.Errorf("notes %q, cursor %s", f.Notes, b.cursor("pull"))
	}
	b.feed.before = nil
	b.pull(Ok)
	wantOnce(t, b, 3)
}

// Records leave the window while it is paged, and the run dies at some page: a
// cursor that was committed lies behind no record that was not delivered.
func TestShrinkingListAndACrash(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(rt, "size  = 2", fmt.Sprintf("size  = %d", rapid.IntRange(1, 3).Draw(rt, "size")))
		for i := range rapid.IntRange(1, 9).Draw(rt, "items") {
			b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
		}
		dies := rapid.IntRange(2, 9).Draw(rt, "dies")
		b.feed.before = func(n int, _ string) (*request.Response, error) {
			if n == dies {
				return nil, status(500, "down")
			}
			if n > 1 && rapid.Bool().Draw(rt, "leaves") { // it was changed, after this window's end
				i := rapid.IntRange(0, len(b.feed.items)-1).Draw(rt, "which")
				b.feed.items[i]["updated"] = noon.Add(time.Second).Format(time.RFC3339)
			}
			return nil, nil
		}
		b.run("pull")
		cursor := b.cursor("pull")
		for _, it := range b.feed.items {
			if changed(it).Before(cursor) && b.lib.named(fmt.Sprint("Item ", it["id"])).id == 0 {
				rt.Fatalf("item %s of %s is not there, and the cursor stands at %s: it is lost", it["id"], it["updated"], cursor)
			}
		}
		b.feed.before = nil
		b.pull(Ok)
		wantOnce(rt, b, len(b.feed.items))
	})
}

// A flow that goes back keeps committing page by page.
func TestGoingBackIsNoDisorder(t *testing.T) {
	b := newBench(t)
	for i := range 8 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.feed.before = func(n int, _ string) (*request.Response, error) {
		if n == 2 {
			b.feed.items[0]["updated"] = noon.Add(time.Second).Format(time.RFC3339)
		}
		return nil, nil
	}
	b.pull(Ok)
	if got := b.state.flow("pull").moved; len(got) < 3 {
		t.Errorf("%d checkpoints for seven records, two a page", len(got))
	}
	if strings.Contains(b.log.String(), "not in the order") {
		t.Errorf("a page read again is taken for disorder:\n%s", b.log)
	}
}

// C21: an author who declares an order that is not there hears of it, once.
func TestDisorderIsTold(t *testing.T) {
	b := newBench(t, `cursor  = expr("item.updated")`, `cursor  = expr("item.created")`)
	for i := range 8 {
		b.feed.item(fmt.Sprint("i", i), fmt.Sprintf("09:00:0%d", 9-i), fmt.Sprintf("10:00:0%d", i))
	}
	b.pull(Ok)
	if got := strings.Count(b.log.String(), "not in the order of their cursor"); got != 1 {
		t.Errorf("told %d times\n%s", got, b.log)
	}
	if got := b.state.flow("pull").moved; len(got) != 1 || !got[0].Cursor.Equal(at("09:00:09")) {
		t.Errorf("checkpoints %v, want one, at the end", got)
	}
}

// Memory does not grow with the number of pages: nothing of a page is kept.
func TestNothingOfAPageIsKept(t *testing.T) {
	b := newBench(t, "size  = 2", "size  = 50")
	for i := range 1000 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", "10:00:00", "pad", strings.Repeat("x", 100))
		b.feed.items[i]["updated"] = at("10:00:00").Add(time.Duration(i) * time.Second).Format(time.RFC3339)
	}
	r := b.newRun()
	f := &FlowReport{}
	p, err := r.begin(context.Background(), r.Bound.Flow("pull"), f)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.read(context.Background()); err != nil {
		t.Fatal(err)
	}
	if f.Fetched != 1000 || len(p.track.boundary) != 1 || len(f.Notes)+len(f.Plan) != 0 {
		t.Errorf("%d fetched, %d on the boundary, %d notes", f.Fetched, len(p.track.boundary), len(f.Notes))
	}
}

// A flow that sends what an HTTP API gives: records in, calls out.
func TestHTTPToHTTP(t *testing.T) {
	b := newBench(t)
	from := strings.Index(b.text, "  event \"item\" {")
	b.text = b.text[:from] + `  sink "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/set"
      json   = { id = expr("item.id"), change = { state = "ST_DONE" } }
    }
  }
}
`
	for i := range 5 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.feed.before = func(_ int, call string) (*request.Response, error) {
		if strings.HasPrefix(call, "/set i3") {
			return nil, status(503, "down")
		}
		if strings.HasPrefix(call, "/set") {
			return answerJSON(nil)
		}
		return nil, nil
	}
	b.pull(Partial)
	if got := b.cursor("pull"); !got.Equal(at("10:00:01")) {
		t.Errorf("cursor %s, want that of the last page without a failure", got)
	}
	b.feed.calls = nil
	b.feed.before = func(_ int, call string) (*request.Response, error) {
		if strings.HasPrefix(call, "/set") {
			return answerJSON(nil)
		}
		return nil, nil
	}
	b.pull(Ok)
	if got := b.feed.sends(); !slices.Equal(got, []string{"i3 ST_DONE"}) {
		t.Errorf("sent %v: the ledger knows the others", got)
	}
}
