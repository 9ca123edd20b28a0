package taxii

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"tqmap/engine/request"
	"tqmap/engine/stix"
)

// Outcome is what became of an object.
type Outcome struct {
	Kind Kind
	// Message of a Failed one is the server's own, on one line.
	Message string
}

// Kind of an Outcome.
type Kind string

// The kinds. An object about which nothing is known should be sent again: one that the
// server has is Unchanged then.
const (
	Unknown   Kind = "unknown"   // no answer, or none about it
	Created   Kind = "created"   // the server has taken this version of it
	Unchanged Kind = "unchanged" // it had this version before
	Failed    Kind = "failed"    // it does not take it
)

// A Chunker puts objects into requests, as *stix.Graph does.
type Chunker interface {
	Chunks(objects iter.Seq[stix.Encoded], max stix.Limits) iter.Seq2[stix.Chunk, error]
}

// Push sends objects and returns what became of each, by id. Their order is kept. Where it ends with an
// error, what is known by then counts: a request that was answered is in the Outcomes.
//
// A request that is too large is sent again in smaller ones, and one that is refused for what is in
// it (400, 422) in halves, down to the guilty object. Errors are *PendingError, ErrNotTAXII,
// and those of the Doer.
func (c *Collection) Push(ctx context.Context, chunks Chunker, objects []stix.Encoded) (map[string]Outcome, error) {
	p := &push{Collection: c, chunks: chunks, out: make(map[string]Outcome, len(objects)), settled: map[string]bool{}, common: map[string]string{}}
	objects = p.begin(objects)
	for {
		err := p.pass(ctx, objects)
		if !errors.Is(err, errSmaller) {
			return p.out, err
		}
		// What fits into no request stays, so that nothing is sent that refers to it.
		objects = slices.DeleteFunc(slices.Clone(objects), func(o stix.Encoded) bool { return p.settled[o.ID] })
	}
}

// begin leaves out producer and markings that the server was given in an earlier Push: every export of
// a few objects names them again.
func (p *push) begin(objects []stix.Encoded) []stix.Encoded {
	var out []stix.Encoded
	for _, o := range objects {
		if p.known[o.ID] == o.Modified && o.Modified != "" {
			p.out[o.ID] = Outcome{Kind: Unchanged}
			continue
		}
		p.out[o.ID] = Outcome{Kind: Unknown}
		if common(o.ID) {
			p.common[o.ID] = o.Modified
		}
		out = append(out, o)
	}
	return out
}

func common(id string) bool {
	return strings.HasPrefix(id, "identity--") || strings.HasPrefix(id, "marking-definition--")
}

// push is one Push.
type push struct {
	*Collection
	chunks  Chunker
	out     map[string]Outcome
	settled map[string]bool // ids about which the server has decided
	alone   int             // objects in a row that were refused
	taken   bool            // a request was accepted
	common  map[string]string
}

// errSmaller is that requests must become smaller.
var errSmaller = errors.New("the request is too large")

func (p *push) pass(ctx context.Context, objects []stix.Encoded) error {
	for chunk, err := range p.chunks.Chunks(slices.Values(objects), p.limits) {
		var large *stix.TooLarge
		switch {
		case errors.As(err, &large):
			p.out[large.ID] = Outcome{Failed, large.Error()}
			continue
		case err != nil:
			return err
		}
		for _, id := range chunk.Shortened {
			p.server.log.Warn("sent without its description, as it is too large", "object", id)
		}
		if err := p.post(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// post sends one request.
func (p *push) post(ctx context.Context, chunk stix.Chunk) error {
	var st taxiiStatus
	_, err := p.server.do(ctx, request.Request{Method: http.MethodPost, Path: p.address("objects"), Body: chunk.Body, ContentType: p.server.posted}, &st)
	n := len(chunk.Objects)
	switch code := status(err); {
	case err == nil:
		p.alone, p.taken = 0, true
		return p.judge(ctx, chunk.Objects, &st)
	case code == http.StatusRequestEntityTooLarge:
		p.limits.Bytes, p.limits.Objects = len(chunk.Body)-1, max(1, n/2)
		if n == 1 {
			if err := p.lonely(err); err != nil {
				return err
			}
		}
		return errSmaller
	case code == http.StatusBadRequest || code == http.StatusUnprocessableEntity:
		if n > 1 {
			half := (n + 1) / 2
			if err := p.pass(ctx, chunk.Objects[:half]); err != nil {
				return err
			}
			return p.pass(ctx, chunk.Objects[half:])
		}
		p.settle(chunk.Objects[0].ID, Outcome{Failed, oneLine(err.Error())})
		return p.lonely(err)
	}
	return fmt.Errorf("collection %q: %w", p.Title, err)
}

// giveUpAfter is how many objects in a row may be refused by themselves, before any was
// accepted: then it is not the objects that are at fault.
const giveUpAfter = 10

func (p *push) lonely(err error) error {
	if p.alone++; p.alone >= giveUpAfter && !p.taken {
		return fmt.Errorf("collection %q: gave up after %d objects in a row were refused, each by itself: %w", p.Title, p.alone, err)
	}
	return nil
}

func (p *push) settle(id string, o Outcome) {
	if _, ours := p.out[id]; !ours {
		return
	}
	p.out[id], p.settled[id] = o, true
	if modified, is := p.common[id]; is && o.Kind != Failed {
		p.known[id] = modified
	}
}
