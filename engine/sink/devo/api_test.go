package devo_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/request"
	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

type bearer string

func (b bearer) Apply(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer "+string(b))
	return nil
}
func (bearer) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// overREST is an API in front of a simulator; waits are counted, not waited for.
func overREST(t *testing.T, o sim.Options, token string, faults ...string) (*devo.API, *sim.Simulator, *int) {
	t.Helper()
	o.Record = true
	simulator, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range faults {
		f, err := sim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		simulator.Inject(f)
	}
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/lookup-api")
	if err != nil {
		t.Fatal(err)
	}
	noWait := func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	client := request.New(request.Config{Name: "client.lookups", BaseURL: base, Auth: bearer(token), ErrorMessage: devo.ErrorMessage, Sleep: noWait})
	waits := 0
	return &devo.API{Client: client, Domain: sim.DefaultDomain, Sleep: func(ctx context.Context, _ time.Duration) error {
		waits++
		return ctx.Err()
	}}, simulator, &waits
}

// Both ways leave the same table behind, and a lookup is made, replaced and changed.
func TestBothWays(t *testing.T) {
	api, rest, waits := overREST(t, sim.Options{Polls: 2}, sim.DefaultToken)
	lines := start(t, sim.Options{})
	for _, session := range []devo.Session{
		{Rows: list(row("old.example", 1))},
		{Rows: list(row("a.example", 1), row(`"b", example`, 2), row("c\nd", nil), row("198.51.100.7", 3), row("too short"))},
		{Incremental: true, Rows: list(row("e.example", 4), gone("a.example", 1), row("198.51.100.7", 9))},
		{Incremental: true, Rows: list()},
	} {
		session.Lookup = iocs
		got, err := api.Send(t.Context(), session)
		if err != nil {
			t.Fatal(err)
		}
		want, err := lines.Send(t.Context(), session)
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != want.Rows || got.Deletes != want.Deletes || got.Skipped != want.Skipped {
			t.Errorf("%+v, %+v", got, want)
		}
		if diff := cmp.Diff(lines.sim.Tables()["iocs"].Rows, rest.Tables()["iocs"].Rows); diff != "" {
			t.Error(diff)
		}
	}
	if want := []string{`"b", example`, "198.51.100.7", `c\nd`, "e.example"}; !slices.Equal(keys(rest), want) {
		t.Errorf("%q, want %q", keys(rest), want)
	}
	if *waits != 5*2 {
		t.Errorf("%d waits for 5 jobs that are to be looked at three times", *waits)
	}
}

func keys(s *sim.Simulator) (out []string) {
	for _, r := range s.Tables()["iocs"].Rows {
		out = append(out, r[0])
	}
	return out
}

// What goes over the wire, call by call.
func TestCalls(t *testing.T) {
	api, rest, _ := overREST(t, sim.Options{}, sim.DefaultToken)
	l := devo.Lookup{Name: "iocs", Columns: []devo.Column{{Name: "indicator"}, {Name: "score", Type: devo.Int4}, {Name: "seen", Type: devo.Bool}}}
	for _, s := range []devo.Session{
		{Rows: list(row("a", 1, true), row("1.2.3.4", 2, nil))},
		{Rows: list(row("b", 1, true))},
		{Incremental: true, Rows: list(row("c", 1, false), gone("b", 0, nil))},
	} {
		s.Lookup = l
		if _, err := api.Send(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	const columns = `{"columns":[{"name":"indicator","type":"STRING"},{"name":"score","type":"INT4"},{"name":"seen","type":"BOOL"}],"hasHeader":true,"key":{"type":"column","column":"indicator"}`
	const head = "\"indicator\",\"score\",\"seen\"\n"
	const path, form = "/lookup-api/lookup/sandbox/iocs", "multipart/form-data; boundary=tqmap-lookup-rows"
	job := func(n string) sim.Call {
		return sim.Call{Method: "GET", Path: path + "/job/00000000-0000-4000-8000-00000000000" + n, Status: 200}
	}
	want := []sim.Call{
		{Method: "GET", Path: path, Status: 404},
		{Method: "POST", Path: path + "/deploy-csv", Type: form, Config: columns + `}`, CSV: head + "\"a\",1,True\n1.2.3.4,2,\"\"\n", Status: 201},
		job("1"),
		{Method: "GET", Path: path, Status: 200},
		{Method: "PUT", Path: path + "/deploy-csv", Type: form, Config: columns + `}`, CSV: head + "\"b\",1,True\n", Status: 200},
		job("2"),
		{Method: "GET", Path: path, Status: 200},
		{Method: "PUT", Path: path + "/deploy-csv", Type: form, Config: columns + `,"append":true}`, CSV: head + "\"c\",1,False\n", Status: 200},
		job("3"),
		{Method: "PUT", Path: path + "/deploy-csv", Type: form, Config: columns + `,"append":true,"contribution":{"type":"del"}}`, CSV: head + "\"b\",0,\"\"\n", Status: 200},
		job("4"),
	}
	if diff := cmp.Diff(want, rest.Calls()); diff != "" {
		t.Error(diff)
	}
}

// Every type has a name that the API knows.
func TestTypesOverREST(t *testing.T) {
	api, rest, _ := overREST(t, sim.Options{}, sim.DefaultToken)
	l := devo.Lookup{Name: "types"}
	var got []string
	for _, kind := range devo.Types() {
		l.Columns = append(l.Columns, devo.Column{Name: string(kind), Type: kind})
	}
	if _, err := api.Send(t.Context(), devo.Session{Lookup: l, Rows: list(row("k", 1, 2, 3, 1.5, true, "198.51.100.7"))}); err != nil {
		t.Fatal(err)
	}
	for _, c := range rest.Tables()["types"].Columns {
		got = append(got, c.Name+" "+c.Type)
	}
	if diff := cmp.Diff([]string{"str STRING", "int INT8", "int4 INT4", "int8 INT8", "float FLOAT8", "bool BOOL", "ip4 IP4"}, got); diff != "" {
		t.Error(diff)
	}
}

// Many rows go in files of a limited size: the first replaces, the others are appended.
func TestFiles(t *testing.T) {
	api, rest, _ := overREST(t, sim.Options{}, sim.DefaultToken)
	api.MaxBytes = 10_000
	if _, err := api.Send(t.Context(), devo.Session{Lookup: iocs, Rows: list(row("old.example", 1))}); err != nil {
		t.Fatal(err)
	}
	before := len(rest.Calls())
	r, err := api.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(2000, nil)})
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, c := range rest.Calls()[before:] {
		if c.Method != "PUT" {
			continue
		}
		if files++; len(c.CSV) > api.MaxBytes || strings.Contains(c.Config, `"append"`) != (files > 1) {
			t.Errorf("file %d: %d bytes, %s", files, len(c.CSV), c.Config)
		}
	}
	if files < 5 || rest.Count("iocs") != 2000 || r.Rows != 2000 {
		t.Errorf("%d files, %d rows, %+v", files, rest.Count("iocs"), r)
	}
}

func TestFailuresOverREST(t *testing.T) {
	tests := []struct {
		name   string
		fault  string
		token  string
		s      devo.Session
		is     error
		says   string
		stored int
	}{
		{name: "wrong token", token: "wrong", is: request.ErrUnauthorized, says: `"Invalid token"`, stored: -1},
		{name: "refused", fault: "status code=400 on=deploy-csv", is: request.ErrRefused, says: `"this is the simulator's fault switch"`, stored: -1},
		{name: "down for a moment", fault: "status code=503 on=deploy-csv", stored: 3},
		{name: "down", fault: "status code=503 on=deploy-csv times=forever", is: request.ErrUnavailable, stored: -1, says: "503"},
		{name: "error in a 200", fault: "status code=200 on=deploy-csv", is: devo.ErrJob, says: "fault switch", stored: -1},
		{name: "job fails", fault: "job-fails", is: devo.ErrJob, says: `"FAILED"`, stored: -1},
		{name: "job without an end", fault: "job-stuck", is: devo.ErrUnconfirmed, says: "has not ended within 10m0s", stored: -1},
		{name: "no job", fault: "no-job", is: devo.ErrUnconfirmed, says: "names no job", stored: -1},
		{name: "no rows", s: devo.Session{Rows: list()}, is: devo.ErrEmpty, stored: -1},
		{name: "no rows, as is allowed", s: devo.Session{Rows: list(), AllowEmpty: true}, stored: 0},
		{name: "no changes", s: devo.Session{Rows: list(), Incremental: true}, stored: -1},
		{name: "nothing to delete from", s: devo.Session{Rows: list(gone("a", 1)), Incremental: true}, stored: -1},
		{name: "changes make a lookup", s: devo.Session{Rows: list(row("a", 1)), Incremental: true}, stored: 1},
		{name: "wrong lookup", s: devo.Session{Lookup: devo.Lookup{Name: "a/b"}, Rows: list()}, is: devo.ErrLookup, stored: -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.token == "" {
				test.token = sim.DefaultToken
			}
			var faults []string
			if test.fault != "" {
				faults = append(faults, test.fault)
			}
			api, rest, _ := overREST(t, sim.Options{}, test.token, faults...)
			if test.s.Rows == nil {
				test.s.Rows = some(3, nil)
			}
			if test.s.Lookup.Name == "" {
				test.s.Lookup = iocs
			}
			_, err := api.Send(t.Context(), test.s)
			if !errors.Is(err, test.is) || test.is != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v that says %q", err, test.is, test.says)
			}
			if got := rest.Count("iocs"); got != test.stored {
				t.Errorf("%d rows, want %d", got, test.stored)
			}
			if err != nil && strings.Contains(err.Error(), test.token) && test.token != "wrong" {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

// answers is a Doer that gives one status of a job after the other.
type answers struct{ jobs []string }

func (a *answers) Do(_ context.Context, r request.Request) (*request.Response, error) {
	body := `{"id":"7"}`
	if strings.Contains(r.Path, "/job/") {
		if len(a.jobs) == 0 {
			return nil, errors.New("asked once too often")
		}
		body, a.jobs = a.jobs[0], a.jobs[1:]
	}
	return &request.Response{Status: 200, Body: []byte(body)}, nil
}

// The shape of a job's statuses is not published: any that tells an end will do, and nothing else is one.
func TestJobs(t *testing.T) {
	for _, test := range []struct {
		name string
		jobs []string
		is   error
	}{
		{"texts", []string{`{"statuses":["PENDING"]}`, `{"statuses":["PENDING","Finished"]}`}, nil},
		{"objects, newest first", []string{`{"statuses":[{"status":"done"},{"status":"running"}]}`}, nil},
		{"a list", []string{`[{"state":"COMPLETED"}]`}, nil},
		{"objects in objects", []string{`{"job":{"status":{"type":"success"}}}`}, nil},
		{"a failure beside a success", []string{`{"statuses":["FINISHED","ERROR"]}`}, devo.ErrJob},
		{"a failure", []string{`{"status":{"name":"failed"}}`}, devo.ErrJob},
		{"names are no statuses", []string{`{"name":"done","type":"ok","id":"FAILED","message":"error","statuses":["RUNNING"]}`, `{"status":"ok"}`}, nil},
		{"no JSON, then an end", []string{`<html>`, `{"status":"ok"}`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			doer := &answers{test.jobs}
			api := devo.API{Client: doer, Domain: "d", Sleep: func(context.Context, time.Duration) error { return nil }}
			_, err := api.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(1, nil)})
			if !errors.Is(err, test.is) || len(doer.jobs) > 0 {
				t.Errorf("%v, and %d looks were left", err, len(doer.jobs))
			}
		})
	}
}
