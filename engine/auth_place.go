package engine

import (
	"tqmap/dsl"
	"tqmap/engine/auth"
)

// headerAttrs say where a token goes: a header line, or another place.
func headerAttrs() []dsl.Attr {
	return append([]dsl.Attr{
		withDefault(textAttr("header", "Header line that carries the token, with {token} in its place; {token_type} is what an OAuth 2.0 answer calls it."), "Authorization: Bearer {token}"),
	}, placeAttrs("header, query, cookie or body, in place of a header line.")...)
}

func placeAttrs(in string) []dsl.Attr {
	return []dsl.Attr{
		{Name: "in", Type: textAttr("in", "").Type, Scope: dsl.Run, Options: []string{"header", "query", "cookie", "body"}, Summary: in + " A body must be JSON or a form."},
		textAttr("name", "Name of the header, parameter, cookie or top-level field."),
		withDefault(textAttr("format", "What is written there, with {token} in the credential's place."), "{token}"),
	}
}

// readPlace reads them.
func readPlace(r *dsl.Reading) (header string, p auth.Place) {
	return r.String("header", ""), auth.Place{In: r.String("in", ""), Name: r.String("name", ""), Format: r.String("format", "")}
}

var placeNames = []string{"header", "in", "name", "format"}

// placeSlots is the place, if it is known.
func placeSlots(r *dsl.Reading) []string {
	if !r.Known(placeNames...) {
		return nil
	}
	p, err := auth.NewPlace(readPlace(r))
	if err != nil {
		return nil // reported where the block is checked or opened
	}
	return []string{p.String()}
}

// checkPlace reports a place that cannot be.
func checkPlace(r *dsl.Reading) {
	if !r.Known(placeNames...) {
		return
	}
	if _, err := auth.NewPlace(readPlace(r)); err != nil {
		_ = failSetting(r, err) // r keeps it
	}
}

// authorization is the slot of what knows no other place.
func authorization(*dsl.Reading) []string { return []string{"the header Authorization"} }
