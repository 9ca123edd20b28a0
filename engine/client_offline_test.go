package engine

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/request"
)

type answering struct{ n int }

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.n++
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// Offline needs no certificate, no proxy, no credentials that work, and no patience.
func TestOfflineClientNeedsNothing(t *testing.T) {
	m := load(t, `connector "c" {
  title  = "C"
  source = "C"
}
client "api" {
  base_url   = "https://api.example"
  rate_limit = "1/h"
  ca_file    = "/nowhere/ca.pem"
  proxy      = "threatq"
  auth "mtls" {
    cert = "none"
    key  = "none"
  }
  auth "jwt" {
    algorithm = "RS256"
    key       = "none"
    issuer    = "me"
  }
}
flow "f" {
  source "http" {
    client = client.api
    request { path = "/x" }
  }
  record "r" { key = expr("r.id") }
  event "e" {
    type        = "Incident"
    title       = expr("r.id")
    happened_at = expr("r.at")
  }
}`)
	bound, errs := m.Bind(map[string]dsl.Given{}, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	rt := &answering{}
	around := func(client string, real http.RoundTripper) http.RoundTripper {
		if client != "api" || real != nil {
			t.Errorf("%q, %v", client, real)
		}
		return rt
	}
	c, err := OpenClient(t.Context(), bound, m.Client("api"), ClientOptions{Transport: around, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := c.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
	}
	if rt.n != 5 {
		t.Errorf("%d sent", rt.n)
	}
}
