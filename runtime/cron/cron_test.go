package cron

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSchedule(t *testing.T) {
	for _, c := range []struct{ text, want, says string }{
		{"0 */2 * * *", "0 */2 * * *", ""},
		{" 0\t*/2  * * * ", "0 */2 * * *", ""},
		{"0,30 1-5/2 1,15 1-12 0-7", "0,30 1-5/2 1,15 1-12 0-7", ""},
		{"59 23 31 DEC sun,mon", "59 23 31 DEC sun,mon", ""},
		{"", "", "five fields"},
		{"* * * *", "", "has 4"},
		{"* * * * * root", "", "has 6"},
		{"0 0 * *\n* * * * * root true", "", "has 11"},
		{"@daily", "", "has 1"},
		{"60 * * * *", "", `minute of the schedule: "60" is not from 0 to 59`},
		{"-1 * * * *", "", "minute"},
		{"* 24 * * *", "", "hour"},
		{"* * 0 * *", "", "day of the month"},
		{"* * * 13 *", "", `month of the schedule: "13" is not from 1 to 12`},
		{"* * * * 8", "", "day of the week"},
		{"jan * * * *", "", "minute"},
		{"* * * sun *", "", "month"},
		{"* * * * mon-fri", "", "day of the week"},
		{"* * * * mon tue", "", "has 6"},
		{"*/0 * * * *", "", "no step"},
		{"*/x * * * *", "", "no step"},
		{"5/10 * * * *", "", "neither * nor a range"},
		{"30-10 * * * *", "", "ends before it begins"},
		{"1,,2 * * * *", "", "minute"},
		{"1-2-3 * * * *", "", "minute"},
		{"99999999999999999999 * * * *", "", "minute"},
		{"$(id) * * * *", "", "minute"},
	} {
		got, err := Schedule(c.text)
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %q, %v; want %q, %q", c.text, got, err, c.want, c.says)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("0,30 1-5/2 * JAN sun")
	f.Fuzz(func(t *testing.T, text string) {
		once, err := Schedule(text)
		if err != nil {
			return
		}
		if again, err := Schedule(once); err != nil || again != once || strings.ContainsAny(once, "\n#%$`\"'\\") {
			t.Errorf("%q became %q, then %q, %v", text, once, again, err)
		}
	})
}

// The line is that of the guides.
func TestLine(t *testing.T) {
	line, err := Entry{"0 */2 * * *", []string{"/opt/tqvenv/x/bin/tq-conn-x", "--config=/etc/tq_labs"}}.Line()
	const want = `0 */2 * * * root /bin/bash -c "source /etc/env-vars.sh; /opt/tqvenv/x/bin/tq-conn-x --config=/etc/tq_labs > /proc/1/fd/1 2>/proc/1/fd/2"`
	if err != nil || line != want {
		t.Errorf("got  %s, %v\nwant %s", line, err, want)
	}
	for _, bad := range []string{`a\b`, "a\nb", "a\x00", "a\x1b"} {
		if line, err := (Entry{"* * * * *", []string{bad}}).Line(); err == nil || !strings.Contains(err.Error(), "cannot stand") {
			t.Errorf("%q became %s, %v", bad, line, err)
		}
	}
	if _, err := (Entry{"* * *", []string{"x"}}).Line(); err == nil {
		t.Error("a schedule of three fields was taken")
	}
}

// What the shells of cron make of the line is the command, whatever it holds.
func TestLineIsQuoted(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip("no /bin/bash")
	}
	words := []string{"a b", "", "it's", `"`, "$HOME", "`id`", "$(id)", ";id", "50%", "a#b", "*", "~", "ä", "--x=a b", "!!", "&", ">x"}
	line, err := Entry{"* * * * *", append([]string{"printf", "<%s>"}, words...)}.Line()
	if err != nil {
		t.Fatal(err)
	}
	command := strings.TrimPrefix(line, "* * * * * root ")
	if rest := strings.ReplaceAll(command, `\%`, ""); strings.Contains(rest, "%") {
		t.Errorf("cron would end it at a %%: %s", command)
	}
	command = strings.ReplaceAll(command, `\%`, `%`)
	command = strings.Replace(command, " > /proc/1/fd/1 2>/proc/1/fd/2", "", 1)
	got, err := exec.Command("/bin/sh", "-c", command).Output()
	if want := "<" + strings.Join(words, "><") + ">"; err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s\nfor %s", err, got, want, command)
	}
}

func TestInstall(t *testing.T) {
	every := func(schedule string) Entry { return Entry{schedule, []string{"/bin/x", "--config=/etc/tq_labs"}} }
	first, err := every("0 */2 * * *").Line()
	if err != nil {
		t.Fatal(err)
	}
	made := file(first)
	for _, c := range []struct {
		name   string
		before string // "-": no file
		entry  Entry
		want   Outcome
		after  string // "": as before
		err    error
	}{
		{"new", "-", every("0 */2 * * *"), Written, made, nil},
		{"the same again", made, every("0  */2 * * *"), There, "", nil},
		{"another schedule, untouched", made, every("5 * * * *"), Written, "#5 * * * *", nil},
		{"in use", made[1:], every("0 */2 * * *"), Active, "", nil},
		{"in use without our words", first + "\n", every("0 */2 * * *"), Active, "", nil},
		{"in use, another schedule", made[1:], every("5 * * * *"), 0, "", ErrEdited},
		{"edited, commented out", strings.Replace(made, "*/2", "*/3", 1), every("0 */2 * * *"), 0, "", ErrEdited},
		{"a line added", made + "MAILTO=ops\n", every("0 */2 * * *"), 0, "", ErrEdited},
		{"somebody else's", "* * * * * root /bin/backup\n", every("0 */2 * * *"), 0, "", ErrEdited},
		{"empty", "", every("0 */2 * * *"), 0, "", ErrEdited},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x")
			if c.before != "-" {
				if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			at, got, err := Install(dir, "x", c.entry)
			if at != path || got != c.want || !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Errorf("got %s, %d, %v; want %d, %v", at, got, err, c.want, c.err)
			}
			text, err := os.ReadFile(path)
			if want := c.after; err != nil || want == "" && string(text) != c.before || !strings.HasPrefix(string(text), want) {
				t.Errorf("%v; it holds\n%s", err, text)
			}
			if info, err := os.Stat(path); c.after != "" && (err != nil || info.Mode().Perm() != 0o644) {
				t.Errorf("mode %v, want 0644", info.Mode())
			}
			if names, _ := filepath.Glob(filepath.Join(dir, ".*")); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	dir := t.TempDir()
	good := Entry{"* * * * *", []string{"/bin/x"}}
	for _, name := range []string{"", "a.b", "../a", "a b", "a/b"} {
		if _, _, err := Install(dir, name, good); err == nil || !strings.Contains(err.Error(), "cron reads no file") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, _, err := Install(filepath.Join(dir, "none"), "x", good); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(dir, "link", good); !errors.Is(err, ErrEdited) {
		t.Errorf("a link: %v", err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}
