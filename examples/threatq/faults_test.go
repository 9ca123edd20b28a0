package threatq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const oneMalware = `[{"value":"x"}]`

func TestFaultStatuses(t *testing.T) {
	for _, test := range []struct {
		text   string
		status int
		body   string
	}{
		{"401:POST /api/malware/consume:2", 401, "errors"},
		{"429=30:POST /api/malware/consume:2", 429, "errors"},
		{"500:POST /api/*/consume:2", 500, "errors"},
		{"502:* /api/**:2", 502, "<html>"},
	} {
		t.Run(test.text, func(t *testing.T) {
			b := start(t, Options{})
			b.lib.Inject(parse(t, test.text))
			for range 2 {
				response, text, err := b.raw("POST", "/api/malware/consume", oneMalware)
				if err != nil || response.StatusCode != test.status || !strings.Contains(string(text), test.body) {
					t.Fatalf("answer %v %s, error %v", response, text, err)
				}
				if retry := response.Header.Get("Retry-After"); (retry == "30") != (test.status == 429) {
					t.Errorf("Retry-After %q", retry)
				}
			}
			if counts, err := b.lib.Counts(t.Context()); err != nil || len(counts) > 0 {
				t.Errorf("objects were written: %v, %v", counts, err)
			}
			b.do(200, "POST", "/api/malware/consume", oneMalware)
		})
	}
}

func parse(tb testing.TB, text string) Fault {
	tb.Helper()
	f, err := ParseFault(text)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestFaultDrops(t *testing.T) {
	for _, test := range []struct {
		kind    FaultKind
		written int
	}{{FaultDrop, 0}, {FaultDropAfter, 1}} {
		b := start(t, Options{})
		b.lib.Inject(Fault{Kind: test.kind, Method: "POST"})
		if response, text, err := b.raw("POST", "/api/malware/consume", oneMalware); err == nil {
			t.Errorf("%s: answered %d %s", test.kind, response.StatusCode, text)
		}
		if counts, err := b.lib.Counts(t.Context()); err != nil || counts["malware"] != test.written {
			t.Errorf("%s: counts %v, %v", test.kind, counts, err)
		}
		calls := b.lib.Journal()
		if last := calls[len(calls)-1]; last.Status != 0 || last.Fault != string(test.kind) {
			t.Errorf("%s: journal has %+v", test.kind, last)
		}
	}
}

func TestFaultsInAnswers(t *testing.T) {
	b := shelf(t, Options{})
	b.lib.Inject(Fault{Kind: FaultTruncate})
	response, text, err := b.raw("POST", "/api/malware/consume", oneMalware)
	if err != nil || response.StatusCode != 200 || json.Valid(text) || len(text) == 0 {
		t.Errorf("truncated: %s, %v", text, err)
	}
	b.lib.Inject(Fault{Kind: FaultEmptyPage, Method: "GET", Path: "/api/indicators", After: 1})
	length(t, b.get("/api/indicators?limit=2"), 2, "data")
	page := b.get("/api/indicators?limit=2&offset=2")
	length(t, page, 0, "data")
	want(t, page, 6, "total")
	b.lib.Inject(Fault{Kind: FaultEmptyObject, Path: "/api/indicator/types"})
	if answer := b.get("/api/indicator/types"); len(answer) != 0 {
		t.Errorf("types: %v, want {}", answer)
	}
	want(t, b.get("/api/indicator/types"), 34, "total")
}

func TestFaultRefusesItems(t *testing.T) {
	body := `[{"value":"good"},{"value":"a poison b"},{"value":"fine"}]`
	b := start(t, Options{})
	b.lib.Inject(parse(t, "refuse=poison:POST /api/malware/consume"))
	length(t, b.do(400, "POST", "/api/malware/consume", body), 1, "data", "errors", "value")
	b.do(400, "POST", "/api/malware/consume", `[{"value":"poison"}]`)
	b.do(200, "POST", "/api/malware/consume", `[{"value":"good"}]`)
	b.lib.ClearFaults()

	b.lib.Inject(parse(t, "refuse-text=poison:* /api/**:1"))
	length(t, b.do(400, "POST", "/api/malware/consume", body), 1, "errors")
	b.lib.Inject(parse(t, "refuse-text=poison:* /api/**:1"))
	length(t, b.do(400, "POST", "/api/malware", `{"value":"poison"}`), 1, "errors")
	if counts, err := b.lib.Counts(t.Context()); err != nil || counts["malware"] != 1 {
		t.Errorf("counts %v, %v", counts, err)
	}

	b.lib.Inject(parse(t, "refuse-item=poison:POST /api/*/consume:1"))
	answer := b.do(200, "POST", "/api/malware/consume", body)
	length(t, answer, 3, "data")
	want(t, answer, "a poison b", "data", 1, "value")
	if at(t, answer, "data", 1, "error") == nil {
		t.Error("the refused item has no error")
	}
	want(t, answer, "fine", "data", 2, "value")
	if counts, err := b.lib.Counts(t.Context()); err != nil || counts["malware"] != 2 {
		t.Errorf("counts %v, %v", counts, err)
	}
	b.do(200, "POST", "/api/malware/consume", body)
}

func TestFaultOrderAndPatterns(t *testing.T) {
	var fs faults
	for _, text := range []string{"500:POST /api/events/consume:1", "502:* /api/*/consume:2@1", "401:GET /api/**"} {
		f := parse(t, text)
		fs.list = append(fs.list, &f)
	}
	fs.list[2].Times = 1
	for i, test := range []struct {
		method, path string
		kind         FaultKind
	}{
		{"PUT", "/api/events/consume", ""}, // passed by the second switch
		{"POST", "/api/events/consume", Fault500},
		{"POST", "/api/events/consume", Fault502},
		{"POST", "/api/events/consume/new", ""},
		{"POST", "/api/events", ""},
		{"DELETE", "/api/a/consume", Fault502},
		{"DELETE", "/api/a/consume", ""},
		{"GET", "/other", ""},
		{"GET", "/api/events/1/indicators", Fault401},
		{"GET", "/api/events", ""},
	} {
		kind := FaultKind("")
		if f := fs.take(test.method, test.path, nil); f != nil {
			kind = f.Kind
		}
		if kind != test.kind {
			t.Errorf("call %d, %s %s: fault %q, want %q", i, test.method, test.path, kind, test.kind)
		}
	}
	if len(fs.list) != 0 {
		t.Errorf("%d switches are left", len(fs.list))
	}
}

func TestFaultGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		gate := make(chan struct{})
		l.Inject(Fault{Kind: FaultSlow, Gate: gate})
		request := httptest.NewRequest("POST", "/api/token?grant_type=client_credentials", nil)
		request.SetBasicAuth(DefaultClientID, DefaultClientSecret)
		recorder := httptest.NewRecorder()
		go l.Handler().ServeHTTP(recorder, request)
		synctest.Wait()
		if n := len(l.Journal()); n != 0 {
			t.Error("the call did not wait for the gate")
		}
		close(gate)
		synctest.Wait()
		if recorder.Code != 200 || len(l.Journal()) != 1 {
			t.Errorf("status %d after the gate has opened", recorder.Code)
		}
	})
}

func TestFaultSlowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		f := Fault{Kind: FaultSlow, Delay: 3 * time.Second}
		if stop := f.before(t.Context(), &answer{header: http.Header{}}); stop || time.Since(begin) != 3*time.Second {
			t.Errorf("stopped %v after %v", stop, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out := answer{status: 1, header: http.Header{}}
		if stop := f.before(ctx, &out); !stop || out.status != 0 || time.Since(begin) != 4*time.Second {
			t.Errorf("gone client: stopped %v with %d after %v", stop, out.status, time.Since(begin))
		}
		gated := Fault{Kind: FaultSlow, Gate: make(chan struct{}), Delay: time.Minute}
		if err := gated.wait(t.Context()); err != nil || time.Since(begin) != 4*time.Second+time.Minute {
			t.Errorf("gate that stays shut: %v after %v", err, time.Since(begin))
		}
		if err := (&Fault{Kind: FaultSlow}).wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestParseFault(t *testing.T) {
	for text, want := range map[string]Fault{
		"500:POST /api/events/consume:2":      {Kind: Fault500, Method: "POST", Path: "/api/events/consume", Times: 2},
		"401:* /api/**:1@5":                   {Kind: Fault401, Method: "*", Path: "/api/**", Times: 1, After: 5},
		"429=30:GET /api/indicators":          {Kind: Fault429, Method: "GET", Path: "/api/indicators", RetryAfter: 30 * time.Second},
		"429:GET /x":                          {Kind: Fault429, Method: "GET", Path: "/x"},
		"slow=500ms:* /api/**:-1":             {Kind: FaultSlow, Method: "*", Path: "/api/**", Times: -1, Delay: 500 * time.Millisecond},
		"refuse=bad one:POST /api/*/consume":  {Kind: FaultRefuse, Method: "POST", Path: "/api/*/consume", Contains: "bad one"},
		"empty-page:POST /api/events/query:1": {Kind: FaultEmptyPage, Method: "POST", Path: "/api/events/query", Times: 1},
	} {
		if have := parse(t, text); have != want {
			t.Errorf("%q: %+v, want %+v", text, have, want)
		}
	}
	for text, says := range map[string]string{
		"":                    "unknown",
		"600:GET /x":          "unknown",
		"500":                 "method",
		"500:GET":             "method",
		"500:get /x":          "method",
		"500:GET x":           "method",
		"500:GET /x:0":        "whole number",
		"500:GET /x:a":        "whole number",
		"500:GET /x:1@-1":     "let pass",
		"500=1:GET /x":        "no argument",
		"429=x:GET /x":        "duration",
		"slow:GET /x":         "duration",
		"slow=-1s:GET /x":     "duration",
		"refuse:GET /x":       "needs",
		"refuse-item=:GET /x": "needs",
	} {
		_, err := ParseFault(text)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: error %v, want one that says %q", text, err, says)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, seed := range []string{"500:POST /api/events/consume:2", "401:* /api/**:1@5", "slow=2s:* /:-1", "refuse=a=b:GET /x", "429=1:GET /"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		again, err := ParseFault(fault.String())
		if err != nil || again.String() != fault.String() || again.Contains != fault.Contains || again.After != fault.After {
			t.Errorf("%q became %q, then %+v, %v", text, fault, again, err)
		}
	})
}

func TestControlRoutes(t *testing.T) {
	b := start(t, Options{})
	b.token = "none is needed"
	b.do(201, "POST", "/_sandbox/faults", `"500:POST /api/token:2"`)
	b.do(201, "POST", "/_sandbox/faults", `["401:* /api/**:1@5","refuse=x:* /api/**"]`)
	list := b.get("/_sandbox/faults")
	want(t, list, "[500:POST /api/token:2 401:* /api/**:1@5 refuse=x:* /api/**:-1]", "data")
	for _, bad := range []string{`"600:GET /x"`, `{"kind":"500"}`, `5`, ``, `["500:GET /x",7]`} {
		b.do(400, "POST", "/_sandbox/faults", bad)
	}
	b.do(204, "DELETE", "/_sandbox/faults", nil)
	length(t, b.get("/_sandbox/faults"), 0, "data")
	b.login()
	b.do(201, "POST", "/api/malware", `{"value":"x"}`)
	want(t, b.get("/_sandbox/counts"), 1, "data", "malware")
	want(t, b.get("/_sandbox/journal"), 3, "total")
	want(t, b.get("/_sandbox/journal"), "/api/malware", "data", 2, "path")
	b.do(204, "DELETE", "/_sandbox/journal", nil)
	want(t, b.get("/_sandbox/journal"), 0, "total")
}

func TestDroppedReadIsAnError(t *testing.T) {
	b := start(t, Options{})
	b.lib.Inject(Fault{Kind: FaultDrop, Times: -1})
	_, _, err := b.raw("GET", "/api/objects", nil)
	if !errors.Is(err, io.EOF) {
		t.Errorf("error %v, want EOF", err)
	}
}
