package cron

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// Dir is where cron looks for files of entries.
const Dir = "/etc/cron.d"

// Entry runs a command by a schedule.
type Entry struct {
	Schedule string
	Command  []string // the path of a program, and its arguments
}

// Line is the entry as cron reads it: as root, with the environment of ThreatQ 6 where there is
// one, and with the output where its containers are listened to.
func (e Entry) Line() (string, error) {
	schedule, err := Schedule(e.Schedule)
	if err != nil {
		return "", err
	}
	var words []string
	for _, word := range e.Command {
		if strings.ContainsFunc(word, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) {
			return "", fmt.Errorf("%q cannot stand in a crontab, as it holds a backslash or a control character", word)
		}
		words = append(words, Quote(word))
	}
	command := "source /etc/env-vars.sh; " + strings.Join(words, " ") + " > /proc/1/fd/1 2>/proc/1/fd/2"
	// In double quotes for the shell; to cron, % is the end of a line.
	escaped := strings.NewReplacer(`"`, `\"`, `$`, `\$`, "`", "\\`", `%`, `\%`).Replace(command)
	return schedule + ` root /bin/bash -c "` + escaped + `"`, nil
}

var plain = regexp.MustCompile(`^[\w./=:@%+,-]+$`)

// Quote is word as a shell reads it as one. It uses no backslash, which cron would read, too.
func Quote(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
}

// Outcome is what Install found and did.
type Outcome int

// Written: the entry is there now, commented out. There: it was. Active: it was, and somebody
// has removed the # already.
const (
	Written Outcome = iota
	There
	Active
)

// ErrEdited means that the file holds something that is not of Install's making.
var ErrEdited = errors.New("it was edited, or is somebody else's, and stays as it is")

// fileName is what cron reads: it passes over names with a dot.
var fileName = regexp.MustCompile(`^[\w-]+$`)

// Install writes e into the file called name of dir, commented out. What an operator has
// taken into use or changed there stays (ErrEdited); an entry that is as Install left it
// is replaced.
func Install(dir, name string, e Entry) (path string, done Outcome, err error) {
	path = filepath.Join(dir, name)
	if !fileName.MatchString(name) {
		return path, 0, fmt.Errorf("cron reads no file called %q: the name of the instance may have letters, digits, - and _", name)
	}
	line, err := e.Line()
	if err != nil {
		return path, 0, err
	}
	was, err := current(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, Written, write(path, file(line), true)
	case err != nil:
		return path, 0, err
	case was == file(line):
		return path, There, nil
	case firstLine(was) == line:
		return path, Active, nil
	case was == file(strings.TrimPrefix(firstLine(was), "#")):
		return path, Written, write(path, file(line), false)
	}
	return path, 0, fmt.Errorf("%s: %w; the entry would be\n%s", path, ErrEdited, line)
}

// file begins with the # that is to be removed. Its last line tells whether the first is as
// it was written.
func file(line string) string {
	return fmt.Sprintf("#%s\n# From tqmap run --cron. Remove the # at the beginning of this file when the connector is configured. (%x)\n",
		line, sha256.Sum256([]byte(line)))
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func current(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: %w", path, ErrEdited)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// write puts a whole file into place; cron passes over the temporary one, as it has a dot.
func write(path, text string, isNew bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tqmap-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if isNew {
		return os.Link(f.Name(), path) // fails if it has appeared meanwhile
	}
	return os.Rename(f.Name(), path)
}
