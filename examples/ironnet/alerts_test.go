package ironnet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// three alerts that differ in everything a filter can ask for.
func three(t *testing.T, opt Options) (*site, []Alert) {
	opt.Alerts = -1
	s := start(t, opt)
	a, b, c := sample(1, "2024-05-01T00:00:00Z"), sample(2, "2024-05-02T00:00:00.000Z"), sample(3, "2024-05-03T00:00:00.000001Z")
	b.Category, b.SubCategory, b.Severity = "RECON", "EXTERNAL_PORT_SCANNING", 500
	b.Status, b.AnalystSeverity, b.AnalystExpectation = "STATUS_UNDER_REVIEW", "SEVERITY_SUSPICIOUS", "EXP_UNEXPECTED"
	c.SubCategory, c.Severity = "TOR_TRAFFIC", 1000
	c.Status, c.AnalystSeverity, c.AnalystExpectation = "STATUS_CLOSED", "SEVERITY_BENIGN", "EXP_EXPECTED"
	c.Created, c.FirstEventCreated = "2024-04-01T00:00:00Z", "2024-04-02T00:00:00Z"
	s.put(a, b, c)
	s.store.rows[1].version = 7
	return s, []Alert{a, b, c}
}

func TestFilters(t *testing.T) {
	s, all := three(t, Options{})
	for body, want := range map[string]string{
		`{}`:   "123",
		`null`: "123",
		`{"category":null,"severity":null,"updated":null,"constraint":null,"sort":[]}`: "123",
		`{"category":["C2"]}`:                                                                                               "13",
		`{"category":["C2","RECON"]}`:                                                                                       "123",
		`{"category":["c2"]}`:                                                                                               "",
		`{"category":["NOT_YET_INVENTED"]}`:                                                                                 "",
		`{"sub_category":["DNS_TUNNELING"]}`:                                                                                "1",
		`{"category":["C2"],"sub_category":["EXTERNAL_PORT_SCANNING"]}`:                                                     "",
		`{"status":["STATUS_CLOSED"]}`:                                                                                      "3",
		`{"status":["STATUS_CLOSED","STATUS_AWAITING_REVIEW"]}`:                                                             "13",
		`{"status":["STATUS_NONE"]}`:                                                                                        "",
		`{"analyst_severity":["SEVERITY_SUSPICIOUS"]}`:                                                                      "2",
		`{"analyst_expectation":["EXP_EXPECTED","EXP_UNKNOWN"]}`:                                                            "13",
		`{"severity":{"lower_bound":500,"upper_bound":700}}`:                                                                "12",
		`{"severity":{"lower_bound":501,"upper_bound":999}}`:                                                                "1",
		`{"severity":{"lower_bound":1000,"upper_bound":1000}}`:                                                              "3",
		`{"severity":{"upper_bound":699}}`:                                                                                  "2",
		`{"updated":{"start":"2024-05-01T00:00:00Z","end":"2024-05-02T00:00:00Z"}}`:                                         "12",
		`{"updated":{"start":"2024-05-01T00:00:00.000001Z","end":"2024-05-02T00:00:00Z"}}`:                                  "2",
		`{"updated":{"start":"2024-05-01T02:00:00+02:00","end":"2024-05-01T00:00:00Z"}}`:                                    "1",
		`{"updated":{"start":"2024-05-03T00:00:00Z","end":"2024-05-03T00:00:00.000001Z"}}`:                                  "3",
		`{"updated":{"start":"2024-05-03T00:00:00Z","end":"2024-05-03T00:00:00Z"}}`:                                         "",
		`{"updated":{"start":"2024-05-03T00:00:00.0000011Z","end":"2024-06-01T00:00:00Z"}}`:                                 "",
		`{"created":{"start":"2024-04-01T00:00:00Z","end":"2024-05-01T00:00:00Z"}}`:                                         "13",
		`{"first_event_created":{"start":"2024-04-02T00:00:00Z","end":"2024-04-02T00:00:00Z"}}`:                             "3",
		`{"last_event_created":{"start":"2024-05-02T00:00:00Z","end":"2024-05-09T00:00:00Z"}}`:                              "23",
		`{"first_event_start_time":{"start":"2024-04-01T00:00:00Z","end":"2024-04-03T00:00:00Z"}}`:                          "3",
		`{"last_event_end_time":{"start":"2024-05-01T00:00:00Z","end":"2024-05-01T00:00:00Z"}}`:                             "1",
		`{"analytic_version":[7]}`:                                                                                          "2",
		`{"analytic_version":["7","1"]}`:                                                                                    "123",
		`{"analytic_version":[8]}`:                                                                                          "",
		fmt.Sprintf(`{"alert_id":[%q,%q]}`, all[0].ID, strings.ToUpper(strings.ReplaceAll(all[2].ID, "-", ""))):             "13",
		fmt.Sprintf(`{"alert_id":[%q,%q]}`, all[0].ID, all[0].ID):                                                           "1",
		fmt.Sprintf(`{"alert_id":[%q],"status":["STATUS_CLOSED"]}`, all[0].ID):                                              "",
		fmt.Sprintf(`{"alert_id":[%q],"updated":{"start":"2024-05-02T00:00:00Z","end":"2024-05-03T00:00:00Z"}}`, all[0].ID): "",
		`{"alert_id":["00000000-0000-0000-0000-0000000000ff"]}`:                                                             "",
		`{"status":["STATUS_CLOSED"],"category":["C2"],"severity":{"lower_bound":900,"upper_bound":1000},"analyst_severity":["SEVERITY_BENIGN"]}`: "3",
	} {
		for _, order := range []string{"", `"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],`} {
			ask := body
			if order != "" {
				if body == "null" || strings.Contains(body, `"sort"`) {
					continue
				}
				ask = strings.Replace(strings.Replace(body, "{", "{"+order, 1), ",}", "}", 1)
			}
			got := s.list(ask)
			slices.SortFunc(got.Alerts, func(a, b Alert) int { return cmp.Compare(a.ID, b.ID) })
			digits := ""
			for _, a := range got.Alerts {
				digits += a.ID[len(a.ID)-1:]
			}
			if digits != want || string(got.Constraint.Total) != fmt.Sprintf("%q", fmt.Sprint(len(want))) {
				t.Errorf("%s: alerts %q total %s, want %q", ask, digits, got.Constraint.Total, want)
			}
		}
	}
}

func TestBadFilters(t *testing.T) {
	s, _ := three(t, Options{})
	for body, want := range map[string]string{
		`{"severity":{"lower_bound":"500","upper_bound":"1000"}}`: "severity.lower_bound: want a JSON number without fraction, got string",
		`{"severity":{"lower_bound":500.5}}`:                      "severity.lower_bound",
		`{"severity":{"lower_bound":600,"upper_bound":500}}`:      "no range",
		`{"severity":{"lower_bound":-1,"upper_bound":500}}`:       "no range",
		`{"severity":{"lower_bound":1,"upper_bound":1001}}`:       "no range",
		`{"severity":500}`:                                                                     "severity: want an object",
		`{"constraint":{"limit":"100"}}`:                                                       "constraint.limit: want a JSON number",
		`{"constraint":{"limit":-1}}`:                                                          "negative",
		`{"constraint":{"offset":-1}}`:                                                         "negative",
		`{"status":["CLOSED"]}`:                                                                "STATUS_CLOSED",
		`{"status":"STATUS_CLOSED"}`:                                                           "status: want an array",
		`{"analyst_severity":["HIGH"]}`:                                                        "analyst_severity",
		`{"analyst_expectation":["EXPECTED"]}`:                                                 "analyst_expectation",
		`{"analytic_version":["one"]}`:                                                         "does not fit",
		`{"alert_id":["17"]}`:                                                                  "UUID",
		`{"alert_id":["` + strings.Repeat("z", 32) + `"]}`:                                     "UUID",
		`{"updated":{"start":"2024-05-01T00:00:00Z"}}`:                                         "both start and end",
		`{"created":{"end":"2024-05-01T00:00:00Z"}}`:                                           "both start and end",
		`{"created":{"start":"2024-05-01","end":"2024-05-02T00:00:00Z"}}`:                      "created.start",
		`{"created":{"start":"2024-05-01T00:00:00Z","end":"2024-05-02 00:00:00"}}`:             "created.end",
		`{"updated":{"start":"2024-05-01T00:00:00","end":"2024-05-02T00:00:00Z"}}`:             "updated.start",
		`{"updated":{"start":1714521600,"end":1714608000}}`:                                    "updated.start: want a string, got number",
		`{"last_event_created":{"start":"2024-05-02T00:00:00Z","end":"2024-05-01T00:00:00Z"}}`: "after end",
		`{"sort":[{"field":"updated","direction":"SD_ASCENDING"}]}`:                            "sort.field",
		`{"sort":[{"field":"ASF_UPDATED","direction":"ASC"}]}`:                                 "sort.direction",
		`{"sort":[{"field":"ASF_UPDATED"}]}`:                                                   "sort.direction",
		`{"sort":{"field":"ASF_UPDATED"}}`:                                                     "sort: want an array",
	} {
		s.refused("GetAlerts", body, 400, want)
	}
}

func TestSortByEveryField(t *testing.T) {
	s := start(t, Options{Alerts: 300, Seed: 4})
	for field, value := range sortFields {
		var lists [2][]string
		for n, direction := range []string{"SD_ASCENDING", "SD_DESCENDING"} {
			got := s.list(fmt.Sprintf(`{"sort":[{"field":%q,"direction":%q}],"constraint":{"limit":300}}`, field, direction))
			lists[n] = ids(got.Alerts)
		}
		slices.Reverse(lists[1])
		if len(lists[0]) != 300 || !slices.Equal(lists[0], lists[1]) {
			t.Errorf("%s: descending is not the reverse of ascending", field)
		}
		sorted := slices.IsSortedFunc(lists[0], func(a, b string) int {
			i, _ := s.store.lookup(a)
			j, _ := s.store.lookup(b)
			return cmp.Or(cmp.Compare(value(&s.store.rows[i]), value(&s.store.rows[j])), cmp.Compare(a, b))
		})
		if !sorted {
			t.Errorf("%s: not sorted by value, then id", field)
		}
	}
}

func TestSortBySeveralFieldsAndByDefault(t *testing.T) {
	s := start(t, Options{Alerts: 300, Seed: 4})
	got := s.list(`{"sort":[{"field":"ASF_SEVERITY","direction":"SD_DESCENDING"},{"field":"ASF_CREATED","direction":"SD_ASCENDING"}],"constraint":{"limit":300}}`).Alerts
	for n := 1; n < len(got); n++ {
		a, b := got[n-1], got[n]
		if a.Severity < b.Severity || a.Severity == b.Severity && instant(t, a.Created).After(instant(t, b.Created)) {
			t.Fatalf("place %d: %d %s before %d %s", n, a.Severity, a.Created, b.Severity, b.Created)
		}
	}
	got = s.list(`{"constraint":{"limit":300}}`).Alerts
	if !slices.IsSortedFunc(got, func(a, b Alert) int { return cmp.Compare(b.Severity, a.Severity) }) {
		t.Error("without sort: not by severity, highest first")
	}
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPaging(t *testing.T) {
	s := start(t, Options{Alerts: 120, PageCap: 70})
	for _, tc := range []struct{ constraint, want string }{
		{`{}`, "50 50 0"},
		{`{"limit":0}`, "50 50 0"},
		{`{"limit":7}`, "7 7 0"},
		{`{"limit":70}`, "70 70 0"},
		{`{"limit":1000000}`, "70 70 0"},
		{`{"limit":70,"offset":70}`, "50 70 70"},
		{`{"limit":70,"offset":119}`, "1 70 119"},
		{`{"limit":70,"offset":120}`, "0 70 120"},
		{`{"limit":70,"offset":9223372036854775807}`, "0 70 9223372036854775807"},
	} {
		for _, sort := range []string{`"ASF_UPDATED","direction":"SD_ASCENDING"`, `"ASF_UPDATED","direction":"SD_DESCENDING"`, `"ASF_CREATED","direction":"SD_ASCENDING"`} {
			got := s.list(`{"constraint":` + tc.constraint + `,"sort":[{"field":` + sort + `}]}`)
			if seen := fmt.Sprint(len(got.Alerts), got.Constraint.Limit, got.Constraint.Offset); seen != tc.want || string(got.Constraint.Total) != `"120"` {
				t.Errorf("%s %s: count, limit, offset = %s, total %s; want %s", tc.constraint, sort, seen, got.Constraint.Total, tc.want)
			}
		}
	}
}

func TestAlertsAreNeverNull(t *testing.T) {
	s := start(t, Options{Alerts: -1})
	want := `{"alerts":[],"constraint":{"limit":50,"offset":0,"total":"0"}}`
	for _, body := range []string{`{}`, `{"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}]}`} {
		if got := strings.TrimSpace(s.post("GetAlerts", body, 200).body); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	a := sample(1, "2024-05-01T00:00:00Z")
	a.RawDataFormats = nil
	s.put(a)
	if got := s.post("GetAlerts", `{}`, 200).body; !strings.Contains(got, `"raw_data_formats":[]`) {
		t.Errorf("no empty list of formats in %s", got)
	}
}

func TestTotalAsNumber(t *testing.T) {
	s, _ := three(t, Options{TotalAsNumber: true})
	if got := s.list(`{}`); string(got.Constraint.Total) != `3` {
		t.Errorf("total %s, want 3", got.Constraint.Total)
	}
}

// An alert changed between two pages leaves its place in the window: the total
// shrinks and the rest moves forward, which a client must notice.
func TestChangeWhilePaging(t *testing.T) {
	s, all := three(t, Options{})
	window := `{"updated":{"start":"2024-05-01T00:00:00Z","end":"2024-05-04T00:00:00Z"},"sort":[{"field":"ASF_UPDATED","direction":"SD_ASCENDING"}],"constraint":{"limit":1,"offset":%d}}`
	first := s.list(fmt.Sprintf(window, 0))
	if err := s.SetStatus(all[0].ID, "STATUS_CLOSED"); err != nil {
		t.Fatal(err)
	}
	second := s.list(fmt.Sprintf(window, 1))
	if ids(first.Alerts)[0] != all[0].ID || ids(second.Alerts)[0] != all[2].ID || string(second.Constraint.Total) != `"2"` {
		t.Errorf("pages %v, %v total %s", ids(first.Alerts), ids(second.Alerts), second.Constraint.Total)
	}
}

func TestPutKeepsAnAlertAsWritten(t *testing.T) {
	s := start(t, Options{Alerts: 3})
	a := sample(9, "2024-05-01T00:00:00.12Z")
	a.Created, a.VueURL, a.AggregationCriteria = "2024-04-30T00:00:00Z", "https://x.example/?a=1&b=2", `t.c: ["<&>"]`
	s.put(a)
	got := s.list(`{"alert_id":["` + a.ID + `"]}`).Alerts
	if len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(a) {
		t.Errorf("got  %v\nwant %v", got, a)
	}
	if text := s.post("GetAlerts", `{"alert_id":["`+a.ID+`"]}`, 200).body; !strings.Contains(text, `?a=1&b=2`) || !strings.Contains(text, `[\"<&>\"]`) {
		t.Errorf("characters were escaped: %s", text)
	}
	a.Severity, a.Updated = 1, "2024-05-02T00:00:00Z"
	s.put(a)
	if got, ok := s.Alert(strings.ToUpper(a.ID)); !ok || got.Severity != 1 || got.Updated != a.Updated {
		t.Errorf("after replacing: %v %v", got, ok)
	}
	if total := s.list(`{}`).Constraint.Total; string(total) != `"4"` {
		t.Errorf("total %s, want 4", total)
	}
}

func TestPutRefuses(t *testing.T) {
	s := start(t, Options{Alerts: -1})
	for want, edit := range map[string]func(*Alert){
		"UUID":                    func(a *Alert) { a.ID = "" },
		"severity":                func(a *Alert) { a.Severity = 1001 },
		"event_count":             func(a *Alert) { a.EventCount = -1 },
		"status":                  func(a *Alert) { a.Status = "CLOSED" },
		"analyst_severity":        func(a *Alert) { a.AnalystSeverity = "" },
		"analyst_expectation":     func(a *Alert) { a.AnalystExpectation = "EXP" },
		"created":                 func(a *Alert) { a.Created = "yesterday" },
		"more than six":           func(a *Alert) { a.Updated = "2024-05-01T00:00:00.1234567Z" },
		"first_event_created: \"": func(a *Alert) { a.FirstEventCreated = "2024-05-01" },
	} {
		a := sample(1, "2024-05-01T00:00:00Z")
		edit(&a)
		if err := s.Put(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err %v, want one about %s", err, want)
		}
	}
	if _, ok := s.Alert(sample(1, "").ID); ok {
		t.Error("a refused alert was kept")
	}
}

// Whatever the body, the answer is a page or a refusal that says why.
func FuzzGetAlerts(f *testing.F) {
	f.Add(`{"severity":{"lower_bound":1},"sort":[{"field":"ASF_CREATED","direction":"SD_DESCENDING"}],"analytic_version":["1",2]}`)
	f.Add(`{"updated":{"start":"2024-05-01T00:00:00.000000001Z","end":"9999-12-31T23:59:59Z"},"constraint":{"limit":9223372036854775807,"offset":9223372036854775807}}`)
	f.Add(`{"alert_id":["00000000000000000000000000000001"],"category":[""],"constraint":null}`)
	sim, err := New(Options{Alerts: 20, Epoch: epoch})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, fault := range []string{"", FaultDuplicate, FaultNoID} {
			result, err := sim.getAlerts([]byte(body), fault)
			ans := encode(result, err)
			switch ans.status {
			case 200:
				var got listing
				parse(t, string(ans.body), &got)
				if len(got.Alerts) > got.Constraint.Limit {
					t.Errorf("%d alerts, limit %d", len(got.Alerts), got.Constraint.Limit)
				}
			case 400:
				message(t, got400(ans))
			default:
				t.Errorf("status %d: %s", ans.status, ans.body)
			}
		}
	})
}

func got400(ans answer) result { return result{ans.status, ans.header, string(ans.body)} }

func FuzzParseCriteria(f *testing.F) {
	f.Add(`flows.src_ip: ["10.0.0.1"], flows.url: ["http://[::1]/\"x\"", ""]`)
	f.Add(`nothing: [unquoted]`)
	f.Fuzz(func(t *testing.T, text string) {
		list := parseCriteria(text)
		if again := parseCriteria(render(list)); fmt.Sprint(again) != fmt.Sprint(list) {
			t.Errorf("%q: %v, written and read %v", text, list, again)
		}
	})
}
