package state

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestGoneProcess(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	who := identify(pid)
	if who.boot == "" || who.namespace == "" || who.birth == "" {
		t.Errorf("identity has gaps: %+v", who)
	}
	if who.gone(pid) {
		t.Error("a living process counts as gone")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// Ended, but its parent has not asked: the number still exists.
	if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if !who.gone(pid) {
		t.Error("a zombie counts as living")
	}
	_ = cmd.Wait() // "signal: killed"
	if !who.gone(pid) {
		t.Error("an ended process counts as living")
	}
}
