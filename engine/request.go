package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// buildRequest evaluates a request block that holds no per-record values.
func buildRequest(n *dsl.Node, s *dsl.Scoped) (request.Request, error) {
	r := n.Read(s)
	req := requestLine(r)
	req.Where = place(n.Range)
	req.Path = r.String("path", "")
	pairs, raw := r.PairsOrText("query")
	req.Query, req.RawQuery = requestPairs(pairs), raw
	for _, p := range r.Pairs("headers") {
		req.Header.Add(p.Name, p.Value)
	}
	var err error
	switch {
	case r.Has("json"):
		req.Body, err = encodeJSON(r.Any("json"))
	case r.Has("form"):
		req.Body = encodeForm(requestPairs(r.Pairs("form")))
	case r.Has("body"):
		if text, given := r.Any("body").(string); given {
			req.Body = []byte(text)
		}
	}
	return req, errors.Join(r.Err(), err)
}

// requestLine reads what no record changes.
func requestLine(r *dsl.Reading) request.Request {
	req := request.Request{Method: r.String("method", "GET"), Header: http.Header{}, Once: r.Bool("once", false)}
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
		kind = "application/x-www-form-urlencoded"
	}
	req.ContentType = r.String("content_type", kind)
	return req
}

func requestPairs(pairs []dsl.Pair) []request.Pair {
	var out []request.Pair
	for _, p := range pairs {
		out = append(out, request.Pair(p))
	}
	return out
}

// encodeForm writes the fields of an HTML form in their order (URL Standard, 5.2).
func encodeForm(fields []request.Pair) []byte {
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
