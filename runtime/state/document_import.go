package state

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"tqmap/engine"
)

// ReadDocument reads an export. It refuses a schema that it does not know (ErrNewer
// for a later one) and whatever does not belong into it.
func ReadDocument(r io.Reader) (*Document, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var version struct {
		Schema int `json:"schema"`
	}
	switch err := json.Unmarshal(text, &version); {
	case err != nil:
		return nil, fmt.Errorf("no export of a state: %w", err)
	case version.Schema > DocumentSchema:
		return nil, fmt.Errorf("%w: the export has schema %d, this version knows %d", ErrNewer, version.Schema, DocumentSchema)
	case version.Schema < 1:
		return nil, fmt.Errorf("no export of a state: it has schema %d, and should have %d", version.Schema, DocumentSchema)
	}
	var doc Document
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("no export of a state: %w", err)
	}
	if doc.Connector == "" {
		return nil, fmt.Errorf("no export of a state: it names no connector")
	}
	seen := map[string]bool{}
	for _, f := range doc.Flows {
		switch {
		case f == nil || f.Name == "":
			return nil, fmt.Errorf("no export of a state: a flow has no name")
		case seen[f.Name]:
			return nil, fmt.Errorf("no export of a state: flow %q stands in it twice", f.Name)
		}
		seen[f.Name] = true
	}
	return &doc, nil
}

// Import puts doc in the place of all that is remembered of the instance's flows. Of the
// tokens, those that doc holds are replaced, and the others stay. It is done as a whole
// or not at all.
func (i *Instance) Import(ctx context.Context, doc *Document) error {
	return i.store.write(ctx, "import the state of "+i.name, i.name, func(tx *transaction) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM flow WHERE instance = ?`, i.name); err != nil {
			return err
		}
		for _, f := range doc.Flows {
			if err := i.importFlow(ctx, tx, f); err != nil {
				return fmt.Errorf("flow %q: %w", f.Name, err)
			}
		}
		for _, t := range doc.Tokens {
			if t.Value == "" {
				continue
			}
			_, err := tx.exec(ctx, `INSERT INTO token (instance, name, value, version) VALUES (?, ?, ?, 1)
				ON CONFLICT (instance, name) DO UPDATE SET value = excluded.value, version = token.version + 1`, i.name, string(t.Name), string(t.Value))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (i *Instance) importFlow(ctx context.Context, tx *transaction, f *FlowDoc) error {
	at, err := f.checkpoint()
	if err != nil {
		return err
	}
	id, err := flowID(ctx, tx, i.name, f.Name)
	if err != nil {
		return err
	}
	if err := putCheckpoint(ctx, tx, id, at); err != nil {
		return err
	}
	entries := make([]engine.Entry, 0, len(f.Ledger))
	for _, e := range f.Ledger {
		entries = append(entries, engine.Entry{
			EntryKey: engine.EntryKey{Rule: string(e.Rule), Key: string(e.Key)}, Hash: string(e.Hash), RemoteID: e.RemoteID, Content: []byte(e.Content),
		})
	}
	if err := putEntries(ctx, tx, id, entries); err != nil {
		return err
	}
	rows := make([][]any, 0, len(f.DeadLetters))
	for _, d := range f.DeadLetters {
		for _, text := range []*string{&d.First, &d.Last} {
			at, err := decodeTime(*text)
			if err != nil {
				return err
			}
			if *text, err = encodeTime(at); err != nil {
				return err
			}
		}
		why, err := writeFailure(engine.DeadLetter{Code: d.Code, Field: d.Field, Stage: d.Stage, Values: d.Values})
		if err != nil {
			return err
		}
		rows = append(rows, []any{id, string(d.Key), string(d.Rule), string(d.Reason), string(d.Where), []byte(d.Input), d.First, d.Last, d.Attempts, why})
	}
	return tx.insert(ctx, `INSERT INTO dead_letter (flow, key, rule, reason, position, input, first_seen, last_seen, attempts, failure)`, rows, "")
}

func (f *FlowDoc) checkpoint() (at engine.Checkpoint, err error) {
	at.Token = string(f.Token)
	if at.Cursor, err = decodeTime(f.Cursor); err != nil {
		return at, err
	}
	for _, b := range f.Boundary {
		if at.Boundary == nil {
			at.Boundary = map[string]string{}
		}
		at.Boundary[string(b.Key)] = string(b.Hash)
	}
	for _, s := range f.Done {
		var span engine.Span
		if span.Start, err = decodeTime(s.Start); err == nil {
			span.End, err = decodeTime(s.End)
		}
		if err != nil {
			return at, err
		}
		at.Done = append(at.Done, span)
	}
	return at, nil
}
