package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// noise are headers of an answer that say nothing to a mapping: about the connection, caches and
// browsers. All others are kept, as a mapping may read any.
var noise = regexp.MustCompile(`(?i)^(server|via|date-?received|connection|keep-alive|transfer-encoding|trailer|content-length|content-encoding|content-md5|vary|cache-control|pragma|expires|age|etag|last-modified|accept-ranges|alt-svc|nel|report-to|server-timing|strict-transport-security|content-security-policy.*|feature-policy|permissions-policy|referrer-policy|cross-origin-.*|access-control-.*|x-powered-by|x-frame-options|x-content-type-options|x-xss-protection|x-request-id|x-correlation-id|x-amz.*|x-cache.*|cf-.*|x-runtime|x-envoy.*|x-aspnet.*)$`)

func worthKeeping(h http.Header) http.Header {
	out := http.Header{}
	for name, values := range h {
		if !noise.MatchString(name) {
			out[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	return out
}

// telltale are the headers of a request that its author chose.
func telltale(h http.Header) http.Header {
	out := worthKeeping(h)
	for _, name := range []string{"User-Agent", "Accept-Encoding", "Date"} {
		out.Del(name)
	}
	return out
}

var errTooLong = errors.New("too long")

// unpacked is a body as text that can be read and searched: gzip undone, whether a header or the
// bytes say so, and UTF-16 as UTF-8. packed says that no Content-Encoding is left.
func unpacked(raw []byte, h http.Header, limit int64) (body []byte, plain bool, err error) {
	coding := strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding")))
	if coding != "" && coding != "identity" && coding != "gzip" && coding != "x-gzip" {
		return raw, false, nil
	}
	body = raw
	for range 3 { // packed files may be served packed
		out, ok, err := gunzip(body, limit)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			break
		}
		body = out
	}
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) && coding != "" { // damaged: it shall fail again
		return raw, false, nil
	}
	return narrowed(body), true, nil
}

func gunzip(raw []byte, limit int64) ([]byte, bool, error) {
	if !bytes.HasPrefix(raw, []byte("\x1f\x8b\x08")) {
		return nil, false, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, false, nil
	}
	out, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, false, nil
	case int64(len(out)) > limit:
		return nil, false, errTooLong
	}
	return out, true, nil
}

// narrowed is a body of UTF-16, which begins with its mark, in UTF-8.
func narrowed(body []byte) []byte {
	if !bytes.HasPrefix(body, []byte("\xff\xfe")) && !bytes.HasPrefix(body, []byte("\xfe\xff")) {
		return body
	}
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return wide.ReplaceAll(out, []byte("${1}utf-8"))
}

var wide = regexp.MustCompile(`(?i)^(<\?xml[^>]*encoding=["'])utf-16`)
