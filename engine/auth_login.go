package engine

import (
	"context"
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func loginAuth() authKind {
	logout := dsl.RequestBlock(dsl.Run)
	logout.Type, logout.Summary = "logout", "Request that ends the session, sent with its token at the end of the run, also of one that is cancelled."
	probe := dsl.RequestBlock(dsl.Run)
	probe.Type, probe.Summary = "probe", "Keeps the session from run to run: this request, sent with the kept token, tells whether it is alive; if it is refused or redirected, a login follows."
	return authKind{
		spec: &dsl.Block{
			Type: "login", Summary: "One login request; its token goes with every other one. Renewed before it ends and once after a 401; a refused login is never repeated. No `on` rule is asked about it; `error_message` of the client finds what the server says.",
			Example: `auth "login" {
  token    = jq(".session.id")
  validity = "30m"
  header   = "X-Session: {token}"
  request {
    method = "POST"
    path   = "/session"
    json   = { user = param.username, password = param.password }
  }
  logout {
    method = "DELETE"
    path   = "/session"
  }
}`,
			Attrs: append([]dsl.Attr{
				whenAttr(),
				{Name: "token", Holds: dsl.JQ, Summary: "The token in the answer's body."},
				textAttr("token_header", "Answer header that holds the token where the body has none."),
				textAttr("token_cookie", "Cookie of the answer that holds the token where neither of them does; it ends when the cookie does."),
				{Name: "expires_in", Holds: dsl.JQ, Summary: "Seconds that the token lives, in the answer's body."},
				{Name: "expires_at", Holds: dsl.JQ, Summary: "When the token ends, in the answer's body: RFC 3339, or seconds or milliseconds since 1970."},
				withDefault(textAttr("validity", "How long a token lives whose end the answer does not say."), "until its exp if it is a JWT, else until a 401"),
				renewAttr(),
			}, headerAttrs()...),
			Blocks:   []dsl.Child{{Block: dsl.RequestBlock(dsl.Run), Min: 1, Max: 1}, {Block: logout, Max: 1}, {Block: probe, Max: 1}},
			Describe: describeLogin,
			Check:    checkLogin,
		},
		slots: placeSlots,
		open:  openLogin,
	}
}

func checkLogin(r *dsl.Reading) {
	checkPlace(r)
	r.Duration("validity", 0)
	r.Duration("renew_before", 0)
	if r.Node().Block("probe") != nil && r.Node().Block("logout") != nil {
		r.Fail("", "Probe and logout", "A session that is ended with the run cannot be kept for the next one: drop one of probe and logout.")
	}
	if !r.Has("token") && !r.Has("token_header") && !r.Has("token_cookie") {
		r.Fail("", "Missing attribute", "auth \"login\" needs token, token_header or token_cookie to find the token in the answer.")
	}
}

func openLogin(a authSetting) (request.Authenticator, error) {
	r := a.read()
	c := auth.LoginConfig{
		Doer: a.plain, Request: a.request("request"), Validity: r.Duration("validity", 0), Early: r.Duration("renew_before", 0),
		Token: loginAnswer(a, r).find, OnSecret: a.onSecret, Log: a.log, Now: a.now,
		Says: a.config.ErrorMessage,
	}
	c.Header, c.Place = readPlace(r)
	if a.node.Block("logout") != nil {
		c.Logout = a.request("logout")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if a.node.Block("probe") != nil {
		a.keepSession(&c)
	}
	return auth.NewLogin(c)
}

// keepSession lets c use the session of the run before. Without a state there is none.
func (a authSetting) keepSession(c *auth.LoginConfig) {
	if a.tokens == nil {
		return
	}
	kept := &tokenStore{tokens: a.tokens, name: "client." + a.client + "/session", log: a.log}
	whose := a.whose() + " "
	c.Probe = a.request("probe")
	c.Load = func(ctx context.Context) (string, error) {
		text, err := kept.load(ctx)
		token, own := strings.CutPrefix(text, whose)
		if !own {
			return "", err
		}
		return token, err
	}
	c.Store = func(ctx context.Context, token string) error { return kept.store(ctx, whose+token) }
}

// whose changes with the server and with what names the account: a session must go to no
// other server, nor be used in the name of another account. No secret is in it, as
// it could be guessed from what is stored.
func (a authSetting) whose() string {
	return contentHash([]any{a.config.BaseURL.String(), a.bound.Params})
}

func loginAnswer(a authSetting, r *dsl.Reading) tokenFinder {
	t := tokenFinder{
		jq: a.node.Val("token").JQ(), header: r.String("token_header", ""), bound: a.bound, now: a.now,
		expiresIn: a.node.Val("expires_in").JQ(), expiresAt: a.node.Val("expires_at").JQ(),
	}
	if name := r.String("token_cookie", ""); name != "" {
		t.cookie = auth.FromCookie(name, a.now)
	}
	return t
}

// request makes the request that a block in the present one describes.
func (a authSetting) request(block string) func(context.Context) (request.Request, error) {
	n := a.node.Block(block)
	if basic := n.Read(a.bound.Scope).Strings("basic"); len(basic) == 2 {
		a.secrets(auth.Basic{Username: basic[0], Password: basic[1]}.Secrets()...)
	}
	return func(context.Context) (request.Request, error) { return buildRequest(n, a.bound.Scope) }
}

func describeLogin(r *dsl.Reading) string {
	var from []string
	if q := r.Code("token"); q != "" {
		from = append(from, "from "+q+" of the answer")
	}
	for _, where := range []struct{ name, words string }{{"token_header", "from its header "}, {"token_cookie", "from its cookie "}} {
		if name := r.Show(where.name); name != "" {
			from = append(from, where.words+name)
		}
	}
	until := "until the server refuses it, or until its own end if it is a JWT"
	switch {
	case r.Has("expires_in"):
		until = "for the seconds that the answer says in " + r.Code("expires_in")
	case r.Has("expires_at"):
		until = "until the instant that the answer says in " + r.Code("expires_at")
	case r.Show("validity") != "":
		until = "for " + r.Show("validity")
	}
	login := requestWords(r.Of(r.Node().Block("request")))
	text := []string{
		fmt.Sprintf("Logs in with %s; keeps the token %s; sends it with every request in %s.", login, strings.Join(from, ", else "), placeWords(r)),
		renewal(r, until, "by a new login"),
		"A login that is refused is never repeated, whatever the rules of on say.",
	}
	if n := r.Node().Block("logout"); n != nil {
		text = append(text, "The session is ended with "+requestWords(r.Of(n))+" when the run ends.")
	}
	if n := r.Node().Block("probe"); n != nil {
		text = append(text, "The session is kept for the next run, which tries it with "+requestWords(r.Of(n))+" before it logs in.")
	}
	return strings.Join(text, " ")
}
