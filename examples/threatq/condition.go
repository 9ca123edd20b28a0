package threatq

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// compiler turns criteria and filters into SQL. The arguments come in the order
// of the question marks in what compile has returned so far.
type compiler struct {
	*tx
	kind *kind
	args []any
}

// maxDepth bounds the nesting of conditions.
const maxDepth = 20

// compile compiles an object whose members must all hold.
func (c *compiler) compile(raw json.RawMessage, depth int) (string, error) {
	if depth > maxDepth {
		return "", fmt.Errorf("conditions nest deeper than %d", maxDepth)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return "", fmt.Errorf("want an object of conditions, have %.40s", raw)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var sql string
		var err error
		switch name {
		case "+and":
			sql, err = c.group(members[name], " AND ", depth)
		case "+or":
			sql, err = c.group(members[name], " OR ", depth)
		case "+not":
			sql, err = c.group(members[name], " AND ", depth)
			sql = "NOT " + sql
		default:
			sql, err = c.field(name, members[name])
		}
		if err != nil {
			return "", err
		}
		parts = append(parts, sql)
	}
	return joined(parts, " AND "), nil
}

// joined puts parts together; nothing at all is true.
func joined(parts []string, glue string) string {
	if len(parts) == 0 {
		return "(1)"
	}
	return "(" + strings.Join(parts, glue) + ")"
}

// group compiles a list of conditions, or one that stands alone.
func (c *compiler) group(raw json.RawMessage, glue string, depth int) (string, error) {
	var list []json.RawMessage
	if !isArray(raw) {
		return c.compile(raw, depth+1)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return "", err
	}
	parts := make([]string, len(list))
	for i, one := range list {
		var err error
		if parts[i], err = c.compile(one, depth+1); err != nil {
			return "", err
		}
	}
	return joined(parts, glue), nil
}

// field compiles the conditions on one field: a value it must equal, a list of
// such values, or an object of operators that must all hold.
func (c *compiler) field(name string, raw json.RawMessage) (string, error) {
	test, err := c.tester(name)
	if err != nil {
		return "", err
	}
	raw = json.RawMessage(strings.TrimSpace(string(raw)))
	if !strings.HasPrefix(string(raw), "{") {
		return c.anyOf(test, raw)
	}
	var ops map[string]json.RawMessage
	if err := json.Unmarshal(raw, &ops); err != nil {
		return "", err
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(ops)) {
		var sql string
		switch bare := strings.TrimPrefix(op, "+"); bare {
		case "is", "in":
			sql, err = c.anyOf(test, ops[op])
		case "contains", "gt", "gte", "lt", "lte":
			sql, err = c.scalar(test, bare, ops[op])
		default:
			err = fmt.Errorf("unknown operator %q on %s; use is, +in, +contains, +gt, +gte, +lt or +lte", op, name)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, sql)
	}
	return joined(parts, " AND "), nil
}

func (c *compiler) anyOf(test tester, raw json.RawMessage) (string, error) {
	list := []json.RawMessage{raw}
	if isArray(raw) {
		if err := json.Unmarshal(raw, &list); err != nil {
			return "", err
		}
		if len(list) == 0 {
			return "(0)", nil
		}
	}
	parts := make([]string, len(list))
	for i, one := range list {
		var err error
		if parts[i], err = c.scalar(test, "is", one); err != nil {
			return "", err
		}
	}
	return joined(parts, " OR "), nil
}

func (c *compiler) scalar(test tester, op string, raw json.RawMessage) (string, error) {
	var value text
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", err
	}
	sql, args, err := test(op, string(value))
	c.args = append(c.args, args...)
	return sql, err
}
