package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

// chainedBlock is a scheme of four derived keys over a request and its hash.
const chainedBlock = `auth "hmac" {
	key    = "AWS4${param.secret}"
	values = { key_id = "id", token = "token", service = "service", region = "region", names = "content-length;content-type;host;x-amz-date;x-amz-security-token" }
	date   = "20060102T150405Z"
	derive = ["{date:20060102}", "{region}", "{service}", "aws4_request"]
	let = {
		scope     = "{date:20060102}/{region}/{service}/aws4_request"
		canonical = "{method}\n{path|escape_path}\n{query|sort_query}\ncontent-length:{length}\ncontent-type:{header:content-type}\nhost:{host}\nx-amz-date:{header:x-amz-date}\nx-amz-security-token:{token}\n\n{names}\n"
	}
	text = "AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical|sha256|hex}"
	headers = {
		Authorization        = "AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
		X-Amz-Date           = "{date}"
		X-Amz-Security-Token = "{token}"
	}
}`

func TestChainedSignature(t *testing.T) {
	t.Run("A13", func(t *testing.T) {
		w := newWire(t, nil) // as a proxy, since the host is part of what is signed
		o := mustOpen(t, "http://www.example.com", "proxy = "+"\""+w.URL+"\"\n"+chainedBlock, map[string]string{"secret": "long_enough_secret"},
			ClientOptions{Now: func() time.Time { return time.Date(2009, 11, 10, 23, 0, 0, 0, time.UTC) }})
		if _, err := o.Do(t.Context(), request.Request{Method: "POST", Path: "/", Body: []byte("request data"), ContentType: "text/plain"}); err != nil {
			t.Fatal(err)
		}
		want := strings.Join([]string{
			"POST http://www.example.com/",
			"Authorization: AWS4-HMAC-SHA256 Credential=id/20091110/region/service/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-security-token, Signature=ad27046c0009e06c6626e6009ba2af96027f4893b7a190ab67aaec85becb25cd",
			"Content-Type: text/plain", "X-Amz-Date: 20091110T230000Z", "X-Amz-Security-Token: token", "request data",
		}, "\n")
		if got := w.taken()[0]; got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
		o.hides(t, nil, "AWS4long_enough_secret")
	})
}

// TestSignature: the server computes the signature of what it gets.
func TestSignature(t *testing.T) {
	block := `auth "hmac" {
		key          = param.key
		key_encoding = "hex"
		algorithm    = "sha512"
		encoding     = "base64"
		date         = "unix_ms"
		values       = { id = "app" }
		text         = "{method}|{target}|{query}|{date}|{nonce}|{uuid}|{body|sha256|hex}|{header:X-Key}"
		headers = {
			X-Date  = "{date}"
			X-Nonce = "{nonce} {uuid}"
			X-Sign  = "{id}:{signature}"
		}
	}
	auth "api_key" {
		name  = "X-Key"
		value = "k"
	}`
	var nonces []string
	refuse := 1
	w := newWire(t, func(w http.ResponseWriter, r *http.Request, body string) {
		nonce, id, _ := strings.Cut(r.Header.Get("X-Nonce"), " ")
		nonces = append(nonces, nonce)
		sum := sha256.Sum256([]byte(body))
		mac := hmac.New(sha512.New, []byte("hunter2"))
		text := strings.Join([]string{r.Method, r.RequestURI, r.URL.RawQuery, r.Header.Get("X-Date"), nonce, id, hex.EncodeToString(sum[:]), "k"}, "|")
		io.WriteString(mac, text)
		if want := "app:" + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("X-Sign") != want || r.Header.Get("X-Date") != "1772366400000" {
			w.WriteHeader(400)
		}
		if refuse--; refuse >= 0 {
			w.WriteHeader(503)
		}
	})
	o := mustOpen(t, w.URL, block, map[string]string{"key": "68756e74657232"}, ClientOptions{Now: func() time.Time { return noon }})
	for name, req := range map[string]request.Request{
		"body":                 {Method: "POST", Path: "/x y", Body: []byte(`{"a": "é"}`), ContentType: "application/json"},
		"query in sent order":  {Path: "/x?z=1", Query: []request.Pair{{Name: "b", Value: "2 &"}, {Name: "a", Value: "ü"}}},
		"nothing but the path": {Path: "/x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := o.Do(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("signed anew for each attempt", func(t *testing.T) {
		if len(nonces) != 4 || nonces[0] == nonces[1] {
			t.Errorf("nonces %q", nonces)
		}
	})
}

func pemOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestJWT(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(pemOf(t, rsaKey)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, key, secret string
		verify            func(text, signature []byte) bool
		algorithm         string
	}{
		{"A11 HS256", `key = param.key`, "hunter2", func(text, sig []byte) bool {
			mac := hmac.New(sha256.New, []byte("hunter2"))
			mac.Write(text)
			return hmac.Equal(mac.Sum(nil), sig)
		}, "HS256"},
		{"A11 RS256 of a file", `key_file = "` + file + `"`, "", func(text, sig []byte) bool {
			sum := sha256.Sum256(text)
			return rsa.VerifyPKCS1v15(&rsaKey.PublicKey, 5, sum[:], sig) == nil
		}, "RS256"},
		{"A11 ES256", `key = param.key`, pemOf(t, ecKey), func(text, sig []byte) bool {
			sum := sha256.Sum256(text)
			return len(sig) == 64 && ecdsa.Verify(&ecKey.PublicKey, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
		}, "ES256"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var given map[string]string
			if test.secret != "" {
				given = map[string]string{"key": test.secret}
			}
			w := newWire(t, nil)
			c := &clock{at: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)}
			o := mustOpen(t, w.URL, `auth "jwt" {
				algorithm = "`+test.algorithm+`"
				`+test.key+`
				key_id    = "k-1"
				issuer    = "iss"
				subject   = "sub"
				audience  = ["aud"]
				claims    = { scope = ["a", 9007199254740993], admin = true }
				jose      = { cty = "x" }
				lifetime  = "1000s"
			}`, given, ClientOptions{Now: c.now})
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			c.move(941 * time.Second) // less than a minute to its end
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			got := w.taken()
			if got[0] != got[1] || got[1] == got[2] {
				t.Errorf("not shared, or not renewed: %q", got)
			}
			token := strings.TrimPrefix(got[0], "GET /x\nAuthorization: Bearer ")
			o.hides(t, nil, token)
			part := strings.Split(token, ".")
			text := func(s string) string { b, _ := base64.RawURLEncoding.DecodeString(s); return string(b) }
			if want := `{"alg":"` + test.algorithm + `","cty":"x","kid":"k-1","typ":"JWT"}`; text(part[0]) != want {
				t.Errorf("header %s", text(part[0]))
			}
			want := `{"admin":true,"aud":"aud","exp":1640996200,"iat":1640995200,"iss":"iss","nbf":1640995200,"scope":["a",9007199254740993],"sub":"sub"}`
			if text(part[1]) != want {
				t.Errorf("claims %s, want %s", text(part[1]), want)
			}
			if !test.verify([]byte(part[0]+"."+part[1]), []byte(text(part[2]))) {
				t.Error("the signature is wrong")
			}
		})
	}
}

// TestAssertion: a token of our own in a token request (RFC 7523), but not in a refresh.
func TestAssertion(t *testing.T) {
	i := &issuer{refresh: true}
	w := newWire(t, i.script)
	o := mustOpen(t, w.URL, `auth "oauth2" {
		grant       = "urn:ietf:params:oauth:grant-type:jwt-bearer"
		token_url   = "/token"
		client_auth = "none"
		fields      = { resource = "r" }
		assertion {
			algorithm = "HS256"
			key       = param.password
			issuer    = "iss"
		}
	}`, hunter, ClientOptions{Now: func() time.Time { return noon }})
	if err := o.get(t); err != nil {
		t.Fatal(err)
	}
	asked := w.taken()[0]
	_, form, _ := strings.Cut(asked, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&resource=r&assertion=")
	part := strings.Split(form, ".")
	if len(part) != 3 {
		t.Fatalf("asked %q", asked)
	}
	var claims struct{ Iss string }
	payload, _ := base64.RawURLEncoding.DecodeString(part[1])
	if json.Unmarshal(payload, &claims); claims.Iss != "iss" {
		t.Errorf("claims %s", payload)
	}
	o.hides(t, nil, "hunter2", form)
	i.revoke("t-1")
	if err := o.get(t); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(w.taken(), "\n"); !strings.Contains(all, "grant_type=refresh_token&refresh_token=r-1&resource=r\n") {
		t.Errorf("refreshed by %s", all)
	}
}
