package taxii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"tqmap/dsl/prose"
	"tqmap/engine/request"
)

// server is a TAXII server, spoken to in one version.
type server struct {
	dialect
	doer request.Doer
	log  *slog.Logger
}

// get asks for a resource. It returns the answer for its headers.
func (s *server) get(ctx context.Context, r request.Request, into any) (*request.Response, error) {
	r.Method = http.MethodGet
	return s.do(ctx, r, into)
}

func (s *server) do(ctx context.Context, r request.Request, into any) (*request.Response, error) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Accept", s.taxii)
	resp, err := s.doer.Do(ctx, r)
	if err != nil {
		return nil, explained(err)
	}
	defer resp.Close()
	err = s.check(resp.Header.Get("Content-Type"))
	if err == nil && json.Unmarshal(resp.Body, into) != nil {
		err = fmt.Errorf("%w: its JSON cannot be read", ErrNotTAXII)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s answered %d, but %w; check host, port and path, and whether a proxy answers in its place", r.Method, resp.URL, resp.Status, err)
	}
	return resp, nil
}

// explained puts the server's own words into err, in place of its JSON.
func explained(err error) error {
	var refused *request.StatusError
	if !errors.As(err, &refused) {
		return err
	}
	var e struct{ Title, Description string }
	if json.Unmarshal(refused.Body, &e) == nil && e.Title+e.Description != "" {
		refused.Message = oneLine(strings.Trim(e.Title+": "+e.Description, ": "))
	}
	return err
}

// maxMessage is how much of a server's text is kept, in characters.
const maxMessage = 300

// oneLine keeps a server's words from forging lines of a log.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return prose.Cut(prose.OneLine(s), maxMessage)
}

// status is that of a refusal, 0 if err is none.
func status(err error) int {
	var refused *request.StatusError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// resolve makes an address that the server gives absolute. All of them end with a slash.
func resolve(base, ref string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", errors.New("the server's own address cannot be read")
	}
	r, err := url.Parse(strings.TrimSpace(ref))
	if err != nil {
		return "", fmt.Errorf("the server names an API root whose address cannot be read: %q", oneLine(ref))
	}
	u := b.ResolveReference(r)
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return slashed(u.String()), nil
}

func slashed(address string) string { return strings.TrimSuffix(address, "/") + "/" }

const (
	pageSize = 500
	// maxPages keeps a server that always has more from holding us for ever.
	maxPages = 10_000
)

// more is what a page in version 2.1 says of the next.
type more struct {
	More bool   `json:"more"`
	Next string `json:"next"`
}

// pages asks for a list page by page. each is given every page as it came.
func (s *server) pages(ctx context.Context, address string, query []request.Pair, each func(json.RawMessage) error) error {
	r := request.Request{Path: address, Query: query}
	if s.posted == s.taxii { // 2.1: with every page, or some servers fail
		r.Query = append(r.Query, request.Pair{Name: "limit", Value: strconv.Itoa(pageSize)})
	}
	first := r.Query
	for range maxPages {
		var page json.RawMessage
		resp, err := s.get(ctx, r, &page)
		switch {
		case status(err) == http.StatusRequestedRangeNotSatisfiable && r.Header.Get("Range") != "":
			return nil // the end, for a server that does not count
		case err != nil:
			return err
		}
		if err := each(page); err != nil {
			return err
		}
		var m more
		_ = json.Unmarshal(page, &m) // a list elsewhere has none
		from, ranged := following(resp)
		switch {
		case m.More && m.Next != "":
			r.Query = append(first[:len(first):len(first)], request.Pair{Name: "next", Value: m.Next})
		case ranged:
			r.Header = http.Header{"Range": {fmt.Sprintf("items=%d-%d", from, from+pageSize-1)}}
		default:
			return nil
		}
	}
	return fmt.Errorf("GET %s has more than %d pages", address, maxPages)
}

// following is the first item after a page of version 2.0, as it says "items 0-49/500".
func following(resp *request.Response) (int, bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(resp.Header.Get("Content-Range")), "items ")
	held, total, _ := strings.Cut(text, "/")
	from, to, _ := strings.Cut(held, "-")
	a, err := strconv.Atoi(strings.TrimSpace(from))
	b, err2 := strconv.Atoi(strings.TrimSpace(to))
	n, err3 := strconv.Atoi(strings.TrimSpace(total))
	if !ok || resp.Status != http.StatusPartialContent || err != nil || err2 != nil || b < a {
		return 0, false
	}
	return b + 1, err3 != nil || b+1 < n // a total of * is not known
}
