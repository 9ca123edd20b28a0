package examples_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/aed"
)

func TestAEDTwoRuns(t *testing.T) {
	w := newAEDWorld(t)
	first := w.alerts(engine.Ok)
	w.complete(every)
	q := w.queries()
	if len(q) != 2 || w.window(q[0]) != "-24h0m0s..0s" || q[1].Get("page") != "2" || q[0].Get("perPage") != "100" || q[0].Has("severity") || q[0].Has("q") {
		t.Errorf("asked for %v", q)
	}
	w.aed.ResetJournal()
	second := w.alerts(engine.Ok)
	if first.Created == 0 || second.Created != 0 || second.Updated != 0 {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got := w.window(w.queries()[0]); got != "-5m0s..1m0s" { // from the start of the run before, and 300 s
		t.Errorf("asked for %s", got)
	}
	w.complete(every)
}

// An alert that the appliance tells of late is caught by the overlap, and what ends then is
// the same event.
func TestAEDOverlap(t *testing.T) {
	w := newAEDWorld(t)
	w.alerts(engine.Ok)
	late := map[string]any{"id": 99_001, "alertType": "totalTraffic", "severity": 8, "startTime": start.Add(-4 * time.Minute).Unix(), "endTime": nil, "reason": "Total Traffic"}
	w.aed.Put(late)
	w.alerts(engine.Ok)
	if e := w.eventOf("99001"); e.Attributes["Ongoing"] != "Yes" || e.Attributes["End Time"] != "" {
		t.Errorf("%+v", e)
	}
	late["endTime"] = start.Add(time.Minute).Unix()
	w.aed.Put(late)
	if f := w.alerts(engine.Ok); f.Created != 0 || f.Updated != 1 {
		t.Errorf("%+v", f)
	}
	if e := w.eventOf("99001"); e.Attributes["Ongoing"] != "No" || e.Attributes["End Time"] != "2024-05-14 09:01:00" {
		t.Errorf("%+v", e)
	}
	w.complete(every)
}

// What is asked for is asked of the appliance, and looked at once more where it does not listen.
func TestAEDFilters(t *testing.T) {
	level := func(a map[string]any) string {
		n, ok := a["severity"].(int)
		switch {
		case !ok:
			return fmt.Sprint(a["severity"])
		case n < 4:
			return "low"
		case n < 7:
			return "medium"
		}
		return "high"
	}
	traffic := func(a map[string]any) bool { return strings.HasSuffix(fmt.Sprint(a["alertType"]), "Traffic") }
	for _, ignored := range []string{"", "severity,q,startTime,endTime"} {
		t.Run("ignored: "+ignored, func(t *testing.T) {
			w := newAEDWorld(t)
			w.aed.Put(map[string]any{"id": 1, "alertType": "totalTraffic", "severity": 9, "startTime": start.Add(-48 * time.Hour).Unix()})
			w.aed.Put(map[string]any{"id": 2, "alertType": "totalTraffic", "severity": 9, "startTime": start.Add(time.Hour).Unix()})
			w.aed.Inject(aed.Fault{Kind: aed.FaultIgnore, Param: ignored})
			w.params["severity"], w.params["keywords"] = "Medium,High", " TRAFFIC,, no such thing+ "
			f := w.alerts(engine.Ok)
			inside := func(a map[string]any) bool {
				return a["id"] != 1 && a["id"] != 2 && traffic(a) && level(a) != "low"
			}
			w.complete(inside)
			if (f.Skipped == 0) != (ignored == "") {
				t.Errorf("%+v", f)
			}
			c := w.aed.Journal()[0]
			if !strings.Contains(c.Query, "&severity=medium%2Chigh&q=traffic%2Bno%20such%20thing%2B&") && !strings.Contains(c.Query, "&severity=medium%2Chigh&q=traffic%2Bno+such+thing%2B&") {
				t.Errorf("asked for %s", c.Query)
			}
		})
	}
}

// However the appliance gives its pages, every alert is read.
func TestAEDPages(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		fault  string
		asked  int
	}{
		{"P01 an empty page is the end", map[string]string{"page_size": "10"}, "", 5},
		{"P01 an empty page behind a full one", map[string]string{"page_size": "12"}, "", 4},
		{"P03 a cap that nothing tells of", nil, "cap size=7", 7},
		{"P03 a cap of one", nil, "cap size=1", 37},
		{"P23 U15 a page that is ignored", nil, "ignore param=page", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newAEDWorld(t)
			for k, v := range tc.params {
				w.params[k] = v
			}
			if tc.fault != "" {
				w.fault(tc.fault)
			}
			f := w.alerts(engine.Ok)
			if got := len(w.queries()); got != tc.asked || f.Fetched != 36 {
				t.Errorf("%d requests for %d alerts, want %d for 36", got, f.Fetched, tc.asked)
			}
			w.complete(every)
		})
	}
}

func (w *aedWorld) fault(text string) {
	w.t.Helper()
	f, err := aed.ParseFault(text)
	if err != nil {
		w.t.Fatal(err)
	}
	w.aed.Inject(f)
}

func TestAEDFaults(t *testing.T) {
	for _, tc := range []struct {
		fault   string
		outcome engine.Outcome
		says    string
	}{
		{"rate", engine.Ok, "waiting"},
		{"rate after=1 retry_after=2h", engine.Failed, "more than the 5m0s allowed"},
		{"busy times=2", engine.Ok, "503"},
		{"error after=1 times=3", engine.Ok, "500"},
		{"drop after=1 times=2", engine.Ok, "no answer"},
		{"busy after=1 times=forever", engine.Failed, "503"},
		{"error after=1 times=forever", engine.Failed, "Internal error"},
		{"truncated after=1", engine.Failed, "JSON"},
		{"token after=1", engine.Failed, "Invalid token. Check the API token"},
		{"login after=1", engine.Failed, "redirects to /platform/login"},
		{"login-page after=1", engine.Failed, "the answer is a page for people"},
		{"input after=1", engine.Failed, "startTime: Must be whole seconds since 1970."},
		{"missing after=1", engine.Failed, "check api, api_version and the hostname"},
		{"says-error after=1", engine.Failed, "The alerts are not available now."},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			w := newAEDWorld(t)
			w.params["page_size"] = "12"
			w.fault(tc.fault)
			report := w.run()
			f := flowOf(report, "alerts")
			if heard := w.log.String() + f.Error; report.Outcome != tc.outcome || !strings.Contains(heard, tc.says) {
				t.Errorf("outcome %s, want %s and %q:\n%s", report.Outcome, tc.outcome, tc.says, heard)
			}
			if strings.Contains(w.log.String(), aed.DefaultToken) {
				t.Error("the token is in the log")
			}
			w.aed.ClearFaults()
			w.aed.ResetJournal()
			w.alerts(engine.Ok)
			if from := w.window(w.queries()[0]); tc.outcome == engine.Failed && !strings.HasPrefix(from, "-24h5m0s.") {
				t.Errorf("after a failure it went on from %s, not from where that began", from)
			}
			w.complete(every)
		})
	}
}

// What cannot work is asked for once, and told in a way that can be acted upon.
func TestAEDRefusals(t *testing.T) {
	for _, tc := range []struct{ name, param, value, says string }{
		{"token", "api_token", "not-the-one", "Invalid token. Check the API token"},
		{"version", "api", "aps", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newAEDWorld(t)
			w.params[tc.param] = tc.value
			if tc.says == "" {
				w.alerts(engine.Ok) // both names of the product are served
				return
			}
			if f := w.alerts(engine.Failed); !strings.Contains(f.Error, tc.says) || len(w.aed.Journal()) != 1 {
				t.Errorf("%d requests: %s", len(w.aed.Journal()), f.Error)
			}
			if strings.Contains(w.log.String(), tc.value) {
				t.Error("the token is in the log")
			}
		})
	}
	w := newAEDWorld(t, func(o *aed.Options) { o.Version = 2 })
	if f := w.alerts(engine.Failed); !strings.Contains(f.Error, "check api, api_version and the hostname") {
		t.Error(f.Error)
	}
	w.params["api_version"] = "2"
	w.alerts(engine.Ok)
	w.complete(every)
}

// An address that was typed without TLS is spoken to with it all the same: tokens do not
// travel in the clear.
func TestAEDNeverPlain(t *testing.T) {
	w := newAEDWorld(t)
	w.params["hostname"], w.params["timeout"] = "http://aed.invalid/ui", "1s"
	w.edit = []string{"param.timeout\n", "param.timeout\n  retries = 0\n"}
	if f := w.alerts(engine.Failed); !strings.Contains(f.Error, "https://aed.invalid") {
		t.Error(f.Error)
	}
}

// A state that is lost costs time, not duplicates.
func TestAEDLostState(t *testing.T) {
	w := newAEDWorld(t)
	w.alerts(engine.Ok)
	w.dir = t.TempDir()
	if f := w.alerts(engine.Ok); f.Created != 0 || f.Updated != 0 {
		t.Errorf("%+v", f)
	}
	w.complete(every)
}

// The certificate is checked unless the operator says otherwise.
func TestAEDCertificate(t *testing.T) {
	w := newAEDWorld(t)
	at, err := url.Parse(w.serveTLS())
	if err != nil {
		t.Fatal(err)
	}
	w.params["hostname"] = at.Host
	w.edit = []string{"param.timeout\n", "param.timeout\n  retries = 0\n"}
	if f := w.alerts(engine.Failed); !strings.Contains(f.Error, "certificate") {
		t.Error(f.Error)
	}
	w.params["disable_ssl"] = "true"
	w.alerts(engine.Ok)
	w.complete(every)
}
