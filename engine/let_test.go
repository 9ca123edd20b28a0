package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tqmap/dsl"
)

// What is computed of a record is not in its dead letter, so that it is computed anew when
// the letter is tried again.
func TestLetIsNotInTheDeadLetter(t *testing.T) {
	b := newBench(t,
		`    key     = expr("item.id")`, `    let = { named = expr("'Item ' + item.id"), size = expr("len(item.hosts)") }
    key     = expr("item.id")`,
		`    title       = expr("'Item ' + string(item.id)")`, `    title       = expr("item.named")`)
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", []any{"a.example"})
	b.feed.item("b", "09:00:00", "10:00:01", "hosts", nil)
	b.pull(Partial)
	wantLines(t, "events", eventNames(b), []string{"Item a"})
	wantLines(t, "letters", b.letters("pull"), []string{"b"})
	letter := b.state.flow("pull").dead[0]
	if !strings.Contains(letter.Reason, "nil") && !strings.Contains(letter.Reason, "null") || !strings.HasPrefix(letter.Where, "m.hcl:") {
		t.Errorf("%s at %s", letter.Reason, letter.Where)
	}
	var input map[string]any
	if err := json.Unmarshal(letter.Input, &input); err != nil || input["named"] != nil || input["id"] != "b" {
		t.Fatalf("%s, %v", letter.Input, err)
	}
	input["hosts"] = []any{}
	r := b.newRun()
	if report := r.Retry(context.Background(), r.Bound.Flow("pull"), []any{input}); report.Err != nil || report.Created != 1 {
		t.Errorf("%+v", report)
	}
	wantLines(t, "events", eventNames(b), []string{"Item a", "Item b"})
}

// A reason with a word is warned of once for each word, and no record is lost to the count.
func TestSkipByWords(t *testing.T) {
	b := newBench(t, `skip "muted" { when = expr("item?.muted ?? false") }`,
		`skip "odd kind" {
      when = expr("item?.kind != nil")
      by   = expr("item.kind")
      warn = true
    }
    skip "muted" {
      when = expr("item?.muted ?? false")
      warn = true
    }`)
	for i, kind := range []any{"ASN", "ASN", "Mutex", "ASN", nil, nil} {
		b.feed.item(fmt.Sprint("r", i), "09:00:00", fmt.Sprintf("10:00:%02d", i), "kind", kind, "muted", true)
	}
	f := b.pull(Ok)
	want := map[string]int{"odd kind: ASN": 3, "odd kind: Mutex": 1, "muted": 2}
	if diff := difference(want, f.SkippedBy); diff != "" || f.Skipped != 6 {
		t.Errorf("%d left out\n%s", f.Skipped, diff)
	}
	for text, n := range map[string]int{"left out: odd kind: ASN": 1, "left out: odd kind: Mutex": 1, "left out: muted": 2} {
		if got := strings.Count(b.log.String(), text); got != n {
			t.Errorf("%q is %d times in the log, want %d", text, got, n)
		}
	}
}

// However many words there are, the report stays short.
func TestSkipByManyWords(t *testing.T) {
	b := newBench(t, `skip "muted" { when = expr("item?.muted ?? false") }`,
		`skip "odd" {
      when = expr("item.id != ''")
      by   = expr("item.id")
      warn = true
    }`, "size  = 2\n", "size  = 100\n")
	for i := range manyWords + 30 {
		b.feed.item(fmt.Sprintf("r%03d", i), "09:00:00", fmt.Sprintf("10:%02d:%02d", i/60, i%60))
	}
	f := b.pull(Ok)
	if f.Skipped != manyWords+30 || len(f.SkippedBy) != manyWords+1 || f.SkippedBy["odd: (others than the first 200)"] != 30 {
		t.Errorf("%d left out by %d reasons: %v", f.Skipped, len(f.SkippedBy), f.SkippedBy)
	}
	if got := strings.Count(b.log.String(), "left out: odd"); got != manyWords {
		t.Errorf("%d warnings", got)
	}
}

func TestFlowWhen(t *testing.T) {
	edit := []string{`flow "pull" {`, `param "names" {
  type    = string
  default = ""
}
flow "pull" {
  when = param.names != ""`}
	b := newBench(t, edit...)
	b.feed.item("a", "09:00:00", "10:00:00")
	report := b.run()
	push, pull := report.Flows[0], report.Flows[1]
	if report.Outcome != Ok || push.LeftOut || !pull.LeftOut || pull.Fetched > 0 {
		t.Fatalf("%s: %+v %+v", report.Outcome, push, pull)
	}
	if b.feed.calls != nil || b.state.flow("pull").moved != nil {
		t.Errorf("calls %v, checkpoints %v", b.feed.calls, b.state.flow("pull").moved)
	}
	raw, _ := json.Marshal(report)
	if got := strings.Count(string(raw), `"left_out":true`); got != 1 {
		t.Errorf("%s", raw)
	}
	if log := b.log.String(); !strings.Contains(log, "level=INFO msg=\"flow left out") {
		t.Error(log)
	}

	r := b.newRun()
	r.Named = true
	if f := r.Flows(context.Background(), []*dsl.Flow{r.Bound.Flow("pull")})[0]; !f.LeftOut || !strings.Contains(b.log.String(), "level=WARN msg=\"flow left out") {
		t.Errorf("%+v\n%s", f, b.log)
	}
	if f := r.Retry(context.Background(), r.Bound.Flow("pull"), []any{map[string]any{"id": "a"}}); !f.LeftOut || f.Mapped > 0 {
		t.Errorf("%+v", f)
	}
	if err := r.Preview(context.Background(), r.Bound.Flow("pull"), func(Mapped) bool { t.Error("shown"); return true }); err != nil {
		t.Error(err)
	}

	b.given["names"] = dsl.Text("x", "test")
	if f := b.pull(Ok); f.LeftOut || f.Created != 1 {
		t.Errorf("%+v", f)
	}

	// A condition without an answer is no reason to leave it out; a wrong one stops the flow.
	b = newBench(t, edit[0], strings.Replace(edit[1], `param.names != ""`, `param.names`, 1))
	b.given["names"] = dsl.Text("some", "test")
	if f := b.pull(Failed); !strings.Contains(f.Error, "when") {
		t.Error(f.Error)
	}
}

func eventNames(b *bench) (out []string) {
	for _, name := range b.lib.names() {
		if title, is := strings.CutPrefix(name, "events "); is {
			out = append(out, title)
		}
	}
	return out
}
