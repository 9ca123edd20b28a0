package darktrace

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
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

// found is a good answer, printed as appliances do.
func found(v any) *answer { return result(http.StatusOK, v) }

func result(status int, v any) *answer {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic("darktrace simulator: an answer of its own cannot be encoded: " + err.Error())
	}
	return &answer{status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, []byte(strings.TrimSuffix(b.String(), "\n"))}
}

func refusal(status int, key, text string) *answer {
	return result(status, map[string]string{key: text})
}

func inputError() *answer { return refusal(http.StatusBadRequest, "response", "INPUT ERROR") }

func notFound() *answer { return refusal(http.StatusNotFound, "error", "Not Found") }

func redirect(to string) *answer {
	return &answer{
		http.StatusFound, http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "Location": {to}}, fmt.Appendf(nil, "Found. Redirecting to %s", to),
	}
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Log In | Darktrace</title></head><body><form action=\"/login\"></form></body></html>\n"

func page(status int, html string) *answer {
	return &answer{status, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(html)}
}
