// Package request is the one HTTP chain of tqmap: every call to a vendor or to
// ThreatQ passes authentication, rate limit, retries, size caps and redaction
// here, so that no call can forget one of them.
package request

import (
	"context"
	"net/http"
	"time"
)

// Request is one call as its author declared it, before the chain adds
// credentials. It can be replayed: the body is held as bytes.
type Request struct {
	Method string
	// Path is joined to the client's base URL. An absolute URL is used as it is
	// and must be of the client's own origin or of a host in Config.AllowHosts.
	Path string
	// Query is sent in this order, after whatever query Path carries.
	Query []Pair
	// RawQuery is sent exactly as it is, after those of Path and Query. It must
	// hold no blanks, control characters or #.
	RawQuery string
	// Header is added to the client's own headers and wins over them.
	Header http.Header
	// Body is sent unchanged with ContentType; nil sends none.
	Body        []byte
	ContentType string
	// Once marks a call that must not be repeated after it may have reached the
	// server (after a timeout or a dropped connection, say).
	Once bool
	// Judge is asked about answers before Config.Judge. Nil: not at all.
	Judge Judge
	// Spool keeps an answer longer than Config.SpoolFrom in a file. Read it with
	// Response.Open, and call Response.Close.
	Spool bool
	// Where is the place of its declaration in a mapping, file:line:column, for whoever
	// watches the transport; see Where. "": not known.
	Where string
}

// Pair is a query parameter.
type Pair struct{ Name, Value string }

// Response is a whole answer: of a status in 2xx, or of any that a Judge accepts. The
// body is decompressed and never longer than Config.MaxBody.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // nil where it is spooled: see Open
	// URL is the address that answered, without query.
	URL string
	// Last says that the request is not repeated after this.
	Last  bool
	came  time.Time
	spool *spool
}

type whereKey struct{}

// Where is Request.Where of the request that a transport is asked to carry; "" if not known.
func Where(ctx context.Context) string {
	where, _ := ctx.Value(whereKey{}).(string)
	return where
}

// An Authenticator puts credentials on a request. It must be safe for
// concurrent use.
type Authenticator interface {
	// Apply adds credentials to r, which goes to the client's own origin.
	// It is called again for each attempt.
	Apply(ctx context.Context, r *http.Request) error
	// Renew is called once per request after a 401, or an answer that rules take for
	// one, with the request that was refused. False means that there is nothing to
	// renew (the credentials themselves are wrong): the answer stands.
	Renew(ctx context.Context, refused *http.Request) (bool, error)
}

// A Doer carries out requests. Client is the only real one.
type Doer interface {
	Do(context.Context, Request) (*Response, error)
}
