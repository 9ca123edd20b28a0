package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tqmap": main,
		// Tells its own peak: what the parent would be told includes the parent's.
		"tqmap-measured": func() {
			limitMemory()
			a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
			code := a.main(context.Background(), append([]string{"tqmap"}, os.Args[1:]...))
			if status, err := os.ReadFile("/proc/self/status"); err == nil {
				_ = os.WriteFile(os.Getenv("PEAK_FILE"), status, 0o600)
			}
			os.Exit(code)
		},
		"bench-peak": benchPeak,
		// A copy of the binary with the name of a connector of the guides.
		"tq-conn-ironnet":           main,
		"tq-conn-darktrace":         main,
		"tq-conn-ctr-exporter":      main,
		"tq-conn-devo-ioc-exporter": main,
		"tq-conn-netscout-aed":      main,
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Condition:           hasPostgres,
		Setup:               tutorial,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exits,
			"jsonok":   jsonOK,
			"edit":     edit,
			"lock":     lock,
			"truncate": truncated,
			"database": database(t),
			"settings": settings,
		},
	})
}

// exits CODE COMMAND…: runs the command and wants exactly that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		var exit *exec.ExitError
		if !asExit(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// edit FILE OLD NEW: replaces OLD by NEW; OLD must be there exactly once.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if n := strings.Count(string(b), args[1]); n != 1 {
		ts.Fatalf("%q stands %d times in %s", args[1], n, args[0])
	}
	ts.Check(os.WriteFile(path, []byte(strings.Replace(string(b), args[1], args[2], 1)), 0o600))
}
