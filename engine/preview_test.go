package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// A preview maps what a first run would read, stops where it is told to, and
// needs neither ThreatQ nor a state.
func TestPreview(t *testing.T) {
	for _, tc := range []struct{ limit, calls int }{{1, 1}, {2, 1}, {3, 2}, {99, 3}} {
		b := newBench(t)
		for i := range 5 {
			b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
		}
		b.feed.items[1]["created"] = "yesterday"
		r := b.newRun()
		r.Platform, r.State = nil, nil
		var got []Mapped
		err := r.Preview(context.Background(), r.Bound.Flow("pull"), func(m Mapped) bool {
			got = append(got, m)
			return len(got) < tc.limit
		})
		if err != nil || len(got) != min(tc.limit, 5) || len(b.feed.calls) != tc.calls || len(b.lib.calls) != 0 {
			t.Errorf("limit %d: %d records in %d calls, %v; want %d calls", tc.limit, len(got), len(b.feed.calls), err, tc.calls)
		}
		if tc.limit > 1 && (got[1].Dead == nil || got[0].Objects[0].Name != "Item i0") {
			t.Errorf("%+v", got)
		}
	}
}

func TestPreviewErrors(t *testing.T) {
	b := newBench(t)
	b.feed.before = func(int, string) (*request.Response, error) { return nil, status(401, "no") }
	r := b.newRun()
	never := func(Mapped) bool { t.Error("a record"); return true }
	if err := r.Preview(context.Background(), r.Bound.Flow("pull"), never); !errors.Is(err, request.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
	b.given["since"] = dsl.Text("2026-03-01T13:00:00", "test")
	if err := b.newRun().Preview(context.Background(), r.Bound.Flow("pull"), never); !errors.Is(err, ErrEmptyWindow) {
		t.Errorf("error %v", err)
	}
}

func TestPreviewAnswer(t *testing.T) {
	b := newBench(t)
	r := b.newRun()
	flow := r.Bound.Flow("pull")
	var got []Mapped
	emit := func(m Mapped) bool { got = append(got, m); return true }
	if err := r.PreviewAnswer(context.Background(), flow, []byte(recordedAnswer), emit); err != nil || len(got) != 2 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if v, _ := got[0].Objects[0].Attr("Score"); v != "9007199254740993" || got[1].Skipped != "muted" {
		t.Errorf("score %s, skipped %q", v, got[1].Skipped)
	}
	n := 0
	err := r.PreviewAnswer(context.Background(), flow, []byte(recordedAnswer), func(Mapped) bool { n++; return false })
	if err != nil || n != 1 {
		t.Errorf("%d records after the first was enough, %v", n, err)
	}
	if err := r.PreviewAnswer(context.Background(), flow, []byte("<html>"), emit); err == nil {
		t.Error("HTML is taken for an answer")
	}
	if err := r.PreviewAnswer(context.Background(), flow, []byte(`{"items": 3}`), emit); err == nil {
		t.Error("an answer of another shape is taken")
	}
}

// An answer that is a list, or one object, needs no extract.
func TestAnswerWithoutExtract(t *testing.T) {
	b := newBench(t, "    extract = jq(\".items[]\")\n", "")
	r := b.newRun()
	for body, want := range map[string]int{`[{"id": 1}, {"id": 2}]`: 2, `{"id": 1}`: 1, `[]`: 0} {
		n := 0
		if err := r.PreviewAnswer(context.Background(), r.Bound.Flow("pull"), []byte(body), func(Mapped) bool { n++; return true }); err != nil || n != want {
			t.Errorf("%s: %d records, %v", body, n, err)
		}
	}
}

// What is recorded is split as in a run, and what sub-requests would fetch is null.
func TestAnswerIsSplit(t *testing.T) {
	b := newBench(t, "    extract = jq(\".items[]\")\n", "    extract = jq(\".items[]\")\n    split = jq(\".hosts[]? as $h | . + {id: (.id + $h), muted: (.more == null)}\")\n",
		"    paginate \"offset\"", "    each \"more\" {\n      request {\n        path = \"/more\"\n      }\n    }\n    paginate \"offset\"")
	r := b.newRun()
	var got []string
	err := r.PreviewAnswer(context.Background(), r.Bound.Flow("pull"), []byte(recordedAnswer), func(m Mapped) bool {
		got = append(got, m.Key+" "+m.Skipped)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, "records", got, []string{"a1a.example muted", "a1b.example muted"})
}
