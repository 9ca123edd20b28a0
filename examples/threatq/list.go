package threatq

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// where collects conditions that all must hold.
type where struct {
	sql  []string
	args []any
}

func (w *where) add(sql string, args ...any) {
	w.sql = append(w.sql, sql)
	w.args = append(w.args, args...)
}

func (w *where) kind(k *kind) {
	from, to := k.bounds()
	w.add("object.uid >= ? AND object.uid < ?", from, to)
}

// unindexedKind is the condition of kind for queries that find few rows by
// name: the plus keeps SQLite from walking the whole kind instead.
const unindexedKind = "+object.uid >= ? AND +object.uid < ?"

func (w *where) String() string { return " WHERE " + strings.Join(w.sql, " AND ") }

// Parameters of a list that are no filters.
var listControls = []string{"limit", "offset", "sort", "with", "fields"}

// filters turns the query parameters of a list into conditions. A comma
// separates alternatives; in texts % stands for anything.
func (c *call) filters(k *kind) (*where, error) {
	w := &where{}
	w.kind(k)
	names := make([]string, 0, len(c.query))
	for name := range c.query {
		if !slices.Contains(listControls, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := filter(w, k, name, strings.Split(c.query.Get(name), ",")); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func filter(w *where, k *kind, name string, values []string) error {
	col, ok := k.column(name)
	if !ok {
		return refuse(http.StatusBadRequest, "%s cannot be filtered by %q.", k.collection, name)
	}
	if col.form == formID {
		return filterIDs(w, col, name, values)
	}
	alternatives := make([]string, len(values))
	var args []any
	indexed := name == k.field
	for i, value := range values {
		sql, arg, err := col.equal(value)
		if err != nil {
			return invalid(name, "The %s filter %q cannot be read: %v.", name, value, err)
		}
		prefix, _, wild := strings.Cut(value, "%")
		if indexed = indexed && prefix != ""; indexed && wild {
			sql = "(object.name >= ? AND object.name < ? AND " + sql + ")"
			args = append(args, prefix, prefix+"\U0010FFFF")
		}
		alternatives[i], args = sql, append(args, arg)
	}
	if indexed {
		w.sql[0] = unindexedKind
	}
	w.add("("+strings.Join(alternatives, " OR ")+")", args...)
	return nil
}

// filterIDs takes any number of ids, one by one from the table.
func filterIDs(w *where, col column, name string, values []string) error {
	uids := make([]int64, len(values))
	for i, value := range values {
		_, uid, err := col.equal(value)
		if err != nil {
			return invalid(name, "The %s filter %q cannot be read: %v.", name, value, err)
		}
		uids[i] = uid.(int64)
	}
	w.add(col.sql+amongThem, among(uids)...)
	return nil
}

// column is an own column of an object, as filters, sorts and conditions see it.
type column struct {
	name string // in the API
	sql  string
	form columnForm
	base int64 // of uids, for formID
}

type columnForm int

const (
	formText columnForm = iota
	formNumber
	formTime
	formID
	formHash
)

// column finds a column of the kind by its name in the API.
func (k *kind) column(name string) (c column, ok bool) {
	defer func() { c.name = name }()
	switch name {
	case k.field:
		return column{sql: "object.name", form: formText}, true
	case "id":
		return column{sql: "object.uid", form: formID, base: k.uid(0)}, true
	case "hash", "sync_hash":
		return column{sql: "object.key", form: formHash}, k.num == kindEvent || k.num == kindIndicator && name == "sync_hash"
	case "description":
		return column{sql: "coalesce(object.description, '')", form: formText}, true
	case "type_id", "status_id":
		return column{sql: "coalesce(object." + name + ", 0)", form: formNumber}, true
	case "created_at", "updated_at", "touched_at":
		return column{sql: "object." + name, form: formTime}, true
	case "created", "updated", "touched":
		return column{sql: "object." + name + "_at", form: formTime}, true
	}
	if slices.Contains(timeColumns[:], name) {
		return column{sql: "coalesce(object." + name + ", 0)", form: formTime}, true
	}
	return column{}, false
}

// equal is the condition that the column has the value, given as text.
func (c column) equal(value string) (sql string, arg any, err error) {
	switch c.form {
	case formText:
		if strings.Contains(value, "%") {
			return c.sql + ` LIKE ? ESCAPE '\'`, escapeLike(value), nil
		}
		arg = value
	case formTime:
		arg, err = parseTime(value)
	case formNumber:
		arg, err = strconv.ParseInt(value, 10, 64)
	case formID:
		var id int64
		id, err = strconv.ParseInt(value, 10, uidShift)
		arg = c.base + id
	case formHash:
		arg, err = hex.DecodeString(value)
	}
	return c.sql + " = ?", arg, err
}

// escapeLike leaves % its meaning and takes it from the other signs.
func escapeLike(value string) string {
	return strings.NewReplacer(`\`, `\\`, "_", `\_`).Replace(value)
}

// order is one column of a sort.
type order struct {
	column
	desc bool
}

// sorting reads "-created_at,id"; without an id at its end it gets one, so
// that pages never overlap.
func (k *kind) sorting(text string) ([]order, error) {
	var list []order
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		bare := strings.TrimLeft(name, "+-")
		col, ok := k.column(bare)
		if !ok {
			return nil, refuse(http.StatusBadRequest, "%s cannot be sorted by %q.", k.collection, bare)
		}
		list = append(list, order{col, strings.HasPrefix(name, "-")})
		if col.form == formID {
			return list, nil
		}
	}
	id, _ := k.column("id")
	return append(list, order{id, false}), nil
}

func orderBy(list []order) string {
	parts := make([]string, len(list))
	for i, o := range list {
		parts[i] = o.sql
		if o.desc {
			parts[i] += " DESC"
		}
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

func (t *tx) count(w *where) (n int, err error) {
	err = t.ask("SELECT count(*) FROM object"+w.String(), w.args, func(scan scanner) error { return scan(&n) })
	return n, err
}

func (c *call) list() (reply, error) {
	k := c.kinds[0]
	w, err := c.filters(k)
	if err != nil {
		return reply{}, err
	}
	sort, err := k.sorting(c.query.Get("sort"))
	if err != nil {
		return reply{}, err
	}
	limit, offset, err := c.page()
	if err != nil {
		return reply{}, err
	}
	total, err := c.count(w)
	if err != nil {
		return reply{}, err
	}
	objects, err := c.objects("SELECT "+objectColumns+" FROM object"+w.String()+orderBy(sort)+" LIMIT ? OFFSET ?",
		append(w.args, limit, offset)...)
	if err == nil {
		err = c.readParts(objects, c.with())
	}
	defer func() { c.tx.page = nil }()
	rows := make([]row, len(objects))
	for i, o := range objects {
		if err == nil {
			rows[i] = c.objectRow(o)
			if k.num == kindIndicator {
				c.addHidden(o, rows[i])
			}
			err = c.addRelations(o, rows[i])
		}
	}
	return listed(total, rows), err
}

// with says which parts the "with" of a list asks for.
func (c *call) with() func(part string) bool {
	asked := map[string]bool{}
	for name := range strings.SplitSeq(c.query.Get("with"), ",") {
		head, _, _ := strings.Cut(strings.TrimSpace(name), ".")
		asked[head] = true
		asked[everyLink] = asked[everyLink] || c.store.kinds.relation(head) != nil
	}
	delete(asked, "adversaries") // among the links
	return func(part string) bool { return asked[part] }
}
