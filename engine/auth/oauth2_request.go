package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tqmap/engine/request"
)

// RequestFields are the names that OAuth2Config.Rename may have.
func RequestFields() []string {
	return []string{"grant_type", "client_id", "client_secret", "username", "password", "refresh_token", "scope", "audience"}
}

// AnswerFields are the names that OAuth2Config.Answer may have.
func AnswerFields() []string {
	return []string{"access_token", "expires_in", "refresh_token", "token_type"}
}

// KnownFields reports a name that is none of known.
func KnownFields(names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no %.40q, only %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// secrets are the texts a redactor must know, with what is derived from them.
func (c OAuth2Config) secrets() []string {
	all := []string{c.ClientSecret, c.Password, c.RefreshToken}
	if c.ClientAuth == "basic" && c.ClientSecret != "" {
		all = append(all, url.QueryEscape(c.ClientSecret), c.pair())
	}
	return all
}

// pair is encoded twice, as RFC 6749, 2.3.1 wants it.
func (c OAuth2Config) pair() string {
	return base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(c.ClientID) + ":" + url.QueryEscape(c.ClientSecret)))
}

// ask sends one token request, by the refresh token unless that is "", and takes in the
// answer. A new refresh token is kept even if the rest of the answer is of no use.
func (o *OAuth2) ask(ctx context.Context, refreshToken string) (grant, error) {
	begin := o.cfg.Now()
	r, err := o.request(ctx, refreshToken)
	if err != nil {
		return grant{}, err
	}
	resp, err := o.cfg.Doer.Do(ctx, r)
	if err != nil {
		return grant{}, err
	}
	answer, err := o.read(resp.Body)
	if stored := o.rotate(ctx, answer.refresh, refreshToken); stored != nil {
		return grant{}, stored
	}
	g := grant{token: answer.access, kind: answer.kind}
	if answer.life > 0 {
		g.expiry = begin.Add(answer.life)
	}
	return found(resp, g, err)
}

func (o *OAuth2) request(ctx context.Context, refreshToken string) (request.Request, error) {
	c := o.cfg
	r := request.Request{Method: http.MethodPost, Path: c.TokenURL, Header: http.Header{"Accept": {"application/json"}}}
	if c.ClientAuth == "basic" && c.ClientID != "" {
		r.Header.Set("Authorization", "Basic "+c.pair())
	}
	fields := o.renamed(c.fields(refreshToken))
	if c.Extra != nil {
		extra, err := c.Extra(ctx, c.grantType(refreshToken))
		if err != nil {
			return r, err
		}
		fields = append(fields, extra...)
	}
	var err error
	r.Body, r.ContentType, err = encode(fields, c.JSON)
	return r, err
}

func (c OAuth2Config) grantType(refreshToken string) string {
	if refreshToken != "" {
		return "refresh_token"
	}
	return c.Grant
}

// fields are those of RFC 6749 that are not empty. A refresh beside another grant asks for
// no scope: it is to be that of the first token.
func (c OAuth2Config) fields(refreshToken string) []request.Pair {
	grantType := c.grantType(refreshToken)
	all := []request.Pair{{Name: "grant_type", Value: grantType}, {Name: "refresh_token", Value: refreshToken}}
	if grantType == "password" {
		all = append(all, request.Pair{Name: "username", Value: c.Username}, request.Pair{Name: "password", Value: c.Password})
	}
	if grantType == c.Grant {
		all = append(all, request.Pair{Name: "scope", Value: c.Scope}, request.Pair{Name: "audience", Value: c.Audience})
	}
	if c.ClientAuth != "basic" {
		all = append(all, request.Pair{Name: "client_id", Value: c.ClientID})
	}
	if c.ClientAuth == "body" {
		all = append(all, request.Pair{Name: "client_secret", Value: c.ClientSecret})
	}
	return slices.DeleteFunc(all, func(f request.Pair) bool { return f.Value == "" })
}

func (o *OAuth2) renamed(fields []request.Pair) []request.Pair {
	var out []request.Pair
	for _, f := range fields {
		if name, ok := o.cfg.Rename[f.Name]; ok {
			f.Name = name
		}
		if f.Name != "" {
			out = append(out, f)
		}
	}
	return out
}

// encode keeps the order of the fields.
func encode(fields []request.Pair, asJSON bool) ([]byte, string, error) {
	var parts []string
	for _, f := range fields {
		part := url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value)
		if asJSON {
			var err error
			if part, err = member(f.Name, f.Value); err != nil {
				return nil, "", err
			}
		}
		parts = append(parts, part)
	}
	if asJSON {
		return []byte("{" + strings.Join(parts, ",") + "}"), "application/json", nil
	}
	return []byte(strings.Join(parts, "&")), "application/x-www-form-urlencoded", nil
}
