package devo_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// at is a clock, of which ids are made.
func at(sec, micro int64) *devo.IDs {
	return &devo.IDs{Now: func() time.Time { return time.UnixMicro(sec*1e6 + micro) }}
}

func sent(t *testing.T, id *devo.IDs, s devo.Session) []byte {
	t.Helper()
	to := start(t, sim.Options{})
	to.IDs = id
	if _, err := to.Send(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	conns := to.sim.Connections()
	if len(conns) != 1 {
		t.Fatalf("%d connections", len(conns))
	}
	if all := to.sim.Sessions(); len(all) != 1 || all[0].State != "applied" {
		t.Fatalf("sessions: %+v", all)
	}
	return conns[0].Raw
}

func exported() devo.Lookup {
	l := devo.Lookup{Name: "threatq_iocs"}
	for _, name := range []string{"indicator", "type", "status", "score", "adversary", "has_adversary", "description", "threatq_url"} {
		l.Columns = append(l.Columns, devo.Column{Name: name})
	}
	return l
}

func link(id string) string { return "https://tq.example.org/indicators/" + id + "/details" }

// The bytes on the wire of two whole sessions, which the vendor's own SDK sends too when it
// escapes quotation marks and line breaks. Its ids have fewer digits (1700000000.25), ours always six;
// with those shortened, the sums are the ones of the SDK's.
func TestSessionBytes(t *testing.T) {
	tests := []struct {
		file string
		id   *devo.IDs
		s    devo.Session
	}{
		{"full.raw", at(1700000000, 250000), devo.Session{Lookup: exported(), Rows: list(
			row("198.51.100.7", "IP Address", "Active", 8, "APT 28, \"Fancy Bear\"", 2, "", link("101")),
			row("evil.example.com", "FQDN", "Active", 10, nil, 0, "line one\r\nline two", link("102")),
			row(" bücher.example/a?x=1,2\t", "URL", "Review", 5, "Actor’s", 1, "", link("103")),
		)}},
		{"inc.raw", at(1700007200, 500000), devo.Session{Lookup: exported(), Incremental: true, Rows: list(
			row("198.51.100.7", "IP Address", "Active", 3, "APT 28, \"Fancy Bear\"", 2, "sinkholed", link("101")),
			gone("evil.example.com", "FQDN", "Expired", 10, "", 0, "", link("102")),
		)}},
	}
	to := start(t, sim.Options{})
	for n, test := range tests {
		to.IDs = test.id
		if _, err := to.Send(t.Context(), test.s); err != nil {
			t.Fatal(err)
		}
		golden(t, test.file, to.sim.Connections()[n].Raw)
	}
	want := [][]string{
		{"198.51.100.7", "IP Address", "Active", "3", `APT 28, "Fancy Bear"`, "2", "sinkholed", link("101")},
		{"bücher.example/a?x=1,2", "URL", "Review", "5", "Actor’s", "1", "", link("103")},
	}
	if diff := cmp.Diff(want, to.sim.Tables()["threatq_iocs"].Rows); diff != "" {
		t.Error(diff)
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// The committed bytes are the SDK's but for the digits of the id.
func TestGoldenBytesAreTheSDKs(t *testing.T) {
	for file, test := range map[string]struct{ ours, theirs, sum string }{
		"full.raw": {"1700000000.250000", "1700000000.25", "d51be0ef9c8e99bd6848ef4c227ad619f318ea13eaa091003f1af3dff614aa31"},
		"inc.raw":  {"1700007200.500000", "1700007200.5", "ac4c71fae2e8a3c3c5ffae6975cc93d804893167e2d05ee76922910da37de95f"},
	} {
		t.Run(file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			if got := sum(bytes.ReplaceAll(b, []byte(test.ours), []byte(test.theirs))); got != test.sum {
				t.Errorf("sha256 %s, want %s", got, test.sum)
			}
		})
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// A session that was recorded from the SDK comes out of its input, byte by byte.
func TestRecordedSession(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "fixtures", "devo")
	text, err := os.ReadFile(filepath.Join(dir, "full_simple.json"))
	if err != nil {
		t.Skip("left out: the reference material is not beside this clone")
	}
	var in struct {
		Name      string     `json:"lookup_name"`
		Headers   []string   `json:"headers"`
		Rows      [][]string `json:"rows"`
		Variables struct {
			Host string `json:"hostname"`
			ID   string `json:"lookup_id"`
		} `json:"variables"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "full_simple.raw"))
	if err != nil {
		t.Fatal(err)
	}
	s := devo.Session{Lookup: devo.Lookup{Name: in.Name}}
	for _, name := range in.Headers {
		s.Lookup.Columns = append(s.Lookup.Columns, devo.Column{Name: name})
	}
	var rows []devo.Row
	for _, r := range in.Rows {
		rows = append(rows, row(r[0], r[1], r[2]))
	}
	s.Rows = list(rows...)
	got := sent(t, at(1795226025, 571352), s)
	if in.Variables.ID != "1795226025.571352" || in.Variables.Host != "tqmap-host" {
		t.Fatalf("the recording has changed: %+v", in.Variables)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}
