package logs

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tqmap/runtime/redact"
)

// logged returns what log writes to the console under o.
func logged(t *testing.T, o Options, log func(*slog.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	o.Stderr = &out
	l, c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	log(l)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVerbosity(t *testing.T) {
	for verbosity, want := range map[int]string{0: "EW", 1: "EW", 2: "EWI", 3: "EWID"} {
		for _, terminal := range []bool{false, true} {
			got := logged(t, Options{Verbosity: verbosity, Terminal: terminal}, func(l *slog.Logger) {
				l.Error("msg-E")
				l.Warn("msg-W")
				l.Info("msg-I")
				l.Debug("msg-D")
			})
			for _, level := range "EWID" {
				if strings.Contains(got, "msg-"+string(level)) != strings.ContainsRune(want, level) {
					t.Errorf("verbosity %d, terminal %v: got %q, want levels %s", verbosity, terminal, got, want)
				}
			}
		}
	}
	for _, verbosity := range []int{-1, 4} {
		if _, _, err := New(Options{Verbosity: verbosity}); err == nil || !strings.Contains(err.Error(), "3 (everything)") {
			t.Errorf("verbosity %d: %v, want an error that names the levels", verbosity, err)
		}
	}
}

func TestLineFormats(t *testing.T) {
	log := func(l *slog.Logger) { l.With("flow", "alerts").Warn("two words", "n", 3, "why", "a b") }
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"plain", Options{}, `^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z level=WARN msg="two words" flow=alerts n=3 why="a b"\n$`},
		{"plain without colour", Options{Color: true}, `^time=\S+Z level=WARN msg="two words" flow=alerts n=3 why="a b"\n$`},
		{"terminal", Options{Terminal: true}, `^\d\d:\d\d:\d\d WRN two words flow=alerts n=3 why="a b"\n$`},
		{"colour", Options{Terminal: true, Color: true}, "^\x1b\\[2m\\d\\d:\\d\\d:\\d\\d\x1b\\[0m \x1b\\[93mWRN\x1b\\[0m two words .*\n$"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := logged(t, c.o, log); !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

func TestTimesAreUTC(t *testing.T) {
	at := time.Date(2024, 5, 1, 2, 0, 0, 0, time.FixedZone("", 2*3600))
	got := logged(t, Options{}, func(l *slog.Logger) { l.Warn("x", "cursor", at) })
	if !strings.Contains(got, "cursor=2024-05-01T00:00:00.000Z") {
		t.Errorf("got %q", got)
	}
}

func TestMessagesCannotSteerTheTerminal(t *testing.T) {
	for _, color := range []bool{false, true} {
		got := logged(t, Options{Terminal: true, Color: color}, func(l *slog.Logger) {
			l.Warn("server said \x1b]0;owned\x07\n12:00:00 INF all is well", "v", "\x1b[2Jgone\n",
				"err", errors.New("\x1b[2Jbad\xff, rest"), "b", []byte("\x1b[2J"))
		})
		for _, want := range []string{"owned", "gone", "bad?, rest"} {
			if !strings.Contains(got, want) {
				t.Errorf("colour %v: %q is not in %q", color, want, got)
			}
		}
		if strings.Contains(got, "\x1b]") || strings.Contains(got, "\x1b[2J") || strings.Contains(got, "\x07") || strings.Count(got, "\n") != 1 {
			t.Errorf("colour %v: got %q", color, got)
		}
	}
}

func TestSecretsReachNeitherConsoleNorFile(t *testing.T) {
	secret := "hunter\"2 ö"
	for _, o := range []Options{{}, {Terminal: true}, {Terminal: true, Color: true}} {
		o.Redactor, o.Dir, o.Connector, o.Verbosity = redact.New(), t.TempDir(), "x", 3
		got := logged(t, o, func(l *slog.Logger) {
			l = l.With("token", secret)
			o.Redactor.Add(secret)
			l.Debug("login with "+secret, "err", errors.New(secret), slog.Group("g", "body", `{"p":"hunter\"2 ö"}`))
		})
		for _, text := range []string{got, read(t, filepath.Join(o.Dir, "x.log"))} {
			if strings.Contains(text, "hunter") || strings.Count(text, redact.Mask) != 4 {
				t.Errorf("got %q, want four masks", text)
			}
		}
	}
}

func TestFileIsAppendedTo(t *testing.T) {
	o := Options{Dir: t.TempDir(), Connector: "tq-conn-x", Verbosity: 2, Terminal: true, Color: true}
	for _, text := range []string{"first", "second"} {
		logged(t, o, func(l *slog.Logger) { l.Info(text) })
	}
	name := filepath.Join(o.Dir, "tq-conn-x.log")
	lines := regexp.MustCompile(`^time=\S+Z level=INFO msg=first\ntime=\S+Z level=INFO msg=second\n$`)
	if got := read(t, name); !lines.MatchString(got) {
		t.Errorf("got %q, want two plain lines", got)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestStdoutIsNoDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"", Stdout} {
		if got := logged(t, Options{Dir: dir}, func(l *slog.Logger) { l.Warn("x") }); !strings.Contains(got, "msg=x") {
			t.Errorf("%q: got %q", dir, got)
		}
	}
	if files, err := os.ReadDir("."); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v; want none", files, err)
	}
}

func TestNowhere(t *testing.T) {
	l, c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l.Error("nobody listens"); l.Enabled(t.Context(), slog.LevelError) {
		t.Error("enabled without an output")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestDirectoryFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "taken.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, dir, connector string
		want                 error
		says                 string
	}{
		{"missing", filepath.Join(dir, "none"), "x", fs.ErrNotExist, "mkdir"},
		{"missing, in our words", filepath.Join(dir, "none"), "x", ErrDirectory, "none"},
		{"a file", filepath.Join(dir, "file"), "x", ErrDirectory, "no directory"},
		{"below a file", filepath.Join(dir, "file", "sub"), "x", ErrDirectory, "sub"},
		{"not writable", dir, "taken", ErrDirectory, "write access"},
		{"no name", dir, "", nil, "no name"},
		{"a path", dir, "../x", nil, "no name"},
		{"dots", dir, "..", nil, "no name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := New(Options{Dir: c.dir, Connector: c.connector})
			if err == nil || !strings.Contains(err.Error(), c.says) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v and %q", err, c.want, c.says)
			}
		})
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestFileGetsItsLinesThoughTheConsoleIsGone(t *testing.T) {
	o := Options{Stderr: broken{errors.New("no console")}, Dir: t.TempDir(), Connector: "x"}
	l, c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l.Warn("still here")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := read(t, filepath.Join(o.Dir, "x.log")); !strings.Contains(got, "still here") {
		t.Errorf("got %q", got)
	}
}
