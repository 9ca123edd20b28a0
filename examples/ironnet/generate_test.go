package ironnet

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestGoldenAlerts(t *testing.T) {
	s := start(t, Options{Alerts: 1000, Seed: 1})
	got, err := json.MarshalIndent([]Alert{s.store.at(0), s.store.at(1)}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/first_two.json"
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.TrimSpace(string(want)) {
		t.Errorf("the first two alerts changed (-update rewrites them):\n%s", got)
	}
}

func TestSeedDecides(t *testing.T) {
	page := func(seed int64) string {
		s := start(t, Options{Alerts: 200, Seed: seed})
		id := s.store.at(5).ID
		return s.post("GetAlerts", `{"constraint":{"limit":200}}`, 200).body + s.post("GetEvents", `{"alert_id":"`+id+`"}`, 200).body
	}
	once, again := page(3), page(3)
	if once != again {
		t.Error("the same seed gave different alerts")
	}
	if once == page(4) || once == page(-3) {
		t.Error("another seed gave the same alerts")
	}
}

func TestGeneratedAlertsAreConsistent(t *testing.T) {
	const n, span = 20_000, 48 * time.Hour
	s := start(t, Options{Alerts: n, Seed: 5, Span: span})
	var high, none int
	digits := map[int]int{}
	for i := range int32(n) {
		a := s.store.at(i)
		created, first, last, updated := instant(t, a.Created), instant(t, a.FirstEventCreated), instant(t, a.LastEventCreated), instant(t, a.Updated)
		if first.Before(created) || last.Before(first) || updated.Before(last) {
			t.Fatalf("alert %d: times out of order: %+v", i, a)
		}
		if updated.After(epoch) || updated.Before(epoch.Add(-span)) {
			t.Fatalf("alert %d: updated %s outside the span", i, a.Updated)
		}
		if r := s.store.rows[i]; r.firstStart > r.firstCreated || r.lastEnd < r.firstStart {
			t.Fatalf("alert %d: activity out of order", i)
		}
		if a.Severity < 0 || a.Severity > 1000 || a.EventCount < 1 || a.RawDataFormats == nil || a.VueURL == "" {
			t.Fatalf("alert %d: %+v", i, a)
		}
		if a.Severity >= 500 {
			high++
		}
		if a.AggregationCriteria == "" {
			none++
		}
		if undecided := a.AnalystSeverity == "SEVERITY_UNDECIDED"; undecided != (a.AnalystExpectation == "EXP_UNKNOWN") || undecided && a.Status == "STATUS_CLOSED" {
			t.Fatalf("alert %d: rating does not fit: %+v", i, a)
		}
		digits[len(a.Updated)]++
	}
	if newest := s.store.at(s.store.byUpdated[n-1]); newest.Updated != "2024-05-06T12:00:00Z" {
		t.Errorf("newest updated %s, want the epoch", newest.Updated)
	}
	if high < n*8/10 || none < n/100 || none > n/10 {
		t.Errorf("%d of %d at 500 and above, %d without criteria", high, n, none)
	}
	for _, length := range []int{20, 24, 27} {
		if digits[length] < n/10 {
			t.Errorf("lengths of updated: %v, want a mix of 20, 24 and 27", digits)
		}
	}
}

// What a connector must be able to tell apart comes up in a small set.
func TestGeneratedCriteriaAreVaried(t *testing.T) {
	s := start(t, Options{Alerts: 2000, Seed: 6})
	found, uses := map[string]int{}, map[string]int{}
	for i := range int32(2000) {
		text := s.store.texts(i).criteria
		list := parseCriteria(text)
		if render(list) != text {
			t.Fatalf("criteria do not read back: %s", text)
		}
		if len(list) > 1 {
			found["several criteria"]++
		}
		for _, c := range list {
			for _, v := range c.values {
				found[form(v)]++
				uses[v]++
			}
		}
	}
	for _, want := range []string{"several criteria", "empty", "url", "email", "network", "private network", "IPv4", "private IPv4", "IPv6", "private IPv6", "punycode", "final dot", "domain"} {
		if found[want] == 0 {
			t.Errorf("no %s among %v", want, found)
		}
	}
	delete(uses, "")
	shared := 0
	for _, n := range uses {
		if n > 1 {
			shared++
		}
	}
	if shared < 100 {
		t.Errorf("only %d values are shared between alerts", shared)
	}
}

func form(v string) string {
	if network, err := netip.ParsePrefix(v); err == nil {
		return prefix(network.Addr()) + "network"
	}
	if ip, err := netip.ParseAddr(v); err == nil {
		return prefix(ip) + map[bool]string{true: "IPv4", false: "IPv6"}[ip.Is4()]
	}
	switch {
	case v == "":
		return "empty"
	case strings.Contains(v, "://"):
		return "url"
	case strings.Contains(v, "@"):
		return "email"
	case strings.Contains(v, "xn--"):
		return "punycode"
	case strings.HasSuffix(v, "."):
		return "final dot"
	}
	return "domain"
}

func prefix(ip netip.Addr) string {
	if ip.IsPrivate() {
		return "private "
	}
	return ""
}

func TestAlertsThatShareAnInstant(t *testing.T) {
	s := start(t, Options{Alerts: 2000, Seed: 8})
	at := func(place int) (int64, string) {
		return s.store.rows[place].updated, s.store.at(int32(place)).Updated
	}
	same := func(places ...int) (texts []string) {
		want, _ := at(places[0])
		for _, p := range places {
			got, text := at(p)
			if got != want {
				t.Errorf("places %v: %d differs from %d", places, got, want)
			}
			texts = append(texts, text)
		}
		slices.Sort(texts)
		return slices.Compact(texts)
	}
	same(48, 49, 50, 51)
	same(98, 99, 100, 101)
	different := 0
	for block := 0; block < 600; block += 50 {
		different = max(different, len(same(block+20, block+21, block+22)))
	}
	if different < 2 {
		t.Error("no group writes one instant in different ways")
	}
	many := make([]int, 150)
	for n := range many {
		many[n] = 700 + n
	}
	same(many...)
}

func TestTinySets(t *testing.T) {
	for n := 1; n <= 3; n++ {
		for _, span := range []time.Duration{time.Microsecond, time.Second, 0} {
			s := start(t, Options{Alerts: n, Span: span, Epoch: epoch.Add(123456 * time.Microsecond)})
			got := s.list(upward).Alerts
			if len(got) != n || got[n-1].Updated != "2024-05-06T12:00:00.123456Z" {
				t.Errorf("%d alerts in %v: %+v", n, span, got)
			}
		}
	}
}

func TestHundredThousandFitInLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := start(t, Options{Alerts: 100_000})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 30<<20 {
		t.Errorf("%d MiB in use", used>>20)
	}
	if got := s.list(upward); string(got.Constraint.Total) != `"100000"` {
		t.Errorf("total %s", got.Constraint.Total)
	}
}

func BenchmarkPage(b *testing.B) {
	s := start(b, Options{Alerts: 100_000})
	for name, body := range map[string]string{
		"window": `{"severity":{"lower_bound":500,"upper_bound":1000},"updated":{"start":"2024-05-04T12:00:00Z","end":"2024-05-06T12:00:00Z"},"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":100,"offset":50000}}`,
		"all":    `{"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":100,"offset":99000}}`,
		"resort": `{"sort":[{"field":"ASF_CREATED","direction":"SD_DESCENDING"}],"constraint":{"limit":100,"offset":50000}}`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.post("GetAlerts", body, 200)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(Options{Alerts: 100_000, Epoch: epoch}); err != nil {
			b.Fatal(err)
		}
	}
}
