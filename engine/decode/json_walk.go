package decode

import (
	"fmt"
	"strings"
)

// jsonWalk goes down to the list and takes the rest as it comes.
type jsonWalk struct {
	*input
	path    []string
	yield   func(any) error
	instead string // what is there instead of the list
}

// walk takes the value of the first depth keys of the path. has is false for the
// list itself, which belongs to no rest.
func (w *jsonWalk) walk(depth int) (rest any, has bool, err error) {
	c, ok := w.space()
	switch {
	case !ok:
		return nil, false, w.short()
	case depth < len(w.path) && c == '{':
		rest, err = w.object(depth)
		return rest, true, err
	case depth == len(w.path) && c == '[':
		return nil, false, w.list(depth)
	}
	v, err := w.value(depth)
	if err != nil || v == nil && depth == len(w.path) {
		return nil, false, err
	}
	w.instead = fmt.Sprintf("%s is %s, not %s", w.name(depth), kind(v), w.wants(depth))
	return v, true, nil
}

func (w *jsonWalk) name(depth int) string {
	if depth == 0 {
		return "the document"
	}
	return strings.Join(w.path[:depth], ".")
}

func (w *jsonWalk) wants(depth int) string {
	if depth == len(w.path) {
		return "a list"
	}
	return fmt.Sprintf("an object with %q", w.path[depth])
}

func (w *jsonWalk) object(depth int) (map[string]any, error) {
	rest, seen := map[string]any{}, false
	w.pos++
	for first := true; ; first = false {
		more, err := w.more('}', first)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		key, err := w.key(depth + 1)
		if err != nil {
			return nil, err
		}
		if key == w.path[depth] && seen {
			return nil, w.fail(0, fmt.Sprintf("%s is there twice", w.name(depth+1)), "", nil)
		}
		seen = seen || key == w.path[depth]
		if err := w.member(rest, key, depth); err != nil {
			return nil, err
		}
	}
	if !seen {
		w.instead = fmt.Sprintf("%s has no %q", w.name(depth), w.path[depth])
	}
	return rest, nil
}

// member takes the value of a key into rest.
func (w *jsonWalk) member(rest map[string]any, key string, depth int) error {
	var v any
	has, err := true, error(nil)
	if key == w.path[depth] {
		v, has, err = w.walk(depth + 1)
	} else {
		w.space()
		v, err = w.value(depth + 1)
	}
	if has {
		rest[key] = v
	}
	return err
}

func (w *jsonWalk) key(depth int) (string, error) {
	if c, ok := w.space(); ok && c != '"' {
		return "", w.fail(0, noJSON, "", nil)
	}
	v, err := w.value(depth)
	if err != nil {
		return "", err
	}
	if c, ok := w.space(); !ok {
		return "", w.short()
	} else if c != ':' {
		return "", w.fail(0, noJSON, "", nil)
	}
	w.pos++
	key, _ := v.(string)
	return key, nil
}

func (w *jsonWalk) list(depth int) error {
	w.pos++
	for first := true; ; first = false {
		more, err := w.more(']', first)
		if err != nil || !more {
			return err
		}
		v, err := w.value(depth + 1)
		if err != nil {
			return err
		}
		if err := w.emit(v, w.yield); err != nil {
			return err
		}
	}
}

// more goes to the next member of a list or object, and over its end.
func (w *jsonWalk) more(end byte, first bool) (bool, error) {
	c, ok := w.space()
	switch {
	case !ok:
		return false, w.short()
	case c == end:
		w.pos++
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, w.fail(0, noJSON, "", nil)
	}
	w.pos++
	w.space()
	return true, nil
}

// kind names the kind of a value for people.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}
