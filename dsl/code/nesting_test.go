package code

import (
	"strings"
	"testing"
)

func TestTooDeep(t *testing.T) {
	deep := func(open, shut string) string {
		return "a = " + strings.Repeat(open, 300) + "1" + strings.Repeat(shut, 300) + "\n"
	}
	for name, text := range map[string]string{
		"brackets": deep("[", "]"), "parentheses": deep("(", ")"), "objects": deep("{a=", "}"), "signs": deep("!", ""), "minus": deep("-", ""),
		"choices": deep("a ? b : ", ""), "templates": deep(`"${`, `}"`), "blocks": strings.Repeat("a {\n", 300) + strings.Repeat("}\n", 300), "unclosed": strings.Repeat("[", 100_000),
		"size": strings.Repeat("#", MaxSource+1),
	} {
		if why, _ := TooDeep([]byte(text), "m.hcl"); why == "" {
			t.Errorf("%s: nothing is said", name)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "side by side": "a = [" + strings.Repeat("[1], ", 1000) + "]\n", "lines": strings.Repeat("a = b ? c : d\n", 1000), "sums": "a = " + strings.Repeat("1 - ", 1000) + "1\n",
		"text": `a = "` + strings.Repeat("[", 1000) + `"` + "\n", "closing": strings.Repeat("}", 1000),
	} {
		if why, at := TooDeep([]byte(text), "m.hcl"); why != "" {
			t.Errorf("%s: %s at %s", name, why, at)
		}
	}
}
