package decode

import (
	"bytes"
	"strings"
)

// What a body may turn out to be.
const (
	isHTML  = "HTML"
	isXML   = "XML"
	isJSON  = "JSON"
	isGzip  = "gzip data"
	isBzip2 = "bzip2 data"
	isZip   = "a ZIP archive"
)

const (
	hintCut     = "the answer was cut off: ask again"
	hintMessage = "if it is an error message of the server, catch it with a response rule"
)

// sniff says what a body is by how it starts, "" if that tells nothing.
func sniff(start []byte) string {
	switch p, _ := PackingOf(start); {
	case p == Gzip:
		return isGzip
	case p == Bzip2:
		return isBzip2
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return isZip
	}
	text := bytes.TrimLeft(start, " \t\r\n")
	lower := strings.ToLower(string(text[:min(len(text), 15)]))
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html>"), strings.HasPrefix(lower, "<html "):
		return isHTML
	case strings.HasPrefix(lower, "<?xml"):
		return isXML
	case startsJSON(text):
		return isJSON
	}
	return ""
}

// IsHTML says that a body begins as an HTML page does.
func IsHTML(body string) bool { return sniff([]byte(body[:min(len(body), 512)])) == isHTML }

// startsJSON asks for two signs, as [ alone may start text of other kinds.
func startsJSON(text []byte) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	next := bytes.TrimLeft(text[1:], " \t\r\n")
	return len(next) > 0 && strings.IndexByte(`"{[]}`, next[0]) >= 0
}

// sniffHint says what to do about a body that is something else.
func sniffHint(what string) string {
	switch what {
	case isHTML:
		return "a proxy or login page may have answered"
	case isGzip, isBzip2:
		return "unpack it first"
	case isZip:
		return "archives are not read: ask the server for a plain or gzip body"
	case isJSON:
		return "it may be an error message of the server"
	}
	return "read it with the decoder for " + what
}
