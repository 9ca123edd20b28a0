package ironnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRestartKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "iron.json")
	opt := Options{Alerts: 40, Seed: 11, StatePath: path, Span: time.Hour, Epoch: epoch.Add(1500 * time.Microsecond)}
	s := start(t, opt)
	changed, rated := s.store.at(7).ID, s.store.at(9).ID
	s.post("SetAlertStatus", `{"alert_id":"`+changed+`","status":"STATUS_CLOSED","comment":"done"}`, 200)
	s.post("RateAlert", `{"alert_id":"`+rated+`","analyst_severity":"SEVERITY_MALICIOUS","analyst_expectation":"EXP_UNEXPECTED"}`, 200)
	own := sample(1, "2024-05-06T11:59:00.1Z")
	s.put(own)
	s.post("CommentOnAlert", `{"alert_id":"`+own.ID+`","comment":"mine"}`, 200)
	replaced := s.store.at(12)
	replaced.SubCategory = "NOT_YET_INVENTED"
	s.put(replaced)
	want := s.post("GetAlerts", `{"constraint":{"limit":100}}`, 200).body

	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v (%v), want 0600", info.Mode(), err)
	}
	again := start(t, Options{Alerts: 5, Seed: 99, StatePath: path, Epoch: epoch.Add(time.Hour)})
	if got := again.post("GetAlerts", `{"constraint":{"limit":100}}`, 200).body; got != want {
		t.Errorf("after the restart:\n%s\nbefore:\n%s", got, want)
	}
	for _, id := range []string{changed, rated, own.ID} {
		if got, want := fmt.Sprint(again.Comments(id)), fmt.Sprint(s.Comments(id)); got != want {
			t.Errorf("comments of %s: %s, want %s", id, got, want)
		}
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

// A change of an alert that was put is kept too.
func TestRestartKeepsChangesOfPutAlerts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "iron.json")
	s := start(t, Options{Alerts: -1, StatePath: path})
	a := sample(1, "2024-05-06T11:59:00Z")
	s.put(a)
	if err := s.SetStatus(a.ID, "STATUS_CLOSED"); err != nil {
		t.Fatal(err)
	}
	want, _ := s.Alert(a.ID)
	again := start(t, Options{StatePath: path})
	if got, _ := again.Alert(a.ID); fmt.Sprint(got) != fmt.Sprint(want) || got.Status != "STATUS_CLOSED" {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStateFileFromTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "iron.json")
	s := start(t, Options{Alerts: 3, StatePath: path})
	again := start(t, Options{Alerts: 3, StatePath: path, Epoch: epoch.Add(time.Hour)})
	if a, b := s.store.at(2), again.store.at(2); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the newest alert moved: %v, %v", a, b)
	}
}

func TestDamagedStateFile(t *testing.T) {
	good := `{"format":1,"seed":1,"alerts":2,"epoch":"2024-05-06T12:00:00Z","span":"1h","put":null,"changes":null}`
	for name, tc := range map[string]struct{ text, want string }{
		"empty":            {"", "remove it"},
		"cut short":        {good[:40], "remove it"},
		"another file":     {`{"hello":1}`, "remove it"},
		"other format":     {strings.Replace(good, `"format":1`, `"format":2`, 1), "no sense"},
		"bad span":         {strings.Replace(good, `1h`, `-1h`, 1), "no sense"},
		"too many":         {strings.Replace(good, `"alerts":2`, `"alerts":2000000`, 1), "no sense"},
		"unknown change":   {strings.Replace(good, `"changes":null`, `"changes":[{"id":"00000000-0000-0000-0000-000000000001"}]`, 1), "no alert"},
		"impossible put":   {strings.Replace(good, `"put":null`, `"put":[{"alert":{"id":"x"}}]`, 1), "UUID"},
		"change of status": {strings.Replace(good, `"changes":null`, `"changes":[{"id":"`+newGenerator(1, 2, epoch, time.Hour).row(0).id.String()+`"}]`, 1), "status"},
	} {
		path := filepath.Join(t.TempDir(), "iron.json")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Options{StatePath: path})
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error with %q and the path", name, err, tc.want)
		}
		if after, _ := os.ReadFile(path); string(after) != tc.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	path := filepath.Join(t.TempDir(), "iron.json")
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{StatePath: path}); err != nil {
		t.Errorf("the good file: %v", err)
	}
}

func TestStateThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if _, err := New(Options{Alerts: 1, StatePath: filepath.Join(dir, "iron.json")}); err == nil {
		t.Error("a folder that is not there: no error")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Alerts: 1, StatePath: filepath.Join(dir, "iron.json")})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.refused("SetAlertStatus", `{"alert_id":"`+s.store.at(0).ID+`","status":"STATUS_CLOSED","comment":"c"}`, 500, "save state")
	if err := s.Close(); err == nil {
		t.Error("Close: no error")
	}
}
