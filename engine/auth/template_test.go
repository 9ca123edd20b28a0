package auth

import (
	"strings"
	"testing"
)

// FuzzTemplate: any text is refused or rendered, and with its braces doubled it is itself.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "{date}", "{{x}}", "{", "}", "{a|prefix:?}", "{date:15:04}|{b|hex|md5}", "{|}", "{body|unescape}", "%{x|unescape}"} {
		f.Add(text, "va%lue&b=&&=c")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		lookup := func(call) ([]byte, error) { return []byte(value), nil }
		if parsed, err := parseTemplate(text); err == nil {
			parsed.render(lookup)
		} else if len(err.Error()) > 400 {
			t.Errorf("a long complaint: %v", err)
		}
		parsed, err := parseTemplate(strings.NewReplacer("{", "{{", "}", "}}").Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsed.render(lookup); err != nil || string(got) != text {
			t.Errorf("got %q for %q, %v", got, text, err)
		}
	})
}

func TestSortQuery(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "&&": "", "a": "a=", "b=1&a=2": "a=2&b=1", "a=2&a=1&a": "a=&a=1&a=2", "a-b=1&a=1": "a=1&a-b=1", "=x&a=": "=x&a=", "k=a=b": "k=a=b",
	} {
		if got := sortQuery(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
