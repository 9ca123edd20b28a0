package devo

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Column of a table.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Table is a lookup. The first column is its key, unless Key says otherwise.
type Table struct {
	Columns []Column `json:"columns"`
	// Rows are the rows as they were sent, by their key.
	Rows map[string]string `json:"rows"`
	// By is the id of the session, or job, that changed it last.
	By string `json:"by"`
}

// Dump is a table for reading.
type Dump struct {
	Columns []Column   `json:"columns"`
	Rows    [][]string `json:"rows"` // in the order of their keys
	By      string     `json:"by"`
}

// Tables are all lookups by their names.
func (s *Simulator) Tables() map[string]Dump {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Dump{}
	for name, t := range s.tables {
		d := Dump{Columns: t.Columns, By: t.By, Rows: [][]string{}}
		for _, key := range slices.Sorted(maps.Keys(t.Rows)) {
			row, _ := fields(t.Rows[key])
			d.Rows = append(d.Rows, row)
		}
		out[name] = d
	}
	return out
}

// Count is how many rows a lookup has, -1 where there is none.
func (s *Simulator) Count(lookup string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[lookup]; t != nil {
		return len(t.Rows)
	}
	return -1
}

// change is a row of a session.
type change struct {
	key, raw string
	gone     bool
}

// apply is what a session or a file does to a table.
func (s *Simulator) apply(lookup, by string, columns []Column, changes []change, whole bool) error {
	t := s.tables[lookup]
	if t == nil || whole {
		t = &Table{Rows: map[string]string{}}
	} else if !slices.Equal(names(t.Columns), names(columns)) {
		return errors.New("the columns are not those of the lookup")
	}
	t.Columns, t.By = columns, by
	for _, c := range changes {
		if c.gone {
			delete(t.Rows, c.key)
		} else {
			t.Rows[c.key] = c.raw
		}
	}
	s.tables[lookup] = t
	return s.save()
}

func names(columns []Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// fields splits a row: texts in quotation marks, in which two stand for one, and bare ones.
func fields(row string) ([]string, error) {
	var out []string
	for {
		var field string
		var err error
		if strings.HasPrefix(row, `"`) {
			field, row, err = quoted(row[1:])
		} else {
			end := strings.IndexByte(row, ',')
			if end < 0 {
				end = len(row)
			}
			if field, row = row[:end], row[end:]; strings.Contains(field, `"`) {
				err = errors.New("a quotation mark inside of a bare value")
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, field)
		if row == "" {
			return out, nil
		}
		if row[0] != ',' {
			return nil, errors.New("no comma after a quoted value")
		}
		row = row[1:]
	}
}

func quoted(text string) (field, rest string, err error) {
	var b strings.Builder
	for {
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return "", "", errors.New("an open quotation mark")
		}
		b.WriteString(text[:end])
		if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
			return b.String(), text, nil
		}
		b.WriteByte('"')
		text = text[1:]
	}
}
