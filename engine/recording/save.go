package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrTooCommon says that a secret is so short or common that taking it out would leave no
// recording that can be read.
var ErrTooCommon = errors.New("a secret is a word that the file itself is made of, so it cannot be taken out of it; record with another account")

// Save writes r to a file that only its owner can read (mode 0600), as a whole or not at
// all. The text passes secrets once more before it is written anywhere.
func (r *Recording) Save(path string, secrets Secrets) (err error) {
	text, err := r.Format()
	if err != nil {
		return err
	}
	if masked := secrets.String(string(text)); masked != string(text) {
		text = []byte(masked)
		if _, err := Parse(text); err != nil {
			return fmt.Errorf("%w (%w)", ErrTooCommon, err)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(text); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
