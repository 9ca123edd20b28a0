package engine

import (
	"context"
	"fmt"
	"net/url"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func oauth2Auth() authKind {
	assertion := &dsl.Block{
		Type: "assertion", Summary: "A token made and signed here, sent with each token request that is no refresh (RFC 7523).",
		Example: `assertion {
  algorithm = "RS256"
  key       = param.private_key
  issuer    = param.client_id
  audience  = ["https://login.example.com/oauth/token"]
}`,
		Attrs: append([]dsl.Attr{withDefault(textAttr("field", "Field that carries it."), "assertion")}, jwtAttrs()...),
		Check: checkJWT,
	}
	return authKind{
		spec: &dsl.Block{
			Type: "oauth2", Summary: "An access token of an authorization server (RFC 6749), renewed before it ends and once after a 401: by a refresh token if there is one, else by its grant. No `on` rule is asked about requests for tokens.",
			Example: `auth "oauth2" {
  grant         = "refresh_token"
  token_url     = "https://login.example.com/oauth/token"
  client_id     = param.client_id
  client_secret = param.client_secret
  client_auth   = "body"
  refresh_token = param.refresh_token
  scope         = "alerts.read"
  fields        = { resource = "https://api.example.com" }
}`,
			Attrs: append([]dsl.Attr{
				whenAttr(),
				withDefault(textAttr("grant", "client_credentials, password, refresh_token, or another grant type whose fields are all in fields and assertion."), "client_credentials"),
				needed(textAttr("token_url", "Path below base_url, or a whole address, on whatever host; it gets none of the client's headers there.")),
				textAttr("client_id", "Client id."),
				textAttr("client_secret", "Client secret."),
				choiceAttr("client_auth", "How id and secret are sent: basic (the Authorization header), body (as fields), none (the id alone, as a field).", "basic", "body", "none"),
				textAttr("username", "User name of the grant password."),
				textAttr("password", "Password of the grant password."),
				textAttr("refresh_token", "The first refresh token. What the server gives in its place is kept from run to run; another one here replaces that."),
				textAttr("scope", "Scope, sent if not empty."),
				textAttr("audience", "Audience, sent if not empty."),
				{Name: "fields", Type: cty.DynamicPseudoType, Scope: dsl.Run, Summary: "Further fields of each token request, in this order."},
				choiceAttr("body", "What the fields are sent as.", "form", "json"),
				{Name: "rename", Type: cty.Map(cty.String), Scope: dsl.Run, Summary: "Other names for fields of the token request, e.g. { client_id = \"clientId\" }; \"\" leaves one out."},
				{Name: "answer", Type: cty.Map(cty.String), Scope: dsl.Run, Summary: "Other names for access_token, expires_in, refresh_token and token_type of the answer; a dot leads into an object."},
				withDefault(textAttr("validity", "How long a token lives whose end the answer does not say."), "until its exp if it is a JWT, else until a 401"),
				renewAttr(),
			}, headerAttrs()...),
			Blocks:   []dsl.Child{{Block: assertion, Max: 1}},
			Sends:    []dsl.Sent{{Method: "POST", Attr: "token_url", Means: "the access token"}},
			Describe: describeOAuth2,
			Check:    checkOAuth2,
		},
		slots: placeSlots,
		open:  openOAuth2,
	}
}

// checkOAuth2 asks for what a grant needs, and refuses what it does not send.
func checkOAuth2(r *dsl.Reading) {
	checkPlace(r)
	r.Duration("validity", 0)
	r.Duration("renew_before", 0)
	if !r.Known("grant", "client_auth") {
		return
	}
	grant, clientAuth := r.String("grant", "client_credentials"), r.String("client_auth", "basic")
	needs := map[string][]string{"password": {"username", "password"}, "refresh_token": {"refresh_token"}}[grant]
	if grant == "client_credentials" && clientAuth != "none" {
		needs = []string{"client_id", "client_secret"}
	}
	for _, name := range needs {
		if !r.Has(name) {
			r.Fail("grant", "Missing attribute", "The grant %s needs the attribute %q.", grant, name)
			return
		}
	}
	for _, name := range []string{"username", "password"} {
		if grant != "password" && r.Has(name) {
			r.Fail(name, "Without effect", "Only the grant password sends it; for the grant %s it would be one of fields.", grant)
		}
	}
	if clientAuth == "none" && r.Has("client_secret") {
		r.Fail("client_secret", "Without effect", "With client_auth = \"none\" no secret is sent.")
	}
	for name, known := range map[string][]string{"rename": auth.RequestFields(), "answer": auth.AnswerFields()} {
		if err := auth.KnownFields(r.Keys(name), known); err != nil {
			r.Fail(name, "Unknown name", "%s.", sentence(err))
		}
	}
}

func openOAuth2(a authSetting) (request.Authenticator, error) {
	r := a.read()
	c := auth.OAuth2Config{
		TokenURL: r.String("token_url", ""), Grant: r.String("grant", "client_credentials"),
		ClientID: r.String("client_id", ""), ClientSecret: r.String("client_secret", ""), ClientAuth: r.String("client_auth", "basic"),
		Username: r.String("username", ""), Password: r.String("password", ""), RefreshToken: r.String("refresh_token", ""),
		Scope: r.String("scope", ""), Audience: r.String("audience", ""), JSON: r.String("body", "form") == "json",
		Rename: texts(r, "rename"), Answer: texts(r, "answer"),
		Validity: r.Duration("validity", 0), Early: r.Duration("renew_before", 0),
		Now: a.now, Log: a.log, OnSecret: a.onSecret,
	}
	c.Header, c.Place = readPlace(r)
	var fields []request.Pair
	for _, p := range r.Pairs("fields") {
		fields = append(fields, request.Pair(p))
	}
	c.Doer = a.tokenDoer(r, c.TokenURL)
	if err := r.Err(); err != nil {
		return nil, err
	}
	extra, err := a.extra(fields)
	if err != nil {
		return nil, err
	}
	c.Extra = extra
	if a.tokens != nil {
		s := &tokenStore{tokens: a.tokens, name: tokenName(a.client, c), log: a.log}
		c.Load, c.Store = s.load, s.store
	}
	return auth.NewOAuth2(c)
}

// extra makes the fields that RFC 6749 does not know.
func (a authSetting) extra(fields []request.Pair) (func(context.Context, string) ([]request.Pair, error), error) {
	n := a.node.Block("assertion")
	if n == nil {
		return func(context.Context, string) ([]request.Pair, error) { return fields, nil }, nil
	}
	r := n.Read(a.bound.Scope)
	field, c := r.String("field", "assertion"), jwtConfig(r)
	c.Key, c.Now, c.Log, c.OnSecret = readKey(a, r), a.now, a.log, a.onSecret
	if err := r.Err(); err != nil {
		return nil, err
	}
	j, err := auth.NewJWT(c)
	if err != nil {
		if err := failSetting(r, err); err != nil {
			return nil, err
		}
	}
	return func(_ context.Context, grant string) ([]request.Pair, error) {
		if grant == "refresh_token" {
			return fields, nil
		}
		token, err := j.Token()
		return append(fields[:len(fields):len(fields)], request.Pair{Name: field, Value: token}), err
	}, nil
}

// tokenDoer is a client for the token requests. On another host than the client's own it
// is that host's, and the client's headers, which may hold a key, stay behind.
func (a authSetting) tokenDoer(r *dsl.Reading, address string) request.Doer {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() && (u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https") {
		r.Fail("token_url", "Bad address", "token_url must be a path, or an address such as https://login.example.com/oauth/token.")
		return nil
	}
	cfg := a.config
	if !u.IsAbs() || u.Scheme == cfg.BaseURL.Scheme && u.Host == cfg.BaseURL.Host {
		return a.plain
	}
	cfg.BaseURL = &url.URL{Scheme: u.Scheme, Host: u.Host}
	cfg.Header, cfg.AllowHosts, cfg.Cookies, cfg.Budget = nil, nil, false, nil
	return request.New(cfg)
}

// texts is an object of names and texts.
func texts(r *dsl.Reading, name string) map[string]string {
	out := map[string]string{}
	for _, p := range r.Pairs(name) {
		out[p.Name] = p.Value
	}
	return out
}

func describeOAuth2(r *dsl.Reading) string {
	who := map[string]string{"": "in the header Authorization (Basic)", "basic": "in the header Authorization (Basic)", "body": "as fields", "none": "without a secret, as a field"}
	text := fmt.Sprintf("Gets an access token with POST %s (grant %s)", r.Show("token_url"), worded(r, "grant", "client_credentials"))
	if id := r.Show("client_id"); id != "" {
		text += fmt.Sprintf(", as client %s, sent %s", id, who[r.Show("client_auth")])
	}
	if user := r.Show("username"); user != "" {
		text += ", for the user " + user
	}
	if scope := r.Show("scope"); scope != "" {
		text += ", for the scope " + scope
	}
	assertion := ""
	if n := r.Node().Block("assertion"); n != nil {
		assertion = "Each token request carries a token that is signed here (" + r.Of(n).Show("algorithm") + ")."
	}
	until := "until the end that the answer says"
	if validity := r.Show("validity"); validity != "" {
		until += ", else for " + validity
	}
	return sentences(text+"; sends it with every request in "+placeWords(r)+".", assertion,
		renewal(r, until, "by its refresh token if there is one, else in the same way"))
}
