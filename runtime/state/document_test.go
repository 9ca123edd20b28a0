package state_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// filled is an instance with all there is to remember, in texts that no JSON can hold as they are.
func filled(t *testing.T, s *state.Store) *state.Instance {
	t.Helper()
	noon := time.Date(2024, 5, 1, 12, 0, 0, 7, time.UTC)
	in := s.Instance("x")
	key := engine.EntryKey{Rule: "event.alert", Key: "k\x00\xff\"é<"}
	letter := engine.DeadLetter{Rule: "r", Key: "\xfe", Reason: "refused: hunter2-hunter2", Where: "m.hcl:1,2", Input: []byte(`{"a":"<hunter2-hunter2>"}`), At: noon,
		Code: "TQ0801", Field: "attributes.A", Stage: ".a | <b>", Values: []code.Involved{{Name: "alert.a", Kind: "string", Text: `"<hunter2-hunter2>"`}}}
	steps := []error{
		in.Commit(t.Context(), "alerts", engine.Commit{
			Checkpoint: &engine.Checkpoint{
				Cursor: noon, Boundary: map[string]string{"b": "2", "a\xff": "1"}, Token: "secret-mark",
				Done: []engine.Span{{Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)}},
			},
			Entries: []engine.Entry{
				{EntryKey: key, Hash: "1", RemoteID: 1 << 60, Content: []byte(`{"b": 1, "a":"<\u00e9\xff>", "n":12345678901234567890}`)},
				{EntryKey: engine.EntryKey{Rule: "a"}, Hash: "2"}, {EntryKey: engine.EntryKey{Rule: "b"}, Hash: "3", Content: []byte(`"hunter2-hunter2"`)},
			},
			Dead: []engine.DeadLetter{letter, {Key: "no input", At: noon}},
		}),
		in.Commit(t.Context(), "alerts", engine.Commit{Dead: []engine.DeadLetter{letter}}),
		in.Commit(t.Context(), "devices", engine.Commit{}),
		in.SetToken(t.Context(), "refresh", "secret-token", 0),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	return in
}

func export(t *testing.T, in *state.Instance, o state.ExportOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := in.Export(t.Context(), &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportGoesIntoAnyState(t *testing.T) {
	stores := map[string]func(*testing.T) *state.Store{
		"file":     func(t *testing.T) *state.Store { return open(t, t.TempDir()) },
		"database": func(t *testing.T) *state.Store { return openDatabase(t, statetest.Postgres(t)) },
	}
	for from, source := range stores {
		for to, target := range stores {
			t.Run(from+" to "+to, func(t *testing.T) {
				text := export(t, filled(t, source(t)), state.ExportOptions{Secrets: true})
				doc, err := state.ReadDocument(strings.NewReader(text))
				if err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if d := doc.Flows[0].DeadLetters[0]; d.Code != "TQ0801" || d.Field != "attributes.A" || d.Stage != ".a | <b>" || len(d.Values) != 1 {
					t.Errorf("the dead letter is exported as %+v", d)
				}
				copied := target(t).Instance("x")
				for range 2 { // again replaces it
					if err := copied.Import(t.Context(), doc); err != nil {
						t.Fatal(err)
					}
					if got := export(t, copied, state.ExportOptions{Secrets: true}); got != text {
						t.Errorf("came back as\n%s\nwas\n%s", got, text)
					}
				}
			})
		}
	}
}

// What was kept when ledgers held no contents, and dead letters only a reason, is read.
func TestDocumentOfTheFirstSchema(t *testing.T) {
	doc, err := state.ReadDocument(strings.NewReader(`{"schema":1,"connector":"x","flows":[{"name":"a","ledger":[{"rule":"r","key":"k","hash":"h","remote_id":7}],"dead_letters":[{"rule":"r","key":"d","reason":"no","input":"{}","first":"2024-05-01T00:00:00Z","last":"2024-05-01T00:00:00Z","attempts":2}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	in := open(t, t.TempDir()).Instance("x")
	if err := in.Import(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	key := engine.EntryKey{Rule: "r", Key: "k"}
	found, err := in.Ledger(t.Context(), "a", []engine.EntryKey{key})
	if e := found[key]; err != nil || e.Hash != "h" || e.RemoteID != 7 || e.Content != nil {
		t.Errorf("got %+v, %v", e, err)
	}
	letters, err := in.DeadLetters(t.Context(), state.Filter{})
	if err != nil || len(letters) != 1 || letters[0].Reason != "no" || letters[0].Attempts != 2 || letters[0].Code != "" || letters[0].Values != nil {
		t.Errorf("the dead letters are %+v, %v", letters, err)
	}
}

func TestExportLeavesSecretsOut(t *testing.T) {
	in := filled(t, open(t, t.TempDir()))
	redact := func(s string) string { return strings.ReplaceAll(s, "hunter2-hunter2", "***") }
	text := export(t, in, state.ExportOptions{Redact: redact})
	for _, secret := range []string{"secret-mark", "secret-token", "hunter2"} {
		if strings.Contains(text, secret) {
			t.Errorf("U31 %q is in the export:\n%s", secret, text)
		}
	}
	doc, err := state.ReadDocument(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !doc.Flows[0].TokenSet || len(doc.Tokens) != 1 || doc.Tokens[0].Name != "refresh" {
		t.Errorf("it does not say that there are tokens:\n%s", text)
	}
	if err := in.Import(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	if value, version, err := in.Token(t.Context(), "refresh"); err != nil || value != "secret-token" || version != 1 {
		t.Errorf("the token was touched: %q version %d, %v", value, version, err)
	}
}

func TestReadDocumentRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text, says string
		want       error
	}{
		"later":           {`{"schema":4,"connector":"x","new":1}`, "schema 4", state.ErrNewer},
		"no schema":       {`{"connector":"x"}`, "schema 0", nil},
		"no JSON":         {`hello`, "no export", nil},
		"half":            {`{"schema":1,"connector":"x","flows":[`, "no export", nil},
		"unknown field":   {`{"schema":1,"connector":"x","flowz":[]}`, "flowz", nil},
		"no connector":    {`{"schema":1,"flows":[]}`, "no connector", nil},
		"two documents":   {`{"schema":1,"connector":"x","flows":[]}{}`, "no export", nil},
		"null for a flow": {`{"schema":1,"connector":"x","flows":[null]}`, "no name", nil},
		"a flow twice":    {`{"schema":1,"connector":"x","flows":[{"name":"a"},{"name":"a"}]}`, "twice", nil},
		"bad base64 text": {`{"schema":1,"connector":"x","flows":[{"name":"a","token":{"base64":"?"}}]}`, "no export", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := state.ReadDocument(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %q (%v)", err, c.says, c.want)
			}
		})
	}
}

func TestImportIsWhole(t *testing.T) {
	in := filled(t, open(t, t.TempDir()))
	before := export(t, in, state.ExportOptions{Secrets: true})
	for name, text := range map[string]string{
		"bad time":       `{"schema":1,"connector":"x","flows":[{"name":"a","cursor":"2024-05-01T00:00:00Z"},{"name":"b","cursor":"yesterday"}]}`,
		"bad span":       `{"schema":1,"connector":"x","flows":[{"name":"b","done":[{"start":"2024-05-01T00:00:00Z","end":"?"}]}]}`,
		"letter twice":   `{"schema":1,"connector":"x","flows":[{"name":"b","dead_letters":[{"key":"a"},{"key":"a"}]}]}`,
		"letter's times": `{"schema":1,"connector":"x","flows":[{"name":"b","dead_letters":[{"key":"a","first":"?"}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := state.ReadDocument(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Import(t.Context(), doc); err == nil {
				t.Fatal("it was taken")
			}
			if after := export(t, in, state.ExportOptions{Secrets: true}); after != before {
				t.Errorf("left behind\n%s\nwas\n%s", after, before)
			}
		})
	}
}

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte(`{"schema":1,"connector":"x","tokens":[{"name":"a","value":{"base64":"/w=="}}],"flows":[{"name":"a","ledger":[{"rule":"r","key":"k","hash":"h","remote_id":1}],"dead_letters":[]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := state.ReadDocument(bytes.NewReader(text))
		if err == nil && (doc.Schema < 1 || doc.Schema > state.DocumentSchema || doc.Connector == "") {
			t.Errorf("accepted %+v", doc)
		}
	})
}
