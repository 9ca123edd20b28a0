package ironnet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	for text, want := range map[string]Fault{
		"401":                        {Kind: FaultExpired},
		"403 on=Login":               {Kind: FaultGroup, Endpoint: "Login"},
		"429 retry_after=2s times=3": {Kind: FaultRate, RetryAfter: 2 * time.Second, Times: 3},
		"503 retry_after=none":       {Kind: FaultUnavailable, RetryAfter: noHeader},
		"500 times=forever":          {Kind: FaultError, Times: Forever},
		" slow  delay=1500ms after=2 on=GetEvents": {Kind: FaultSlow, Delay: 1500 * time.Millisecond, After: 2, Endpoint: "GetEvents"},
		"empty-page on=GetAlerts":                  {Kind: FaultEmptyPage, Endpoint: "GetAlerts"},
	} {
		if got, err := ParseFault(text); err != nil || got != want {
			t.Errorf("%q: %+v (%v), want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                       "one of expired",
		"418":                    `unknown kind "418"`,
		"500 times=0":            "above 0",
		"500 times=-1":           "above 0",
		"500 after=x":            "above 0",
		"500 retry_after=2":      "duration",
		"slow delay=-1s":         "duration",
		"500 forever":            "unknown option",
		"500 on=GetAlert":        "no endpoint",
		"duplicate on=GetEvents": "pages of GetAlerts",
	} {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	f.Add("429 on=GetAlerts after=2 times=forever retry_after=none delay=1m0.5s")
	f.Add("slow delay=2s retry_after=0s")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := ParseFault(text)
		if err != nil {
			return
		}
		again, err := ParseFault(first.String())
		if err != nil || again != first {
			t.Errorf("%q: %+v, written %q, read %+v (%v)", text, first, first, again, err)
		}
	})
}

func TestFaultsThatReplaceTheAnswer(t *testing.T) {
	s := start(t, Options{Alerts: 3})
	for text, want := range map[string]struct {
		status      int
		retry, body string
	}{
		"expired":                 {401, "", `{"msg":`},
		"no-group":                {403, "", `does not have permission to access IronAPI."}`},
		"refused":                 {403, "", `{"msg":`},
		"rate":                    {429, "1", `{"msg":`},
		"rate retry_after=7s":     {429, "7", `{"msg":`},
		"rate retry_after=1500ms": {429, "2", `{"msg":`},
		"rate retry_after=none":   {429, "", `{"msg":`},
		"unavailable":             {503, "1", `{"msg":`},
		"error":                   {500, "", `{"msg":"server error!"}`},
		"gateway":                 {502, "", `<html>`},
		"not-json":                {200, "", `<!DOCTYPE html>`},
	} {
		s.auth = "Bearer " + s.issue()
		s.revoked.remove(strings.TrimPrefix(s.auth, "Bearer "))
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Inject(f)
		got := s.post("GetAlerts", `{}`, want.status)
		if got.header.Get("Retry-After") != want.retry || !strings.Contains(got.body, want.body) {
			t.Errorf("%s: Retry-After %q, body %q", text, got.header.Get("Retry-After"), got.body)
		}
		if f.Kind == FaultExpired {
			s.post("GetAlerts", `{}`, 401) // the token stays bad
			continue
		}
		s.post("GetAlerts", `{}`, 200)
	}
}

func TestTruncatedJSON(t *testing.T) {
	s := start(t, Options{Alerts: 3})
	s.Inject(Fault{Kind: FaultTruncated})
	got := s.post("GetAlerts", `{}`, 200)
	if !strings.HasPrefix(got.body, `{"alerts":[`) || json.Valid([]byte(got.body)) {
		t.Errorf("body %q", got.body)
	}
	s.post("GetAlerts", `{}`, 200)
}

func TestSlowAnswerIsRightInTheEnd(t *testing.T) {
	s := start(t, Options{Alerts: 3})
	s.Inject(Fault{Kind: FaultSlow, Delay: time.Millisecond})
	if got := s.list(`{}`); len(got.Alerts) != 3 {
		t.Errorf("%d alerts", len(got.Alerts))
	}
	if calls := s.Journal(); len(calls) != 1 || calls[0].Fault != FaultSlow {
		t.Errorf("journal %+v", calls)
	}
}

// The server of start is closed at the end of the test, which waits for the
// handler: the test ends only if the handler noticed that nobody listens.
func TestClientLeavesDuringSlowAnswer(t *testing.T) {
	s := start(t, Options{Alerts: 3})
	s.Inject(Fault{Kind: FaultSlow, Delay: time.Hour})
	_, err := s.do("POST", "/IronApi/GetAlerts", `{}`, func(r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }}
		*r = *r.WithContext(httptrace.WithClientTrace(ctx, trace))
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err %v, want the client's own cancellation", err)
	}
}

func TestDroppedConnection(t *testing.T) {
	for kind, carriedOut := range map[string]bool{FaultDrop: false, FaultDropAfter: true} {
		s, all := three(t, Options{})
		s.Inject(Fault{Kind: kind, Endpoint: "SetAlertStatus"})
		body := `{"alert_id":"` + all[0].ID + `","status":"STATUS_CLOSED","comment":"c"}`
		if got, err := s.do("POST", "/IronApi/SetAlertStatus", body, nil); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %+v (%v), want a closed connection", kind, got, err)
		}
		a, _ := s.Alert(all[0].ID)
		if closed := a.Status == "STATUS_CLOSED"; closed != carriedOut {
			t.Errorf("%s: carried out %v, want %v", kind, closed, carriedOut)
		}
		if calls := s.Journal(); len(calls) != 1 || calls[0].Status != 0 || calls[0].Fault != kind {
			t.Errorf("%s: journal %+v", kind, calls)
		}
	}
}

const upward = `{"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}]}`

func TestFaultsThatBendAPage(t *testing.T) {
	s, all := three(t, Options{})
	bent := func(kind string) listing {
		s.Inject(Fault{Kind: kind})
		return s.list(upward)
	}
	if got := bent(FaultEmptyPage); got.Alerts == nil || len(got.Alerts) != 0 || string(got.Constraint.Total) != `"3"` {
		t.Errorf("empty page: %+v", got)
	}
	if got := bent(FaultNoID); len(got.Alerts) != 3 || got.Alerts[0].ID != "" || got.Alerts[0].Category != "C2" || got.Alerts[1].ID != all[1].ID {
		t.Errorf("no id: %+v", got)
	}
	if got := bent(FaultUnknownStatus); len(got.Alerts) != 3 || got.Alerts[0].Status != "STATUS_ESCALATED" || got.Alerts[1].Status != "STATUS_UNDER_REVIEW" {
		t.Errorf("unknown status: %+v", got)
	}
	s.Inject(Fault{Kind: FaultNoID})
	if got := s.post("GetAlerts", upward, 200).body; strings.Contains(got, all[0].ID+`","category`) || !strings.Contains(got, `"alerts":[{"aggregation_criteria"`) {
		t.Errorf("the key id is still there: %s", got)
	}
	if got := s.list(upward); len(got.Alerts) != 3 || got.Alerts[0].ID != all[0].ID {
		t.Errorf("afterwards: %+v", got)
	}
	s.Inject(Fault{Kind: FaultNoID})
	if got := s.list(`{"status":["STATUS_NONE"]}`); len(got.Alerts) != 0 {
		t.Errorf("nothing to bend: %+v", got)
	}
}

// A client that drops copies and pages by what it received still gets all.
func TestDuplicateLosesNothing(t *testing.T) {
	s := start(t, Options{Alerts: 7})
	s.Inject(Fault{Kind: FaultDuplicate})
	for _, limit := range []string{"1", "2", "3", "8", "50"} {
		seen, received := map[string]int{}, 0
		for {
			got := s.list(`{"constraint":{"limit":` + limit + `,"offset":` + decimal(int64(received)) + `},` + upward[1:])
			if string(got.Constraint.Total) != `"8"` {
				t.Fatalf("total %s, want 8", got.Constraint.Total)
			}
			if len(got.Alerts) == 0 {
				break
			}
			for _, a := range got.Alerts {
				seen[a.ID]++
			}
			received += len(got.Alerts)
		}
		if len(seen) != 7 || received != 8 {
			t.Errorf("limit %s: %d received, %d different", limit, received, len(seen))
		}
	}
	s.ClearFaults()
	if got := s.list(`{}`); string(got.Constraint.Total) != `"7"` {
		t.Errorf("after clearing: total %s", got.Constraint.Total)
	}
	s.Inject(Fault{Kind: FaultDuplicate})
	if got := s.list(`{"category":["NONE"]}`); string(got.Constraint.Total) != `"0"` {
		t.Errorf("of nothing: total %s", got.Constraint.Total)
	}
}

func TestWhichCallAFaultHits(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	event := `{"alert_id":"` + s.store.at(0).ID + `"}`
	s.Inject(Fault{Kind: FaultError, After: 1, Times: 2})
	s.post("Login", `{}`, 401) // no fault for it yet
	s.Inject(Fault{Kind: FaultGateway, Endpoint: "Login"})
	s.post("GetEvents", event, 200)
	s.post("GetAlerts", `{}`, 500)
	if got, err := s.do("GET", "/IronApi/GetAlerts", ``, nil); err != nil || got.status != 405 {
		t.Errorf("a GET used up a fault: %v %v", got, err)
	}
	s.post("GetEvents", event, 500)
	s.post("GetAlerts", `{}`, 200)
	s.post("Login", `{}`, 502)
	s.post("Login", `{}`, 401)

	s.Inject(Fault{Kind: FaultError, Endpoint: "GetAlerts", Times: Forever})
	s.post("GetEvents", event, 200)
	for range 5 {
		s.post("GetAlerts", `{}`, 500)
	}
}

func TestInjectPanicsOnAnUnknownKind(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	s.Inject(Fault{Kind: "sunspots"})
}

func TestFaultsOverHTTP(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	got, err := s.do("POST", "/_sandbox/faults", "500 on=GetAlerts\n\n duplicate\r\n429", header("Authorization", ""))
	if err != nil || got.status != 200 || strings.TrimSpace(got.body) != `{"faults":["error on=GetAlerts times=1","duplicate times=forever","rate times=1 retry_after=1s"]}` {
		t.Errorf("%d %s (%v)", got.status, got.body, err)
	}
	s.post("GetAlerts", `{}`, 500)
	if got, err = s.do("POST", "/_sandbox/faults", "drop\nnonsense", nil); err != nil || got.status != 400 || !strings.Contains(message(t, got), "nonsense") {
		t.Errorf("%d %s (%v)", got.status, got.body, err)
	}
	if got, err = s.do("POST", "/_sandbox/faults", "clear\n502", nil); err != nil || strings.TrimSpace(got.body) != `{"faults":["gateway times=1"]}` {
		t.Errorf("%d %s (%v)", got.status, got.body, err)
	}
	if got, err = s.do("GET", "/_sandbox/faults", "", nil); err != nil || got.status != 405 {
		t.Errorf("%d %s (%v)", got.status, got.body, err)
	}
	s.post("GetAlerts", `{}`, 502)
	s.post("GetAlerts", `{}`, 200)
}
