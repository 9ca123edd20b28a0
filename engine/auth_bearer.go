package engine

import (
	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func bearerAuth() authKind {
	return authKind{
		spec: &dsl.Block{
			Type: "bearer", Summary: "A token that was issued once and for all, with every request (RFC 6750).",
			Example: `auth "bearer" {
  token  = param.token
  header = "Authorization: Bearer {token}"
}`,
			Describe: func(r *dsl.Reading) string {
				return "Sends a token that was issued once with every request, in " + placeWords(r) + "."
			},
			Attrs: []dsl.Attr{
				whenAttr(),
				needed(textAttr("token", "The token.")),
				withDefault(textAttr("header", "Header line that carries it, with {token} in its place."), "Authorization: Bearer {token}"),
			},
			Check: checkPlace,
		},
		slots: placeSlots,
		open: func(a authSetting) (request.Authenticator, error) {
			r := a.read()
			token, header := r.String("token", ""), r.String("header", "")
			if err := r.Err(); err != nil {
				return nil, err
			}
			a.secrets(token)
			return auth.NewBearer(token, header)
		},
	}
}
