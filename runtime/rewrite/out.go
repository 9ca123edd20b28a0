package rewrite

import (
	"errors"
	"os"
	"path/filepath"
)

// Out writes a file that a person asked for with -o, in one step: whoever reads it gets the old
// content or the new one. A link at path is replaced and not followed, so that one that somebody
// left in a shared folder leads nowhere; a device or a pipe such as /dev/stdout is written to.
// Where mode lets others in, the umask of the process holds.
func Out(path string, content []byte, mode os.FileMode) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return into(path, info, content)
	}
	f, err := fresh(path, mode)
	if err != nil {
		return named(path, err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// named speaks of the file that was asked for, not of the one beside it.
func named(path string, err error) error {
	var of *os.PathError
	if errors.As(err, &of) {
		return &os.PathError{Op: of.Op, Path: path, Err: of.Err}
	}
	return err
}

// fresh makes a new file beside path.
func fresh(path string, mode os.FileMode) (*os.File, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil || mode == 0o600 {
		return temp, err
	}
	if err := errors.Join(temp.Close(), os.Remove(temp.Name())); err != nil {
		return nil, err
	}
	return os.OpenFile(temp.Name(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}

// into writes to what is no file.
func into(path string, info os.FileInfo, content []byte) error {
	if info.IsDir() {
		return &os.PathError{Op: "write", Path: path, Err: errors.New("it is a folder")}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
