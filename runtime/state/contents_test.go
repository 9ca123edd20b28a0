package state_test

import (
	"errors"
	"testing"

	"tqmap/engine"
	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// A file without contents is brought up to date, whose ledger then holds some.
func TestContentsSurvive(t *testing.T) {
	places := map[string]func(*testing.T) func(schema int) (*state.Store, error){
		"file": func(t *testing.T) func(int) (*state.Store, error) {
			dir := t.TempDir()
			return func(schema int) (*state.Store, error) { return state.OpenAt(t.Context(), dir, schema) }
		},
		"database": func(t *testing.T) func(int) (*state.Store, error) {
			address := statetest.Postgres(t)
			return func(schema int) (*state.Store, error) { return state.OpenDatabaseAt(t.Context(), address, schema) }
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			open := place(t)
			old, err := open(2)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				`INSERT INTO flow (instance, name) VALUES ('x', 'alerts')`,
				`INSERT INTO ledger SELECT id, 'event.alert', 'old', 'hash', 7 FROM flow`,
				`INSERT INTO ledger SELECT id, 'event.alert', 'next', 'hash', 8 FROM flow`,
			} {
				err = errors.Join(err, old.Exec(statement))
			}
			if err := errors.Join(err, old.Close()); err != nil {
				t.Fatal(err)
			}
			var in *state.Instance
			reopen := func() {
				s, err := open(state.Schema)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				in = s.Instance("x")
			}
			key := func(name string) engine.EntryKey { return engine.EntryKey{Rule: "event.alert", Key: name} }
			expect := func(want map[string]string) {
				t.Helper()
				found, err := in.Ledger(t.Context(), "alerts", []engine.EntryKey{key("old"), key("next"), key("new")})
				if err != nil || len(found) != len(want) {
					t.Errorf("%d entries, %v; want %d", len(found), err, len(want))
				}
				for name, content := range want {
					if got := found[key(name)]; string(got.Content) != content || (got.Content == nil) != (content == "") {
						t.Errorf("%s holds %q, want %q", name, got.Content, content)
					}
				}
			}
			reopen()
			expect(map[string]string{"old": "", "next": ""})
			err = in.Commit(t.Context(), "alerts", engine.Commit{
				Entries:   []engine.Entry{{EntryKey: key("next"), Content: []byte(`{"a": 1}`)}, {EntryKey: key("new"), Content: []byte("\x00\xff")}},
				Forgotten: []engine.EntryKey{key("old")},
			})
			if err != nil {
				t.Fatal(err)
			}
			reopen()
			expect(map[string]string{"next": `{"a": 1}`, "new": "\x00\xff"})
		})
	}
}
