package request

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const maxRedirects = 5

// redirect is where a leads, nil if nowhere. Once off the own origin, a chain of redirects
// gets no credentials any more, even if it leads back: a foreign host must not choose
// what is called in our name.
func (k *call) redirect(a *answer, hops int) (*target, error) {
	location := a.Header.Get("Location")
	if !redirects(a.Status) || location == "" {
		return nil, nil
	}
	u, err := relative(a.at.url, location)
	if err != nil {
		return nil, k.misled(a, "its Location is no valid URL")
	}
	next, err := k.admit(u, true)
	if err != nil {
		return nil, err
	}
	next.method, next.body, next.foreign = a.at.method, a.at.body, next.foreign || a.at.foreign
	next.acted, next.dropped = a.at.acted, a.at.dropped
	switch {
	case asGet(a.Status, a.at.method):
		next.method, next.body, next.acted, next.dropped = http.MethodGet, nil, true, true
	case !safe(a.at.method) && a.Status < http.StatusTemporaryRedirect:
		return nil, k.misled(a, fmt.Sprintf("it leads to %s, where a %s is not sent again: correct the base URL or the path", bare(u), a.at.method))
	}
	switch {
	case next.foreign && (next.body != nil || !safe(next.method)):
		// The body may hold a password.
		return nil, k.misled(a, fmt.Sprintf("it leads to %s, where a %s is not sent again: correct the base URL or the path", bare(u), a.at.method))
	case hops >= maxRedirects:
		return nil, k.misled(a, fmt.Sprintf("more than %d redirects", maxRedirects))
	}
	return &next, nil
}

// relative resolves location as it is written.
func relative(base *url.URL, location string) (*url.URL, error) {
	location, _, _ = strings.Cut(location, "#")
	path, query, _ := strings.Cut(location, "?")
	ref, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	u := base.ResolveReference(ref)
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.RawQuery = wellFormed(query)
	return u, nil
}

// asGet is whether a redirect asks to fetch the result with GET (RFC 9110, 15.4).
func asGet(status int, method string) bool {
	if status == http.StatusSeeOther {
		return method != http.MethodHead
	}
	return method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

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
