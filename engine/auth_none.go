package engine

import "tqmap/dsl"

// noAuth says that the absence of credentials is meant.
func noAuth() authKind {
	return authKind{spec: &dsl.Block{
		Type: "none", Summary: "No credentials. Beside other blocks it says when none of them applies.",
		Example: `auth "none" {
  when = param.username == null
}`,
		Describe: func(*dsl.Reading) string {
			return "Sends no credentials: that there are none is meant so."
		},
		Attrs: []dsl.Attr{whenAttr()},
	}}
}
