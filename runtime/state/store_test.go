package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/engine"
)

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir, time.Now)
	if err := commitOne(t, s.Instance("x")); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 3 {
		t.Fatalf("files %v, %v; want the database, -wal and -shm", names, err)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", name, info.Mode(), err)
		}
	}
	// A copy put in place by hand is mended.
	if err := os.Chmod(filepath.Join(dir, FileName), 0o644); err != nil {
		t.Fatal(err)
	}
	openTest(t, dir, time.Now)
	if info, err := os.Stat(filepath.Join(dir, FileName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v after opening again; want 0600", info.Mode(), err)
	}
}

func TestOpenFails(t *testing.T) {
	write := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		want  error
		says  []string
	}{
		{"no directory", func(t *testing.T, path string) { remove(t, filepath.Dir(path)) }, fs.ErrNotExist, []string{"mkdir"}},
		{"directory is a file", func(t *testing.T, path string) {
			remove(t, filepath.Dir(path))
			write("")(t, filepath.Dir(path))
		}, ErrUnwritable, []string{"another state directory"}},
		{"file is a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, ErrUnwritable, []string{"another state directory"}},
		{"no database", write(strings.Repeat("not SQLite. ", 1000)), ErrDamaged, []string{"aside"}},
		{"U35 truncated", truncate, ErrDamaged, []string{"aside", "good copy", "everything again"}},
		{"damaged pages", spoil, ErrDamaged, []string{"aside", "everything again"}},
		{"newer", func(t *testing.T, path string) { alter(t, path, "PRAGMA user_version = 99") }, ErrNewer, []string{"schema 99", "another state directory"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, filepath.Join(dir, FileName))
			before, _ := os.ReadFile(filepath.Join(dir, FileName))
			_, err := Open(t.Context(), dir)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			for _, words := range append(c.says, dir) {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if after, _ := os.ReadFile(filepath.Join(dir, FileName)); !slices.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestMissingDirectoryIsUnwritable(t *testing.T) {
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, ErrUnwritable) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrUnwritable and fs.ErrNotExist", err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrUnwritable) {
		t.Errorf("got %v, want ErrUnwritable", err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// alter creates the state at path and changes it behind the package's back.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.db.Exec(statement)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// truncate cuts a filled state in the middle.
func truncate(t *testing.T, path string) {
	fill(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

// spoil overwrites everything but the first page of a filled state.
func spoil(t *testing.T, path string) {
	fill(t, path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(text); i++ {
		text[i] = 0xa5
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var c engine.Commit
	for i := range 2000 {
		c.Entries = append(c.Entries, engine.Entry{EntryKey: engine.EntryKey{Rule: "r", Key: fmt.Sprint(i)}, Hash: "h"})
	}
	if err := errors.Join(s.Instance("x").Commit(t.Context(), "alerts", c), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDirectoryNameIsEscaped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a?mode=memory&b%20#c d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := commitOne(t, openTest(t, dir, time.Now).Instance("x")); err != nil {
		t.Fatal(err)
	}
	flows, err := openTest(t, dir, time.Now).Flows(t.Context())
	if err != nil || len(flows) != 1 || flows[0].Ledger != 1 {
		t.Errorf("flows %+v, %v; want one with one entry", flows, err)
	}
}

func TestOpenAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			s, err := Open(t.Context(), dir)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			defer s.Close()
			if err := commitOne(t, s.Instance(fmt.Sprint(n))); err != nil {
				t.Errorf("commit: %v", err)
			}
		})
	}
	all.Wait()
	if flows, err := openTest(t, dir, time.Now).Flows(t.Context()); err != nil || len(flows) != 8 {
		t.Errorf("flows %v, %v; want 8", flows, err)
	}
}

// A file of the first release is brought up to date with all that it holds.
func TestMigrationFromTheFirst(t *testing.T) {
	dir := t.TempDir()
	old, err := open(t.Context(), dir, sqliteMigrations[:1])
	if err != nil {
		t.Fatal(err)
	}
	_, err = old.db.Exec(`INSERT INTO flow (instance, name, cursor) VALUES ('x', 'alerts', '2024-05-01T00:00:00.000000000Z');
		INSERT INTO boundary VALUES (1, 'a', 'hash'); INSERT INTO ledger VALUES (1, 'event.alert', 'a', 'hash', 7);`)
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}
	in := openTest(t, dir, time.Now).Instance("x")
	at, err := in.Checkpoint(t.Context(), "alerts")
	if err != nil || !at.Cursor.Equal(epoch) || at.Boundary["a"] != "hash" || at.Token != "" || at.Done != nil {
		t.Errorf("checkpoint %+v, %v", at, err)
	}
	key := engine.EntryKey{Rule: "event.alert", Key: "a"}
	if found, err := in.Ledger(t.Context(), "alerts", []engine.EntryKey{key}); err != nil || found[key].RemoteID != 7 {
		t.Errorf("ledger %v, %v", found, err)
	}
	if err := in.SetToken(t.Context(), "refresh", "1", 0); err != nil {
		t.Error(err)
	}
}

func TestMigrationKeepsACopy(t *testing.T) {
	dir := t.TempDir()
	old := openTest(t, dir, time.Now)
	if err := commitOne(t, old.Instance("x")); err != nil {
		t.Fatal(err)
	}
	broken := append(slices.Clone(sqliteMigrations), "ALTER TABLE flow ADD COLUMN extra TEXT; CREATE TABLE flow (id)")
	if _, err := open(t.Context(), dir, broken); err == nil {
		t.Fatal("a broken migration succeeded")
	}
	next := append(slices.Clone(sqliteMigrations), "ALTER TABLE flow ADD COLUMN extra TEXT NOT NULL DEFAULT 'new'")
	s, err := open(t.Context(), dir, next)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var extra string
	if err := s.db.QueryRow("SELECT extra FROM flow").Scan(&extra); err != nil || extra != "new" {
		t.Errorf("after the migration: %q, %v", extra, err)
	}
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrNewer) {
		t.Errorf("the older version got %v, want ErrNewer", err)
	}

	// The copy put in place is the state as it was.
	copied := filepath.Join(dir, fmt.Sprintf("%s.v%d", FileName, len(sqliteMigrations)))
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("copy: %v, %v; want mode 0600", info, err)
	}
	back := t.TempDir()
	if err := os.Rename(copied, filepath.Join(back, FileName)); err != nil {
		t.Fatal(err)
	}
	flows, err := openTest(t, back, time.Now).Flows(t.Context())
	if err != nil || len(flows) != 1 || flows[0].Ledger != 1 {
		t.Errorf("copy holds %+v, %v; want one flow with one entry", flows, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.copy-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCommitThatFailsHalfwayLeavesNothing(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	if _, err := s.db.Exec(`CREATE TRIGGER refuse BEFORE INSERT ON dead_letter BEGIN SELECT RAISE(ABORT, 'no room'); END`); err != nil {
		t.Fatal(err)
	}
	i := s.Instance("x")
	c := step(1)
	c.Dead = []engine.DeadLetter{{Key: "a"}}
	if err := i.Commit(t.Context(), "alerts", c); err == nil || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), `flow "alerts" of x`) {
		t.Fatalf("got %v, want the trigger's words and the flow", err)
	}
	if flows, err := s.Flows(t.Context()); err != nil || len(flows) != 0 {
		t.Errorf("left behind: %+v, %v", flows, err)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	tx, err := s.db.BeginTx(t.Context(), nil) // holds the only connection
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Instance("x").Commit(ctx, "alerts", step(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.Instance("x").Commit(t.Context(), "alerts", step(1)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestCursorOutsideOfTheCalendar(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	c := engine.Commit{Checkpoint: &engine.Checkpoint{Cursor: time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if err := s.Instance("x").Commit(t.Context(), "alerts", c); err == nil || !strings.Contains(err.Error(), "12024") {
		t.Errorf("got %v, want an error about the year", err)
	}
}

func TestSpoiledCursor(t *testing.T) {
	dir := t.TempDir()
	alter(t, filepath.Join(dir, FileName), "INSERT INTO flow (instance, name, cursor) VALUES ('x', 'alerts', 'yesterday')")
	s := openTest(t, dir, time.Now)
	if _, err := s.Instance("x").Checkpoint(t.Context(), "alerts"); !errors.Is(err, ErrDamaged) {
		t.Errorf("checkpoint: %v, want ErrDamaged", err)
	}
	if _, err := s.Flows(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("flows: %v, want ErrDamaged", err)
	}
}

func TestStoredTimesSortAsInstants(t *testing.T) {
	times := []time.Time{epoch.Add(-1), epoch, epoch.Add(1), epoch.Add(100), epoch.In(time.FixedZone("", 3600)).Add(time.Second), epoch.Add(time.Hour)}
	var texts []string
	for _, at := range times {
		text, err := encodeTime(at)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeTime(text); err != nil || !back.Equal(at) {
			t.Errorf("%v came back as %v, %v", at, back, err)
		}
		texts = append(texts, text)
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not sorted: %q", texts)
	}
}

func BenchmarkLedger(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const rows, perCommit = 200_000, 1000
	i, keys := s.Instance("x"), []engine.EntryKey(nil)
	for n := range rows / perCommit {
		var c engine.Commit
		for m := range perCommit {
			key := engine.EntryKey{Rule: "indicator.ioc", Key: fmt.Sprint(n*perCommit + m)}
			keys = append(keys, key)
			c.Entries = append(c.Entries, engine.Entry{EntryKey: key, Hash: "0123456789abcdef0123456789abcdef"})
		}
		if err := i.Commit(b.Context(), "alerts", c); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if found, err := i.Ledger(b.Context(), "alerts", keys[:2500]); err != nil || len(found) != 2500 {
			b.Fatal(len(found), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/2500, "us/key")
}
