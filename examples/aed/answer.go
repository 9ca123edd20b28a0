package aed

import (
	"encoding/json"
	"maps"
	"net/http"
)

// answer is a whole response, kept back until faults had their say.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone; nothing to do then
}

func found(v any) *answer { return result(http.StatusOK, v) }

func result(status int, v any) *answer {
	text, err := json.Marshal(v)
	if err != nil {
		panic("aed simulator: an answer of its own cannot be encoded: " + err.Error())
	}
	return &answer{status, http.Header{"Content-Type": {"application/json"}}, append(text, '\n')}
}

// refusal has the top-level key by which errors are known.
func refusal(status int, errors ...record) *answer {
	return result(status, record{"errors": errors})
}

func badField(field, message string) *answer {
	return refusal(http.StatusBadRequest, record{"field": field, "message": message})
}

func notFound() *answer {
	return refusal(http.StatusNotFound, record{"code": "NotFound", "message": "Not Found."})
}

func unauthorized() *answer {
	return refusal(http.StatusUnauthorized, record{"code": "Unauthorized", "message": "Invalid token."})
}

const loginPath = "/platform/login"

func toLogin() *answer {
	return &answer{http.StatusFound, http.Header{"Location": {loginPath}, "Content-Type": {"text/html"}}, nil}
}

func page(status int, html string) *answer {
	return &answer{status, http.Header{"Content-Type": {"text/html"}}, []byte(html)}
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Arbor Edge Defense</title></head><body><form method=\"post\"></form></body></html>\n"
