package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"tqmap/engine/request"
)

// SignerConfig describes a signature over each request. Its templates are text with values
// in braces, {{ and }} standing for a brace:
//
//	{method} {scheme} {host}
//	{path}            as it is sent, escaped; at least "/"
//	{query}           as it is sent, without the question mark; may be empty
//	{target}          path and query, with a question mark between them if there is a query
//	{body} {length}   the bytes that are sent, and their number
//	{header:Name}     a header of the request, empty if it has none
//	{date}            the time of this attempt in the layout Date
//	{date:LAYOUT}     the same in another layout
//	{nonce} {uuid}    made anew for each attempt: 32 hex digits, and a UUID (version 4)
//	{signature}       only in Header
//
// and the names in Values and Let. A value can pass through filters, {body|sha256|hex}:
// md5 sha1 sha256 sha384 sha512 (to raw bytes), hex hex_upper base64 base64url, lower upper
// trim, escape escape_path unescape (percent encoding), sort_query, and prefix:TEXT, which
// puts TEXT before a value that is not empty.
type SignerConfig struct {
	// Text is the template of the canonical text that is signed. An author who thinks
	// in parts joins them.
	Text string
	// Algorithm is md5, sha1, sha256, sha384 or sha512, for HMAC (RFC 2104) with that
	// hash, or rsa-sha256, rsa-sha384 or rsa-sha512, for RSASSA-PKCS1-v1_5 (RFC 8017).
	// Default sha256.
	Algorithm string
	// Key is the secret, in KeyEncoding: "text" (the default: its bytes), "base64" or
	// "hex". For RSA it is a private key in PEM.
	Key, KeyEncoding string
	// Derive makes the key of an HMAC from Key: for each template in turn the key
	// becomes the HMAC of its text. DeriveEncoding is what that result is written in
	// before it is used: "raw" (the default), or an Encoding.
	Derive         []string
	DeriveEncoding string
	// Encoding is how {signature} is written: hex (the default), hex_upper, base64 or
	// base64url.
	Encoding string
	// Values are constants that templates can use: a key id, a token.
	Values map[string]string
	// Let are texts that further templates can use by their names, in this order.
	Let []request.Pair
	// Header are the headers that are set, as templates. Those without {signature} are
	// set first, so that {header:Name} sees them.
	Header []request.Pair
	// Date is the layout of {date}, always in UTC: rfc1123 (the default, with GMT as
	// HTTP wants it), rfc3339, unix, unix_ms, or a layout of Go's package time.
	Date string
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// Nonce makes 16 random bytes; by default they are from crypto/rand.
	Nonce func() [16]byte
}

// Signer signs each attempt of each request anew. A signature is good for its one request
// and so is not reported as a secret.
type Signer struct {
	cfg    SignerConfig
	sign   func(*attempt) ([]byte, error)
	text   template
	let    []named
	derive []template
	before []named // headers that the signature may cover
	after  []named // those that hold it
}

// named is a template with its name.
type named struct {
	name string
	template
}

var _ request.Authenticator = (*Signer)(nil)

func isSigner(a request.Authenticator) bool {
	_, ok := a.(*Signer)
	return ok
}

// NewSigner makes a Signer. It fails if a template, a name or the key cannot be used.
func NewSigner(c SignerConfig) (*Signer, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Nonce == nil {
		c.Nonce = func() (b [16]byte) { rand.Read(b[:]); return b }
	}
	s := &Signer{cfg: c}
	if err := s.steps(s.defaults, s.compile, s.headers, s.chain, s.key); err != nil {
		return nil, err
	}
	return s, nil
}

// Check reports what NewSigner would, but for the key, which it does not look at.
func (c SignerConfig) Check() error {
	s := &Signer{cfg: c}
	return s.steps(s.defaults, s.compile, s.headers, s.chain)
}

func (s *Signer) steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return fmt.Errorf("signature: %w", err)
		}
	}
	return nil
}

// Apply signs r.
func (s *Signer) Apply(_ context.Context, r *http.Request) error {
	a, err := s.attempt(r)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	for _, step := range []func() error{
		func() error { return a.set(s.before) },
		a.compute,
		func() error { return a.set(s.after) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("signature: %w", err)
		}
	}
	return nil
}

// Renew has nothing to renew: each attempt is signed anew as it is.
func (s *Signer) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// String hides the key from %v and from logs.
func (s *Signer) String() string { return s.cfg.Algorithm + " signature" }

// GoString hides it from %#v.
func (s *Signer) GoString() string { return s.String() }
