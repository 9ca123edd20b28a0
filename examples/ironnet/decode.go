package ironnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// decode reads a request body into a pointer to a struct: one JSON object, or
// null or nothing for an object without fields. Names and types must fit
// exactly: a misspelled filter that is ignored would select everything.
func decode(body []byte, into any) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || string(body) == "null" {
		return nil
	}
	if body[0] != '{' {
		return problem(http.StatusBadRequest, "the body must be a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return problem(http.StatusBadRequest, decodeText(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return problem(http.StatusBadRequest, "the body must be one JSON object, more text follows it")
	}
	return checkNames(body, reflect.TypeOf(into).Elem())
}

func decodeText(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s: want %s, got %s", wrong.Field, wireType(wrong.Type), wrong.Value)
	}
	return "the body does not fit the request: " + strings.TrimPrefix(err.Error(), "json: ")
}

func wireType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "a JSON number without fraction"
	case reflect.Slice:
		return "an array"
	case reflect.Struct:
		return "an object"
	case reflect.Bool:
		return "true or false"
	}
	return "a " + t.Kind().String()
}

// checkNames refuses `Severity` for `severity`, which encoding/json would take.
func checkNames(body []byte, t reflect.Type) error {
	var given map[string]json.RawMessage
	if t.Kind() != reflect.Struct || json.Unmarshal(body, &given) != nil {
		return nil
	}
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		fields[t.Field(i).Tag.Get("json")] = t.Field(i).Type
	}
	for name, value := range given {
		field, ok := fields[name]
		if !ok {
			return problem(http.StatusBadRequest, fmt.Sprintf("unknown field %q; names are written in lower case", clip(name)))
		}
		if field.Kind() == reflect.Pointer {
			if err := checkNames(value, field.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

// flexInt is a number that known clients also send as a string.
type flexInt int

func (n *flexInt) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(bytes.Trim(text, `"`), (*int)(n))
}
