package threatq

import (
	"context"
	"database/sql"
	"strings"
)

// reference is what the library remembers of its small tables.
type reference struct {
	types    map[int64][]typeRow   // by kind, ordered by id
	statuses map[int64][]statusRow // by kind, ordered by id
	sources  map[string]*sourceRow // by name
	byID     map[int64]*sourceRow
	attrIDs  map[string]int64
	attrs    map[int64]attrName
}

type typeRow struct {
	Type
	editable bool
	created  int64
}

type statusRow struct {
	Status
	created int64
}

type sourceRow struct {
	id, reference int64
	name, kind    string
	created       int64
}

type attrName struct {
	name    string
	created int64
}

func loadReference(ctx context.Context, conn *sql.Conn) (*reference, error) {
	r := &reference{
		types: map[int64][]typeRow{}, statuses: map[int64][]statusRow{},
		sources: map[string]*sourceRow{}, byID: map[int64]*sourceRow{},
		attrIDs: map[string]int64{}, attrs: map[int64]attrName{},
	}
	for _, load := range []struct {
		query string
		row   func(scanner) error
	}{
		{"SELECT kind, id, name, class, editable, created_at FROM type ORDER BY kind, id", r.scanType},
		{"SELECT kind, id, name, description, protected, created_at FROM status ORDER BY kind, id", r.scanStatus},
		{"SELECT id, reference_id, name, type, created_at FROM source", r.scanSource},
		{"SELECT id, name, created_at FROM attribute_name", r.scanAttrName},
	} {
		if err := each(ctx, conn, load.query, load.row); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *reference) scanType(scan scanner) error {
	var kind int64
	var row typeRow
	err := scan(&kind, &row.ID, &row.Name, &row.Class, &row.editable, &row.created)
	r.types[kind] = append(r.types[kind], row)
	return err
}

func (r *reference) scanStatus(scan scanner) error {
	var kind int64
	var row statusRow
	err := scan(&kind, &row.ID, &row.Name, &row.Description, &row.Protected, &row.created)
	r.statuses[kind] = append(r.statuses[kind], row)
	return err
}

func (r *reference) scanSource(scan scanner) error {
	var row sourceRow
	err := scan(&row.id, &row.reference, &row.name, &row.kind, &row.created)
	r.sources[row.name], r.byID[row.id] = &row, &row
	return err
}

func (r *reference) scanAttrName(scan scanner) error {
	var id int64
	var row attrName
	err := scan(&id, &row.name, &row.created)
	r.attrIDs[row.name], r.attrs[id] = id, row
	return err
}

// typeByID returns nil for an unknown id.
func (r *reference) typeByID(k *kind, id int64) *typeRow {
	for i, row := range r.types[k.num] {
		if row.ID == id {
			return &r.types[k.num][i]
		}
	}
	return nil
}

func (r *reference) typeByName(k *kind, name string) *typeRow {
	for i, row := range r.types[k.num] {
		if strings.EqualFold(row.Name, name) {
			return &r.types[k.num][i]
		}
	}
	return nil
}

func (r *reference) statusByID(k *kind, id int64) *statusRow {
	for i, row := range r.statuses[k.num] {
		if row.ID == id {
			return &r.statuses[k.num][i]
		}
	}
	return nil
}

func (r *reference) statusByName(k *kind, name string) *statusRow {
	for i, row := range r.statuses[k.num] {
		if strings.EqualFold(row.Name, name) {
			return &r.statuses[k.num][i]
		}
	}
	return nil
}

// attrID is the id of an attribute name, made if it is new.
func (t *tx) attrID(name string) (int64, error) {
	if id, ok := t.ref.attrIDs[name]; ok {
		return id, nil
	}
	id, err := t.insert("INSERT INTO attribute_name (name, created_at) VALUES (?, ?)", name, t.now)
	if err == nil {
		t.ref.attrIDs[name], t.ref.attrs[id] = id, attrName{name, t.now}
	}
	return id, err
}

// source is the source of that name, made if it is new.
func (t *tx) source(name, kind string) (*sourceRow, error) {
	if row := t.ref.sources[name]; row != nil {
		return row, nil
	}
	row := &sourceRow{name: name, kind: kind, created: t.now, reference: 1}
	for _, other := range t.ref.sources {
		if other.kind == kind && other.reference >= row.reference {
			row.reference = other.reference + 1
		}
	}
	var err error
	row.id, err = t.insert("INSERT INTO source (name, type, reference_id, created_at) VALUES (?, ?, ?, ?)",
		name, kind, row.reference, t.now)
	if err == nil {
		t.ref.sources[name], t.ref.byID[row.id] = row, row
	}
	return row, err
}

// caller is the source of the account that calls.
func (t *tx) caller() (*sourceRow, error) { return t.source(t.options.Username, "users") }
