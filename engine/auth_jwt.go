package engine

import (
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func jwtAuth() authKind {
	attrs := append([]dsl.Attr{whenAttr()}, jwtAttrs()...)
	attrs = append(attrs,
		dsl.Attr{Name: "each_request", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Make a token for each attempt, rather than one that all share until it is about to end."},
		renewAttr(),
	)
	return authKind{
		spec: &dsl.Block{
			Type: "jwt", Summary: "A token that is made and signed here (RFC 7519). It holds iat, nbf and exp, and typ JWT.",
			Example: `auth "jwt" {
  algorithm = "HS256"
  key       = param.secret
  key_id    = "key-1"
  issuer    = param.client_id
  audience  = ["https://api.example.com"]
  claims    = { scope = "alerts" }
  lifetime  = "10m"
}`,
			Describe: describeJWT,
			Attrs:    append(attrs, headerAttrs()...),
			Check: func(r *dsl.Reading) {
				checkPlace(r)
				checkJWT(r)
				r.Duration("renew_before", 0)
				if r.Bool("each_request", false) && r.Has("renew_before") {
					r.Fail("renew_before", "Without effect", "A token for each request is never renewed.")
				}
			},
		},
		slots: placeSlots,
		open: func(a authSetting) (request.Authenticator, error) {
			r := a.read()
			c := jwtConfig(r)
			c.Key, c.Now, c.Log, c.OnSecret = readKey(a, r), a.now, a.log, a.onSecret
			c.EachRequest, c.Early = r.Bool("each_request", false), r.Duration("renew_before", 0)
			c.Header, c.Place = readPlace(r)
			if err := r.Err(); err != nil {
				return nil, err
			}
			return auth.NewJWT(c)
		},
	}
}

func renewAttr() dsl.Attr {
	return withDefault(textAttr("renew_before", "How long before its end a token is renewed; at most half of its life."), "60s")
}

// jwtAttrs say what a token of our own holds.
func jwtAttrs() []dsl.Attr {
	algorithm := needed(choiceAttr("algorithm", "Signature (RFC 7518).", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384"))
	algorithm.Default = ""
	return append(append([]dsl.Attr{algorithm}, keyAttrs()...),
		textAttr("key_id", "The header field kid."),
		textAttr("issuer", "The claim iss."),
		textAttr("subject", "The claim sub."),
		dsl.Attr{Name: "audience", Type: cty.List(cty.String), Scope: dsl.Run, Summary: "The claim aud: text if there is one, else a list."},
		dsl.Attr{Name: "claims", Type: cty.DynamicPseudoType, Scope: dsl.Run, Summary: "Further claims, by name."},
		dsl.Attr{Name: "jose", Type: cty.DynamicPseudoType, Scope: dsl.Run, Summary: "Further fields of the token's own header, by name."},
		dsl.Attr{Name: "jti", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Give each token a random id, the claim jti."},
		withDefault(textAttr("lifetime", "How long a token is good for."), "5m"),
	)
}

// jwtConfig reads all but the key.
func jwtConfig(r *dsl.Reading) auth.JWTConfig {
	return auth.JWTConfig{
		Algorithm: r.String("algorithm", ""), KeyEncoding: r.String("key_encoding", ""), KeyID: r.String("key_id", ""),
		Issuer: r.String("issuer", ""), Subject: r.String("subject", ""), Audience: r.Strings("audience"),
		Claims: object(r, "claims"), JOSE: object(r, "jose"), ID: r.Bool("jti", false),
		Life: r.Duration("lifetime", 5*time.Minute),
	}
}

func checkJWT(r *dsl.Reading) {
	checkKey(r)
	c := jwtConfig(r)
	if !r.Known("key_id") {
		c.KeyID = "?"
	}
	for name, to := range map[string]*map[string]any{"claims": &c.Claims, "jose": &c.JOSE} {
		if !r.Known(name) {
			*to = map[string]any{}
			for _, key := range r.Keys(name) {
				(*to)[key] = nil
			}
		}
	}
	if err := c.Check(); err != nil {
		_ = failSetting(r, err) // r keeps it
	}
}

// object is an attribute of names and values; nil where unset.
func object(r *dsl.Reading, name string) map[string]any {
	switch v := r.Any(name).(type) {
	case nil:
	case map[string]any:
		return v
	default:
		r.Fail(name, "Object expected", "%q takes an object of names and values.", name)
	}
	return nil
}

func describeJWT(r *dsl.Reading) string {
	how := "One token is shared by all requests and made anew " + worded(r, "renew_before", "60s") + " before it ends."
	if r.Bool("each_request", false) {
		how = "Each request gets a token of its own."
	}
	return sentences(fmt.Sprintf("Makes and signs a token itself (%s), good for %s, and sends it in %s.", r.Show("algorithm"), worded(r, "lifetime", "5m"), placeWords(r)),
		wordedIf(r, "issuer", "Its issuer is %s."), how)
}
