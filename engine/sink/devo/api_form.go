package devo

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
)

// boundary cannot occur in a form: it would have to follow a CR, and rows hold none. The same one each
// time makes the same session the same bytes, which recordings need.
const (
	boundary = "tqmap-lookup-rows"
	formType = "multipart/form-data; boundary=" + boundary
)

// form is the two parts of a file's request: what it is, and the rows.
func (u *upload) form() ([]byte, error) {
	var b bytes.Buffer
	b.Grow(u.csv.Len() + 4096)
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		disposition, kind string
		body              []byte
	}{
		{`form-data; name="deploy-config"`, "application/json", []byte(u.config())},
		{fmt.Sprintf(`form-data; name="csv"; filename="%s.csv"`, u.s.Lookup.Name), "text/csv", u.csv.Bytes()},
	} {
		out, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {part.disposition}, "Content-Type": {part.kind}})
		if err != nil {
			return nil, err
		}
		if _, err := out.Write(part.body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// config says what the file is.
func (u *upload) config() string {
	columns := make([]string, len(u.s.Lookup.Columns))
	for n, c := range u.s.Lookup.Columns {
		columns[n] = fmt.Sprintf(`{"name":%s,"type":"%s"}`, plainJSON(c.Name), c.kind().rest())
	}
	s := fmt.Sprintf(`{"columns":[%s],"hasHeader":true,"key":{"type":"column","column":%s}`, strings.Join(columns, ","), plainJSON(u.s.Lookup.Columns[0].Name))
	if u.here && (u.s.Incremental || u.sent) {
		s += `,"append":true`
	}
	if u.gone {
		s += `,"contribution":{"type":"del"}`
	}
	return s + "}"
}

// rest is how the API spells a type. Published are STRING and INT8; the others follow from the
// types of Devo's queries.
func (t Type) rest() string {
	switch t {
	case Int, Int8:
		return "INT8"
	case Int4:
		return "INT4"
	case Float:
		return "FLOAT8"
	case Bool:
		return "BOOL"
	case IP4:
		return "IP4"
	}
	return "STRING"
}
