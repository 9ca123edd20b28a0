package threatq

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tester makes the condition of one operator and value.
type tester func(op, value string) (sql string, args []any, err error)

var signs = map[string]string{"is": " = ?", "gt": " > ?", "gte": " >= ?", "lt": " < ?", "lte": " <= ?"}

func (c *compiler) tester(name string) (tester, error) {
	if col, ok := c.kind.column(name); ok {
		return c.columnTest(col), nil
	}
	switch name {
	case "value", "title", "name":
		col, _ := c.kind.column(c.kind.field)
		return c.columnTest(col), nil
	case "type", "type_name":
		return c.nameTest("type_id", c.typeNames()), nil
	case "status", "status_name":
		return c.nameTest("status_id", c.statusNames()), nil
	case "score":
		return numberTest("coalesce(object.manual_score, 0)"), nil
	case "mentions":
		return mentions, nil
	case "source_name", "sources":
		return existsTest("SELECT 1 FROM object_source JOIN source ON source.id = source WHERE owner = object.uid AND source.name"), nil
	case "tag_name", "tags":
		return existsTest("SELECT 1 FROM object_tag JOIN tag ON tag.id = tag WHERE object_tag.object = object.uid AND tag.name"), nil
	case "attribute_name":
		return existsTest("SELECT 1 FROM attribute a JOIN attribute_name n ON n.id = a.name WHERE a.object = object.uid AND n.name"), nil
	case "attribute_value":
		return existsTest("SELECT 1 FROM attribute a WHERE a.object = object.uid AND a.value"), nil
	}
	return nil, fmt.Errorf("%s cannot be searched by %q", c.kind.collection, name)
}

func (c *compiler) columnTest(col column) tester {
	switch col.form {
	case formText:
		return textTest(col.sql)
	case formTime:
		return func(op, value string) (string, []any, error) {
			at, err := c.moment(value)
			return col.sql + signs[op], []any{at}, missing(op, err)
		}
	case formID:
		return func(op, value string) (string, []any, error) {
			id, err := strconv.ParseInt(value, 10, uidShift)
			return col.sql + signs[op], []any{col.base + id}, missing(op, err)
		}
	case formHash:
		return func(op, value string) (string, []any, error) {
			sql, arg, err := col.equal(value)
			if op != "is" {
				err = errors.New("a hash can only be equal")
			}
			return sql, []any{arg}, err
		}
	}
	return numberTest(col.sql)
}

// missing reports an operator that makes no sense for a number or a time.
func missing(op string, err error) error {
	if signs[op] == "" {
		return fmt.Errorf("+%s is for texts", op)
	}
	return err
}

func numberTest(sql string) tester {
	return func(op, value string) (string, []any, error) {
		n, err := strconv.ParseInt(value, 10, 64)
		return sql + signs[op], []any{n}, missing(op, err)
	}
}

func textTest(sql string) tester {
	return func(op, value string) (string, []any, error) {
		if op == "contains" {
			return sql + ` LIKE ? ESCAPE '\'`, []any{contains(value)}, nil
		}
		return sql + signs[op], []any{value}, nil
	}
}

func existsTest(query string) tester {
	test := textTest(query + " COLLATE NOCASE")
	return func(op, value string) (string, []any, error) {
		sql, args, err := test(op, value)
		return "EXISTS (" + sql + ")", args, err
	}
}

// contains is a LIKE pattern that finds the value anywhere, literally.
func contains(value string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`).Replace(value) + "%"
}

// mentions finds a word in any text of an object.
func mentions(op, value string) (string, []any, error) {
	const like = ` LIKE ? ESCAPE '\'`
	pattern := contains(value)
	return "(object.name" + like + " OR object.description" + like +
			" OR EXISTS (SELECT 1 FROM attribute a WHERE a.object = object.uid AND a.value" + like + ")" +
			" OR EXISTS (SELECT 1 FROM comment m WHERE m.object = object.uid AND m.value" + like + ")" +
			" OR EXISTS (SELECT 1 FROM object_tag JOIN tag ON tag.id = tag WHERE object_tag.object = object.uid AND tag.name" + like + "))",
		[]any{pattern, pattern, pattern, pattern, pattern}, onlyText(op)
}

func onlyText(op string) error {
	if op != "is" && op != "contains" {
		return fmt.Errorf("+%s is for numbers and times", op)
	}
	return nil
}

// nameTest compares the names in a reference list and asks for their ids.
func (c *compiler) nameTest(column string, names map[int64]string) tester {
	return func(op, value string) (string, []any, error) {
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(names)) {
			if strings.EqualFold(names[id], value) ||
				op == "contains" && strings.Contains(strings.ToLower(names[id]), strings.ToLower(value)) ||
				strconv.FormatInt(id, 10) == value {
				ids = append(ids, strconv.FormatInt(id, 10))
			}
		}
		return "object." + column + " IN (" + strings.Join(ids, ", ") + ")", nil, onlyText(op)
	}
}

func (c *compiler) typeNames() map[int64]string {
	names := map[int64]string{}
	for _, row := range c.ref.types[c.kind.num] {
		names[row.ID] = row.Name
	}
	return names
}

func (c *compiler) statusNames() map[int64]string {
	names := map[int64]string{}
	for _, row := range c.ref.statuses[c.kind.num] {
		names[row.ID] = row.Name
	}
	return names
}

var relative = regexp.MustCompile(`^NOW\s*(?:([+-])\s*(\d{1,6})\s*([A-Za-z]+))?$`)

// moment reads a time, or one that is told from now: NOW, NOW-7 days.
func (c *compiler) moment(value string) (int64, error) {
	parts := relative.FindStringSubmatch(strings.TrimSpace(value))
	if parts == nil {
		return parseTime(value)
	}
	if parts[1] == "" {
		return c.now, nil
	}
	unit := map[string]int64{"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}[strings.TrimSuffix(strings.ToLower(parts[3]), "s")]
	if unit == 0 {
		return 0, fmt.Errorf("unknown unit %q in %q; use seconds, minutes, hours, days or weeks", parts[3], value)
	}
	n, err := strconv.ParseInt(parts[1]+parts[2], 10, 64)
	return c.now + n*unit, err
}
