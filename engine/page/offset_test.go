package page_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/page"
)

// paginator makes the paginator of a mapping whose paginate block has the given kind and body.
func paginator(t testing.TB, kind, body string) (page.Paginator, error) {
	t.Helper()
	text := fmt.Sprintf(`
connector "feed" {
  title  = "Feed"
  source = "Feed"
}
client "api" { base_url = "https://api.example.test" }
flow "in" {
  source "http" {
    client = client.api
    request { path = "/list" }
    paginate %q {
%s
    }
  }
  record "item" { key = expr("item.id") }
  event "item" {
    type        = "Sighting"
    title       = expr("item.id")
    happened_at = expr("item.at")
  }
}`, kind, body)
	m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		return nil, diags
	}
	b, errs := m.Bind(nil, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	return page.New(m.Flows[0].Source.Block("paginate"), b.Scope)
}

func mustPaginator(t testing.TB, kind, body string) page.Paginator {
	t.Helper()
	p, err := paginator(t, kind, body)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// answer is what one page of a server looks like: its total (any JSON value) and
// how many records it holds.
type answer struct {
	total   any
	records int
}

func (a answer) page() page.Answer {
	return page.Answer{Records: a.records, Eval: func(*dsl.Val) (any, error) { return a.total, nil }}
}

func TestOffset(t *testing.T) {
	const counted = "size = 2\ntotal = jq(\".total\")"
	for _, tc := range []struct {
		name    string
		body    string
		answers []answer
		offsets []int // asked for, one for each answer
		err     string
	}{
		{"P01 a short page is the end", "size = 2", []answer{{nil, 2}, {nil, 2}, {nil, 1}}, []int{0, 2, 4}, ""},
		{"P01 an empty page is the end", "size = 2", []answer{{nil, 2}, {nil, 0}}, []int{0, 2}, ""},
		{"P03 it moves by what was received, not by what was asked for", counted, []answer{{5, 2}, {5, 1}, {5, 2}}, []int{0, 2, 3}, ""},
		{"the total ends it", counted, []answer{{4, 2}, {4, 2}}, []int{0, 2}, ""},
		{"the total is a text", counted, []answer{{"3", 2}, {" 3 ", 1}}, []int{0, 2}, ""},
		{"the total is a float", counted, []answer{{3.0, 2}, {3.0, 1}}, []int{0, 2}, ""},
		{"no hits", counted, []answer{{0, 0}}, []int{0}, ""},
		{"P17 U16 a total that is null is read on to an empty page", counted, []answer{{nil, 2}, {nil, 1}, {nil, 0}}, []int{0, 2, 3}, ""},
		{"a total of -1 is none", counted, []answer{{-1, 2}, {-1, 0}}, []int{0, 2}, ""},
		{"a total that comes late", counted, []answer{{nil, 2}, {3, 1}}, []int{0, 2}, ""},
		{"a total that is a word", counted, []answer{{"many", 2}}, []int{0}, "m.hcl:13,9-21 is not a number of records, it is a text"},
		{"a total that is a list", counted, []answer{{[]any{1}, 2}}, []int{0}, "not a number of records"},
		{"a total beyond all numbers", counted, []answer{{1e300, 2}}, []int{0}, "not a number of records"},
		{"a page that is empty before the total", counted, []answer{{5, 2}, {5, 0}}, []int{0, 2}, "offset 2 came back empty although the server says there are 5"},
		{"4 records left: as many are read again", counted, []answer{{12, 2}, {12, 2}, {12, 2}, {8, 2}, {8, 2}, {8, 2}, {8, 2}}, []int{0, 2, 4, 6, 2, 4, 6}, ""},
		{"they left while it went back", counted, []answer{{6, 2}, {6, 2}, {5, 1}, {4, 1}, {4, 2}}, []int{0, 2, 4, 3, 2}, ""},
		{"more left than were read", counted, []answer{{9, 2}, {3, 1}, {3, 2}, {3, 1}}, []int{0, 2, 0, 2}, ""},
		{"nothing slips past before the first record", counted, []answer{{9, 2}, {3, 1}, {2, 2}}, []int{0, 2, 0}, ""},
		{"everything left", counted, []answer{{4, 2}, {0, 0}}, []int{0, 2}, ""},
		{"U13 max_pages wins over the total", counted + "\nmax_pages = 2", []answer{{9, 2}, {9, 2}}, []int{0, 2}, "max_pages reached"},
		{"max_pages is enough", counted + "\nmax_pages = 2", []answer{{4, 2}, {4, 2}}, []int{0, 2}, ""},
		{"max_pages is enough for one", "size = 2\nmax_pages = 1", []answer{{nil, 1}}, []int{0}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := mustPaginator(t, "offset", tc.body)
			var offsets []int
			var err error
			more := true
			for _, a := range tc.answers {
				if !more {
					t.Fatalf("it stopped after offsets %v, want %v", offsets, tc.offsets)
				}
				offsets = append(offsets, p.Vars()["offset"].(int))
				var step page.Step
				step, err = p.Next(a.page())
				more = step.More
			}
			if !slices.Equal(offsets, tc.offsets) {
				t.Errorf("asked for offsets %v, want %v", offsets, tc.offsets)
			}
			if more {
				t.Errorf("it asks for one more page, at %v", p.Vars())
			}
			if got := fmt.Sprint(err); err == nil && tc.err != "" || err != nil && (tc.err == "" || !strings.Contains(got, tc.err)) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
		})
	}
}

func TestOffsetErrorsCanBeToldApart(t *testing.T) {
	p := mustPaginator(t, "offset", "size = 1\ntotal = jq(\".total\")\nmax_pages = 1")
	_, err := p.Next(answer{5, 0}.page())
	var empty *page.EmptyError
	if !errors.As(err, &empty) || empty.Total != 5 {
		t.Errorf("error %v, want an EmptyError with total 5", err)
	}
	p = mustPaginator(t, "offset", "size = 1\ntotal = jq(\".total\")\nmax_pages = 1")
	if _, err := p.Next(answer{5, 1}.page()); !errors.Is(err, page.ErrTooManyPages) {
		t.Errorf("error %v, want ErrTooManyPages", err)
	}
	broken := errors.New("jq failed")
	_, err = p.Next(page.Answer{Eval: func(*dsl.Val) (any, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the total", err)
	}
}

// Only an answer that leaves a gap before it says Back.
func TestOffsetSaysWhenItGoesBack(t *testing.T) {
	p := mustPaginator(t, "offset", "size = 2\ntotal = jq(\".total\")")
	for i, want := range []struct {
		answer
		back bool
	}{{answer{6, 2}, false}, {answer{5, 2}, true}, {answer{5, 2}, false}} {
		step, err := p.Next(want.page())
		if err != nil || step.Back != want.back || !step.More {
			t.Errorf("answer %d: %+v, %v; want back %v", i+1, step, err, want.back)
		}
	}
}

func TestOffsetSettings(t *testing.T) {
	for _, tc := range []struct{ body, says string }{
		{"size = 0", "at least one record"},
		{"size = -5", "at least one record"},
		{"size = 1.5", "whole number"},
		{"size = 5\nmax_pages = 0", "at least one page"},
	} {
		_, err := paginator(t, "offset", tc.body)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%q: error %v, want one that says %q", tc.body, err, tc.says)
		}
	}
}

func TestOnePage(t *testing.T) {
	var missing *dsl.Node
	p, err := page.New(missing, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []page.Paginator{p, mustPaginator(t, "none", "")} {
		if step, err := p.Next(answer{9, 3}.page()); step.More || err != nil || p.Vars() != nil {
			t.Errorf("%+v, %v, vars %v: want one page without variables", step, err, p.Vars())
		}
	}
}

// A list that loses records between pages: whatever leaves, every record that
// stays is seen. The server may cap its pages.
func TestOffsetSeesEveryRecordThatStays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(rt, "size")
		limit := rapid.IntRange(1, 5).Draw(rt, "cap")
		list := make([]int, rapid.IntRange(0, 30).Draw(rt, "records"))
		for i := range list {
			list[i] = i
		}
		p := mustPaginator(t, "offset", fmt.Sprintf("size = %d\ntotal = jq(\".total\")", size))
		seen := map[int]bool{}
		for step := (page.Step{More: true}); step.More; {
			at := p.Vars()["offset"].(int)
			got := list[min(at, len(list)):min(at+min(size, limit), len(list))]
			var err error
			if step, err = p.Next(answer{len(list), len(got)}.page()); err != nil {
				rt.Fatal(err)
			}
			for _, id := range got {
				seen[id] = true
			}
			if !step.Back {
				for _, id := range list[:min(at+len(got), len(list))] {
					if !seen[id] {
						rt.Fatalf("record %d was jumped over, and the answer at offset %d was taken as following on", id, at)
					}
				}
			}
			for range rapid.IntRange(0, 3).Draw(rt, "leave") {
				if len(list) > 0 {
					i := rapid.IntRange(0, len(list)-1).Draw(rt, "which")
					list = slices.Delete(slices.Clone(list), i, i+1)
				}
			}
		}
		for _, id := range list {
			if !seen[id] {
				rt.Fatalf("record %d stayed and was not seen", id)
			}
		}
	})
}
