package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/ctia"
	"tqmap/examples/darktrace"
	"tqmap/examples/threatq"
)

// exportCollection holds n domains and addresses, every other one of each, and for ten
// of them something of a type that no target takes.
const exportCollection = "Everything"

func exportValue(i int) (typ, value string) {
	if i%2 == 0 {
		return "FQDN", fmt.Sprintf("host-%d.zone-%d.example", i, i%97)
	}
	return "IP Address", fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
}

// stocked is a library with such a collection, and an empty one.
func stocked(t *testing.T, n int) *threatq.Library {
	t.Helper()
	library, err := threatq.Open(t.Context(), threatq.Options{Path: filepath.Join(t.TempDir(), "library.db"), BodyCap: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { library.Close() })
	for _, c := range []threatq.Collection{{Name: exportCollection}, {Name: "Nothing", Tag: "nothing"}} {
		if err := library.Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	call := caller(t, library.Handler())
	var list []any
	flush := func() {
		call("POST", "/api/indicators/consume", list)
		list = nil
	}
	add := func(typ, value string) {
		list = append(list, map[string]any{"type": typ, "value": value, "status": "Active", "sources": []any{map[string]any{"name": "Feed A", "tlp": "GREEN"}}})
	}
	for i := range n {
		add(exportValue(i))
		if i%10 == 0 {
			add("ASN", fmt.Sprint("AS", 4200000000+i))
		}
		if len(list) >= 1000 {
			flush()
		}
	}
	flush()
	return library
}

// caller calls the handler of a library without a network.
func caller(t *testing.T, h http.Handler) func(method, path string, body any) {
	token := ""
	call := func(method, path string, body any) []byte {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(method, path, bytes.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 300 {
			t.Fatalf("%s %s: %d %.300s", method, path, w.Code, w.Body)
		}
		return w.Body.Bytes()
	}
	var got struct {
		Token string `json:"access_token"`
	}
	answer := call("POST", "/api/token", map[string]any{
		"grant_type": "password", "client_id": threatq.DefaultClientID, "email": threatq.DefaultUsername, "password": threatq.DefaultPassword,
	})
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	token = got.Token
	return func(method, path string, body any) { t.Helper(); call(method, path, body) }
}

// exportTarget is a simulated product that items go to.
type exportTarget struct {
	name, flow string
	path       string // where items are sent
	batch      int    // how many at once
	nothing    string // the parameter that names an empty collection
	open       func(t *testing.T) *exportSink
}

// exportSink is one that runs.
type exportSink struct {
	handler http.Handler
	params  func(url string) []string
	env     []string
	// has yields the values it holds, each as often as it is there.
	has func() []string
}

func exportTargets() []exportTarget {
	return []exportTarget{
		{name: "darktrace", flow: "watched", path: "/intelfeed", batch: 500, nothing: "collections=Nothing", open: openAppliance},
		{name: "cisco_threat_response", flow: "judgements", path: "/ctia/bundle/import", batch: 250, nothing: "data_collection=Nothing", open: openIntelligence},
	}
}

func openAppliance(t *testing.T) *exportSink {
	sim, err := darktrace.New(darktrace.Options{Incidents: -1, Breaches: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return &exportSink{
		handler: sim.Handler(),
		params: func(url string) []string {
			return []string{"host=" + url, "public_token=" + darktrace.DefaultPublicToken, "rate=100000/s", "collections=" + exportCollection}
		},
		env: []string{"TQMAP_DARKTRACE_PRIVATE_TOKEN=" + darktrace.DefaultPrivateToken},
		has: func() (out []string) {
			for _, e := range sim.Watched("ThreatQ") {
				out = append(out, e.Name)
			}
			return out
		},
	}
}

func openIntelligence(t *testing.T) *exportSink {
	sim, err := ctia.New(ctia.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return &exportSink{
		handler: sim.Handler(),
		params: func(url string) []string {
			return []string{"client_id=" + ctia.DefaultClientID, "base_url=" + url, "token_url=" + url + "/iroh/oauth2/token",
				"data_collection=" + exportCollection, "indicator_feed=ThreatQ Blocklist", "threatq_host=threatq.example"}
		},
		env: []string{"TQMAP_CISCO_THREAT_RESPONSE_API_PASSWORD=" + ctia.DefaultPassword},
		has: func() (out []string) {
			for _, e := range sim.Entities("judgement", "") {
				out = append(out, e["observable"].(map[string]any)["value"].(string))
			}
			return out
		},
	}
}

// counting counts the requests with items.
type counting struct {
	h    http.Handler
	path string
	n    atomic.Int64
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == "POST" && r.URL.Path == c.path {
		c.n.Add(1)
	}
	c.h.ServeHTTP(w, r)
}

// exportRun makes the command of a run from library to the target at url.
func exportRun(t *testing.T, to exportTarget, sink *exportSink, url, library string) func(params ...string) *exec.Cmd {
	tqmap, dir := binary(t), t.TempDir()
	return func(params ...string) *exec.Cmd {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
		t.Cleanup(cancel)
		args := []string{"run", to.name, "--flow", to.flow, "-c", dir, "--format", "json", "-v1"}
		for _, p := range append(sink.params(url), params...) {
			args = append(args, "--param", p)
		}
		cmd := exec.CommandContext(ctx, tqmap, args...)
		cmd.Env = append(append(os.Environ(), sink.env...), "TQMAP_THREATQ_HOST="+library, "TQMAP_THREATQ_CLIENT_ID="+threatq.DefaultClientID,
			"TQMAP_THREATQ_USERNAME="+threatq.DefaultUsername, "TQMAP_THREATQ_PASSWORD="+threatq.DefaultPassword, "PEAK_FILE="+filepath.Join(dir, "peak"))
		cmd.Stderr = &strings.Builder{}
		return cmd
	}
}

// Each item is sent once, in full batches; a run without news sends nothing, and an empty
// collection takes nothing away. Memory does not hold the items. Twice as many are no other case.
func TestExportedInFullBatches(t *testing.T) {
	for _, times := range []int{1, 2} {
		n := scale(t) * times
		most := 200 + 50*times // what a target says it has is read as a whole
		library := serve(t, stocked(t, n).Handler())
		for _, to := range exportTargets() {
			t.Run(fmt.Sprintf("%d to %s", n, to.name), func(t *testing.T) {
				sink := to.open(t)
				posts := &counting{h: sink.handler, path: to.path}
				run := exportRun(t, to, sink, serve(t, posts), library)
				first := timed(t, run(), most)
				if got, want := posts.n.Swap(0), int64((n+to.batch-1)/to.batch); got != want || first.Created != n || first.Err() {
					t.Errorf("%d requests, want %d: %+v", got, want, first.FlowReport)
				}
				onceEach(t, sink, n)
				if again := timed(t, run(), most); posts.n.Swap(0) != 0 || again.Created+again.Updated != 0 || again.Err() {
					t.Errorf("a second run sent something: %+v", again.FlowReport)
				}
				for left, outcome := range map[string]engine.Outcome{"keep": engine.Ok, "remove": engine.Partial} {
					empty := timed(t, run(to.nothing, "left_policy="+left), most)
					if empty.Err() || empty.Removed != 0 || empty.outcome != outcome {
						t.Errorf("an empty collection, left_policy %s: %s, %+v", left, empty.outcome, empty.FlowReport)
					}
				}
				onceEach(t, sink, n)
			})
		}
	}
}

// timedReport is the report of the flow that exports.
type timedReport struct {
	*engine.FlowReport
	outcome engine.Outcome
}

func (r timedReport) Err() bool { return r.Error != "" || r.Dead+r.Failed > 0 }

// timed runs once and says what that cost; the peak may be so many MB.
func timed(t *testing.T, cmd *exec.Cmd, most int) timedReport {
	t.Helper()
	began := time.Now()
	report := finish(t, cmd)
	t.Logf("%.1f s", time.Since(began).Seconds())
	checkMemory(t, cmd, most)
	if len(report.Flows) != 1 {
		t.Fatalf("%d flows\n%s", len(report.Flows), cmd.Stderr)
	}
	return timedReport{report.Flows[0], report.Outcome}
}

// onceEach wants the target to hold each item exactly once.
func onceEach(t *testing.T, sink *exportSink, n int) {
	t.Helper()
	has := map[string]int{}
	for _, value := range sink.has() {
		has[value]++
	}
	for i := range n {
		_, value := exportValue(i)
		if has[value] != 1 {
			t.Fatalf("%s is there %d times", value, has[value])
		}
	}
	if len(has) != n {
		t.Errorf("%d values, want %d", len(has), n)
	}
}

// A run that is killed in the middle of a delivery, and run again, ends with each item at the
// target exactly once.
func TestKilledExportLosesAndDoublesNothing(t *testing.T) {
	n := scale(t)
	library := serve(t, stocked(t, n).Handler())
	for _, to := range exportTargets() {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after it has acted: %v", to.name, after), func(t *testing.T) {
				sink, over := to.open(t), make(chan struct{})
				g := &gate{h: sink.handler, path: to.path, after: after, reached: make(chan struct{}), over: over}
				g.left.Store(int64(n/to.batch)/2 + 1)
				run := exportRun(t, to, sink, serve(t, g), library)
				kill(t, run(), g.reached)
				close(over)

				acted := len(sink.has())
				second := timed(t, run(), 250)
				if second.Err() || second.Created+second.Updated+second.Unchanged != n || second.Updated != 0 || second.Created != n-acted {
					t.Errorf("after the kill, with %d there: %+v", acted, second.FlowReport)
				}
				onceEach(t, sink, n)
				if third := timed(t, run(), 250); third.Created+third.Updated != 0 || third.Err() {
					t.Errorf("a third run sent something: %+v", third.FlowReport)
				}
			})
		}
	}
}
