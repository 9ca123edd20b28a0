package page

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"tqmap/dsl"
)

var nextURLKind = Kind{
	Spec: &dsl.Block{
		Type: "next_url", Summary: "The answer holds the address of the next page, which takes the place of the request's path and query. Ends where there is none.",
		Example: `paginate "next_url" {
  next = jq(".links.next")
}`,
		Describe: func(r *dsl.Reading) string {
			return "The next page is at the address that the answer gives in " + r.Code("next") + ", which takes the place of path and query. " +
				describeRules(r, "where there is none", onEmptyContinue)
		},
		Attrs: append([]dsl.Attr{
			{Name: "next", Holds: dsl.JQ, Required: true, Summary: "The address of the next page in the answer, whole or relative to the page it stands on."},
		}, tokenAttrs()...),
		Check: func(r *dsl.Reading) { readTokens(r.Node(), r) },
	},
	New: func(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
		r := n.Read(s)
		return &nextURL{tokens: readTokens(n, r), next: n.Val("next")}, r.Err()
	},
}

type nextURL struct {
	tokens
	next *dsl.Val
}

func (*nextURL) Vars() map[string]any { return nil }

func (u *nextURL) Next(a Answer) (Step, error) {
	return u.visit(a, func() (string, error) {
		got, err := a.Eval(u.next)
		if err != nil || noToken(got) {
			return "", err
		}
		text, ok := got.(string)
		if !ok {
			return "", fmt.Errorf("the address of the next page at %s must be a text, it is %s", u.next.Range, kindOf(got))
		}
		return text, nil
	})
}

// visit follows the address that find reads in a, whole or relative; "" for none. A page that
// points to itself is a loop, too. Whether the client may go to another host is
// decided where requests are sent.
func (t *tokens) visit(a Answer, find func() (string, error)) (Step, error) {
	t.remember(a.URL)
	target := ""
	step, err := t.follow(a, func() (string, error) {
		link, err := find()
		if err != nil || strings.TrimSpace(link) == "" {
			return "", err
		}
		target, err = resolve(a.URL, link)
		return target, err
	})
	if step.More {
		step.Target = target
	}
	return step, err
}

// resolve makes an absolute URL of link as it stands on the page base. The query is
// that of link alone. Errors do not show either, as both may hold secrets.
func resolve(base, link string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", errors.New("the address of the present page cannot be read, so the next one cannot be found")
	}
	to, err := from.Parse(strings.TrimSpace(link))
	switch {
	case err != nil:
		return "", errors.New("the address of the next page is not a URL")
	case to.Scheme != "http" && to.Scheme != "https", to.Host == "":
		return "", errors.New("the address of the next page does not lead to a web server: it needs http or https and a host")
	case to.User != nil:
		return "", errors.New("the address of the next page holds a user name; credentials come from the client's auth alone")
	}
	to.Fragment, to.RawFragment = "", ""
	to.RawQuery = escapeQuery(to.RawQuery)
	out := to.String()
	if _, err := url.Parse(out); err != nil { // two colons in the host, say
		return "", errors.New("the address of the next page is not a URL")
	}
	return out, nil
}

// escapeQuery escapes what may not stand in a request line; servers are not always careful.
// What is escaped already stays as it is.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
