package code

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var refangFunc = Func{
	Name:      "refang",
	Signature: "refang(text) string",
	Summary: "Makes indicators whole again that were written so that nobody follows them: hxxp and fxp as schemes; . @ : and :// in square, round or curly brackets, " +
		"and the words dot and at in such brackets. nil stays nil.",
	Examples: []Example{
		{`refang('hxxps[://]login[.]bad(.)example/x')`, `"https://login.bad.example/x"`},
		{`refang('joe[at]bad{dot}example')`, `"joe@bad.example"`},
		{`refang('2001[:]db8[:][:]1')`, `"2001:db8::1"`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("refang", refang),
}

var defangFunc = Func{
	Name:      "defang",
	Signature: "defang(text) string",
	Summary:   "Writes a text so that nobody follows its indicators by accident: http and ftp as hxxp and fxp, dots and @ within words in square brackets. nil stays nil. refang is the way back.",
	Examples: []Example{
		{`defang('https://bad.example/x.php')`, `"hxxps://bad[.]example/x[.]php"`},
		{`defang('Mail of joe@bad.example. End.')`, `"Mail of joe[@]bad[.]example. End."`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("defang", defang),
}

// bracketed are the texts that refang frees of their brackets.
func bracketed() map[string]string {
	return map[string]string{".": ".", "dot": ".", "@": "@", "at": "@", ":": ":", "://": "://"}
}

// refang takes the brackets away as they close, so that brackets in brackets are
// done in the same pass, and then mends the schemes.
func refang(text string) string {
	free := bracketed()
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		out = append(out, text[i])
		opening := strings.IndexByte(")]}", text[i])
		if opening < 0 {
			continue
		}
		for n := 1; n <= 3 && n+1 < len(out); n++ {
			start := len(out) - n - 2
			inner, known := free[strings.ToLower(string(out[start+1:len(out)-1]))]
			if known && out[start] == "([{"[opening] {
				out = append(out[:start], inner...)
				break
			}
		}
	}
	return reScheme(string(out), 'x', 't')
}

func defang(text string) string {
	text = reScheme(text, 't', 'x')
	var out strings.Builder
	before := rune(0)
	for i, r := range text {
		after, _ := utf8.DecodeRuneInString(text[min(len(text), i+1):])
		if (r == '.' || r == '@') && inWord(before) && inWord(after) {
			out.WriteByte('[')
			out.WriteRune(r)
			out.WriteByte(']')
		} else {
			_, size := utf8.DecodeRuneInString(text[i:])
			out.WriteString(text[i : i+size])
		}
		before = r
	}
	return out.String()
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// reScheme changes the letters from of http, https, ftp and their like, where a
// scheme stands, to the letter to; large ones to large ones.
func reScheme(text string, from, to byte) string {
	out := []byte(text)
	for at := 0; ; {
		i := strings.Index(text[at:], "://")
		if i < 0 {
			return string(out)
		}
		end := at + i
		start := end
		for start > at && isASCIILetter(text[start-1]) && end-start < 6 {
			start--
		}
		at = end + 3
		if !isScheme(text[start:end], from) || start > 0 && inScheme(text[start-1]) {
			continue
		}
		for k := start; k < end; k++ {
			switch out[k] {
			case from:
				out[k] = to
			case from - 'a' + 'A':
				out[k] = to - 'a' + 'A'
			}
		}
	}
}

func isScheme(name string, letter byte) bool {
	for _, pattern := range []string{"h--p", "h--ps", "f-p", "f-ps", "sf-p"} {
		if strings.EqualFold(name, strings.ReplaceAll(pattern, "-", string(letter))) {
			return true
		}
	}
	return false
}

func inScheme(c byte) bool { return isASCIILetter(c) || c >= '0' && c <= '9' || c == '+' || c == '-' }
