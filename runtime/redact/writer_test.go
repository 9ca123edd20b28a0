package redact

import (
	"errors"
	"strings"
	"testing"
)

func TestWriterSplits(t *testing.T) {
	secret := "hunter2!"
	for _, c := range []struct {
		name   string
		writes []string
		want   []string // that reached the writer below, after each write and the flush
	}{
		{"whole", []string{"a hunter2! b\n"}, []string{"a *** b\n", ""}},
		{"in two", []string{"a hun", "ter2! b"}, []string{"a ", "*** b", ""}},
		{"byte by byte", strings.Split(secret, ""), []string{"", "", "", "", "", "", "", "***", ""}},
		{"no secret after all", []string{"a hun", "dred\n"}, []string{"a ", "hundred\n", ""}},
		{"beginning again", []string{"hunhun", "ter2!"}, []string{"hun", "***", ""}},
		{"never ended", []string{"a hun"}, []string{"a ", "hun"}},
		{"a line ends", []string{"nothing to hide\n"}, []string{"nothing to hide\n", ""}},
		{"empty", []string{""}, []string{"", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			w := with(secret).Writer(&out)
			var got []string
			for _, text := range c.writes {
				if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
					t.Fatalf("write %q: %d, %v", text, n, err)
				}
				got = append(got, out.String())
				out.Reset()
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			got = append(got, out.String())
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSecretAddedLaterIsMaskedInOldWriter(t *testing.T) {
	r := New()
	var out strings.Builder
	w := r.Writer(&out)
	w.Write([]byte("hunter2! is not known yet, "))
	r.Add("hunter2!")
	w.Write([]byte("hun"))
	r.Add("another one")
	w.Write([]byte("ter2! is, and another one"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "hunter2! is not known yet, *** is, and ***"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestWriterReportsErrors(t *testing.T) {
	disk := errors.New("disk full")
	for name, r := range map[string]*Redactor{"no secrets": New(), "secrets": with("hunter2!")} {
		w := r.Writer(full{disk})
		if n, err := w.Write([]byte("text\n")); n != 0 || !errors.Is(err, disk) {
			t.Errorf("%s: %d, %v; want the error of the writer below", name, n, err)
		}
	}
	w := with("hunter2!").Writer(full{disk})
	if n, err := w.Write([]byte("hun")); n != 3 || err != nil {
		t.Errorf("held back: %d, %v", n, err)
	}
	if err := w.Close(); !errors.Is(err, disk) {
		t.Errorf("close: %v, want the error of the writer below", err)
	}
}
