package threatq

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// object is one row of the object table.
type object struct {
	uid         int64
	kind        *kind
	name        string
	typeID      sql.NullInt64
	statusID    sql.NullInt64
	description sql.NullString
	content     sql.NullString // of signatures: the text of the rule
	times       [len(timeColumns)]sql.NullInt64
	manual      sql.NullInt64 // manual score
	created     int64
	updated     int64 // own columns
	touched     int64 // own columns, attributes, sources, tags, comments, links
}

func (o *object) id() int64 { return uidID(o.uid) }

const objectColumns = "uid, name, type_id, status_id, description, happened_at, started_at, ended_at, " +
	"published_at, last_detected_at, expires_at, expired_at, manual_score, created_at, updated_at, touched_at, content"

// prefixed qualifies objectColumns with a table alias.
func prefixed(alias string) string {
	return alias + "." + strings.ReplaceAll(objectColumns, ", ", ", "+alias+".")
}

func (s *store) scanObject(scan scanner, more ...any) (*object, error) {
	o := &object{}
	err := scan(append([]any{
		&o.uid, &o.name, &o.typeID, &o.statusID, &o.description,
		&o.times[0], &o.times[1], &o.times[2], &o.times[3], &o.times[4], &o.times[5], &o.times[6],
		&o.manual, &o.created, &o.updated, &o.touched, &o.content,
	}, more...)...)
	o.kind = s.kinds.byNum[uidKind(o.uid)]
	return o, err
}

// get returns the object, or a 404.
func (t *tx) get(k *kind, id int64) (*object, error) {
	o, err := t.first("SELECT "+objectColumns+" FROM object WHERE uid = ?", k.uid(id))
	if err == nil && o == nil {
		return nil, notFound(k, id)
	}
	return o, err
}

// byKey returns nil if there is no such object.
func (t *tx) byKey(k *kind, key []byte) (*object, error) {
	return t.first("SELECT "+objectColumns+" FROM object WHERE kind = ? AND key = ?", k.num, key)
}

func (t *tx) first(query string, args ...any) (o *object, err error) {
	err = t.every(query, args, func(scan scanner) (err error) {
		o, err = t.scanObject(scan)
		return err
	})
	return o, err
}

// objects reads the objects of a statement that depends on the request.
func (t *tx) objects(query string, args ...any) (list []*object, err error) {
	err = t.ask(query, args, func(scan scanner) error {
		o, err := t.scanObject(scan)
		list = append(list, o)
		return err
	})
	return list, err
}

func (o *object) key() []byte {
	key := o.kind.key(o.name, o.typeID.Int64, o.times[happenedAt].Int64)
	return key[:]
}

func (t *tx) insertObject(o *object) error {
	o.uid = o.kind.uid(t.next(objectCounters + o.kind.num))
	o.updated, o.touched = t.now, t.now
	if o.created == 0 {
		o.created = t.now
	}
	return t.exec("INSERT INTO object (kind, key, "+objectColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		o.kind.num, o.key(), o.uid, o.name, o.typeID, o.statusID, o.description,
		o.times[0], o.times[1], o.times[2], o.times[3], o.times[4], o.times[5], o.times[6],
		o.manual, o.created, o.updated, o.touched, o.content)
}

// saveObject writes changed own columns and moves both times.
func (t *tx) saveObject(o *object) error {
	o.updated, o.touched = t.now, t.now
	return t.exec(`UPDATE object SET key = ?, name = ?, type_id = ?, status_id = ?, description = ?, happened_at = ?,
		started_at = ?, ended_at = ?, published_at = ?, last_detected_at = ?, expires_at = ?, expired_at = ?,
		updated_at = ?, touched_at = ?, content = ? WHERE uid = ?`,
		o.key(), o.name, o.typeID, o.statusID, o.description,
		o.times[0], o.times[1], o.times[2], o.times[3], o.times[4], o.times[5], o.times[6],
		o.updated, o.touched, o.content, o.uid)
}

// touch moves touched_at only.
func (t *tx) touch(o *object) error {
	if o.touched == t.now {
		return nil
	}
	o.touched = t.now
	return t.touchUID(o.uid)
}

func (t *tx) touchUID(uid int64) error {
	return t.exec("UPDATE object SET touched_at = ? WHERE uid = ?", t.now, uid)
}

// deleteObject removes the object and all that hangs on it.
func (t *tx) deleteObject(o *object) error {
	for _, query := range []string{
		"UPDATE object SET touched_at = ?2 WHERE uid IN (SELECT other FROM link WHERE owner = ?1)",
		"DELETE FROM object_source WHERE owner IN (SELECT id + 1152921504606846976 FROM attribute WHERE object = ?1)",
		"DELETE FROM object_source WHERE owner = ?1",
		"DELETE FROM attribute WHERE object = ?1",
		"DELETE FROM object_tag WHERE object = ?1",
		"DELETE FROM comment WHERE object = ?1",
		"DELETE FROM link WHERE (owner, other) IN (SELECT other, owner FROM link WHERE owner = ?1)",
		"DELETE FROM link WHERE owner = ?1",
		"DELETE FROM object WHERE uid = ?1",
	} {
		args := []any{o.uid}
		if strings.Contains(query, "?2") {
			args = append(args, t.now)
		}
		if err := t.exec(query, args...); err != nil {
			return err
		}
	}
	return nil
}

// Counts returns the number of objects of every collection that has any.
func (l *Library) Counts(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	err := l.transact(ctx, func(t *tx) error {
		return t.every("SELECT kind, count(*) FROM object GROUP BY kind", nil, func(scan scanner) error {
			var num int64
			var n int
			err := scan(&num, &n)
			if k := t.kinds.byNum[num]; k != nil {
				counts[k.collection] = n
			}
			return err
		})
	})
	return counts, err
}

// AttributeValues counts, for each value, the objects of a collection that have
// an attribute of that name and value.
func (l *Library) AttributeValues(ctx context.Context, collection, name string) (map[string]int, error) {
	counts := map[string]int{}
	err := l.transact(ctx, func(t *tx) error {
		k := t.kinds.byName[collection]
		if k == nil {
			return fmt.Errorf("no collection %q", collection)
		}
		const query = `SELECT a.value, count(*) FROM attribute a
			JOIN attribute_name n ON n.id = a.name JOIN object o ON o.uid = a.object
			WHERE n.name = ? AND o.kind = ? GROUP BY a.value`
		return t.every(query, []any{name, k.num}, func(scan scanner) error {
			var value string
			var n int
			err := scan(&value, &n)
			counts[value] = n
			return err
		})
	})
	return counts, err
}
