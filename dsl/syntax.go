package dsl

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var (
	// asBlock is a line that begins a block, asPair one that would be an attribute with = in
	// place of what stands there, asWord a name alone, asWords a name with spaces before =.
	asBlock = regexp.MustCompile(`^\s*([\w-]+)(\s+"[^"]*")*\s*\{`)
	asPair  = regexp.MustCompile(`^\s*([\w-]+)\s*(:|==)`)
	asWord  = regexp.MustCompile(`^\s*([\w-]+)\s*$`)
	asWords = regexp.MustCompile(`^\s*([\w-]+(?: +[\w-]+)+)\s*=`)
	// setAlready is how HCL says where an attribute stands first.
	setAlready = regexp.MustCompile(`^The argument ("[^"]*") was already set at .*:(\d+),\d+-\d+\.`)
)

// Reworded are diagnostics of HCL about src in the words that Load has for them, one for each
// mistake.
func Reworded(syntax hcl.Diagnostics, src []byte) hcl.Diagnostics {
	return explainSyntax(syntax, nil, src)
}

// ownWords are ours for a mistake of which HCL says what it read, rather than what the
// author forgot, with the place of that where it is another one; "" where HCL's will do.
func ownWords(diag *hcl.Diagnostic, src []byte) (detail string, at hcl.Range) {
	if diag.Subject == nil {
		return "", at
	}
	at = *diag.Subject
	line := lineOf(src, at.Start.Byte)
	rest := src[min(at.Start.Byte, len(src)):]
	switch diag.Summary {
	case "Invalid multi-line string":
		return `A quote (") is missing on this line. A text of several lines is a heredoc: it begins with <<-EOT and ends with a line that has nothing but EOT.`, at
	case "Invalid character":
		return wrongCharacter(rest), at
	case "Invalid character encoding":
		return "A mapping is a text in UTF-8: choose that when you save it.", at
	case "Missing argument separator":
		return missingComma(diag, src)
	case "Missing newline after argument":
		if bytes.HasPrefix(rest, []byte("=")) {
			return "To compare, write ==. A single = stands once, behind the name of the attribute.", at
		}
		return "The value ends here; what follows belongs on a line of its own, or an operator or a comma is missing before it.", at
	case "Argument or block definition required":
		return neither(line, rest), at
	case "Invalid block definition":
		return `An attribute is written name = value, a block name "label" { and a comment # text.`, at
	case "Missing key/value separator":
		return noPair(diag, line), at
	case "Unclosed configuration block":
		return "A } is missing: of this block, or of one within it.", at
	case "Invalid expression":
		if len(bytes.TrimSpace(rest[:len(rest)-len(bytes.TrimLeft(rest, "\r\n \t"))])) == 0 && bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r"), []byte("\n")) {
			return "A value is missing here. One of several lines begins on the line of its name, with { or [.", at
		}
	case "Attribute redefined":
		if m := setAlready.FindStringSubmatch(diag.Detail); m != nil {
			return fmt.Sprintf("%s is set in line %s already: keep one of them.", m[1], m[2]), at
		}
	}
	return "", at
}

// wrongCharacter knows what comes along when a text is copied out of a mail or a page.
func wrongCharacter(rest []byte) string {
	r := []rune(string(rest[:min(len(rest), 4)]))
	if len(r) == 0 {
		return ""
	}
	switch r[0] {
	case '\u00a0', '\u2007', '\u202f':
		return "This is a no-break space, as mails and web pages have them: write an ordinary one."
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return "Here is a character that cannot be seen, as mails and web pages have them: remove it, or write the line anew."
	case '“', '”', '„', '‘', '’', '‚', '«', '»':
		return fmt.Sprintf("%c is a quote of mails and documents: write the straight one, \".", r[0])
	case '–', '—', '−':
		return fmt.Sprintf("%c is a dash of mails and documents: write -.", r[0])
	case ';':
		return "A ; ends nothing here: attributes stand on a line each, and elements of a list have commas between them."
	}
	return ""
}

// missingComma is about the arguments of a function, such as the code of expr(…).
func missingComma(diag *hcl.Diagnostic, src []byte) (string, hcl.Range) {
	at := *diag.Subject
	if before := lastBefore(src, at); before.End.Line < at.Start.Line {
		return "A ) is missing behind this, or a comma if more is to follow.", before
	}
	if at.Start.Byte > 0 && src[at.Start.Byte-1] == '"' {
		return `The text ends with the quote before this. Within a text in double quotes, write single ones: expr("label(alert.status, 'STATUS_')").`, at
	}
	return "A comma or a ) is missing before this.", at
}

// lastBefore is the last thing in front of at that is no comment and no line end.
func lastBefore(src []byte, at hcl.Range) hcl.Range {
	tokens, _ := hclsyntax.LexConfig(src, at.Filename, hcl.InitialPos)
	last := at
	for _, token := range tokens {
		if token.Range.Start.Byte >= at.Start.Byte {
			break
		}
		if token.Type != hclsyntax.TokenNewline && token.Type != hclsyntax.TokenComment {
			last = token.Range
		}
	}
	return last
}

func neither(line, rest []byte) string {
	if m := asPair.FindSubmatch(line); m != nil {
		return fmt.Sprintf("To give %s a value, write %[1]s = …", m[1])
	}
	if m := asWord.FindSubmatch(line); m != nil {
		return fmt.Sprintf("Write %s = … if it is an attribute, or %[1]s { if it is a block: the { stands on the same line.", m[1])
	}
	if bytes.HasPrefix(rest, []byte("}")) {
		return "This } closes nothing: it is one too many, or one further up is."
	}
	return "Here stands the name of an attribute or of a block. A comment begins with #."
}

// noPair is about a line in { … } that is no pair of name and value.
func noPair(diag *hcl.Diagnostic, line []byte) string {
	if m := asBlock.FindSubmatch(line); m != nil && diag.Context != nil {
		return fmt.Sprintf("%s is a block, but the { of line %d is still open: a } is missing above.", m[1], diag.Context.Start.Line)
	}
	if m := asWords.FindSubmatch(line); m != nil {
		return fmt.Sprintf("A name with a space in it stands in quotes: %q = …", strings.TrimSpace(string(m[1])))
	}
	return "Within these braces stands name = value, a line each."
}
