package engine

import (
	"fmt"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func basicAuth() authKind {
	return authKind{
		spec: &dsl.Block{
			Type: "basic", Summary: "User and password with every request (RFC 7617).",
			Example: `auth "basic" {
  username = param.username
  password = param.password
}`,
			Describe: func(r *dsl.Reading) string {
				return fmt.Sprintf("Sends the user %s and the password with every request, as HTTP Basic in the header Authorization.", r.Show("username"))
			},
			Attrs: []dsl.Attr{
				whenAttr(),
				needed(textAttr("username", "User name, without colon.")),
				needed(textAttr("password", "Password.")),
			},
		},
		slots: authorization,
		open: func(a authSetting) (request.Authenticator, error) {
			r := a.read()
			b := auth.Basic{Username: r.String("username", ""), Password: r.String("password", "")}
			a.secrets(b.Secrets()...)
			return b, r.Err()
		},
	}
}
