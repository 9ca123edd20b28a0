package page

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tqmap/dsl"
)

// tokenAttrs are the rules of the kinds whose answers point to the next page. Without
// any of them the pages end where the pointer is missing.
func tokenAttrs() []dsl.Attr {
	return []dsl.Attr{
		hasMoreAttr, stopAttr,
		onEmptyAttr(onEmptyContinue, "\"stop\" where the server goes on pointing to a next page behind the last record."),
		maxPagesAttr, maxRecordsAttr,
	}
}

// tokens is the walk of the kinds whose answers point to the next page.
type tokens struct {
	rules
	seen map[[16]byte]bool // hashes, as tokens may be long and secret
}

func readTokens(n *dsl.Node, r *dsl.Reading) tokens {
	checkPointer(n, r)
	return tokens{rules: readRules(n, r, onEmptyContinue), seen: map[[16]byte]bool{}}
}

// follow decides whether to go where the answer points. point reads that only if no rule ends
// the walk before: its key is empty where the answer points nowhere, else
// one for each page.
func (t *tokens) follow(a Answer, point func() (key string, err error)) (Step, error) {
	s, err := t.hear(a)
	if err != nil || s.stop || s.last || a.Records == 0 && t.onEmpty == onEmptyStop {
		return Step{}, err
	}
	key, err := point()
	switch {
	case err != nil:
		return Step{}, err
	case key == "" && s.more:
		return Step{}, fmt.Errorf("%q (%s) says that there are more pages, but the answer does not point to the next one; correct where the pointer is read, or leave has_more out", t.hasMore.Attr.Name, t.hasMore.Range)
	case key == "":
		return Step{}, nil
	}
	if hash := hashOf(key); t.seen[hash] {
		return Step{}, fmt.Errorf("%w: the answer points to a page that was read before (hash of the pointer: %s); "+
			"does the request send it where the server reads it? If the server repeats the pointer at its end, say so with stop = jq(\"…\")",
			ErrLoop, hex.EncodeToString(hash[:4]))
	}
	t.remember(key)
	return t.limit(a.Records, Step{More: true})
}

func (t *tokens) remember(key string) { t.seen[hashOf(key)] = true }

func hashOf(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}
