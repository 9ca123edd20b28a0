package threatq

import (
	"bytes"
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Collection is a data collection to save: what has Tag, or everything.
type Collection struct {
	Name string
	Tag  string // "": every object
	// Text keeps the definition as a string that holds it, Old with the conditions at the
	// top; both are met in the field.
	Text, Old bool
	// Private is one of another user: nobody else sees it until it is shared.
	Private bool
}

// StockCollections are the data collections that Stock saves.
func StockCollections() []Collection {
	return []Collection{
		{Name: "All Indicators"},
		{Name: "Block List", Tag: "block", Text: true},
		{Name: "Watch List", Tag: "watch", Old: true},
		{Name: "Drafts", Tag: "draft", Private: true},
	}
}

// Save saves a data collection.
func (l *Library) Save(ctx context.Context, c Collection) error {
	return l.transact(ctx, func(t *tx) error { return t.save(c) })
}

func (t *tx) save(c Collection) error {
	text, err := c.definition()
	if err != nil {
		return err
	}
	s := newSearch(text, t.now)
	s.name = sql.NullString{String: c.Name, Valid: true}
	if err := t.addSearch(&s); err != nil || !c.Private {
		return err
	}
	return t.exec("INSERT INTO private_search (id) VALUES (?)", s.id)
}

func (c Collection) definition() ([]byte, error) {
	conditions := row{"criteria": row{}, "filters": row{}}
	if c.Tag != "" {
		conditions["filters"] = row{"+and": []row{{"tag_name": c.Tag}}}
	}
	var def any = row{"ui_query": row{"title": c.Name}, "api_query": conditions}
	if c.Old {
		def = conditions
	}
	text, err := json.Marshal(def)
	if err == nil && c.Text {
		text, err = json.Marshal(string(text))
	}
	return text, err
}

// Share makes a private data collection visible to everybody.
func (l *Library) Share(ctx context.Context, name string) error {
	return l.transact(ctx, func(t *tx) error {
		shared, err := t.changed("DELETE FROM private_search WHERE id IN (SELECT id FROM search WHERE name = ?)", name)
		if err == nil && !shared {
			err = fmt.Errorf("no private data collection %q", name)
		}
		return err
	})
}

// newSearch is a search with the hash of its definition.
func newSearch(text []byte, now int64) savedSearch {
	var compact bytes.Buffer
	_ = json.Compact(&compact, text) // its reader has checked it
	sum := md5.Sum(compact.Bytes())
	return savedSearch{hash: hex.EncodeToString(sum[:]), json: compact.String(), created: now, updated: now}
}

func (t *tx) addSearch(s *savedSearch) (err error) {
	s.id, err = t.insert("INSERT INTO search (name, hash, json, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
		s.name, s.hash, s.json, s.created, s.updated)
	return err
}
