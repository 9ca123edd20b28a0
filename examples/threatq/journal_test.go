package threatq

import (
	"fmt"
	"strings"
	"testing"
)

func TestJournalEntries(t *testing.T) {
	b := start(t, Options{BodyCap: 10})
	b.do(201, "POST", "/api/malware", `{"value":"x","description":"long"}`)
	b.do(404, "GET", "/api/malware/9?with=type", nil)
	calls := b.lib.Journal()
	if len(calls) != 3 {
		t.Fatalf("%d calls, want 3", len(calls))
	}
	post, get := calls[1], calls[2]
	if post.Method != "POST" || post.Path != "/api/malware" || post.Status != 201 || post.BodySize != 34 || post.Body != `{"value":"` {
		t.Errorf("post: %+v", post)
	}
	if get.Query != "with=type" || get.Status != 404 || get.Body != "" || get.Time.Format(layout) != startText {
		t.Errorf("get: %+v", get)
	}
	b.lib.ResetJournal()
	if n := len(b.lib.Journal()); n != 0 {
		t.Errorf("%d calls after the reset", n)
	}
}

func TestJournalHasNoSecrets(t *testing.T) {
	b := start(t, Options{Password: "pa55", ClientSecret: "5ecret"})
	ask(t, b, "?grant_type=client_credentials&client_secret=5ecret", "", "")
	ask(t, b, "?grant_type=refresh_token&refresh_token=5ecret", "", "")
	ask(t, b, "?password=pa55%zz", "", "")
	for _, c := range b.lib.Journal() {
		if text := fmt.Sprint(c); strings.Contains(text, "pa55") || strings.Contains(text, "5ecret") || strings.Contains(text, b.token) {
			t.Errorf("a secret in %s", text)
		}
	}
	if last := b.lib.Journal()[1]; !strings.Contains(last.Query, "client_secret=***") {
		t.Errorf("query %q", last.Query)
	}
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	body := strings.Repeat("x", 1<<12)
	for i := range 3*maxCalls + 17 {
		j.add(Call{Path: fmt.Sprint(i), Body: body})
	}
	l := &Library{journal: journal{calls: j.calls}}
	calls := l.Journal()
	if len(calls) != maxCalls || calls[maxCalls-1].Path != fmt.Sprint(3*maxCalls+16) || calls[0].Path != fmt.Sprint(2*maxCalls+17) {
		t.Errorf("%d calls, from %s to %s", len(calls), calls[0].Path, calls[len(calls)-1].Path)
	}
	kept := 0
	for _, c := range j.calls {
		kept += len(c.Body)
	}
	if kept != j.bodies || kept > maxBodies || kept < maxBodies/2 || calls[maxCalls-1].Body == "" {
		t.Errorf("%d bytes of bodies are kept, %d counted", kept, j.bodies)
	}
}
