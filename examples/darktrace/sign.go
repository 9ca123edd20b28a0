package darktrace

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// clockSkew is how far a signed date may be from the appliance's clock.
const clockSkew = 30 * time.Minute

// authenticate returns nil, or the answer to a request that is not let in.
func (s *Simulator) authenticate(r *http.Request, body []byte) *answer {
	token, date, signature := r.Header.Get("DTAPI-Token"), r.Header.Get("DTAPI-Date"), r.Header.Get("DTAPI-Signature")
	if token == "" || date == "" || signature == "" || token != s.opt.PublicToken {
		return redirect("/login")
	}
	at, ok := s.parseDate(date)
	if off := s.opt.Now().Sub(at); !ok || off > clockSkew || off < -clockSkew {
		return refusal(http.StatusBadRequest, segment(r), "API DATE ERROR")
	}
	for _, signed := range signable(r, body) {
		if s.signs(signed+"\n"+token+"\n"+date, signature) {
			return nil
		}
	}
	return refusal(http.StatusBadRequest, segment(r), "API SIGNATURE ERROR")
}

// signable are the texts that stand for a request: the path alone, with the query of a GET
// or with the body of a POST, whose query is not signed; each as it was sent, or decoded.
func signable(r *http.Request, body []byte) []string {
	path, rest := r.URL.EscapedPath(), r.URL.RawQuery
	if r.Method == http.MethodPost {
		rest = string(body)
	}
	if rest == "" {
		return []string{path}
	}
	out := []string{path + "?" + rest}
	unescape := url.PathUnescape
	if isForm(r) {
		unescape = url.QueryUnescape
	}
	if plain, err := unescape(rest); err == nil {
		out = append(out, path+"?"+plain)
	}
	return out
}

func (s *Simulator) signs(text, signature string) bool {
	got, err := hex.DecodeString(signature)
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, []byte(s.opt.PrivateToken))
	mac.Write([]byte(text))
	return hmac.Equal(mac.Sum(nil), got)
}

const compactDate = "20060102T150405"

func (s *Simulator) parseDate(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05", compactDate, "2006-01-02T15:04:05", time.RFC3339Nano} {
		if layout == compactDate && s.opt.RefuseCompact {
			continue
		}
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// segment is the first part of the path, under which errors are reported.
func segment(r *http.Request) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return first
}

func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}
