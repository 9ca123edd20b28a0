package threatq

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Encode returns the canonical encoding of o as JSON: equal for two objects
// exactly if ThreatQ would be told the same about them. The text rules (trimmed,
// no empty attributes, descriptions cut) are applied first; ID, TouchedAt and
// row ids do not count, nor does the order of sources, attributes, tags and
// related objects.
func Encode(o *Object) []byte { return appendCanonical(nil, o) }

// Hash is the SHA-256 of Encode in hex: the ledger's word for "unchanged".
func Hash(o *Object) string {
	var room [4 << 10]byte // enough for most, and not on the heap
	sum := sha256.Sum256(appendCanonical(room[:0], o))
	return hex.EncodeToString(sum[:])
}

// appendCanonical writes what o says, apart from where ThreatQ keeps it. It is written
// by hand because each object of each record passes here.
func appendCanonical(b []byte, o *Object) []byte {
	n := normal(o)
	sortSets(&n)
	b = appendText(append(b, `{"collection":`...), string(n.Collection))
	b = appendText(append(b, `,"name":`...), n.Name)
	b = appendField(b, "type", n.Type)
	b = appendField(b, "status", n.Status)
	b = appendField(b, "description", n.Description)
	b = appendField(b, "content", n.Content)
	if n.Score != nil {
		b = strconv.AppendInt(append(b, `,"score":`...), int64(*n.Score), 10)
	}
	for i, at := range n.times() {
		b = appendField(b, timeFields[i], formatTime(*at))
	}
	b = appendList(b, "sources", n.Sources, func(b []byte, s Source) []byte {
		b = appendText(append(b, `{"Name":`...), s.Name)
		return append(appendText(append(b, `,"TLP":`...), s.TLP), '}')
	})
	b = appendList(b, "attributes", n.Attributes, func(b []byte, a Attribute) []byte {
		b = appendText(append(b, `{"name":`...), a.Name)
		b = appendText(append(b, `,"value":`...), a.Value)
		return append(strconv.AppendInt(append(b, `,"mode":`...), int64(a.Mode), 10), '}')
	})
	b = appendList(b, "tags", n.Tags, appendText)
	b = appendList(b, "related", n.Related, func(b []byte, r Ref) []byte {
		b = appendText(append(b, `{"Collection":`...), string(r.Collection))
		return append(strconv.AppendInt(append(b, `,"ID":`...), r.ID, 10), '}')
	})
	return append(b, '}')
}

// sortSets sorts the lists that ThreatQ holds as sets. n is in normal form, so that
// they are copies.
func sortSets(n *Object) {
	slices.SortFunc(n.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(n.Attributes, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	slices.Sort(n.Tags)
	slices.SortFunc(n.Related, func(a, b Ref) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID))
	})
}

func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendText(b, value)
}

func appendList[T any](b []byte, name string, list []T, one func([]byte, T) []byte) []byte {
	for i, e := range list {
		if i == 0 {
			b = append(append(append(b, `,"`...), name...), `":[`...)
		} else {
			b = append(b, ',')
		}
		b = one(b, e)
	}
	if len(list) > 0 {
		b = append(b, ']')
	}
	return b
}

// appendText writes s as a JSON text. What is not plain ASCII is left to encoding/json.
func appendText(b []byte, s string) []byte {
	begin := len(b)
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c >= 0x7f:
			return append(b[:begin], marshal(s)...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// marshal encodes values that are made of strings, numbers, lists and maps only,
// which cannot fail. HTML stays readable: descriptions contain it.
func marshal(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("threatq: encoding a plain value failed: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}
