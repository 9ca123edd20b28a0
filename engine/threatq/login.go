package threatq

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tqmap/engine/request"
)

// LoginError says that ThreatQ does not accept the account, or that the settings
// for it are incomplete. Trying again with the same settings is of no use.
type LoginError struct {
	Grant   string
	Account string   // user name or client id
	Status  int      // 0 where nothing was sent
	Reasons []string // in the words of ThreatQ, or what is missing
}

func (e *LoginError) Error() string {
	why := strings.TrimRight(strings.Join(e.Reasons, "; "), ".")
	if e.Status == 0 {
		return fmt.Sprintf("cannot log in to ThreatQ: %s", why)
	}
	if why != "" {
		why = ": " + why
	}
	what := "client id, user name and password"
	if e.Grant == GrantClientCredentials {
		what = "client id and client secret"
	}
	return fmt.Sprintf("the ThreatQ login of %q was rejected (HTTP %d)%s: check %s; it is not tried again, to avoid locking the account",
		e.Account, e.Status, why, what)
}

// Is makes a rejected account match request.ErrUnauthorized.
func (e *LoginError) Is(target error) bool { return target == request.ErrUnauthorized && e.Status != 0 }

// errNoToken is an accepted answer that holds no token.
var errNoToken = errors.New("ThreatQ accepted the login but answered without an access_token: check that the host is a ThreatQ platform")

// tokenAnswer is the answer of POST /api/token. A refresh token may be missing.
type tokenAnswer struct {
	AccessToken  text   `json:"access_token"`
	RefreshToken text   `json:"refresh_token"`
	ExpiresIn    number `json:"expires_in"` // seconds; 0: not said
}

// ask sends a token request and keeps the token of its answer.
func (t *Token) ask(ctx context.Context, r request.Request) error {
	resp, err := t.cfg.Doer.Do(ctx, r)
	if err != nil {
		return t.explain(err)
	}
	var a tokenAnswer
	if json.Unmarshal(resp.Body, &a) != nil || a.AccessToken == "" {
		if why := bodyErrors(resp.Body); len(why) > 0 {
			return t.loginError(resp.Status, why)
		}
		return &UnavailableError{Op: "log in", Err: errNoToken}
	}
	t.keep(a)
	return nil
}

// explain turns the refusal of a token request into a *LoginError.
func (t *Token) explain(err error) error {
	var bad *request.StatusError
	if errors.As(err, &bad) && (bad.Status == http.StatusBadRequest || bad.Status == http.StatusUnauthorized) {
		return t.loginError(bad.Status, refusalText(bad.Body))
	}
	return &UnavailableError{Op: "log in", Err: err}
}

func (t *Token) loginError(status int, reasons []string) *LoginError {
	account := t.cfg.Username
	if t.cfg.Grant == GrantClientCredentials {
		account = t.cfg.ClientID
	}
	for i, s := range reasons {
		reasons[i] = t.withoutSecrets(s)
	}
	return &LoginError{Grant: t.cfg.Grant, Account: account, Status: status, Reasons: reasons}
}

// withoutSecrets guards against an answer that quotes the request.
func (t *Token) withoutSecrets(s string) string {
	for _, secret := range []string{t.cfg.Password, t.cfg.ClientSecret, t.access, t.refresh} {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	return s
}

// loginHelps reports whether a failed refresh may be made good by a login: the
// platform answered, but gave no token for it.
func loginHelps(err error) bool {
	var rejected *LoginError
	var bad *request.StatusError
	if errors.As(err, &bad) {
		return bad.Status < 500 && bad.Status != http.StatusTooManyRequests && bad.Status != http.StatusRequestTimeout
	}
	return errors.As(err, &rejected) || errors.Is(err, errNoToken)
}

// loginRequest is the login of the configured grant.
func (t *Token) loginRequest() (request.Request, error) {
	need := []struct{ name, value string }{{"client id", t.cfg.ClientID}}
	switch t.cfg.Grant {
	case GrantPassword:
		need = append(need, struct{ name, value string }{"user name", t.cfg.Username}, struct{ name, value string }{"password", t.cfg.Password})
	case GrantClientCredentials:
		need = append(need, struct{ name, value string }{"client secret", t.cfg.ClientSecret})
	default:
		return request.Request{}, t.loginError(0, []string{fmt.Sprintf("unknown grant %q: use %s or %s", t.cfg.Grant, GrantPassword, GrantClientCredentials)})
	}
	for _, n := range need {
		if n.value == "" {
			return request.Request{}, t.loginError(0, []string{"the " + n.name + " of ThreatQ is not set"})
		}
	}
	if t.cfg.Grant == GrantClientCredentials {
		return t.clientRequest(), nil
	}
	return t.passwordRequest(), nil
}

// passwordRequest has the form of the ThreatQ SDK: grant and client in the query,
// the account in the body.
func (t *Token) passwordRequest() request.Request {
	r := tokenRequest(request.Pair{Name: "grant_type", Value: GrantPassword}, request.Pair{Name: "client_id", Value: t.cfg.ClientID})
	r.Body = marshal(map[string]string{"email": t.cfg.Username, "password": t.cfg.Password})
	r.ContentType = "application/json"
	return r
}

func (t *Token) clientRequest() request.Request {
	r := tokenRequest(request.Pair{Name: "grant_type", Value: GrantClientCredentials})
	pair := base64.StdEncoding.EncodeToString([]byte(t.cfg.ClientID + ":" + t.cfg.ClientSecret))
	t.tell(pair)
	r.Header.Set("Authorization", "Basic "+pair)
	r.Body, r.ContentType = []byte{}, "application/x-www-form-urlencoded"
	return r
}

// refreshRequest may be repeated: where its answer was lost the refresh token is
// spent, the repetition is refused, and a login follows.
func (t *Token) refreshRequest() request.Request {
	r := tokenRequest(request.Pair{Name: "grant_type", Value: "refresh_token"}, request.Pair{Name: "refresh_token", Value: t.refresh})
	r.Header.Set("Authorization", t.header())
	return r
}

func tokenRequest(query ...request.Pair) request.Request {
	return request.Request{
		Method: http.MethodPost, Path: "/api/token", Query: query,
		Header: http.Header{"Accept": {"application/json"}},
	}
}
