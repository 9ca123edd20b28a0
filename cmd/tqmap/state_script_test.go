package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// truncated FILE: cuts the file in the middle.
func truncated(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()/2))
}

// hasPostgres is the condition "postgres".
func hasPostgres(condition string) (bool, error) {
	if condition != "postgres" {
		return false, fmt.Errorf("unknown condition %q", condition)
	}
	return os.Getenv(statetest.PostgresEnv) != "", nil
}

// database NAME: puts the address of an empty database into the variable.
func database(t testing.TB) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], statetest.Postgres(t))
	}
}

// settings FILE ADDRESS: writes settings that name a database.
func settings(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, fmt.Appendf(nil, "database = %q\n", args[1]), 0o600))
}

// lock DIR CONNECTOR [HOST]: holds the lock to the end of the script, as this process or as
// one of another machine.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	store, err := state.Open(context.Background(), ts.MkAbs(args[0]))
	ts.Check(err)
	owner := state.Owner{}
	if len(args) > 2 {
		owner = state.Owner{Host: args[2], PID: 4711}
	}
	held, err := store.Lock(context.Background(), args[1], owner)
	ts.Check(err)
	ts.Defer(func() {
		_ = held.Release()
		_ = store.Close()
	})
}
