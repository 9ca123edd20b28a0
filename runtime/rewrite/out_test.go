package rewrite

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOutFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	victim, planted := filepath.Join(dir, "victim"), filepath.Join(dir, "planted")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{victim, filepath.Join(dir, "not there yet")} {
		if err := os.Symlink(target, planted); err != nil {
			t.Fatal(err)
		}
		if err := Out(planted, []byte("ours"), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(planted)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o600 {
			t.Errorf("it is %v, %v", info.Mode(), err)
		}
		if text, _ := os.ReadFile(planted); string(text) != "ours" {
			t.Errorf("it holds %q", text)
		}
		os.Remove(planted)
	}
	if text, _ := os.ReadFile(victim); string(text) != "precious" {
		t.Errorf("what the link led to holds %q", text)
	}
	if _, err := os.Lstat(filepath.Join(dir, "not there yet")); err == nil {
		t.Error("the link made a file elsewhere")
	}
}

func TestOutLeavesDevicesAlone(t *testing.T) {
	dir := t.TempDir()
	null := filepath.Join(dir, "null")
	if err := os.Symlink("/dev/null", null); err != nil {
		t.Fatal(err)
	}
	if err := Out(null, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(null); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("it is %v, %v", info.Mode(), err)
	}
	if err := Out(dir, nil, 0o644); err == nil {
		t.Error("it writes a folder")
	}
	if err := Out(filepath.Join(dir, "no", "folder"), nil, 0o644); err == nil {
		t.Error("it writes into a folder that is not there")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*-*")); len(left) > 0 {
		t.Errorf("it leaves %s", left)
	}
}
