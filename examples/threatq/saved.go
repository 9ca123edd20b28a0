package threatq

import (
	"database/sql"
	"encoding/json"
	"net/http"
)

// savedSearch is a data collection. Its definition is kept in the form in which
// it came, an object or a string that holds one: both are met in the field.
type savedSearch struct {
	id               int64
	name             sql.NullString // null: found by its hash only
	hash, json       string
	created, updated int64
}

// andVisible leaves out the private ones of other users.
const andVisible = " AND id NOT IN (SELECT id FROM private_search)"

func (t *tx) searches(where string, args ...any) (list []savedSearch, err error) {
	err = t.every("SELECT id, name, hash, json, created_at, updated_at FROM search "+where+" ORDER BY id", args,
		func(scan scanner) error {
			var s savedSearch
			err := scan(&s.id, &s.name, &s.hash, &s.json, &s.created, &s.updated)
			list = append(list, s)
			return err
		})
	return list, err
}

func (s savedSearch) row() row {
	var name any
	if s.name.Valid {
		name = s.name.String
	}
	return row{
		"id": s.id, "name": name, "hash": s.hash, "json": json.RawMessage(s.json),
		"created_at": timeText(s.created), "updated_at": timeText(s.updated),
	}
}

func (c *call) listSearches() (reply, error) {
	list, err := c.searches("WHERE name IS NOT NULL" + andVisible)
	rows := make([]row, len(list))
	for i, s := range list {
		rows[i] = s.row()
	}
	return listed(c.window(rows)), err
}

func (c *call) getSearch() (reply, error) {
	s, err := c.searchByHash(c.words[0])
	return data(http.StatusOK, s.row()), err
}

func (t *tx) searchByHash(hash string) (savedSearch, error) {
	list, err := t.searches("WHERE hash = ?"+andVisible, hash)
	if err == nil && len(list) == 0 {
		return savedSearch{json: "null"}, refuse(http.StatusNotFound, "There is no saved search with the hash %s.", hash)
	}
	if err != nil {
		return savedSearch{json: "null"}, err
	}
	return list[0], nil
}

func (c *call) postSearch() (reply, error) {
	var in struct {
		Name *string
		JSON json.RawMessage
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, badJSON(err)
	}
	if _, err := definition(in.JSON); err != nil {
		return reply{}, err
	}
	s := newSearch(in.JSON, c.now)
	if in.Name != nil {
		s.name = sql.NullString{String: *in.Name, Valid: true}
	}
	err := c.addSearch(&s)
	return data(http.StatusCreated, s.row()), err
}

// query is what a search runs.
type query struct {
	Criteria json.RawMessage `json:"criteria"`
	Filters  json.RawMessage `json:"filters"`
	Fields   []string        `json:"fields"`
}

// definition reads the query of a saved search: an object or a string that
// holds one, with the query in api_query or, in older rows, at the top.
func definition(raw json.RawMessage) (query, error) {
	var inner string
	if json.Unmarshal(raw, &inner) == nil && inner != "" {
		raw = json.RawMessage(inner)
	}
	var def struct {
		query
		API *query `json:"api_query"`
	}
	if err := json.Unmarshal(raw, &def); err != nil {
		return query{}, invalid("json", "The json must be an object, or a string that holds one: %v.", err)
	}
	if def.API != nil {
		return *def.API, nil
	}
	return def.query, nil
}
