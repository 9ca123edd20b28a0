package examples

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"

	"tqmap/engine"
	"tqmap/examples/ctia"
)

func xidOf(parts ...string) string {
	sum := sha256.Sum256([]byte("threatq|" + strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// One bad entity of 300: the service refuses the bundle and does not say whose it was.
func TestCTIAGuiltyItem(t *testing.T) {
	w := newExportWorld(t, fqdns(300))
	w.spoiled = true
	w.edits = []string{`severity            = expr("indicator.severity")`, `severity = expr("indicator.value == 'host-77.bad.example' ? 'Severe' : indicator.severity")`}
	report := w.run(engine.Partial, "created 299, dead 1")
	if n := w.sim.Requests()["import"]; n > 25 {
		t.Errorf("%d requests to find it", n)
	}
	if j, _, r := w.sim.Counts(); j != 299 || r != 299 {
		t.Errorf("%d judgements and %d links", j, r)
	}
	if log := w.log.String(); !strings.Contains(log, "Severe") {
		t.Errorf("the log does not say why: %s", report.Flows[0].Error)
	}
	w.edits = nil
	w.run(engine.Ok, "unchanged 299, skipped 1") // not offered again, as what is compared has not changed
}

func TestCTIAItemErrors(t *testing.T) {
	t.Run("the service's own", func(t *testing.T) {
		w := newExportWorld(t, fqdns(5))
		w.inject("item")
		w.run(engine.Partial, "created 4, failed 1")
		w.run(engine.Ok, "created 1, unchanged 4")
		w.linked(1, 5)
	})
	t.Run("refused for good", func(t *testing.T) {
		w := newExportWorld(t, fqdns(5))
		w.spoiled = true
		w.edits = []string{`tlp                 = expr("indicator.tlp")`, `tlp = expr("indicator.value == 'host-2.bad.example' ? 'green' : indicator.tlp")`}
		w.run(engine.Partial, "created 4, dead 1")
		if log := w.log.String(); !strings.Contains(log, "Invalid document TLP green") {
			t.Errorf("the log does not say why:\n%s", log)
		}
		w.linked(1, 4)
	})
	t.Run("a relationship", func(t *testing.T) {
		w := newExportWorld(t, fqdns(3))
		w.edits = []string{"target_ref: 'transient:' + feed", "target_ref: 'transient:' + (.item.observable.value == 'host-2.bad.example' ? 'nobody' : feed)"}
		w.run(engine.Partial, "created 2, failed 1")
		w.edits = nil
		w.run(engine.Ok, "unchanged 3")
		w.linked(1, 3)
	})
}

func (w *exportWorld) inject(lines ...string) {
	w.t.Helper()
	for _, line := range lines {
		f, err := ctia.ParseFault(line)
		if err != nil {
			w.t.Fatal(err)
		}
		w.sim.Inject(f)
	}
}

func TestCTIAEntityLimit(t *testing.T) {
	w := newExportWorld(t, fqdns(130), limited(50))
	w.params["batch_size"] = "100"
	w.run(engine.Ok, "created 130")
	if n := w.sim.Requests()["import"]; n > 14 {
		t.Errorf("%d requests: the smaller size is not kept", n)
	}
	w.linked(1, 130)

	w.params["default_severity"] = "High"
	w.run(engine.Ok, "updated 130")
	if n := w.sim.Requests()["bulk-update"]; n > 8 {
		t.Errorf("%d requests to change them", n)
	}
	if w.judgement("host-130.bad.example")["severity"] != "High" {
		t.Error("not changed")
	}
}

func TestCTIAFaults(t *testing.T) {
	for name, row := range map[string]struct {
		faults  []string
		outcome engine.Outcome
		counts  string
		says    string
	}{
		"U22 401 mid-run":       {[]string{"401 on=import after=1"}, engine.Ok, "created 5", ""},
		"U24 429":               {[]string{"429 on=import"}, engine.Ok, "created 5", ""},
		"U24 429 with a suffix": {[]string{"429 on=import suffix"}, engine.Ok, "created 5", ""},
		"U26 429 for an hour":   {[]string{"429 on=import retry_after=3557s after=1"}, engine.Failed, "created 2, failed 2", "59m17s"},
		"500":                   {[]string{"500 on=import times=2"}, engine.Ok, "created 5", ""},
		"502 with a page":       {[]string{"502 on=import"}, engine.Ok, "created 5", ""},
		"U27 a lost answer":     {[]string{"drop-after on=import"}, engine.Ok, "created 3, unchanged 2", ""},
		"U27 a lost connection": {[]string{"drop on=import"}, engine.Ok, "created 5", ""},
		"U28 a missing right":   {[]string{"403 on=import times=forever"}, engine.Failed, "", "missing_capability"},
		"a login page":          {[]string{"not-json on=import times=forever"}, engine.Failed, "", "answer"},
		"two 401s":              {[]string{"401 on=import times=2"}, engine.Failed, "", "401"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newExportWorld(t, fqdns(5))
			w.params["batch_size"] = "2"
			w.inject(row.faults...)
			report := w.run(row.outcome, row.counts)
			if got := report.Flows[0].Error; !strings.Contains(got, row.says) || row.says == "" && got != "" {
				t.Errorf("error %q, want %q in it", got, row.says)
			}
			w.sim.ClearFaults()
			if w.run(engine.Ok, again(row.counts)); row.outcome != engine.Ok {
				w.run(engine.Ok, "unchanged 5")
			}
			if j, i, r := w.sim.Counts(); j != 5 || i != 1 || r != 5 {
				t.Errorf("%d judgements, %d feeds, %d links", j, i, r)
			}
		})
	}
}

// again is what a run counts after one that counted so.
func again(counts string) string {
	switch counts {
	case "":
		return "created 5"
	case "created 2, failed 2":
		return "created 3, unchanged 2"
	}
	return "unchanged 5"
}

// What cannot be replaced is told, and the other calls go on.
func TestCTIAUpdateFaults(t *testing.T) {
	for fault, row := range map[string]struct {
		outcome      engine.Outcome
		counts, says string
	}{
		"no-put":      {engine.Failed, "unchanged 2", "missing_capability: Missing capability: create-judgement, developer"},
		"forbidden":   {engine.Partial, "unchanged 2, dead 1", ""},
		"drop-after":  {engine.Ok, "updated 1, unchanged 2", ""},
		"500 times=2": {engine.Ok, "updated 1, unchanged 2", ""},
		"truncated":   {engine.Failed, "unchanged 2", "cannot be understood"},
	} {
		t.Run(fault, func(t *testing.T) {
			w := newExportWorld(t, fqdns(3))
			w.run(engine.Ok, "created 3")
			w.inThreatQ("POST", "/api/indicators/1/attributes", map[string]any{"name": "Severity", "value": "High"})
			name, rest, _ := strings.Cut(fault, " ")
			w.inject(name + " on=bulk-update " + rest)
			report := w.run(row.outcome, row.counts)
			if got := report.Flows[0].Error; !strings.Contains(got, row.says) {
				t.Errorf("error %q, want %q in it", got, row.says)
			}
			if row.outcome == engine.Failed {
				w.run(engine.Ok, again2(w))
			}
		})
	}
}

// again2 tells whether the change arrived in spite of what was answered.
func again2(w *exportWorld) string {
	if w.judgement("host-1.bad.example")["severity"] == "High" {
		return "unchanged 3"
	}
	return "updated 1, unchanged 2"
}

func TestCTIAConfiguration(t *testing.T) {
	eu, err := ctia.New(ctia.Options{Region: "eu"})
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(eu.Handler())
	t.Cleanup(other.Close)
	for name, row := range map[string]struct {
		params map[string]string
		says   string
	}{
		"a token of another region": {map[string]string{"token_url": other.URL + "/iroh/oauth2/token"}, "another region"},
		"a wrong password":          {map[string]string{"api_password": "wrong"}, "wrong_client_creds"},
		"an unknown client":         {map[string]string{"client_id": "client-1"}, "invalid_client"},
		"an unknown collection":     {map[string]string{"data_collection": "ctr export"}, `"ctr export"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newExportWorld(t, fqdns(2))
			for k, v := range row.params {
				w.params[k] = v
			}
			report, err := w.job().Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Flows[0].Error; report.Outcome != engine.Failed || !strings.Contains(got, row.says) || strings.Contains(got, "wrong\"") {
				t.Errorf("%s: error %q, want %q in it", report.Outcome, got, row.says)
			}
			if n := len(w.sim.Entities("judgement", "")); n != 0 {
				t.Errorf("%d judgements", n)
			}
		})
	}
}

func TestCTIAEmptyCollection(t *testing.T) {
	w := newExportWorld(t, nil)
	w.run(engine.Ok, "")
	if n := len(w.sim.Journal()); n != 0 {
		t.Errorf("%d requests about nothing", n)
	}
}
