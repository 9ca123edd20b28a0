package page_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

// deaf is a server that takes no notice of paging.
type deaf struct {
	body  string
	asked int
}

func (d *deaf) Do(context.Context, request.Request) (*request.Response, error) {
	d.asked++
	return &request.Response{Status: 200, Body: []byte(d.body)}, nil
}

// The engine itself stops a walk over one and the same page.
func TestServerIgnoresPaging(t *testing.T) {
	for _, tc := range []struct {
		name, source string
		err          error
	}{
		{"P23 U15 page", "request {\npath = \"/\"\nquery = { page = page.number }\n}\npaginate \"page\" { size = 2 }", engine.ErrSamePage},
		{"P23 U15 offset", "request {\npath = \"/\"\nquery = { offset = page.offset }\n}\npaginate \"offset\" { size = 2 }", engine.ErrSamePage},
		{"P23 U15 ids are the end", "request {\npath = \"/\"\nquery = { page = page.number }\n}\npaginate \"page\" {\nsize = 2\nids = jq(\"[.items[].id]\")\n}", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := fmt.Sprintf(frame, tc.source)
			m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			b, errs := m.Bind(nil, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			server, got := &deaf{body: `{"items": [{"id": "a", "at": "2026-03-01T10:00:00Z"}, {"id": "b", "at": "2026-03-01T10:00:00Z"}]}`}, 0
			run := &engine.Run{
				Bound: b, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
				Clients: func(context.Context, *dsl.Client) (request.Doer, error) { return server, nil },
			}
			err := run.Preview(t.Context(), m.Flows[0], func(engine.Mapped) bool { got++; return true })
			if !errors.Is(err, tc.err) || server.asked != 2 || got != 2 {
				t.Errorf("%v after %d requests and %d records; want %v after 2 and 2", err, server.asked, got, tc.err)
			}
		})
	}
}

func TestErrorsCanBeToldApart(t *testing.T) {
	p := mustPaginator(t, "cursor", `next = jq(".next")`)
	for i, want := range []error{nil, page.ErrLoop} {
		_, err := p.Next(page.Answer{Records: 1, Eval: func(*dsl.Val) (any, error) { return "A", nil }})
		if !errors.Is(err, want) || page.HeldBack(err) {
			t.Errorf("answer %d: error %v, want %v", i+1, err, want)
		}
	}
	p = mustPaginator(t, "offset", "size = 1\nmax_records = 1")
	_, err := p.Next(answer{nil, 1}.page())
	var limit *page.LimitError
	if !errors.As(err, &limit) || limit.Limit != 1 || !page.HeldBack(fmt.Errorf("page 1: %w", err)) {
		t.Errorf("error %v, want a LimitError that holds back", err)
	}
	broken := errors.New("jq failed")
	for _, body := range []string{`next = jq(".n")`, "next = jq(\".n\")\nstop = jq(\".s\")", "next = jq(\".n\")\nhas_more = jq(\".m\")"} {
		_, err := mustPaginator(t, "cursor", body).Next(page.Answer{Eval: func(*dsl.Val) (any, error) { return nil, broken }})
		if !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want that of jq", body, err)
		}
	}
}

// Settings that come from the operator are checked when the walk begins.
func TestSettingsOfTheOperator(t *testing.T) {
	for _, kind := range []string{"page", "offset"} {
		_, err := paginator(t, kind, "size = now == \"\" ? 1 : 0")
		if err == nil || !strings.Contains(err.Error(), "at least one record") {
			t.Errorf("%s: error %v, want one about the size of 0", kind, err)
		}
	}
}

// A list that loses records between pages: with whole pages, too, whatever leaves,
// every record that stays is seen.
func TestPagesSeeEveryRecordThatStays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(rt, "size")
		list := make([]int, rapid.IntRange(0, 30).Draw(rt, "records"))
		for i := range list {
			list[i] = i
		}
		p := mustPaginator(t, "page", fmt.Sprintf("size = %d\ntotal = jq(\".total\")", size))
		seen := map[int]bool{}
		for step := (page.Step{More: true}); step.More; {
			at := (p.Vars()["number"].(int) - 1) * size
			got := list[min(at, len(list)):min(at+size, len(list))]
			var err error
			if step, err = p.Next(answer{len(list), len(got)}.page()); err != nil {
				rt.Fatal(err)
			}
			for _, id := range got {
				seen[id] = true
			}
			for range rapid.IntRange(0, 3).Draw(rt, "leave") {
				if len(list) > 0 {
					i := rapid.IntRange(0, len(list)-1).Draw(rt, "which")
					list = append(append([]int{}, list[:i]...), list[i+1:]...)
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
