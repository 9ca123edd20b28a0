package redact

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// secrets draws values without the asterisks of Mask, which can turn what is
// around them into a secret, and without the white space that Add trims.
func secrets(alphabet string) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), MinLength, 12, -1).
		Filter(func(s string) bool { return s == strings.TrimSpace(s) })
}

func TestNoPlantedSecretSurvives(t *testing.T) {
	names := make([]string, 0, len(encodings))
	for name := range encodings {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.OneOf(secrets("ab\"\\/+ &<%ö\n"), secrets("abcdefghijklmnopqrstuvwxyz0123456789!")), 1, 4).Draw(t, "secrets")
		r := with(all...)
		var text strings.Builder
		noise := rapid.StringOf(rapid.RuneFrom([]rune("ab=&. \n")))
		for range rapid.IntRange(1, 5).Draw(t, "plants") {
			text.WriteString(noise.Draw(t, "noise") + "\t")
			text.WriteString(encodings[rapid.SampledFrom(names).Draw(t, "encoding")](rapid.SampledFrom(all).Draw(t, "secret")) + "\t")
		}
		got := r.String(text.String())
		for _, s := range all {
			for _, name := range names {
				if form := encodings[name](s); strings.Contains(got, form) {
					t.Fatalf("%s of %q survives: %q", name, s, got)
				}
			}
		}
		if again := r.String(got); again != got {
			t.Fatalf("masking again changes %q to %q", got, again)
		}
	})
}

func TestTextWithoutSecretsIsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// No form of a secret of capital letters consists of these.
		r := with(secrets("QXZ").Draw(t, "secret"))
		text := rapid.StringOf(rapid.RuneFrom([]rune("ghi .,\n%&\\"))).Draw(t, "text")
		if got := r.String(text); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestWriterIsLikeString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(secrets("ab\n"), 0, 3).Draw(t, "secrets")
		checkWriter(t, all, rapid.SliceOf(rapid.StringOf(rapid.RuneFrom([]rune("ab\n")))).Draw(t, "writes"))
	})
}

// checkWriter: however a text is cut, the writer makes of it what String does.
func checkWriter(t interface{ Fatalf(string, ...any) }, secrets, writes []string) {
	r := with(secrets...)
	var out strings.Builder
	w := r.Writer(&out)
	for _, text := range writes {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("write: %d, %v", n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if want := r.String(strings.Join(writes, "")); out.String() != want {
		t.Fatalf("written in parts %q: got %q, want %q", writes, out.String(), want)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("hunter2!", "a hunter2! b", 4)
	f.Add(nasty, mustJSON(nasty), 9)
	f.Add("aaaa", "aaaaaaaaa", 2)
	f.Add("\xff\xff\xff\xff", "\xff\xff\xff\xff\xff", 1)
	f.Fuzz(func(t *testing.T, secret, text string, cut int) {
		cut = min(max(cut, 0), len(text))
		checkWriter(t, []string{secret}, []string{text[:cut], text[cut:]})
		known := strings.TrimSpace(secret)
		if len(known) < MinLength || strings.Contains(known, "*") {
			return
		}
		r := with(secret)
		for name, encode := range encodings {
			form := encode(known)
			if got := r.String(text + form); strings.Contains(got, form) {
				t.Errorf("%s of %q survives in %q", name, known, got)
			}
		}
	})
}
