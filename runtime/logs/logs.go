// Package logs sets up logging: to the console, and to a file per connector
// where a log directory is given. Nothing reaches either without passing the
// redactor.
package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/lmittmann/tint"

	"tqmap/runtime/redact"
)

// Stdout as log directory means no file: the console alone.
const Stdout = "stdout"

// ErrDirectory says that the log directory or the file in it cannot be used.
var ErrDirectory = errors.New("cannot log to")

// Options say where and how much to log.
type Options struct {
	Stderr   io.Writer // console; nil: none
	Terminal bool      // the console is read by a person: short lines, local time
	Color    bool      // with ANSI colours; only on a terminal
	// Dir holds the file <Connector>.log, which is appended to, and made with
	// mode 0600 if need be. Dir itself must exist. "" or Stdout: no file.
	Dir       string
	Connector string // a plain file name; used with Dir
	// Verbosity is 1 for errors and warnings, 2 for information too, 3 for
	// everything; 0 is 1.
	Verbosity int
	Redactor  *redact.Redactor // nil: there are no secrets
}

// New returns a logger, and what to close when the last line was logged. Lines
// for a file, and for a console that is no terminal, are key=value pairs with
// the time in UTC (RFC 3339). ErrDirectory is the error if Dir cannot be used.
func New(o Options) (*slog.Logger, io.Closer, error) {
	level, err := o.level()
	if err != nil {
		return nil, nil, err
	}
	var handlers []slog.Handler
	var open closers
	if o.Stderr != nil {
		w := o.Redactor.Writer(o.Stderr)
		open = append(open, w)
		handlers = append(handlers, o.console(w, level))
	}
	if o.Dir != "" && o.Dir != Stdout {
		f, err := openFile(o.Dir, o.Connector)
		if err != nil {
			return nil, nil, err
		}
		w := o.Redactor.Writer(f)
		open = append(open, w, f)
		handlers = append(handlers, plain(w, level))
	}
	return slog.New(o.Redactor.Handler(slog.NewMultiHandler(handlers...))), open, nil
}

func (o Options) level() (slog.Level, error) {
	switch o.Verbosity {
	case 0, 1:
		return slog.LevelWarn, nil
	case 2:
		return slog.LevelInfo, nil
	case 3:
		return slog.LevelDebug, nil
	}
	return 0, fmt.Errorf("verbosity %d: use 1 (errors and warnings), 2 (information too) or 3 (everything)", o.Verbosity)
}

func (o Options) console(w io.Writer, level slog.Level) slog.Handler {
	if !o.Terminal {
		return plain(w, level)
	}
	return tint.NewTextHandler(w, &tint.Options{
		Level: level, NoColor: !o.Color, TimeFormat: time.TimeOnly, ReplaceAttr: harmless,
	})
}

// harmless rewrites a text that could steer the terminal or forge further lines:
// messages and values may hold what a server sent. tint quotes most of it in
// values, but lets escape sequences pass, and cuts a value off at U+FFFD.
func harmless(groups []string, a slog.Attr) slog.Attr {
	if kind := a.Value.Kind(); kind != slog.KindString && kind != slog.KindAny {
		return a
	}
	text := a.Value.String()
	if clean := strings.Map(visible, text); clean != text {
		text, a.Value = clean, slog.StringValue(clean)
	}
	unsafe := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(groups) == 0 && a.Key == slog.MessageKey && strings.ContainsFunc(text, unsafe) {
		a.Value = slog.StringValue(strconv.Quote(text))
	}
	return a
}

// visible gives the escape character and broken UTF-8 a printable form.
func visible(r rune) rune {
	switch r {
	case '\x1b':
		return '␛'
	case unicode.ReplacementChar:
		return '?'
	}
	return r
}

func plain(w io.Writer, level slog.Level) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: utc})
}

func utc(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindTime {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}

func openFile(dir, connector string) (*os.File, error) {
	if connector == "" || connector != filepath.Base(connector) || strings.Trim(connector, ".") == "" {
		return nil, fmt.Errorf("log file: %q is no name for a file", connector)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w %s: %w; create the directory (mkdir -p), or log elsewhere", ErrDirectory, dir, err)
	case err != nil:
		return nil, fmt.Errorf("%w %s: %w", ErrDirectory, dir, err)
	case !info.IsDir():
		return nil, fmt.Errorf("%w %s: it is no directory; name the directory that the log files are to be in", ErrDirectory, dir)
	}
	f, err := os.OpenFile(filepath.Join(dir, connector+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w; give this user write access, or log elsewhere", ErrDirectory, dir, err)
	}
	return f, nil
}

// closers closes all, in order.
type closers []io.Closer

func (c closers) Close() error {
	var all []error
	for _, one := range c {
		all = append(all, one.Close())
	}
	return errors.Join(all...)
}
