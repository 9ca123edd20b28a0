package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// ClientOptions is what a client of a mapping needs from outside the file.
type ClientOptions struct {
	// Proxy finds the proxy configured in the ThreatQ UI; nil result: none.
	Proxy func(context.Context) (*url.URL, error)
	// OnSecret is told of tokens before they are used.
	OnSecret func(string)
	// Tokens keeps refresh tokens from run to run; nil: in memory only.
	Tokens Tokens
	// Now is the clock that credentials and waits go by; nil: time.Now.
	Now func() time.Time
	// Observe is told of every exchange.
	Observe func(request.Exchange)
	Log     *slog.Logger
	// Sleep is how the client waits; nil: by the real clock.
	Sleep func(context.Context, time.Duration) error
	// Transport, if set, is put around what sends the requests of the client of that name, or
	// in its place.
	Transport func(client string, rt http.RoundTripper) http.RoundTripper
	// Offline says that Transport is given nothing to send with: proxies and certificates of
	// connections are not looked at, limits of rates do not hold, and credentials that cannot
	// be made are left out.
	Offline bool
	// LeaveOut says which auth blocks are not used; nil: none is left out.
	LeaveOut func(auth *dsl.Node) bool
}

// OpenClient makes the HTTP client that a client block describes.
func OpenClient(ctx context.Context, b *dsl.Bound, c *dsl.Client, opts ClientOptions) (*request.Client, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	r := c.Node.Read(b.Scope)
	cfg := clientConfig(r, c, opts)
	transport := transportConfig(r, cfg.BaseURL)
	limit, err := openServerLimit(c.Node.Block("server_limit"), b, opts.Log)
	if err := errors.Join(r.Err(), err); err != nil {
		return nil, err
	}
	if limit != nil {
		cfg.Budget, cfg.BudgetFloor = limit.budget, limit.floor
	}
	if opts.Offline {
		cfg.Rate, cfg.Budget = 0, nil // no server counts
	}
	if transport.InsecureSkipVerify && !opts.Offline {
		opts.Log.Warn("the server's certificate is not checked (verify_tls is off)", "client", c.Name)
	}
	credentials := authSetting{client: c.Name, bound: b, nodes: c.Auth, config: cfg, tokens: opts.Tokens, now: opts.Now, onSecret: opts.OnSecret, log: opts.Log, leaveOut: opts.LeaveOut}
	if cfg.Transport, err = openTransport(ctx, r, credentials, transport, opts); err != nil {
		return nil, err
	}
	cfg.ErrorMessage = errorMessage(c.Node.Val("error_message").JQ(), b)
	// Rules are about the requests of flows: a login that they skip would be none.
	rules, err := judge(c.Node.All("on"), b, view{})
	if err != nil {
		return nil, err
	}
	plain := request.New(cfg)
	credentials.plain, credentials.config = plain, cfg
	auth, err := openAuth(credentials)
	if err != nil && opts.Offline {
		opts.Log.Info("requests go without credentials, as nothing is sent", "client", c.Name, "why", err)
		auth, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return plain.With(auth, rules), nil
}

// openTransport makes what sends the requests of a client.
func openTransport(ctx context.Context, r *dsl.Reading, credentials authSetting, config request.TransportConfig, opts ClientOptions) (http.RoundTripper, error) {
	var rt http.RoundTripper
	if !opts.Offline {
		var err error
		if config.Proxy, err = proxyFunc(ctx, r, opts); err != nil {
			return nil, err
		}
		if err = amendTransport(credentials, &config); err != nil {
			return nil, err
		}
		if rt, err = request.NewTransport(config); err != nil {
			return nil, fmt.Errorf("client.%s: %w", credentials.client, err)
		}
	}
	if opts.Transport != nil {
		rt = opts.Transport(credentials.client, rt)
	}
	return rt, nil
}

func clientConfig(r *dsl.Reading, c *dsl.Client, opts ClientOptions) request.Config {
	cfg := request.Config{
		Name: "client." + c.Name, BaseURL: baseURL(r),
		Rate: r.Rate("rate_limit"), Burst: r.Count("burst", 1, 1), Timeout: r.Duration("timeout", 60*time.Second), Retries: retries(r),
		RetryWait: r.Duration("retry_wait", time.Second), MaxWait: r.Period("max_wait", 5*time.Minute), Deadline: r.Period("deadline", 0),
		MaxBody: r.Bytes("max_body", 64<<20), AllowHosts: r.Strings("allow_hosts"), Header: http.Header{},
		Cookies: r.Bool("cookies", false),
		Observe: opts.Observe, Log: opts.Log, Now: opts.Now, Sleep: opts.Sleep,
	}
	for _, p := range r.Pairs("headers") {
		cfg.Header.Add(p.Name, p.Value)
	}
	return cfg
}

func transportConfig(r *dsl.Reading, origin *url.URL) request.TransportConfig {
	return request.TransportConfig{
		InsecureSkipVerify: !r.Bool("verify_tls", true), Origin: origin,
		CAFile: r.String("ca_file", ""), CAPEM: []byte(r.String("ca_pem", "")),
	}
}

func baseURL(r *dsl.Reading) *url.URL {
	u, err := url.Parse(r.String("base_url", ""))
	if err != nil || u.Host == "" {
		r.Fail("base_url", "Bad address", "base_url must be an address such as https://api.example.com/v1.")
		return &url.URL{}
	}
	return u
}

// retries tells "none" from "not said".
func retries(r *dsl.Reading) int {
	if n := r.Int("retries", 3); n > 0 {
		return n
	}
	return request.NoRetries
}

func proxyFunc(ctx context.Context, r *dsl.Reading, opts ClientOptions) (func(*http.Request) (*url.URL, error), error) {
	proxy := r.String("proxy", "")
	switch proxy {
	case "":
		return nil, nil // the environment's
	case "threatq":
		u, err := opts.Proxy(ctx)
		if err != nil {
			return nil, fmt.Errorf("the proxy configured in ThreatQ cannot be read: %w", err)
		}
		if u == nil {
			opts.Log.Warn("no proxy is configured in the ThreatQ UI; connecting directly")
		}
		return viaProxy(u, opts), nil
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Host == "" { // not quoted: it may hold a password
		r.Fail("proxy", "Bad address", "proxy must be an address such as http://proxy.example.com:3128, or \"threatq\".")
		return nil, r.Err()
	}
	return viaProxy(u, opts), nil
}

// viaProxy tells the redactor of the proxy's password. No u is no proxy.
func viaProxy(u *url.URL, opts ClientOptions) func(*http.Request) (*url.URL, error) {
	if u != nil && opts.OnSecret != nil {
		if password, has := u.User.Password(); has && password != "" {
			opts.OnSecret(password)
		}
	}
	return http.ProxyURL(u)
}

func errorMessage(jq *code.JQ, b *dsl.Bound) func([]byte) string {
	if jq == nil {
		return nil
	}
	return func(body []byte) string {
		v, err := code.Decode(body)
		if err != nil { // as a rule sees it
			v = strings.ToValidUTF8(string(body), "\uFFFD")
		}
		out, err := view{bound: b}.run(context.Background(), jq, v)
		if err != nil || len(out) == 0 {
			return ""
		}
		text, _ := code.Text(out[0])
		return text
	}
}
