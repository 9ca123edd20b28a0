package state

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the name of the state file inside its directory. SQLite keeps
// FileName-wal and FileName-shm beside it while it is open.
const FileName = "tqmap.db"

// createFile makes sure that the state file is there and readable by its owner
// only, before SQLite sees it: SQLite gives its companions the file's mode.
func createFile(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(abs, FileName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", unwritable(abs, err)
	}
	if err := f.Close(); err != nil {
		return "", unwritable(abs, err)
	}
	return path, tighten(path)
}

// tighten corrects the mode of files that were copied into place.
func tighten(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = os.Chmod(name, 0o600)
		}
		if err != nil {
			return unwritable(filepath.Dir(path), err)
		}
	}
	return nil
}

func unwritable(dir string, err error) error {
	todo := "give this user read and write access to it and to " + FileName + " in it, or name another state directory"
	if errors.Is(err, fs.ErrNotExist) {
		todo = "create it (mkdir -p), or name another state directory"
	}
	return fmt.Errorf("%w %s: %w; %s", ErrUnwritable, dir, err, todo)
}

// dsn opens path for reading and writing. The path is escaped because a
// directory name may hold '?' or '%'.
func dsn(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	query := url.Values{
		"mode":          {"rw"},
		"_busy_timeout": {"30000"}, // milliseconds; waiting processes take no turns
		"_foreign_keys": {"on"},
		"_synchronous":  {"full"}, // an acknowledged commit survives a power failure
		"_txlock":       {"immediate"},
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath() + "?" + query.Encode()
}
