package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// opened is a token taken apart.
type opened struct {
	text           string // that is signed
	header, claims map[string]any
	signature      []byte
}

func open(t *testing.T, token string) opened {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	o := opened{text: parts[0] + "." + parts[1]}
	for i, into := range []any{&o.header, &o.claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if o.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		t.Fatal(err)
	}
	return o
}

func mint(t *testing.T, c auth.JWTConfig) string {
	t.Helper()
	j, err := auth.NewJWT(c)
	if err != nil {
		t.Fatal(err)
	}
	token, err := j.Token()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestJWT is A11.
func TestJWT(t *testing.T) {
	var secrets []string
	token := mint(t, auth.JWTConfig{
		Algorithm: "HS256", Key: "secret", KeyID: "k1", Issuer: "me", Subject: "you", Audience: []string{"them"},
		Life: 1000 * time.Second, Now: at(time.Date(2022, 1, 1, 0, 0, 0, 999, time.UTC)),
		Claims:   map[string]any{"scope": "<a&b>", "n": json.Number("9007199254740993")},
		JOSE:     map[string]any{"typ": "at+jwt"},
		OnSecret: func(s string) { secrets = append(secrets, s) },
	})
	got := open(t, token)
	want := map[string]any{
		"iss": "me", "sub": "you", "aud": "them", "scope": "<a&b>", "n": 9007199254740992.0, // as Unmarshal rounds
		"iat": 1640995200.0, "nbf": 1640995200.0, "exp": 1640996200.0,
	}
	if !reflect.DeepEqual(got.claims, want) || !reflect.DeepEqual(got.header, map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": "k1"}) {
		t.Errorf("got %v %v", got.header, got.claims)
	}
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if !strings.Contains(string(payload), `"n":9007199254740993`) || !strings.Contains(string(payload), "<a&b>") {
		t.Errorf("written as %s", payload)
	}
	if !slices.Equal(secrets, []string{token}) {
		t.Errorf("the redactor heard of %q", secrets)
	}
}

func TestJWTAudiencesAndID(t *testing.T) {
	j, err := auth.NewJWT(auth.JWTConfig{Algorithm: "HS256", Key: "secret", Audience: []string{"a", "b"}, ID: true, Now: at(time.Unix(1000, 0))})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[any]bool{}
	for range 10 {
		token, err := j.Token()
		if err != nil {
			t.Fatal(err)
		}
		claims := open(t, token).claims
		if !reflect.DeepEqual(claims["aud"], []any{"a", "b"}) || claims["exp"] != 1300.0 || claims["iss"] != nil || claims["sub"] != nil {
			t.Errorf("got %v", claims)
		}
		seen[claims["jti"]] = true
	}
	if len(seen) != 10 || seen[nil] {
		t.Errorf("ids %v", seen)
	}
}

// TestJWTSignatures verifies each algorithm with the public key, and not with a wrong one.
func TestJWTSignatures(t *testing.T) {
	rsaKeys := []*rsa.PrivateKey{rsaKey(t), rsaKey(t)}
	hashes := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}
	for _, algorithm := range []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"} {
		t.Run(algorithm, func(t *testing.T) {
			hash := hashes[algorithm[2:]]
			sum := func(text string) []byte { h := hash.New(); h.Write([]byte(text)); return h.Sum(nil) }
			var key string
			var verify func(o opened, wrong bool) bool
			switch algorithm[:2] {
			case "HS":
				key = "c2VjcmV0"
				verify = func(o opened, wrong bool) bool {
					m := hmac.New(hash.New, []byte(map[bool]string{false: "secret", true: "secreT"}[wrong]))
					m.Write([]byte(o.text))
					return hmac.Equal(m.Sum(nil), o.signature)
				}
			case "RS":
				key = pkcs8(t, rsaKeys[0])
				verify = func(o opened, wrong bool) bool {
					public := &rsaKeys[map[bool]int{false: 0, true: 1}[wrong]].PublicKey
					return rsa.VerifyPKCS1v15(public, hash, sum(o.text), o.signature) == nil
				}
			default:
				bits := map[string]int{"256": 256, "384": 384}[algorithm[2:]]
				keys := []*ecdsa.PrivateKey{ecKey(t, bits), ecKey(t, bits)}
				key = pkcs8(t, keys[0])
				verify = func(o opened, wrong bool) bool {
					if len(o.signature) != bits/4 {
						t.Fatalf("the signature has %d bytes", len(o.signature))
					}
					r, s := new(big.Int).SetBytes(o.signature[:bits/8]), new(big.Int).SetBytes(o.signature[bits/8:])
					return ecdsa.Verify(&keys[map[bool]int{false: 0, true: 1}[wrong]].PublicKey, sum(o.text), r, s)
				}
			}
			c := auth.JWTConfig{Algorithm: algorithm, Key: key}
			if algorithm[:2] == "HS" {
				c.KeyEncoding = "base64"
			}
			for range 20 { // so that a number with leading zeros is likely among them
				o := open(t, mint(t, c))
				if !verify(o, false) || verify(o, true) {
					t.Fatalf("the right key says %t, the wrong one %t", verify(o, false), verify(o, true))
				}
			}
		})
	}
}

func TestNewJWTMistakes(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*auth.JWTConfig)
		want  string
	}{
		{"A11 reserved claim", func(c *auth.JWTConfig) { c.Claims = map[string]any{"exp": 1} }, "claims: exp is set from elsewhere"},
		{"A11 reserved though unset", func(c *auth.JWTConfig) { c.Claims = map[string]any{"iss": "x"} }, "claims: iss is set from elsewhere"},
		{"A11 kid twice", func(c *auth.JWTConfig) { c.KeyID, c.JOSE = "a", map[string]any{"kid": "b"} }, "header: kid is set from elsewhere"},
		{"jti twice", func(c *auth.JWTConfig) { c.ID, c.Claims = true, map[string]any{"jti": "b"} }, "claims: jti is set from elsewhere"},
		{"alg", func(c *auth.JWTConfig) { c.JOSE = map[string]any{"alg": "none"} }, "header: alg is set from elsewhere"},
		{"no JSON", func(c *auth.JWTConfig) { c.Claims = map[string]any{"a": func() {}} }, "cannot be written as JSON"},
		{"none", func(c *auth.JWTConfig) { c.Algorithm = "none" }, `there is no algorithm "none", only ES256`},
		{"lower case", func(c *auth.JWTConfig) { c.Algorithm = "hs256" }, "there is no algorithm"},
		{"no key", func(c *auth.JWTConfig) { c.Key = "" }, "the key is empty"},
		{"no hex", func(c *auth.JWTConfig) { c.KeyEncoding = "hex" }, "the key is no hex"},
		{"encoding", func(c *auth.JWTConfig) { c.KeyEncoding = "rot13" }, "the key's encoding must be"},
		{"encoded PEM", func(c *auth.JWTConfig) { c.Algorithm, c.KeyEncoding = "RS256", "base64" }, "has no other encoding"},
		{"text for RSA", func(c *auth.JWTConfig) { c.Algorithm = "RS256" }, "no private key found"},
		{"EC for RSA", func(c *auth.JWTConfig) { c.Algorithm, c.Key = "RS256", pkcs8(t, ecKey(t, 256)) }, "one for RSA is needed"},
		{"RSA for EC", func(c *auth.JWTConfig) { c.Algorithm, c.Key = "ES256", pkcs8(t, rsaKey(t)) }, "elliptic curve key on P-256 is needed"},
		{"other curve", func(c *auth.JWTConfig) { c.Algorithm, c.Key = "ES384", pkcs8(t, ecKey(t, 256)) }, "on P-384 is needed"},
		{"no life", func(c *auth.JWTConfig) { c.Life = time.Millisecond }, "cannot live for 1ms"},
		{"backwards", func(c *auth.JWTConfig) { c.Life = -time.Hour }, "cannot live for"},
		{"place", func(c *auth.JWTConfig) { c.Header = "X" }, `header "X" must read like`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := auth.JWTConfig{Algorithm: "HS256", Key: "hunter2!"}
			test.spoil(&c)
			_, err := auth.NewJWT(c)
			if err == nil || !strings.HasPrefix(err.Error(), "jwt: ") || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestJWTReuse: a call each minute for an hour.
func TestJWTReuse(t *testing.T) {
	tests := []struct {
		name   string
		config auth.JWTConfig
		tokens int
	}{
		{"5 min", auth.JWTConfig{}, 15}, // every 4 min
		{"20 min", auth.JWTConfig{Life: 20 * time.Minute}, 4},
		{"20 min, 10 early", auth.JWTConfig{Life: 20 * time.Minute, Early: 10 * time.Minute}, 6},
		{"each", auth.JWTConfig{Life: 20 * time.Minute, EachRequest: true}, 60},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.config.Algorithm, test.config.Key = "HS256", "secret"
				j, err := auth.NewJWT(test.config)
				if err != nil {
					t.Fatal(err)
				}
				seen := map[string]bool{}
				for range 60 {
					r := newRequest(t, "GET", "https://api.example/", "", "")
					if err := j.Apply(t.Context(), r); err != nil {
						t.Fatal(err)
					}
					seen[r.Header.Get("Authorization")] = true
					<-time.After(time.Minute)
				}
				if len(seen) != test.tokens {
					t.Errorf("%d tokens, want %d", len(seen), test.tokens)
				}
			})
		})
	}
}

// TestJWTAfter401: a shared token is made anew once, one of its own stands.
func TestJWTAfter401(t *testing.T) {
	for each, calls := range map[bool]int{false: 2, true: 1} {
		var seen []string
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.URL.Query().Get("jwt"))
			w.WriteHeader(401)
		})
		j, err := auth.NewJWT(auth.JWTConfig{Algorithm: "HS256", Key: "hunter2hunter2", ID: true, EachRequest: each, Place: auth.Place{In: "query", Name: "jwt"}})
		if err != nil {
			t.Fatal(err)
		}
		c := request.New(request.Config{BaseURL: &url.URL{Scheme: "https", Host: "api.example"}, Transport: inProcess{server}, Auth: j})
		_, err = c.Do(t.Context(), request.Request{Path: "/"})
		expectClass(t, err, request.ErrUnauthorized)
		if len(seen) != calls || calls == 2 && seen[0] == seen[1] {
			t.Errorf("each %t: %q", each, seen)
		}
		text := fmt.Sprintf("%v %#v %v", j, j, err)
		if strings.Contains(text, "hunter2") || strings.Contains(text, seen[0]) {
			t.Error(text)
		}
	}
}
