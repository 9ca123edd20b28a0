package engine

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// authKind is one way to authenticate: what a mapping may say and how it is made.
type authKind struct {
	spec *dsl.Block
	open func(a authSetting) (request.Authenticator, error)
}

// authSetting is what an auth block is opened with.
type authSetting struct {
	bound *dsl.Bound
	node  *dsl.Node
	// plain is the client without any auth.
	plain    request.Doer
	onSecret func(string)
}

func authKinds() []authKind { return []authKind{basicAuth(), loginAuth()} }

func whenAttr() dsl.Attr {
	return dsl.Attr{Name: "when", Type: cty.Bool, Scope: dsl.Run, Default: "true", Summary: "Use this one where it holds; the first that does is taken."}
}

// openAuth takes the first auth block whose `when` holds; nil if there is none.
func openAuth(a authSetting, nodes []*dsl.Node) (request.Authenticator, error) {
	for _, n := range nodes {
		r := n.Read(a.bound.Scope)
		use := r.Bool("when", true)
		if err := r.Err(); err != nil {
			return nil, err
		}
		if !use {
			continue
		}
		a.node = n
		for _, k := range authKinds() {
			if k.spec.Type == n.Kind() {
				return k.open(a)
			}
		}
		return nil, fmt.Errorf("no auth %q", n.Kind())
	}
	return nil, nil
}

func basicAuth() authKind {
	return authKind{
		spec: &dsl.Block{
			Type: "basic", Summary: "User and password with every request (RFC 7617).",
			Attrs: []dsl.Attr{
				whenAttr(),
				{Name: "username", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "User name, without colon."},
				{Name: "password", Type: cty.String, Scope: dsl.Run, Required: true, Summary: "Password."},
			},
		},
		open: func(a authSetting) (request.Authenticator, error) {
			r := a.node.Read(a.bound.Scope)
			b := auth.Basic{Username: r.String("username", ""), Password: r.String("password", "")}
			for _, s := range b.Secrets() {
				a.onSecret(s)
			}
			return b, r.Err()
		},
	}
}

func loginAuth() authKind {
	return authKind{
		spec: &dsl.Block{
			Type: "login", Summary: "One login request; its token goes with every other one. Renewed before it ends and once after a 401; a refused login is never repeated.",
			Attrs: []dsl.Attr{
				whenAttr(),
				{Name: "token", Holds: dsl.JQ, Summary: "The token in the answer's body."},
				{Name: "token_header", Type: cty.String, Scope: dsl.Run, Summary: "Answer header that holds the token where the body has none."},
				{Name: "header", Type: cty.String, Scope: dsl.Run, Default: "Authorization: Bearer {token}", Summary: "Header line that carries the token."},
			},
			Blocks: []dsl.Child{{Block: dsl.RequestBlock(dsl.Run), Min: 1, Max: 1}},
		},
		open: openLogin,
	}
}

func openLogin(a authSetting) (request.Authenticator, error) {
	r := a.node.Read(a.bound.Scope)
	field, header := r.String("token_header", ""), r.String("header", "")
	if a.node.Val("token") == nil && field == "" {
		r.Fail("token", "Missing attribute", "auth \"login\" needs token, token_header or both to find the token in the answer.")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	finder := tokenFinder{jq: a.node.Val("token").JQ(), header: field, params: a.bound.Params}
	return auth.NewLogin(auth.LoginConfig{
		Doer: a.plain,
		Request: func(context.Context) (request.Request, error) {
			return buildRequest(a.node.Block("request"), a.bound.Scope)
		},
		Token: finder.find, Header: header, OnSecret: a.onSecret,
	})
}
