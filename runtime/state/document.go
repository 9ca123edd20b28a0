package state

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"tqmap/dsl/code"
	"tqmap/engine"
)

// DocumentSchema is the version of Document that is written. Earlier ones, from 1 on, hold
// less and are read as well.
const DocumentSchema = 3

// Document is what is remembered of a connector instance, as JSON: to be looked at, kept,
// and brought into another state. The run history is no part of it.
type Document struct {
	Schema    int        `json:"schema"`
	Connector string     `json:"connector"`
	Tokens    []TokenDoc `json:"tokens,omitempty"`
	Flows     []*FlowDoc `json:"flows"`
}

// TokenDoc is a token of the connector; without value where it was left out.
type TokenDoc struct {
	Name  Text `json:"name"`
	Value Text `json:"value,omitempty"`
}

// FlowDoc is what is remembered of one flow.
type FlowDoc struct {
	Name   string `json:"name"`
	Cursor string `json:"cursor,omitempty"`
	// TokenSet says that there is a token, Token is it, unless it was left out.
	TokenSet    bool        `json:"token_set,omitempty"`
	Token       Text        `json:"token,omitempty"`
	Done        []SpanDoc   `json:"done,omitempty"`
	Boundary    []EntryDoc  `json:"boundary,omitempty"`
	Ledger      []EntryDoc  `json:"ledger"`
	DeadLetters []LetterDoc `json:"dead_letters"`
}

// SpanDoc is an engine.Span.
type SpanDoc struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// EntryDoc is an engine.Entry, or a record on the cursor, which has no rule.
type EntryDoc struct {
	Rule     Text  `json:"rule,omitempty"`
	Key      Text  `json:"key"`
	Hash     Text  `json:"hash"`
	RemoteID int64 `json:"remote_id,omitempty"`
	Content  Text  `json:"content,omitempty"` // byte by byte, from schema 2 on
}

// LetterDoc is a DeadLetter.
type LetterDoc struct {
	Rule     Text   `json:"rule"`
	Key      Text   `json:"key"`
	Reason   Text   `json:"reason"`
	Where    Text   `json:"where,omitempty"`
	Input    Text   `json:"input"`
	First    string `json:"first"`
	Last     string `json:"last"`
	Attempts int    `json:"attempts"`
	// What is known beside the reason, from schema 3 on.
	Code   string          `json:"code,omitempty"`
	Field  string          `json:"field,omitempty"`
	Stage  string          `json:"stage,omitempty"`
	Values []code.Involved `json:"values,omitempty"`
}

// Text is a text of a vendor's. JSON holds what is UTF-8 as it is, and the rest as
// {"base64": "…"}.
type Text string

type notUTF8 struct {
	Base64 string `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if !utf8.ValidString(string(t)) {
		return json.Marshal(notUTF8{base64.StdEncoding.EncodeToString([]byte(t))})
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		return json.Unmarshal(b, (*string)(t))
	}
	var coded notUTF8
	if err := json.Unmarshal(b, &coded); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(coded.Base64)
	*t = Text(raw)
	return err
}

// ExportOptions says what an export shows.
type ExportOptions struct {
	Secrets bool // tokens, too
	// Redact takes secrets out of what vendors said, and, without Secrets, of what was
	// delivered; nil: nothing.
	Redact func(string) string
}

// Export writes what is remembered as a Document, in a stable order with one entry a line,
// however much there is. It may be taken during a run: a cursor is never ahead of the
// ledger beside it.
func (i *Instance) Export(ctx context.Context, w io.Writer, o ExportOptions) error {
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	flows, err := i.Flows(ctx)
	if err != nil {
		return err
	}
	tokens, err := i.tokenDocs(ctx, o.Secrets)
	if err != nil {
		return err
	}
	out := &lines{w: w}
	out.printf("{\n\"schema\": %d,\n\"connector\": %s,\n\"tokens\": %s,\n\"flows\": [", DocumentSchema, jsonOf(i.name), jsonOf(tokens))
	for n, f := range flows {
		out.next(n)
		if err := i.exportFlow(ctx, out, f.Name, o); err != nil {
			return err
		}
	}
	out.printf("\n]\n}\n")
	return out.err
}

func (i *Instance) tokenDocs(ctx context.Context, values bool) ([]TokenDoc, error) {
	names, err := i.TokenNames(ctx)
	docs := []TokenDoc{}
	for _, name := range names {
		doc := TokenDoc{Name: Text(name)}
		if values {
			value, _, err := i.Token(ctx, name)
			if err != nil {
				return nil, err
			}
			doc.Value = Text(value)
		}
		docs = append(docs, doc)
	}
	return docs, err
}

func (i *Instance) exportFlow(ctx context.Context, out *lines, flow string, o ExportOptions) error {
	at, err := i.Checkpoint(ctx, flow)
	if err != nil {
		return err
	}
	head, err := checkpointDoc(at, o.Secrets)
	if err != nil {
		return err
	}
	head.Name = flow
	text := bytes.TrimSuffix(jsonOf(head), []byte(`"ledger":null,"dead_letters":null}`))
	out.printf("%s\"ledger\": [", text)
	n := 0
	err = i.Entries(ctx, flow, "", "", func(e engine.Entry) error {
		out.next(n)
		n++
		content := string(e.Content)
		if !o.Secrets {
			content = o.Redact(content)
		}
		out.printf("%s", jsonOf(EntryDoc{Text(e.Rule), Text(e.Key), Text(e.Hash), e.RemoteID, Text(content)}))
		return out.err
	})
	if err != nil {
		return err
	}
	out.printf("], \"dead_letters\": [")
	letters, err := i.DeadLetters(ctx, Filter{Flow: flow})
	for n, d := range letters {
		doc, err := letterDoc(d, o.Redact)
		if err != nil {
			return err
		}
		out.next(n)
		out.printf("%s", jsonOf(doc))
	}
	out.printf("]}")
	return err
}

func checkpointDoc(at engine.Checkpoint, secrets bool) (*FlowDoc, error) {
	cursor, err := encodeTime(at.Cursor)
	doc := &FlowDoc{Cursor: cursor, TokenSet: at.Token != ""}
	if secrets {
		doc.Token = Text(at.Token)
	}
	for _, key := range slices.Sorted(maps.Keys(at.Boundary)) {
		doc.Boundary = append(doc.Boundary, EntryDoc{Key: Text(key), Hash: Text(at.Boundary[key])})
	}
	for _, s := range at.Done {
		start, startErr := encodeTime(s.Start)
		end, endErr := encodeTime(s.End)
		if startErr != nil || endErr != nil {
			return nil, fmt.Errorf("done span %v", s)
		}
		doc.Done = append(doc.Done, SpanDoc{start, end})
	}
	return doc, err
}

func letterDoc(d DeadLetter, redact func(string) string) (LetterDoc, error) {
	first, err := encodeTime(d.First)
	if err != nil {
		return LetterDoc{}, err
	}
	last, err := encodeTime(d.At)
	values := slices.Clone(d.Values)
	for n := range values {
		values[n].Text = redact(values[n].Text)
	}
	return LetterDoc{
		Rule: Text(d.Rule), Key: Text(d.Key), Reason: Text(redact(d.Reason)), Where: Text(d.Where), Input: Text(redact(string(d.Input))),
		First: first, Last: last, Attempts: d.Attempts, Code: d.Code, Field: d.Field, Stage: redact(d.Stage), Values: values,
	}, err
}

// lines writes JSON with one element of a list on each line, until the first error.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) printf(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, args...)
	}
}

func (l *lines) next(n int) {
	if n > 0 {
		l.printf(",")
	}
	l.printf("\n")
}

// jsonOf encodes what always can be.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
