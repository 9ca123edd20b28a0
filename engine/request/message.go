package request

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"
)

// maxMessage is how much of a server's text an error quotes, in characters.
const maxMessage = 500

var (
	htmlStart = regexp.MustCompile(`(?i)^\s*(<!doctype html|<html)`)
	htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	// htmlTags is all but the words, up to the end where a part is not closed.
	htmlTags = regexp.MustCompile(`(?is)<(script|style|head)\b.*?(</(script|style|head)\s*>|$)|<!--.*?(-->|$)|<[^>]*(>|$)`)
)

// message is what the server says about its refusal, on one line.
func (c *Client) message(contentType string, body []byte) string {
	if c.cfg.ErrorMessage != nil {
		if own := oneLine(c.cfg.ErrorMessage(body)); own != "" {
			return own
		}
	}
	if strings.HasPrefix(contentType, "text/html") || htmlStart.Match(body) {
		title := htmlTitle.FindSubmatch(body)
		if title != nil {
			if text := oneLine(html.UnescapeString(string(title[1]))); text != "" {
				return oneLine("HTML page: " + text)
			}
		}
		if text := oneLine(html.UnescapeString(string(htmlTags.ReplaceAll(body, []byte(" "))))); text != "" {
			return oneLine("HTML page: " + text)
		}
		return "an HTML page without words"
	}
	return oneLine(string(bytes.TrimSpace(body)))
}

// oneLine replaces line breaks and control characters, which could forge log lines,
// and cuts to maxMessage characters. It cuts between words: half a secret would not be
// known as one to whoever redacts the message.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= maxMessage {
		return string(r)
	}
	end := maxMessage - 1
	for end > 0 && inToken(r[end]) && inToken(r[end-1]) {
		end--
	}
	return string(r[:end]) + "…"
}

// inToken tells whether r may stand in the middle of a key or token, in any encoding.
func inToken(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.~+/=%", r)
}
