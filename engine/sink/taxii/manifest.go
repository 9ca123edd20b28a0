package taxii

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// noReason stands for the message of a failure that has none.
const noReason = "the server does not say why"

// compare tells objects that the server does not take from those that it has: a version that it
// has already is a failure, too, with a message that differs between servers.
func (p *push) compare(ctx context.Context, objects []stix.Encoded, messages map[string]string) error {
	const atOnce = 50 // ids in an address
	for some := range slices.Chunk(objects, atOnce) {
		has, err := p.manifest(ctx, some)
		if err != nil && !errors.Is(err, request.ErrForbidden) && !errors.Is(err, request.ErrRefused) {
			return fmt.Errorf("collection %q: the server has not taken %d objects, and does not say which of them it had: %w", p.Title, len(objects), err)
		}
		for _, o := range some {
			message := messages[o.ID]
			if message == "" {
				message = noReason
			}
			switch {
			case has.version(o) || err != nil && strings.Contains(strings.ToLower(message), "identical version"):
				p.settle(o.ID, Outcome{Kind: Unchanged})
			default:
				p.settle(o.ID, Outcome{Failed, message})
			}
		}
	}
	return nil
}

// held are the versions that a collection has, by the ids of objects.
type held map[string][]string

// errUnreadable is ErrForbidden, found out without asking.
var errUnreadable = fmt.Errorf("the collection cannot be read: %w", request.ErrForbidden)

// manifest asks for all versions of objects. One without versions is listed all the same.
func (p *push) manifest(ctx context.Context, objects []stix.Encoded) (held, error) {
	if !p.canRead {
		return nil, errUnreadable
	}
	var ids []string
	for _, o := range objects {
		ids = append(ids, o.ID)
	}
	out := held{}
	query := []request.Pair{{Name: "match[id]", Value: strings.Join(ids, ",")}, {Name: "match[version]", Value: "all"}}
	return out, p.server.pages(ctx, p.address("manifest"), query, func(page json.RawMessage) error {
		var list struct {
			Objects []struct {
				ID       string
				Version  string   // 2.1
				Versions []string // 2.0
			}
		}
		if json.Unmarshal(page, &list) != nil {
			return fmt.Errorf("GET %s: %w: its list of objects cannot be read", p.address("manifest"), ErrNotTAXII)
		}
		for _, o := range list.Objects {
			versions := o.Versions
			if o.Version != "" {
				versions = append(versions, o.Version)
			}
			out[o.ID] = append(out[o.ID], versions...)
		}
		return nil
	})
}

// version says whether the very version of an object is there. Markings have only one.
func (h held) version(o stix.Encoded) bool {
	versions, listed := h[o.ID]
	if listed && strings.HasPrefix(o.ID, "marking-definition--") {
		return true
	}
	return slices.ContainsFunc(versions, func(v string) bool { return sameInstant(v, o.Modified) })
}

// sameInstant compares times, whose fractions are written with more or fewer digits.
func sameInstant(a, b string) bool {
	if a == b {
		return true
	}
	at, err := time.Parse(time.RFC3339Nano, a)
	bt, err2 := time.Parse(time.RFC3339Nano, b)
	return err == nil && err2 == nil && at.Equal(bt)
}
