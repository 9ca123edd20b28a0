package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"tqmap/engine/console"
)

// typed are the lines of a person, with history and completion.
type typed struct {
	*term.Terminal
	answers io.Writer
}

// ReadLine takes what was pasted for a line like any other.
func (t *typed) ReadLine() (string, error) {
	line, err := t.Terminal.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, err
}

// keys are those that somebody types. Ctrl-C empties the line, as in a shell: it comes out
// as End and Ctrl-U. Ctrl-D ends the input.
type keys struct{ io.ReadWriter }

func (k keys) Read(b []byte) (int, error) {
	n, err := k.ReadWriter.Read(b[:(len(b)+1)/2])
	out := bytes.ReplaceAll(b[:n], []byte{3}, []byte{5, 21})
	if len(b) == 1 {
		return n, err // no room for two
	}
	return copy(b, out), err
}

func (t *typed) Write(b []byte) (int, error) { return t.answers.Write(b) }

// newTyped takes the terminal that in is over until leave is called. Answers go to out,
// which may be another place.
func newTyped(in *os.File, out io.Writer, c *console.Console, history string) (conversation, func(), error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, nil, err
	}
	t := term.NewTerminal(keys{in}, "> ")
	if width, height, err := term.GetSize(int(in.Fd())); err == nil {
		_ = t.SetSize(width, height)
	}
	t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		return completed(t, c, line, pos)
	}
	past := openHistory(history)
	t.History = past
	_, _ = io.WriteString(t, c.Where()+". :help says what can be typed.\n")
	if terminal(out) {
		out = t // which knows where the prompt is
	}
	return &typed{t, out}, func() {
		past.Close()
		_ = term.Restore(int(in.Fd()), before)
	}, nil
}

// completed is line with the word before pos completed as far as it is certain; where it
// is not, what it may become is listed.
func completed(w io.Writer, c *console.Console, line string, pos int) (string, int, bool) {
	from, names := c.Complete(line, pos)
	sure := common(names)
	if len(names) > 1 && from+len(sure) == pos {
		_, _ = io.WriteString(w, strings.Join(names, "  ")+"\n")
	}
	if sure == "" {
		return line, pos, true
	}
	return line[:from] + sure + line[pos:], from + len(sure), true
}

// historyFile is where the lines of the console are kept, "" for nowhere.
func (a *app) historyFile() string {
	dir := a.getenv("XDG_STATE_HOME")
	if home := a.getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".local", "state")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "tqmap", "console_history")
}

// mostHistory is how many lines are remembered.
const mostHistory = 1000

// history are the lines typed before, the newest first, kept in a file where there is one.
type history struct {
	lines []string
	file  *os.File
}

// openHistory reads the history; without a file that can be written it lasts as long as
// the program.
func openHistory(name string) *history {
	h := &history{}
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return h
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return h
	}
	h.file = f
	for lines := bufio.NewScanner(f); lines.Scan(); {
		h.keep(lines.Text())
	}
	return h
}

func (h *history) keep(line string) {
	h.lines = append(h.lines, line)
	if len(h.lines) > mostHistory {
		h.lines = h.lines[1:]
	}
}

// Add remembers a line, unless it is empty or the one before.
func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.keep(line)
	if h.file != nil {
		_, _ = h.file.WriteString(line + "\n")
	}
}

// Len is how many lines there are.
func (h *history) Len() int { return len(h.lines) }

// At is a line, 0 the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// Close ends the history.
func (h *history) Close() {
	if h.file != nil {
		h.file.Close()
	}
}
