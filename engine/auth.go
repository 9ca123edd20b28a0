package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// authKind is one way to authenticate: what a mapping may say and how it is made.
type authKind struct {
	spec *dsl.Block
	// slots names what it writes on a request, as far as r can tell; nil: nothing.
	slots func(r *dsl.Reading) []string
	// open makes it; nil for one that is a matter of connections alone.
	open func(a authSetting) (request.Authenticator, error)
	// amend changes how connections are made; nil: not at all.
	amend func(a authSetting, t *request.TransportConfig) error
}

// authSetting is what the auth blocks of a client are opened with.
type authSetting struct {
	client string
	bound  *dsl.Bound
	nodes  []*dsl.Node
	node   *dsl.Node // the one that is opened
	// plain is the client without any auth, and config what it is made of.
	plain    request.Doer
	config   request.Config
	tokens   Tokens
	now      func() time.Time // nil: time.Now
	onSecret func(string)     // may be nil
	log      *slog.Logger
	leaveOut func(*dsl.Node) bool // may be nil
}

func (a authSetting) read() *dsl.Reading { return a.node.Read(a.bound.Scope) }

// secrets tells the redactor.
func (a authSetting) secrets(all ...string) {
	for _, s := range all {
		if s != "" && a.onSecret != nil {
			a.onSecret(s)
		}
	}
}

func authKinds() []authKind {
	return []authKind{
		noAuth(), basicAuth(), bearerAuth(), apiKeyAuth(), oauth2Auth(), loginAuth(), hmacAuth(), jwtAuth(), mtlsAuth(),
	}
}

func authKindOf(n *dsl.Node) authKind {
	kinds := authKinds()
	i := slices.IndexFunc(kinds, func(k authKind) bool { return k.spec.Type == n.Kind() })
	return kinds[i] // the vocabulary has no other
}

func whenAttr() dsl.Attr {
	return dsl.Attr{Name: "when", Type: cty.Bool, Scope: dsl.Run, Default: "true", Summary: "Use this block only where it holds."}
}

// textAttr is an attribute whose value is known for the run.
func textAttr(name, summary string) dsl.Attr {
	return dsl.Attr{Name: name, Type: cty.String, Scope: dsl.Run, Summary: summary}
}

func needed(a dsl.Attr) dsl.Attr { a.Required = true; return a }

func choiceAttr(name, summary string, options ...string) dsl.Attr {
	return dsl.Attr{Name: name, Type: cty.String, Scope: dsl.Run, Summary: summary, Options: options, Default: options[0]}
}

func withDefault(a dsl.Attr, value string) dsl.Attr { a.Default = value; return a }

// openAuth stacks the auth blocks whose `when` holds; nil if there is none.
func openAuth(a authSetting) (request.Authenticator, error) {
	used, err := a.used()
	if err != nil {
		return nil, err
	}
	if len(a.nodes) > 0 && len(used) == 0 {
		a.log.Warn("no auth block's `when` holds, so requests carry no credentials (auth \"none\" says that it is meant so)", "client", a.client)
	}
	var all []request.Authenticator
	plain := a.plain
	for _, a.node = range used {
		k := authKindOf(a.node)
		if k.open == nil {
			continue
		}
		a.plain = placedDoer{plain, place(a.node.Range)}
		opened, err := k.open(a)
		if err != nil {
			return nil, a.placed(err)
		}
		all = append(all, opened)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return auth.Stack(all...), nil
}

// placedDoer says of requests that do not know it where they come from.
type placedDoer struct {
	request.Doer
	where string
}

func (d placedDoer) Do(ctx context.Context, r request.Request) (*request.Response, error) {
	r.Where = cmp.Or(r.Where, d.where)
	return d.Doer.Do(ctx, r)
}

// amendTransport sets what the auth blocks ask of connections. The credentials of a
// connection are for t.Origin alone, which it sets to the client's own.
func amendTransport(a authSetting, t *request.TransportConfig) error {
	used, err := a.used()
	if err != nil {
		return err
	}
	t.Origin = a.config.BaseURL
	for _, a.node = range used {
		if k := authKindOf(a.node); k.amend != nil {
			if err := k.amend(a, t); err != nil {
				return a.placed(err)
			}
		}
	}
	return nil
}

// placed points from err into the file.
func (a authSetting) placed(err error) error {
	r := a.read()
	return failSetting(r, err)
}

// failSetting makes diagnostics of what package auth says about a setting; other errors
// stay as they are.
func failSetting(r *dsl.Reading, err error) error {
	var setting *auth.SettingError
	if errors.As(err, &setting) {
		r.Fail(setting.Setting, "Bad setting", "%s.", sentence(err))
		return r.Err()
	}
	return err
}

// used are the blocks whose `when` holds. No two of them write to one place.
func (a authSetting) used() ([]*dsl.Node, error) {
	var used []*dsl.Node
	var blocks []*dsl.Reading
	for _, n := range a.nodes {
		if a.leaveOut != nil && a.leaveOut(n) {
			continue
		}
		r := n.Read(a.bound.Scope)
		use := r.Bool("when", true)
		if err := r.Err(); err != nil {
			return nil, err
		}
		if use {
			used, blocks = append(used, n), append(blocks, r)
		}
	}
	if at := collide(blocks); at != nil {
		return nil, at.Err()
	}
	return used, nil
}

// checkAuth looks for auth blocks that collide whatever the parameters are.
func checkAuth(client *dsl.Reading) {
	var always []*dsl.Reading
	for _, n := range client.All("auth") {
		if r := client.Of(n); !r.Has("when") || r.Bool("when", false) {
			always = append(always, r)
		}
	}
	if at := collide(always); at != nil {
		client.Add(at)
	}
}

// collide reports two blocks that write to the same place, by the second of them.
func collide(blocks []*dsl.Reading) *dsl.Reading {
	taken := map[string]*dsl.Node{}
	for i, r := range blocks {
		k := authKindOf(r.Node())
		if k.spec.Type == "none" && len(blocks) > 1 {
			other := blocks[(i+1)%len(blocks)].Node()
			r.Fail("", "Two ways to authenticate", "auth \"none\" stands for no credentials, but auth %q applies too: give each a `when`, of which one holds.", other.Kind())
			return r
		}
		if k.slots == nil {
			continue
		}
		for _, slot := range k.slots(r) {
			if first := taken[slot]; first != nil {
				r.Fail("", "Two ways to authenticate", "This block and auth %q in line %d both write %s. Give each a `when`, of which one holds, or another place.", first.Kind(), first.Range.Start.Line, slot)
				return r
			}
			taken[slot] = r.Node()
		}
	}
	return nil
}

// sentence is the text of an error without its full stop.
func sentence(err error) string {
	s := fmt.Sprint(err)
	for len(s) > 0 && s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
