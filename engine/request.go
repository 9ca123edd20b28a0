package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// buildRequest evaluates a request block that holds no per-record values.
func buildRequest(n *dsl.Node, s *dsl.Scoped) (request.Request, error) {
	r := n.Read(s)
	req := requestHead(r)
	req.Path = r.String("path", "")
	if n.Val("json") != nil {
		body, err := encodeJSON(r.Any("json"))
		if err != nil {
			return req, err
		}
		req.Body = body
	}
	return req, r.Err()
}

// requestHead reads everything but path and JSON body, which may be computed per record.
func requestHead(r *dsl.Reading) request.Request {
	req := request.Request{Method: r.String("method", "GET"), Header: http.Header{}, Once: r.Bool("once", false)}
	pairs, raw := r.PairsOrText("query")
	req.RawQuery = raw
	for _, p := range pairs {
		req.Query = append(req.Query, request.Pair(p))
	}
	for _, p := range r.Pairs("headers") {
		req.Header.Add(p.Name, p.Value)
	}
	if basic := r.Strings("basic"); len(basic) == 2 {
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(basic[0]+":"+basic[1])))
	} else if len(basic) != 0 {
		r.Fail("basic", "Two values expected", "basic takes [user, password].")
	}
	var kind string
	switch {
	case r.Has("json"):
		kind = "application/json"
	case r.Has("form"):
		req.Body, kind = encodeForm(r.Pairs("form")), "application/x-www-form-urlencoded"
	case r.Has("body"):
		if text, given := r.Any("body").(string); given {
			req.Body = []byte(text)
		}
	}
	req.ContentType = r.String("content_type", kind)
	return req
}

// encodeForm writes the fields of an HTML form in their order (URL Standard, 5.2).
func encodeForm(fields []dsl.Pair) []byte {
	out := []byte{}
	for i, f := range fields {
		if i > 0 {
			out = append(out, '&')
		}
		out = append(out, url.QueryEscape(f.Name)+"="+url.QueryEscape(f.Value)...)
	}
	return out
}

func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("the request body cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
