// Package statetest holds the behaviour that every engine.State must show.
package statetest

import (
	"context"
	"reflect"
	"testing"

	"tqmap/engine"
	"tqmap/runtime/state"
)

// Run runs the suite. Each call of open must return an empty state that is
// isolated from all others; an implementation whose instances share a store
// should return instances of one store, so that their isolation is tested too.
//
// A state with a method DeadLetters like that of state.Instance has its dead
// letters checked as well, and one that is engine.Tokens its tokens.
func Run(t *testing.T, open func(t *testing.T) engine.State) {
	suite := []struct {
		name string
		test func(*testing.T, func(*testing.T) engine.State)
	}{
		{"nothing is remembered of a flow that never ran", neverRan},
		{"a checkpoint comes back as the same instant", sameInstant},
		{"three runs replace the boundary", threeRuns},
		{"an empty commit moves nothing", emptyCommit},
		{"a checkpoint may move back", moveBack},
		{"no cursor never replaces a cursor", noCursor},
		{"cursor, boundary, token and done spans are one document", oneDocument},
		{"U3 U38 what says nothing never replaces where to go on", nothingWipesNothing},
		{"a commit that fails leaves nothing", failedCommit},
		{"a commit that is cancelled leaves nothing", cancelledCommit},
		{"what was given or returned is not shared", notShared},
		{"ledger entries are replaced", ledgerReplaced},
		{"many ledger keys at once", manyKeys},
		{"any text is a key", anyText},
		{"the ledger is read through in order", readThrough},
		{"the ledger is read through in pages, and may change meanwhile", readThroughMany},
		{"the content of an entry comes back as it was given", contents},
		{"entries are forgotten", forgotten},
		{"a key that is forgotten and stored at once is stored", forgottenAndStored},
		{"many entries are forgotten at once", forgottenMany},
		{"the ledger is read through while its entries are forgotten", forgottenMeanwhile},
		{"U21 a token is replaced only by who has read it", tokens},
		{"dead letters are kept once", deadLetters},
		{"dead letters are revived by key", revived},
		{"flows are isolated", isolatedFlows},
		{"instances are isolated", isolatedInstances},
		{"commits may come at the same time", concurrent},
	}
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) { s.test(t, open) })
	}
}

// graveyard is what a state may have besides engine.State.
type graveyard interface {
	DeadLetters(context.Context, state.Filter) ([]state.DeadLetter, error)
}

func commit(t *testing.T, s engine.State, flow string, c engine.Commit) {
	t.Helper()
	if err := s.Commit(t.Context(), flow, c); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func dead(t *testing.T, s engine.State, f state.Filter) []state.DeadLetter {
	t.Helper()
	g, ok := s.(graveyard)
	if !ok {
		t.Skip("this state does not list dead letters")
	}
	all, err := g.DeadLetters(t.Context(), f)
	if err != nil {
		t.Fatalf("list dead letters: %v", err)
	}
	return all
}

// ledger returns the entries of rule "event.alert" under keys.
func ledger(t *testing.T, s engine.State, flow string, keys ...string) map[string]engine.Entry {
	t.Helper()
	asked := make([]engine.EntryKey, 0, len(keys))
	for _, k := range keys {
		asked = append(asked, alert(k))
	}
	got, err := s.Ledger(t.Context(), flow, asked)
	if err != nil {
		t.Fatalf("read the ledger: %v", err)
	}
	byKey := make(map[string]engine.Entry, len(got))
	for k, e := range got {
		if k != e.EntryKey {
			t.Errorf("under %v stands the entry of %v", k, e.EntryKey)
		}
		byKey[k.Key] = e
	}
	return byKey
}

// same compares with contents; a nil one is not an empty one.
func same(a, b engine.Entry) bool { return reflect.DeepEqual(a, b) }

func alert(key string) engine.EntryKey { return engine.EntryKey{Rule: "event.alert", Key: key} }

func entry(key, hash string, id int64) engine.Entry {
	return engine.Entry{EntryKey: alert(key), Hash: hash, RemoteID: id}
}
