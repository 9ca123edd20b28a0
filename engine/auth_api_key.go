package engine

import (
	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func apiKeyAuth() authKind {
	attrs := append([]dsl.Attr{whenAttr(), needed(textAttr("value", "The key."))}, placeAttrs("Where the key goes: header, query, cookie or body.")...)
	for i := range attrs {
		switch attrs[i].Name {
		case "in":
			attrs[i].Default = "header"
		case "name":
			attrs[i].Required = true
		}
	}
	return authKind{
		spec: &dsl.Block{
			Type: "api_key", Summary: "One fixed key with every request.",
			Example: `auth "api_key" {
  in     = "header"
  name   = "X-Api-Key"
  value  = param.api_key
  format = "key={token}"
}`,
			Describe: func(r *dsl.Reading) string {
				return "Sends a fixed key with every request, in " + placeWords(r) + "."
			},
			Attrs: attrs,
			Check: func(r *dsl.Reading) {
				if r.Known(placeNames...) && r.Has("name") {
					if _, err := auth.NewPlace("", keyPlace(r)); err != nil {
						_ = failSetting(r, err) // r keeps it
					}
				}
			},
		},
		slots: func(r *dsl.Reading) []string {
			p, err := auth.NewPlace("", keyPlace(r))
			if err != nil || !r.Known(placeNames...) {
				return nil
			}
			return []string{p.String()}
		},
		open: func(a authSetting) (request.Authenticator, error) {
			r := a.read()
			key, p := r.String("value", ""), keyPlace(r)
			if err := r.Err(); err != nil {
				return nil, err
			}
			a.secrets(key)
			return auth.NewAPIKey(key, p)
		},
	}
}

func keyPlace(r *dsl.Reading) auth.Place {
	return auth.Place{In: r.String("in", "header"), Name: r.String("name", ""), Format: r.String("format", "")}
}
