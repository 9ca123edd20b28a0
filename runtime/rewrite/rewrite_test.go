package rewrite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a"), filepath.Join(dir, "sub", "link")
	must(t, os.WriteFile(file, []byte("old"), 0o600))
	must(t, os.Chmod(file, 0o751))
	must(t, os.Mkdir(filepath.Dir(link), 0o700))
	must(t, os.Symlink(filepath.Join("..", "a"), link))
	must(t, File(link, []byte("new")))
	got, err := os.ReadFile(file)
	info, errInfo := os.Stat(file)
	if err != nil || errInfo != nil || string(got) != "new" || info.Mode() != 0o751 {
		t.Errorf("%q, %v, %v %v", got, info.Mode(), err, errInfo)
	}
	if to, err := os.Readlink(link); err != nil || to != filepath.Join("..", "a") {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFilesThatStay(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a")
	must(t, os.WriteFile(file, []byte("old"), 0o600))
	must(t, os.Chmod(file, 0o444))
	if err := File(file, []byte("new")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a read-only file: %v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if err := File(filepath.Join(dir, "b"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := File(dir, nil); err == nil {
		t.Error("a folder was written")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
