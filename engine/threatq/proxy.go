package threatq

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Proxy returns the internet proxy set in the user interface of ThreatQ, nil if
// there is none. The URL may hold the password of the proxy.
//
// The ThreatQ REST API has the endpoint, but its answer is not documented. What
// is read here is inferred: a record with "url", or with "host", "port", "scheme",
// "username" and "password", and "enabled" to switch it off.
func (c *Client) Proxy(ctx context.Context) (*url.URL, error) {
	const path = "/api/configuration/proxy"
	a, err := c.call(ctx, http.MethodGet, path, nil, nil)
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s proxySettings
	if json.Unmarshal(a.data, &s) != nil {
		return nil, nil // no record: {}, null or an empty list
	}
	u, err := s.url()
	if err != nil {
		return nil, &UnavailableError{Op: "GET " + path, Err: err}
	}
	return u, nil
}

type proxySettings struct {
	URL      text `json:"url"`
	Scheme   text `json:"scheme"`
	Host     text `json:"host"`
	Port     text `json:"port"`
	Username text `json:"username"`
	Password text `json:"password"`
	Enabled  flag `json:"enabled"`
}

// errProxy does not quote the setting, which may hold a password.
var errProxy = errors.New("the proxy set in ThreatQ cannot be read as http://host:port: correct it in the user interface of ThreatQ")

func (s proxySettings) url() (*url.URL, error) {
	raw := strings.TrimSpace(string(s.URL))
	if raw == "" {
		raw = s.address()
	}
	if raw == "" || s.Enabled.set != nil && !*s.Enabled.set {
		return nil, nil
	}
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return nil, errProxy
	}
	switch u.Scheme {
	case "http", "https", "socks5":
	default:
		return nil, errProxy
	}
	if u.User == nil && s.Username != "" {
		u.User = url.UserPassword(string(s.Username), string(s.Password))
	}
	return u, nil
}

// address joins host and port, of which the host may already have either of
// scheme and port.
func (s proxySettings) address() string {
	host := strings.TrimSpace(string(s.Host))
	if host == "" {
		return ""
	}
	scheme, name, found := strings.Cut(host, "://")
	if !found {
		scheme, name = strings.ToLower(cmp.Or(string(s.Scheme), "http")), host
	}
	port := strings.TrimSpace(string(s.Port))
	if _, _, err := net.SplitHostPort(name); err != nil && port != "" && port != "0" {
		name = net.JoinHostPort(strings.Trim(name, "[]"), port)
	}
	return scheme + "://" + name
}
