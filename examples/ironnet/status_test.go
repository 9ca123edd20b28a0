package ironnet

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSetAlertStatus(t *testing.T) {
	s, all := three(t, Options{})
	id := all[0].ID
	before, _ := s.Alert(id)
	got := s.post("SetAlertStatus", `{"alert_id":"`+strings.ToUpper(strings.ReplaceAll(id, "-", ""))+`","status":"STATUS_CLOSED","comment":"done","share_comment_with_irondome":true}`, 200)
	if strings.TrimSpace(got.body) != `{}` {
		t.Errorf("answer %q, want {}", got.body)
	}
	want := before
	want.Status, want.Updated = "STATUS_CLOSED", "2024-05-06T12:01:00.000Z"
	if after, _ := s.Alert(id); fmt.Sprint(after) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", after, want)
	}
	s.clock.add(time.Second)
	s.post("SetAlertStatus", `{"alert_id":"`+id+`","status":"STATUS_AWAITING_REVIEW","comment":"again"}`, 200)
	notes := s.Comments(id)
	if len(notes) != 2 || notes[0] != (Comment{"done", true, epoch.Add(time.Minute)}) || notes[1].Text != "again" || notes[1].Shared {
		t.Errorf("comments %+v", notes)
	}
	newest := s.list(`{"sort":[{"field":"ASF_UPDATED","direction":"SD_DESCENDING"}]}`).Alerts[0]
	if newest.ID != id || newest.Status != "STATUS_AWAITING_REVIEW" {
		t.Errorf("newest is %v", newest)
	}
}

func TestRefusedWritesChangeNothing(t *testing.T) {
	s, all := three(t, Options{})
	id := all[0].ID
	body := func(id, rest string) string { return `{"alert_id":"` + id + `",` + rest + `}` }
	for _, tc := range []struct {
		endpoint, body string
		status         int
		want           string
	}{
		{"SetAlertStatus", body(id, `"status":"STATUS_NONE","comment":"c"`), 400, "status"},
		{"SetAlertStatus", body(id, `"status":"CLOSED","comment":"c"`), 400, "status"},
		{"SetAlertStatus", body(id, `"comment":"c"`), 400, "status"},
		{"SetAlertStatus", body(id, `"status":"STATUS_CLOSED"`), 400, "comment"},
		{"SetAlertStatus", body(id, `"status":"STATUS_CLOSED","comment":" "`), 400, "comment"},
		{"SetAlertStatus", body(id, `"status":"STATUS_CLOSED","comment":"c","share_comment_with_irondome":"false"`), 400, "share_comment_with_irondome: want true or false"},
		{"SetAlertStatus", body(id, `"status":3,"comment":"c"`), 400, "status: want a string"},
		{"SetAlertStatus", body("00000000-0000-0000-0000-0000000000ff", `"status":"STATUS_CLOSED","comment":"c"`), 404, "no alert"},
		{"SetAlertStatus", body("", `"status":"STATUS_CLOSED","comment":"c"`), 400, "UUID"},
		{"SetAlertStatus", `{}`, 400, "comment"},
		{"CommentOnAlert", body(id, `"comment":""`), 400, "comment"},
		{"CommentOnAlert", body("00000000-0000-0000-0000-0000000000ff", `"comment":"c"`), 404, "no alert"},
		{"CommentOnAlert", body(id, `"comment":"c","status":"STATUS_CLOSED"`), 400, `"status"`},
		{"RateAlert", body(id, `"analyst_severity":"SEVERITY_WHITELISTED","analyst_expectation":"EXP_EXPECTED"`), 400, "RateAlert takes"},
		{"RateAlert", body(id, `"analyst_severity":"SEVERITY_NONE","analyst_expectation":"EXP_NONE"`), 400, "RateAlert takes"},
		{"RateAlert", body(id, `"analyst_severity":"SEVERITY_BENIGN","analyst_expectation":"EXP_UNKNOWN"`), 400, "go together"},
		{"RateAlert", body(id, `"analyst_severity":"SEVERITY_UNDECIDED","analyst_expectation":"EXP_EXPECTED"`), 400, "go together"},
		{"RateAlert", body(id, `"analyst_severity":"BENIGN","analyst_expectation":"EXP_EXPECTED"`), 400, "analyst_severity"},
		{"RateAlert", body("00000000-0000-0000-0000-0000000000ff", `"analyst_severity":"SEVERITY_BENIGN","analyst_expectation":"EXP_EXPECTED"`), 404, "no alert"},
		{"RateAlert", `{"analyst_severity":5}`, 400, "analyst_severity"},
	} {
		s.refused(tc.endpoint, tc.body, tc.status, tc.want)
	}
	if after, _ := s.Alert(id); fmt.Sprint(after) != fmt.Sprint(all[0]) || len(s.Comments(id)) != 0 {
		t.Errorf("after refusals: %v %v", after, s.Comments(id))
	}
}

func TestCommentAndRate(t *testing.T) {
	s, all := three(t, Options{NoBody: true})
	id := all[0].ID
	if got := s.post("CommentOnAlert", `{"alert_id":"`+id+`","comment":"seen"}`, 200); got.body != "" {
		t.Errorf("answer %q, want none", got.body)
	}
	if a, _ := s.Alert(id); a.Updated != "2024-05-06T12:01:00.000Z" || a.Status != all[0].Status {
		t.Errorf("after the comment: %v", a)
	}
	s.post("RateAlert", `{"alert_id":"`+id+`","analyst_severity":"SEVERITY_MALICIOUS","analyst_expectation":"EXP_UNEXPECTED","comment":"bad","create_service_now_event":false}`, 200)
	s.post("RateAlert", `{"alert_id":"`+id+`","analyst_severity":"SEVERITY_UNDECIDED","analyst_expectation":"EXP_UNKNOWN"}`, 200)
	s.post("RateAlert", `{"alert_id":"`+id+`","analyst_severity":"SEVERITY_BENIGN","analyst_expectation":"EXP_EXPECTED"}`, 200)
	a, _ := s.Alert(id)
	if a.AnalystSeverity != "SEVERITY_BENIGN" || a.AnalystExpectation != "EXP_EXPECTED" {
		t.Errorf("after the rating: %v", a)
	}
	if notes := s.Comments(id); len(notes) != 2 || notes[1].Text != "bad" {
		t.Errorf("comments %+v", notes)
	}
}

// The clock stands still, and `updated` moves all the same: a connector would
// otherwise not see the change.
func TestUpdatedAlwaysMoves(t *testing.T) {
	s, all := three(t, Options{})
	id := all[0].ID
	last := ""
	for n := range 4 {
		if err := s.SetStatus(id, statuses[1+n%3]); err != nil {
			t.Fatal(err)
		}
		a, _ := s.Alert(id)
		if a.Updated <= last {
			t.Fatalf("change %d: updated %s after %s", n, a.Updated, last)
		}
		last = a.Updated
	}
	if len(s.Comments(id)) != 0 || len(s.Journal()) != 0 {
		t.Error("SetStatus left a comment or a call")
	}
}

func TestSetStatusErrors(t *testing.T) {
	s, all := three(t, Options{})
	if err := s.SetStatus("00000000-0000-0000-0000-0000000000ff", "STATUS_CLOSED"); !errors.Is(err, errUnknownAlert) {
		t.Errorf("unknown id: %v", err)
	}
	if err := s.SetStatus("x", "STATUS_CLOSED"); !errors.Is(err, errNotUUID) {
		t.Errorf("no id: %v", err)
	}
	if err := s.SetStatus(all[0].ID, "STATUS_NONE"); !errors.Is(err, errStatus) {
		t.Errorf("none: %v", err)
	}
	if _, ok := s.Alert("x"); ok || s.Comments("x") != nil {
		t.Error("an id that is none found something")
	}
}

// Writers, readers and the console at once; the race detector watches.
func TestManyClients(t *testing.T) {
	s := start(t, Options{Alerts: 50, Rate: 1000})
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range int32(10) {
				id := s.store.gen.row(int(i)).id.String()
				body := fmt.Sprintf(`{"alert_id":%q,"status":"STATUS_CLOSED","comment":"client %d"}`, id, n)
				if got, err := s.do("POST", "/IronApi/SetAlertStatus", body, nil); err != nil || got.status != 200 {
					t.Errorf("%v %v", got, err)
				}
				if got, err := s.do("POST", "/IronApi/GetAlerts", upward, nil); err != nil || got.status != 200 {
					t.Errorf("%v %v", got, err)
				}
				if err := s.SetStatus(id, "STATUS_UNDER_REVIEW"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := s.list(upward); len(got.Alerts) != 50 || len(s.Journal()) != 81 {
		t.Errorf("%d alerts, %d calls", len(got.Alerts), len(s.Journal()))
	}
	if notes := s.Comments(s.store.at(3).ID); len(notes) != 4 {
		t.Errorf("%d comments, want one of each client", len(notes))
	}
}
