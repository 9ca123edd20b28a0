package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// platform connects to ThreatQ. Nothing is sent yet.
func (t ThreatQ) platform(log *slog.Logger, onSecret func(string), around func(string, http.RoundTripper) http.RoundTripper) (*threatq.Client, error) {
	base, err := t.address()
	if err != nil {
		return nil, err
	}
	verify := t.VerifyTLS == nil || *t.VerifyTLS
	if !verify {
		log.Warn("ThreatQ's certificate is not checked (verify_tls is off)")
	}
	transport, err := request.NewTransport(request.TransportConfig{InsecureSkipVerify: !verify, CAFile: t.CAFile})
	if err != nil {
		return nil, fmt.Errorf("threatq: %w", err)
	}
	if around != nil {
		transport = around("threatq", transport)
	}
	cfg := request.Config{Name: "threatq", BaseURL: base, Timeout: 5 * time.Minute, Transport: transport, Log: log}
	grant := threatq.GrantPassword
	if t.ClientSecret != "" {
		grant = threatq.GrantClientCredentials
	}
	cfg.Auth = threatq.NewToken(threatq.TokenConfig{
		Doer: request.New(cfg), Grant: grant, ClientID: t.ClientID, ClientSecret: t.ClientSecret,
		Username: t.Username, Password: t.Password, OnSecret: onSecret,
	})
	return threatq.NewClient(request.New(cfg), threatq.Options{BaseURL: base.String(), Log: log}), nil
}

func (t ThreatQ) address() (*url.URL, error) {
	var missing []string
	for name, v := range map[string]string{"host": t.Host, "client_id": t.ClientID} {
		if v == "" {
			missing = append(missing, name)
		}
	}
	if t.ClientSecret == "" && (t.Username == "" || t.Password == "") {
		missing = append(missing, "username and password (or client_secret)")
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, wrongSetting("ThreatQ not configured", "ThreatQ is not configured: %s missing. Put a threatq { … } block into the settings file, set TQMAP_THREATQ_HOST and the like, or try --sandbox.", strings.Join(missing, ", "))
	}
	host := t.Host
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(strings.TrimRight(host, "/"))
	if err != nil || u.Host == "" {
		return nil, wrongSetting("Bad ThreatQ host", "the ThreatQ host %q is not an address such as https://threatq.example.com", t.Host)
	}
	return u, nil
}

// ConfigError is something the operator has to set right; nothing was sent.
type ConfigError struct {
	Reason  string
	summary string // what it is called in the catalogue of diagnostics; "": it is about no setting
}

func wrongSetting(summary, format string, args ...any) *ConfigError {
	return &ConfigError{Reason: fmt.Sprintf(format, args...), summary: summary}
}

func (e *ConfigError) Error() string { return e.Reason }

// Diagnostic is e as what the catalogue knows; nil where it is about no setting.
func (e *ConfigError) Diagnostic() *hcl.Diagnostic {
	if e.summary == "" {
		return nil
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: e.summary, Detail: e.Reason}
}

// Platform connects to ThreatQ. Nothing is sent yet. The error is a *ConfigError for what is
// not set.
func (s *Settings) Platform(log *slog.Logger, onSecret func(string)) (*threatq.Client, error) {
	return s.ThreatQ.platform(log, onSecret, s.Transport)
}

// Proxy reads the proxy that is configured in the ThreatQ UI, when asked.
func (s *Settings) Proxy(log *slog.Logger, onSecret func(string)) func(context.Context) (*url.URL, error) {
	return func(ctx context.Context) (*url.URL, error) {
		platform, err := s.ThreatQ.platform(log, onSecret, nil)
		if err != nil {
			return nil, err
		}
		return platform.Proxy(ctx)
	}
}
