package ironnet

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tokenKey signs the simulator's tokens. It protects nothing: a client must
// treat a token as opaque and never verify it.
const tokenKey = "ironnet-simulator-key"

const (
	badLogin = "Not authenticated - Failed Login: Username and/or password is incorrect"
	badToken = "Not authenticated - the token is invalid or has expired; log in again"
	noLogin  = "Not authenticated - send HTTP Basic credentials or a Bearer token"
	noGroup  = "This user does not have permission to access IronAPI."
)

// tokenSet holds tokens that were taken back before their time.
type tokenSet struct {
	mu   sync.Mutex
	list map[string]bool
}

func (t *tokenSet) add(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil {
		t.list = map[string]bool{}
	}
	t.list[token] = true
}

// remove makes a token good again: two logins within a second yield the same one.
func (t *tokenSet) remove(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.list, token)
}

func (t *tokenSet) has(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list[token]
}

func basicUser(name string) bool { return !strings.Contains(name, ":") }

// authenticate checks the credentials and returns the token to hand out in the
// header auth-token, which goes with answers to Basic calls only.
func (s *Simulator) authenticate(r *http.Request, endpoint string) (fresh string, err error) {
	if user, password, ok := r.BasicAuth(); ok {
		if !same(user, s.opt.Username) || !same(password, s.opt.Password) {
			return "", problem(http.StatusUnauthorized, badLogin)
		}
		fresh = s.issue()
		s.revoked.remove(fresh)
		return fresh, nil
	}
	if endpoint == "Login" {
		return "", problem(http.StatusUnauthorized, badLogin)
	}
	token, ok := bearer(r)
	if !ok {
		return "", problem(http.StatusUnauthorized, noLogin)
	}
	if s.revoked.has(token) || !s.valid(token) {
		return "", problem(http.StatusUnauthorized, badToken)
	}
	return "", nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// login is the endpoint. Its request has no fields: credentials stand in the
// header, and a body that carries some is a client's mistake.
func (s *Simulator) login(body []byte) (any, error) {
	if err := decode(body, &struct{}{}); err != nil {
		return nil, problem(http.StatusBadRequest, "Login takes no fields, send {}; user and password belong in the Authorization header")
	}
	return map[string]string{"token": s.issue()}, nil
}

type claims struct {
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
}

var tokenEncoding = base64.RawURLEncoding

// issue makes a JSON Web Token (RFC 7519) signed with HS256.
func (s *Simulator) issue() string {
	now := s.opt.Now()
	payload, _ := json.Marshal(claims{s.opt.Username, now.Unix(), now.Add(s.opt.TokenLife).Unix()}) // plain fields cannot fail
	text := tokenEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + tokenEncoding.EncodeToString(payload)
	return text + "." + sign(text)
}

func sign(text string) string {
	mac := hmac.New(sha256.New, []byte(tokenKey))
	mac.Write([]byte(text))
	return tokenEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Simulator) valid(token string) bool {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || !same(sign(token[:at]), token[at+1:]) {
		return false
	}
	_, middle, _ := strings.Cut(token[:at], ".")
	payload, err := tokenEncoding.DecodeString(middle)
	if err != nil {
		return false
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return false
	}
	return c.Subject == s.opt.Username && s.opt.Now().Before(time.Unix(c.Expires, 0))
}
