package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/engine/page"
)

var update = flag.Bool("update", false, "rewrite the want files of testdata/*.txtar")

// TestScenarios walks the pages of a server that is written down. An archive holds
//
//	source        the request and paginate block of a source
//	answer …      what the server says: status, headers, an empty line, body
//	want          the requests as sent, the records, notes and the error; or what
//	              the loader says against the mapping
//
// Records are the elements of .items, their cursor is .at. All answers must be asked for.
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatal("cases are missing:", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if archive.Files[0].Name != "source" || archive.Files[last].Name != "want" {
				t.Fatal("the first file must be source, the last one want")
			}
			got := play(t, string(archive.Files[0].Data), archive.Files[1:last])
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[last].Data), got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

const frame = `connector "feed" {
  title  = "Feed"
  source = "Feed"
}
client "api" { base_url = "https://api.example.test:8443/v1" }
flow "in" {
  source "http" {
    client = client.api
    window {
      cursor  = expr("item.at")
      initial = "1d"
      order   = "ascending"
    }
    %s
  }
  record "item" {
    extract = jq(".items[]")
    key     = expr("item.id")
  }
  event "item" {
    type        = "Sighting"
    title       = expr("item.id")
    happened_at = expr("item.at")
  }
}
`

// play loads the mapping and walks its pages; it returns what a want file holds.
func play(t *testing.T, source string, answers []txtar.File) string {
	t.Helper()
	text := strings.Replace(frame, "%s", strings.TrimSpace(source), 1)
	first := strings.Count(frame[:strings.Index(frame, "%s")], "\n")
	m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
	w := &walk{t: t, answers: answers}
	if diags.HasErrors() {
		for _, d := range diags {
			if d.Subject.Start.Line > first && d.Summary != "No samples" {
				fmt.Fprintf(&w.out, "source:%d:%d %s: %s\n", d.Subject.Start.Line-first, d.Subject.Start.Column, d.Summary, d.Detail)
			}
		}
		return w.out.String()
	}
	b, errs := m.Bind(nil, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	w.scope, w.source, w.extract = b.Scope, m.Flows[0].Source, m.Flows[0].Record.Extract
	w.tells = w.source.Block("paginate").Val("ids") != nil
	w.start = "2026-02-28T12:00:00Z"
	w.run()
	return w.out.String()
}

// walk is a small stand-in for the engine's source.
type walk struct {
	t       *testing.T
	out     strings.Builder
	scope   *dsl.Scoped
	source  *dsl.Node
	extract *code.JQ
	answers []txtar.File

	pages         page.Paginator
	start, latest string
	before        string // the records of the page before
	tells         bool   // the paginator itself knows what it has met
	target        string
	asked         string // the present address
	window, page  map[string]any
}

func (w *walk) run() {
	var err error
	if w.pages, err = page.New(w.source.Block("paginate"), w.scope); err != nil {
		w.t.Fatal(err)
	}
	for step := (page.Step{More: true}); step.More && err == nil; {
		w.target = step.Target
		if step, err = w.one(); err == nil && step.Restart {
			err = w.restart()
		}
	}
	if err != nil {
		kind := "error"
		if page.HeldBack(err) {
			kind = "held back"
		}
		fmt.Fprintf(&w.out, "%s: %s\n", kind, err)
	}
	if len(w.answers) > 0 {
		w.t.Errorf("%q was not asked for:\n%s", w.answers[0].Name, &w.out)
	}
}

func (w *walk) restart() error {
	if w.latest == w.start {
		return errors.New("cannot reduce: the new window would begin where the present one does")
	}
	w.start, w.before = w.latest, ""
	return nil
}

// one asks for the present page.
func (w *walk) one() (page.Step, error) {
	w.window = map[string]any{"start": w.start, "end": "2026-03-01T12:00:00Z"}
	w.page = w.pages.Vars()
	w.request()
	if len(w.answers) == 0 {
		w.t.Fatalf("there is no answer to the last request:\n%s", &w.out)
	}
	status, header, body := w.parse(w.answers[0])
	w.answers = w.answers[1:]
	eval := func(q *code.JQ) []any {
		flat := map[string]any{}
		for name := range header {
			flat[strings.ToLower(name)] = header.Get(name)
		}
		got, err := q.Run(context.Background(), body, map[string]any{}, map[string]any{}, map[string]any{"status": status, "url": w.asked, "headers": flat}, orNull(w.page), w.window)
		if err != nil {
			w.t.Fatal(err)
		}
		return got
	}
	records := eval(w.extract)
	if len(records) > 0 {
		if w.before == w.show(records) && !w.tells {
			return page.Step{}, engine.ErrSamePage
		}
		w.before = w.show(records)
		fmt.Fprintf(&w.out, "  %s\n", w.before)
	}
	step, err := w.pages.Next(page.Answer{Body: body, Records: len(records), Header: header, URL: w.asked, Eval: func(v *dsl.Val) (any, error) {
		if got := eval(v.JQ()); len(got) > 0 {
			return got[0], nil
		}
		return nil, nil
	}})
	for what, is := range map[string]bool{"note: " + step.Note: step.Note != "", "back": step.Back, "restart": step.Restart} {
		if is {
			fmt.Fprintln(&w.out, " ", what)
		}
	}
	if step.Seen {
		fmt.Fprintln(&w.out, "  seen")
	}
	return step, err
}

// show lists the ids and keeps the latest cursor.
func (w *walk) show(records []any) string {
	var ids []string
	for _, r := range records {
		if item, ok := r.(map[string]any); ok {
			w.latest = max(w.latest, fmt.Sprint(item["at"]))
			r = item["id"]
		}
		ids = append(ids, fmt.Sprint(r))
	}
	return strings.Join(ids, " ")
}

// request prints the present request.
func (w *walk) request() {
	n := w.source.Block("request")
	r := n.Read(w.scope.With("window", w.window).With("page", w.page))
	w.asked = "https://api.example.test:8443/v1" + r.String("path", "")
	var query []string
	for _, p := range r.Pairs("query") {
		query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	if len(query) > 0 {
		w.asked += "?" + strings.Join(query, "&")
	}
	if w.target != "" {
		w.asked = w.target
	}
	fmt.Fprintln(&w.out, r.String("method", "GET"), w.asked)
	for _, p := range r.Pairs("headers") {
		fmt.Fprintf(&w.out, "  %s: %s\n", p.Name, p.Value)
	}
	if n.Val("json") != nil {
		body, err := json.Marshal(r.Any("json"))
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&w.out, "  %s\n", body)
	}
	if err := r.Err(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) parse(f txtar.File) (int, http.Header, any) {
	in := bufio.NewScanner(bytes.NewReader(f.Data))
	in.Scan()
	status, err := strconv.Atoi(in.Text())
	if err != nil {
		w.t.Fatal(err)
	}
	header := http.Header{}
	for in.Scan() && in.Text() != "" {
		name, value, _ := strings.Cut(in.Text(), ": ")
		header.Add(name, value)
	}
	var rest []byte
	for in.Scan() {
		rest = append(rest, in.Bytes()...)
	}
	body, err := code.Decode(rest)
	if err != nil {
		w.t.Fatalf("%s: %v", f.Name, err)
	}
	return status, header, body
}

func orNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}
