package ctia

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
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

func (t *tokenSet) has(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list[token]
}

type claims struct {
	Region  string `json:"iss"`
	Account int    `json:"account"`
	Number  int    `json:"jti"` // tokens of one second differ
	Expires int64  `json:"exp"`
}

// grant is the token endpoint: the pair in Basic, the grant in a form.
func (s *Simulator) grant(c *call) (any, error) {
	form, err := formOf(c)
	if err != nil {
		return nil, err
	}
	if form.Get("grant_type") != "client_credentials" {
		return nil, problem(http.StatusBadRequest, entity{"error": "unsupported_grant_type"})
	}
	id, password, _ := c.request.BasicAuth()
	n := slices.IndexFunc(s.opt.Accounts, func(a Account) bool { return a.ClientID == id })
	if n < 0 {
		return nil, problem(http.StatusBadRequest, entity{"error": "invalid_client"})
	}
	if !same(password, s.opt.Accounts[n].Password) {
		return nil, problem(http.StatusBadRequest, entity{"error": "wrong_client_creds"})
	}
	life := s.opt.TokenLife
	return entity{
		"access_token": s.issue(n, life), "token_type": "bearer", "expires_in": int(life.Seconds()), "scope": s.opt.Accounts[n].Scope,
	}, nil
}

func formOf(c *call) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, problem(http.StatusUnsupportedMediaType, entity{"error": "invalid_request", "error_description": "send a form"})
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, problem(http.StatusBadRequest, entity{"error": "invalid_request"})
	}
	return form, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

var tokenEncoding = base64.RawURLEncoding

func (s *Simulator) issue(account int, life time.Duration) string {
	payload := marshal(claims{s.opt.Region, account, s.journal.number(), s.opt.Now().Add(life).Unix()})
	text := tokenEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + tokenEncoding.EncodeToString(payload)
	return text + "." + sign(s.opt.Region, text)
}

// sign stands in for the key pair of a region. It protects nothing.
func sign(region, text string) string {
	mac := hmac.New(sha256.New, []byte("ctia-simulator-"+region))
	mac.Write([]byte(text))
	return tokenEncoding.EncodeToString(mac.Sum(nil))
}

func unauthorized(code, description string) error {
	return problem(http.StatusUnauthorized, entity{"error": code, "error_description": description})
}

// authenticate finds whose token a call carries.
func (s *Simulator) authenticate(r *http.Request) (account int, err error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return 0, problem(http.StatusUnauthorized, entity{"error": "not_authenticated", "message": "Only authenticated users allowed"})
	}
	token = strings.TrimSpace(token)
	c, ok := parseToken(token)
	switch {
	case !ok || c.Account < 0 || c.Account >= len(s.opt.Accounts):
		return 0, unauthorized("jwt_decode_failed_exception", "The JWT could not be decoded")
	case c.Region != s.opt.Region:
		return 0, problem(http.StatusUnauthorized, entity{
			"error": "jwt_public_key_not_found", "level": "warn",
			"error_description": "Cannot retrieve a key for your JWT. One common reason would be that it has the wrong `iss` claim",
		})
	case !signed(c.Region, token):
		return 0, unauthorized("jwt_invalid_signature", "Invalid Signature")
	case s.revoked.has(token):
		return 0, unauthorized("jwt_revoked", "JWT is revoked")
	case !s.opt.Now().Before(time.Unix(c.Expires, 0)):
		return 0, unauthorized("jwt_expired", "This JWT max lifetime has expired")
	}
	return c.Account, nil
}

func parseToken(token string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, false
	}
	payload, err := tokenEncoding.DecodeString(parts[1])
	return c, err == nil && json.Unmarshal(payload, &c) == nil
}

func signed(region, token string) bool {
	at := strings.LastIndexByte(token, '.')
	return same(sign(region, token[:at]), token[at+1:])
}

// lacks reports whether an account's scope gives less than all capabilities.
func (a Account) lacks(capabilities []string) bool {
	return slices.ContainsFunc(capabilities, func(c string) bool {
		return !slices.ContainsFunc(strings.Fields(a.Scope), func(scope string) bool { return gives(scope, c) })
	})
}

// gives reports whether a scope, as private-intel, private-intel:read or
// private-intel/judgement:write, gives a capability, as read-judgement.
func gives(scope, capability string) bool {
	name, access, limited := strings.Cut(scope, ":")
	root, entityName, fine := strings.Cut(name, "/")
	verb, of, _ := strings.Cut(capability, "-")
	if root != "private-intel" || capability == "developer" || capability == "specify-id" || fine && entityName != of {
		return false
	}
	reading := verb == "read" || verb == "search" || verb == "list"
	return !limited || access == "read" && reading || access == "write" && !reading
}

func missingCapability(owner string, capabilities []string) error {
	body := entity{"message": "Missing capability", "error": "missing_capability", "capabilities": any(capabilities), "owner": owner}
	if len(capabilities) == 1 {
		body["capabilities"] = capabilities[0]
	}
	return problem(http.StatusForbidden, body)
}
