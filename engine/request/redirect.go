package request

import (
	"fmt"
	"net/http"
)

const maxRedirects = 5

// redirect is where a leads, nil if nowhere. Only reading requests are redirected.
// Once off the own origin, a chain of redirects gets no credentials any more, even if
// it leads back: a foreign host must not choose what is called in our name.
func (k *call) redirect(a *answer, hops int) (*target, error) {
	location := a.Header.Get("Location")
	if !redirects(a.Status) || location == "" {
		return nil, nil
	}
	u, err := a.at.url.Parse(location)
	if err != nil {
		return nil, k.misled(a, "its Location is no valid URL")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.RawQuery = wellFormed(u.RawQuery)
	switch {
	case k.req.Method != http.MethodGet && k.req.Method != http.MethodHead:
		return nil, k.misled(a, fmt.Sprintf("it leads to %s, where a %s is not sent again: correct the base URL or the path", bare(u), k.req.Method))
	case hops >= maxRedirects:
		return nil, k.misled(a, fmt.Sprintf("more than %d redirects", maxRedirects))
	}
	next, err := k.admit(u, true)
	next.foreign = next.foreign || a.at.foreign
	return &next, err
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// misled is the error of a redirect that is not followed.
func (k *call) misled(a *answer, why string) error {
	e := k.statusError(a)
	e.Message, e.Hint = "", why
	return e
}
