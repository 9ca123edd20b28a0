package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// body is what r is about to send, nil for nothing. r stays as it is.
func body(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.GetBody == nil {
		return drain(r)
	}
	in, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	return text, nil
}

// drain reads a body that can be read only once, and puts it back.
func drain(r *http.Request) ([]byte, error) {
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	setBody(r, text)
	return text, nil
}

func setBody(r *http.Request, text []byte) {
	r.ContentLength = int64(len(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	r.Body, _ = r.GetBody()
}

// setField replaces one field of a form or a JSON object. The rest stays as it is, byte
// by byte. It does not change text itself.
func setField(text []byte, contentType, name, value string) ([]byte, error) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/x-www-form-urlencoded":
		return []byte(setParameter(string(text), name, value)), nil
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return setJSON(text, name, value)
	}
	return nil, fmt.Errorf("there is no JSON or form body to put %s into (Content-Type %.60q): give the request one, or send the credential in a header", name, contentType)
}

var errNoObject = errors.New("the body is no JSON object, which alone can hold the credential")

func setJSON(text []byte, name, value string) ([]byte, error) {
	field, err := member(name, value)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return []byte("{" + field + "}"), nil
	}
	others, err := without(text, name)
	if err != nil {
		return nil, err
	}
	return []byte("{" + strings.Join(append(others, field), ",") + "}"), nil
}

func member(name, value string) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(name); err != nil {
		return "", err
	}
	n := bytes.TrimSpace(bytes.Clone(out.Bytes()))
	out.Reset()
	if err := enc.Encode(value); err != nil {
		return "", err
	}
	return string(n) + ":" + string(bytes.TrimSpace(out.Bytes())), nil
}

// without lists the members of a JSON object as they are written, but for name.
func without(text []byte, name string) ([]string, error) {
	if !json.Valid(text) {
		return nil, errNoObject
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errNoObject
	}
	var members []string
	for d.More() {
		from := d.InputOffset()
		key, err := d.Token()
		if err != nil {
			return nil, errNoObject
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return nil, errNoObject
		}
		if key != name {
			members = append(members, string(bytes.Trim(text[from:d.InputOffset()], ", \t\r\n")))
		}
	}
	return members, nil
}
