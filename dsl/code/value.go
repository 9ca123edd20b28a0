package code

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Normalize makes v of the kinds that programs work with: nil, bool, string, int,
// float64, []any, map[string]any and time.Time. Integers in 64 bit become int,
// larger ones their exact decimal text; a float64 stays one even where it is
// integral. Containers are copied only where something in them changes, so the
// result may share memory with v.
func Normalize(v any) any {
	out, _ := normalize(v)
	return out
}

func normalize(v any) (out any, changed bool) {
	switch v := v.(type) {
	case nil, bool, string, int, float64, time.Time:
		return v, false
	case json.Number:
		return number(string(v)), true
	case *big.Int:
		return number(v.String()), true
	case []any:
		return normalizeList(v)
	case map[string]any:
		return normalizeMap(v)
	}
	return normalizeOther(reflect.ValueOf(v))
}

func normalizeList(in []any) (any, bool) {
	if in == nil {
		return []any{}, true
	}
	out, changed := in, false
	for i, e := range in {
		n, ch := normalize(e)
		if ch && !changed {
			out, changed = append([]any(nil), in...), true
		}
		if ch {
			out[i] = n
		}
	}
	return out, changed
}

func normalizeMap(in map[string]any) (any, bool) {
	if in == nil {
		return nil, true
	}
	var out map[string]any
	for k, e := range in {
		n, ch := normalize(e)
		if !ch {
			continue
		}
		if out == nil {
			out = make(map[string]any, len(in))
			for k, e := range in {
				out[k] = e
			}
		}
		out[k] = n
	}
	if out == nil {
		return in, false
	}
	return out, true
}

// normalizeOther takes the rarer Go kinds: sized numbers, named types, typed
// slices and maps. What cannot be a value of a program becomes nil.
func normalizeOther(v reflect.Value) (any, bool) {
	switch {
	case v.CanInt():
		return number(strconv.FormatInt(v.Int(), 10)), true
	case v.CanUint():
		return number(strconv.FormatUint(v.Uint(), 10)), true
	case v.CanFloat():
		return v.Float(), true
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return v.Bool(), true
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, true
		}
		return Normalize(v.Elem().Interface()), true
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = Normalize(v.Index(i).Interface())
		}
		return out, true
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			key, _ := Text(Normalize(it.Key().Interface()))
			out[key] = Normalize(it.Value().Interface())
		}
		return out, true
	}
	return nil, true
}

// number reads a JSON number exactly.
func number(text string) any {
	if i, err := strconv.Atoi(text); err == nil {
		return i
	}
	if i, ok := new(big.Int).SetString(text, 10); ok {
		return i.String()
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text // beyond float64 too
}

// Text is how a value is written into ThreatQ: an int in decimal, a float in its
// shortest form, a bool as "Yes" or "No", a time as RFC 3339 in UTC, a string as
// it is. It is false where there is nothing to write: null, "", an empty list or
// object, or a value that has no text of its own.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, v != ""
	case int:
		return strconv.Itoa(v), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", false
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		if v {
			return "Yes", true
		}
		return "No", true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case []any, map[string]any:
		if empty(v) {
			return "", false
		}
		text, err := encodeJSON(v)
		return text, err == nil
	case nil:
		return "", false
	}
	n, changed := normalize(v)
	if !changed {
		return "", false
	}
	return Text(n)
}

// encodeJSON writes v on one line, leaving <, > and & as they are.
func encodeJSON(v any) (string, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// empty tells whether there is nothing in v; 0 and false are something.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
