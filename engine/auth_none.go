package engine

import "tqmap/dsl"

// noAuth says that the absence of credentials is meant.
func noAuth() authKind {
	return authKind{spec: &dsl.Block{
		Type: "none", Summary: "No credentials. Beside other blocks it says when none of them applies.",
		Example: `auth "none" {
  when = param.username == null
}`,
		Attrs: []dsl.Attr{whenAttr()},
	}}
}
