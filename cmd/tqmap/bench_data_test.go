package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/examples/ironnet"
	"tqmap/mappings"
)

// benchNow is the clock of what is measured.
var benchNow = time.Date(2024, 5, 14, 9, 0, 0, 0, time.UTC)

// alertPages are the answers of an appliance with n generated alerts, pageSize to each.
func alertPages(t testing.TB, n int) [][]byte {
	t.Helper()
	appliance, err := ironnet.New(ironnet.Options{Alerts: n, Seed: 11, PageCap: pageSize, Epoch: benchNow.Add(-time.Hour), Span: 24 * time.Hour, Now: func() time.Time { return benchNow }})
	if err != nil {
		t.Fatal(err)
	}
	defer appliance.Close()
	h := appliance.Handler()
	var pages [][]byte
	for offset := 0; offset < n; offset += pageSize {
		body := fmt.Sprintf(`{"severity":{"lower_bound":0,"upper_bound":1000},"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":%d,"offset":%d}}`, pageSize, offset)
		r := httptest.NewRequest("POST", "/IronApi/GetAlerts", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth(ironnet.DefaultUsername, ironnet.DefaultPassword)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		pages = append(pages, w.Body.Bytes())
	}
	return pages
}

// boundIronnet is the built-in mapping as a run would use it.
func boundIronnet(params map[string]string) (*dsl.Bound, error) {
	m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Names: []string{"ironnet.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		return nil, diags
	}
	given := map[string]dsl.Given{}
	for name, value := range params {
		given[name] = dsl.Text(value, "bench")
	}
	for _, name := range []string{"hostname", "username", "password"} {
		given[name] = dsl.Text("x", "bench")
	}
	bound, errs := m.Bind(given, benchNow)
	return bound, errors.Join(errs...)
}

// mapPages decodes answers, cuts their records and maps them.
func mapPages(run *engine.Run, pages [][]byte, emit func(engine.Mapped) bool) error {
	for _, p := range pages {
		if err := run.PreviewAnswer(context.Background(), run.Bound.Flow("alerts"), p, emit); err != nil {
			return err
		}
	}
	return nil
}

// appliancePages answers GetAlerts with pages that are made already.
type appliancePages [][]byte

func (p appliancePages) Do(_ context.Context, r request.Request) (*request.Response, error) {
	var asked struct {
		Constraint struct{ Limit, Offset int } `json:"constraint"`
	}
	if err := json.Unmarshal(r.Body, &asked); err != nil {
		return nil, err
	}
	if asked.Constraint.Limit != pageSize {
		return nil, fmt.Errorf("asked for %d alerts at once", asked.Constraint.Limit)
	}
	at := asked.Constraint.Offset / pageSize
	if at >= len(p) {
		return okResponse([]byte(`{"alerts":[],"constraint":{"total":"0"}}`)), nil
	}
	return okResponse(p[at]), nil
}

// acceptAll is a ThreatQ that holds nothing, takes everything and keeps nothing.
type acceptAll struct {
	ids    int64
	writes int
}

var consumeAnswer = struct{ events, indicators string }{`{"id":%d,"title":%s,"happened_at":%s}`, `{"id":%d,"value":%s,"type_id":%d}`}

func (a *acceptAll) Do(_ context.Context, r request.Request) (*request.Response, error) {
	switch {
	case strings.HasSuffix(r.Path, "/types") && r.Method == "GET":
		return okList("CLOSED", "DISCARDED", "UNDER REVIEW", "AWAITING REVIEW", "FQDN", "URL", "IP Address", "IPv6 Address", "CIDR Block", "Email Address"), nil
	case strings.HasSuffix(r.Path, "/statuses"):
		return okList("Review", "Active"), nil
	case strings.HasSuffix(r.Path, "/consume"):
		return a.consume(r.Body)
	case r.Method == "GET":
		return okList(), nil
	}
	return nil, fmt.Errorf("%s %s was not expected", r.Method, r.Path)
}

func (a *acceptAll) consume(body []byte) (*request.Response, error) {
	var items []struct {
		Title      json.RawMessage `json:"title,omitempty"`
		HappenedAt json.RawMessage `json:"happened_at,omitempty"`
		Value      json.RawMessage `json:"value,omitempty"`
		TypeID     int64           `json:"type_id"`
	}
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`{"data":[`)
	for i, it := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		a.ids++
		a.writes++
		if it.Title != nil {
			fmt.Fprintf(&out, consumeAnswer.events, a.ids, it.Title, it.HappenedAt)
		} else {
			fmt.Fprintf(&out, consumeAnswer.indicators, a.ids, it.Value, it.TypeID)
		}
	}
	out.WriteString(`]}`)
	return okResponse(out.Bytes()), nil
}

func okList(names ...string) *request.Response {
	rows := make([]map[string]any, len(names))
	for i, name := range names {
		rows[i] = map[string]any{"id": i + 1, "name": name}
	}
	b, _ := json.Marshal(map[string]any{"total": len(rows), "data": rows}) // texts and numbers
	return okResponse(b)
}

func okResponse(body []byte) *request.Response {
	return &request.Response{Status: http.StatusOK, Header: http.Header{}, Body: body}
}

// pageRun is a run over pages that does everything but HTTP.
func pageRun(bound *dsl.Bound, pages [][]byte, state engine.State, platform request.Doer) *engine.Run {
	return &engine.Run{
		Bound: bound, State: state, Platform: threatq.NewClient(platform, threatq.Options{}), Log: slog.New(slog.DiscardHandler),
		Clients: func(context.Context, *dsl.Client) (request.Doer, error) { return appliancePages(pages), nil },
	}
}
