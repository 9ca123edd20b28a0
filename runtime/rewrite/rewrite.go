// Package rewrite puts new content into files that people wrote.
package rewrite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrReadOnly is a file that is marked as not to be written.
var ErrReadOnly = errors.New("the file is read-only")

// File puts content into the file at path, which must be there, in one step: whoever
// reads it gets the old content or the new one. A link stays a link, to the file that
// gets the content. Mode and, where the system lets us, owner stay as they were.
func File(path string, content []byte) (err error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	if err := writable(real, info); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(real), "."+filepath.Base(real)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	own(f, info)
	if err = errors.Join(err, f.Chmod(info.Mode()), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), real)
}

// writable says why a file is not to be replaced, though its folder may let us.
func writable(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	if info.Mode().Perm()&0o222 == 0 {
		return ErrReadOnly // to root, too
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}
