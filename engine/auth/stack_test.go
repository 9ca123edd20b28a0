package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// part records what is asked of it.
type part struct {
	name  string
	again bool
	err   error
	asked *[]string
}

func (p part) Apply(_ context.Context, r *http.Request) error {
	*p.asked = append(*p.asked, "apply "+p.name)
	return p.err
}

func (p part) Renew(context.Context, *http.Request) (bool, error) {
	*p.asked = append(*p.asked, "renew "+p.name)
	return p.again, p.err
}

func (p part) Close(context.Context) error {
	*p.asked = append(*p.asked, "close "+p.name)
	return p.err
}

// TestStackSignsLast: a signature covers what is added beside it, whatever the order.
func TestStackSignsLast(t *testing.T) {
	signer, err := auth.NewSigner(auth.SignerConfig{Key: "key-of-hmac", Text: "{header:Authorization} {query}", Header: []request.Pair{{Name: "X-S", Value: "{signature}"}}})
	if err != nil {
		t.Fatal(err)
	}
	bearer, err := auth.NewBearer("token-1", "")
	if err != nil {
		t.Fatal(err)
	}
	query := apiKey(t, "key-in-query", auth.Place{In: "query", Name: "k"})
	want := ""
	for i, s := range []auth.Stacked{
		auth.Stack(bearer, query, signer), auth.Stack(signer, bearer, nil, query), auth.Stack(auth.Stack(signer, bearer), query),
	} {
		r := newRequest(t, "GET", "https://api.example/", "", "")
		if err := s.Apply(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = r.Header.Get("X-S")
		}
		if r.Header.Get("X-S") != want || want == "" || r.URL.RawQuery != "k=key-in-query" || r.Header.Get("Authorization") != "Bearer token-1" {
			t.Errorf("stack %d: %v %v", i, r.URL, r.Header)
		}
	}
}

func TestStackAsksEach(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name          string
		parts         []part
		do            string
		again, failed bool
		want          string
	}{
		{"apply", []part{{name: "a"}, {name: "b"}}, "apply", false, false, "apply a, apply b"},
		{"apply fails", []part{{name: "a", err: broken}, {name: "b"}}, "apply", false, true, "apply a"},
		{"renew first", []part{{name: "a", again: true}, {name: "b"}}, "renew", true, false, "renew a, renew b"},
		{"renew last", []part{{name: "a"}, {name: "b", again: true}}, "renew", true, false, "renew a, renew b"},
		{"renew none", []part{{name: "a"}, {name: "b"}}, "renew", false, false, "renew a, renew b"},
		{"renew fails", []part{{name: "a", again: true}, {name: "b", err: broken}}, "renew", false, true, "renew a, renew b"},
		{"close after a failure", []part{{name: "a", err: broken}, {name: "b"}}, "close", false, true, "close a, close b"},
		{"empty", nil, "renew", false, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			all := []request.Authenticator{auth.Basic{}} // has no Close
			for _, p := range test.parts {
				p.asked = &asked
				all = append(all, p)
			}
			s := auth.Stack(all...)
			r := newRequest(t, "GET", "https://api.example/", "", "")
			var err error
			again := false
			switch test.do {
			case "apply":
				err = s.Apply(t.Context(), r)
			case "renew":
				again, err = s.Renew(t.Context(), r)
			case "close":
				err = s.Close(t.Context())
			}
			if again != test.again || errors.Is(err, broken) != test.failed || strings.Join(asked, ", ") != test.want {
				t.Errorf("%t, %v, asked %q", again, err, asked)
			}
		})
	}
}
