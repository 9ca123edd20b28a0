package engine

import (
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

const hmacSummary = "A signature over each attempt of each request. In the templates stand, in braces, " +
	"method, scheme, host, path, query (in the order sent), target (path and query as sent), body, length, header:NAME, " +
	"date, date:LAYOUT, nonce, uuid, the names in values and let, and in headers signature; each with filters, as {body|sha256|hex}: " +
	"md5 sha1 sha256 sha384 sha512, hex hex_upper base64 base64url, lower upper trim, escape escape_path unescape, sort_query, prefix:TEXT. " +
	"{{ and }} stand for braces."

func hmacAuth() authKind {
	encodings := []string{"hex", "hex_upper", "base64", "base64url"}
	attrs := append([]dsl.Attr{whenAttr()}, keyAttrs()...)
	return authKind{
		spec: &dsl.Block{
			Type: "hmac", Summary: hmacSummary,
			Example: `auth "hmac" {
  key       = param.secret
  algorithm = "sha256"
  values    = { id = param.key_id }
  let       = { digest = "{body|sha256|base64}" }
  text      = "{method}\n{target}\n{date}\n{digest}"
  encoding  = "base64"
  headers = {
    Date          = "{date}"
    Digest        = "SHA-256={digest}"
    Authorization = "HMAC {id}:{signature}"
  }
}`,
			Attrs: append(attrs,
				choiceAttr("algorithm", "Hash of the HMAC (RFC 2104), or RSASSA-PKCS1-v1_5 with it (RFC 8017).", "sha256", "md5", "sha1", "sha384", "sha512", "rsa-sha256", "rsa-sha384", "rsa-sha512"),
				dsl.Attr{Name: "derive", Type: cty.List(cty.String), Scope: dsl.Run, Summary: "Templates: for each in turn the key becomes the HMAC of its text."},
				choiceAttr("derive_encoding", "What each derived key is written in before it is used.", append([]string{"raw"}, encodings...)...),
				dsl.Attr{Name: "values", Type: cty.Map(cty.String), Scope: dsl.Run, Summary: "Constants for the templates, such as a key id."},
				dsl.Attr{Name: "let", Type: cty.Map(cty.String), Scope: dsl.Run, Summary: "Templates that those after them can use by name, in this order."},
				needed(textAttr("text", "Template of the text that is signed.")),
				choiceAttr("encoding", "What {signature} is written in.", encodings...),
				withDefault(textAttr("date", "Layout of {date}, in UTC: rfc1123, rfc3339, unix, unix_ms, or how 2 January 2006, 15:04:05 looks."), "rfc1123"),
				dsl.Attr{Name: "headers", Type: cty.Map(cty.String), Scope: dsl.Run, Required: true, Summary: "Headers that are set, as templates; at least one holds {signature}. The others are set first, so that {header:NAME} sees them."},
			),
			Describe: describeHMAC,
			Check:    checkHMAC,
		},
		slots: func(r *dsl.Reading) []string {
			var out []string
			for _, h := range r.Pairs("headers") {
				out = append(out, auth.Place{In: "header", Name: textproto.CanonicalMIMEHeaderKey(h.Name)}.String())
			}
			return out
		},
		open: openHMAC,
	}
}

func openHMAC(a authSetting) (request.Authenticator, error) {
	r := a.read()
	c := signerConfig(r)
	c.Key, c.Now = readKey(a, r), a.now
	if err := r.Err(); err != nil {
		return nil, err
	}
	return auth.NewSigner(c)
}

// signerConfig reads all but the key.
func signerConfig(r *dsl.Reading) auth.SignerConfig {
	c := auth.SignerConfig{
		Text: r.String("text", ""), Algorithm: r.String("algorithm", ""), KeyEncoding: r.String("key_encoding", ""),
		Derive: r.Strings("derive"), DeriveEncoding: r.String("derive_encoding", ""), Encoding: r.String("encoding", ""),
		Date: r.String("date", ""), Values: map[string]string{},
	}
	for _, p := range r.Pairs("values") {
		c.Values[p.Name] = p.Value
	}
	for _, p := range r.Pairs("let") {
		c.Let = append(c.Let, request.Pair(p))
	}
	for _, p := range r.Pairs("headers") {
		c.Header = append(c.Header, request.Pair(p))
	}
	return c
}

// checkHMAC checks the templates that need no parameter, with stand-ins for the rest.
func checkHMAC(r *dsl.Reading) {
	checkKey(r)
	if r.Has("derive_encoding") && !r.Has("derive") {
		r.Fail("derive_encoding", "Without effect", "Without derive there is no derived key to write.")
	}
	if !r.Known("let") || !r.Has("text") || !r.Has("headers") {
		return
	}
	c := signerConfig(r)
	if !r.Known("values") {
		for _, name := range r.Keys("values") {
			c.Values[name] = "?"
		}
	}
	if !r.Known("text") {
		c.Text = "?"
	}
	if !r.Known("headers") {
		c.Header = []request.Pair{{Name: "X", Value: "{signature}"}}
	}
	if err := c.Check(); err != nil {
		_ = failSetting(r, err) // r keeps it
	}
}

func describeHMAC(r *dsl.Reading) string {
	var headers []string
	for _, h := range r.ShowPairs("headers") {
		headers = append(headers, "`"+h.Name+": "+h.Value+"`")
	}
	return fmt.Sprintf("Signs each attempt of each request: %s over the text %s, written as %s; {date} is written as %s. It sets %s.",
		worded(r, "algorithm", "sha256"), strings.ReplaceAll(strconv.Quote(r.Show("text")), `\\`, `\`), worded(r, "encoding", "hex"), worded(r, "date", "rfc1123"), strings.Join(headers, ", "))
}
