package guide

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"tqmap/dsl/prose"
)

// special is what Markdown reads as more than a letter.
var special = regexp.MustCompile("[\\\\`*\\[\\]<>|~]|&[A-Za-z#]|\\b_|_\\b|^[#+-]|^[0-9]+[.)](?: |$)")

// plain is text that reads in Markdown as it is, on one line.
func plain(text string) string {
	text = prose.OneLine(text)
	return special.ReplaceAllStringFunc(text, func(s string) string {
		if unicode.IsDigit(rune(s[0])) { // 1. begins a list
			at := strings.IndexAny(s, ".)")
			return s[:at] + `\` + s[at:]
		}
		return `\` + s
	})
}

// span is text as code on one line, that a table may hold.
func span(text string) string {
	text = oneLine(text)
	if text == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
}

// oneLine shows line breaks, and leaves out what cannot be seen.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r", ""))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '⏎'
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// maxSample is how many letters of a sample value are shown.
const maxSample = 60

// sample is a value as an example of one.
func sample(text string) string {
	text = oneLine(text)
	if utf8.RuneCountInString(text) > maxSample {
		text = strings.TrimSpace(string([]rune(text)[:maxSample-1])) + "…"
	}
	return span(text)
}

// spans are texts as code with commas between.
func spans(texts []string) string {
	var out []string
	for _, t := range texts {
		out = append(out, span(t))
	}
	return strings.Join(out, ", ")
}

// sentence ends with a full stop, and begins with a capital letter.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	word, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(word, ":=/_") { // such a word is a name
		first, size := utf8.DecodeRuneInString(text)
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	if strings.ContainsRune(".!?:", rune(text[len(text)-1])) {
		return text
	}
	return text + "."
}

// sentences are joined, each with its full stop.
func sentences(all ...string) string {
	var out []string
	for _, s := range all {
		if s = sentence(s); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// article puts a or an before a word.
func article(word string) string {
	if word != "" && strings.ContainsRune("aeiouAEIOU", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// anchor is the id that GitHub gives to a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.ReplaceAll(heading, `\`, "")) {
		switch {
		case r == ' ' || r == '-':
			b.WriteByte('-')
		case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}
