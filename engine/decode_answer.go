package engine

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode"

	"tqmap/engine/decode"
	"tqmap/engine/request"
)

// fits tells whether a body of that content type can be what d reads.
func (d *reading) fits(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if contentType == "" || err != nil {
		return true
	}
	fit := func(part string) bool { return strings.Contains(kind, part) }
	return slices.ContainsFunc(d.kind.media, fit) || slices.ContainsFunc([]string{"octet-stream", "gzip", "bzip", "download"}, fit)
}

// decodeAnswer is d.decode of resp's body. Where a body cannot be read whose content type
// does not fit either, the error is an *AnswerError, which shows how the body starts.
func decodeAnswer(ctx context.Context, d decoder, resp *request.Response, yield func(doc any) error) (any, error) {
	body, err := resp.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	rest, err := d.decode(ctx, body, yield)
	var unread *decode.Error
	kind := resp.Header.Get("Content-Type")
	if f, ok := d.(interface{ fits(string) bool }); ok && errors.As(err, &unread) && !f.fits(kind) {
		err = &AnswerError{ContentType: kind, Start: start(resp.Body), Err: err}
	}
	return rest, err
}

// AnswerError is an answer of another kind than its source reads, such as a login page.
type AnswerError struct {
	ContentType string
	Start       string // of the body, on one line, at most 100 characters; redact it
	Err         error
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("%v; its Content-Type is %.80q, and it starts with %q", e.Err, e.ContentType, e.Start)
}

func (e *AnswerError) Unwrap() error { return e.Err }

// maxStart is how many characters of a body an error shows.
const maxStart = 100

// start is how a body starts, on one line.
func start(body []byte) string {
	text := strings.ToValidUTF8(string(body[:min(len(body), 8*maxStart)]), "\uFFFD")
	printable := func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}
	c := []rune(strings.Join(strings.Fields(strings.Map(printable, text)), " "))
	return string(c[:min(len(c), maxStart)])
}
