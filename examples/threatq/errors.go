package threatq

import (
	"fmt"
	"net/http"
)

// row is one JSON object of an answer.
type row = map[string]any

// refusal is an answer with an error in it.
type refusal struct {
	status int
	body   any
	text   string
}

func (r *refusal) Error() string { return r.text }

// invalid is the first error form: messages by field, with 400.
func invalid(field, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &refusal{
		status: http.StatusBadRequest,
		body:   row{"data": row{"errors": map[string][]string{field: {text}}}},
		text:   field + ": " + text,
	}
}

// refuse is the second error form: a list of messages.
func refuse(status int, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &refusal{status: status, body: row{"errors": []any{text}}, text: text}
}

func notFound(k *kind, id int64) error {
	return refuse(http.StatusNotFound, "There is no %s with id %d.", k.code, id)
}
