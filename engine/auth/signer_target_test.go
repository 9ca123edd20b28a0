package auth_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// targetScheme is a signature over target or body, token and date, one on each line.
func targetScheme(text, public, private, date string, now time.Time) auth.SignerConfig {
	return auth.SignerConfig{
		Algorithm: "sha1", Key: private, Values: map[string]string{"token": public}, Date: date, Now: at(now),
		Text: text + "\n{token}\n{date}",
		Header: []request.Pair{
			{Name: "X-Token", Value: "{token}"}, {Name: "X-Date", Value: "{date}"}, {Name: "X-Signature", Value: "{signature}"},
		},
	}
}

const (
	asSent  = "{path}{query|prefix:?}{body|prefix:?}"
	decoded = "{path}{query|unescape|prefix:?}{body|unescape|prefix:?}"
)

// TestSignerTarget has its signatures from openssl dgst -sha1 -hmac private.
func TestSignerTarget(t *testing.T) {
	now := time.Date(2024, 3, 5, 12, 15, 30, 0, time.FixedZone("", 2*60*60))
	tests := []struct{ name, text, method, target, body, want string }{
		{"path", asSent, "GET", "/status", "", "f7af65be5f8483ffe3460df17289afae7ebd8dbe"},
		{"query in its order", asSent, "GET", "/a%2Fb?z=1&a=x%20y", "", "0824ef272b74932d882380d8fec36fc992fdf36a"},
		{"decoded query", decoded, "GET", "/a%2Fb?z=1&a=x%20y", "", "a208225d49021c7f187d65a6760a955ad04dfc46"},
		{"body", asSent, "POST", "/feed", `{"a":1}`, "c04829a34b3c03f25f63fb24ea861b49c2ec6b5a"},
		{"target", "{target}", "GET", "/a%2Fb?z=1&a=x%20y", "", "0824ef272b74932d882380d8fec36fc992fdf36a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRequest(t, test.method, "https://api.example"+test.target, "application/json", test.body)
			got := signed(t, targetScheme(test.text, "public", "private", "20060102T150405", now), r)
			if got != test.want || r.Header.Get("X-Date") != "20240305T101530" || r.Header.Get("X-Token") != "public" {
				t.Errorf("got %s, want %s; headers %v", got, test.want, r.Header)
			}
			if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.body {
				t.Errorf("the body is now %q, %v", body, err)
			}
		})
	}
}

// TestSignerReferenceVectors are extra: they are not part of a clone.
func TestSignerReferenceVectors(t *testing.T) {
	file := fixture(t, "fixtures/*/signature_vectors.json")
	if file == "" {
		t.Skip("left out: there are no reference fixtures with signature_vectors.json beside this clone")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Method, Date, Signature, Body string
		Target                              string `json:"request_target"`
		Public                              string `json:"public_token"`
		Private                             string `json:"private_token"`
		Signed                              string `json:"signed_request"`
		ContentType                         string `json:"content_type"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			layout := "20060102T150405"
			if strings.Contains(v.Date, " ") {
				layout = time.DateTime
			}
			now, err := time.Parse(layout, v.Date)
			if err != nil {
				t.Fatal(err)
			}
			text := asSent
			if strings.Contains(v.Signed, " ") {
				text = decoded
			}
			r := newRequest(t, v.Method, "https://api.example"+v.Target, v.ContentType, v.Body)
			if got := signed(t, targetScheme(text, v.Public, v.Private, layout, now), r); got != v.Signature {
				t.Errorf("got %s, want %s", got, v.Signature)
			}
		})
	}
}

// fixture finds the first file of the shared reference material, "" if there is none.
func fixture(t *testing.T, pattern string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		found, err := filepath.Glob(filepath.Join(dir, "..", "shared", pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return found[0]
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}
