package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// contentHash is stable over the order of keys.
func contentHash(v any) string { return digest(appendContent(nil, v)) }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// appendContent writes v so that two values read alike only if they are: each part
// begins with its kind and, where its end does not show, its length. It is no JSON
// because each record passes here.
func appendContent(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case string:
		return appendSized(b, 's', v)
	case int:
		return binary.AppendVarint(append(b, 'i'), int64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(v))
	case time.Time:
		return appendSized(b, 'T', v.UTC().Format(time.RFC3339Nano))
	case []string:
		b = appendSize(b, 'l', len(v))
		for _, e := range v {
			b = appendSized(b, 's', e)
		}
		return b
	case []any:
		b = appendSize(b, 'l', len(v))
		for _, e := range v {
			b = appendContent(b, e)
		}
		return b
	case map[string]any:
		return appendFields(b, v)
	}
	return appendSized(b, 'j', string(contentOf(v)))
}

func appendFields(b []byte, m map[string]any) []byte {
	var room [32]string
	keys := slices.AppendSeq(room[:0], maps.Keys(m))
	slices.Sort(keys)
	b = appendSize(b, 'm', len(keys))
	for _, k := range keys {
		b = appendContent(appendSized(b, 's', k), m[k])
	}
	return b
}

func appendSized(b []byte, kind byte, s string) []byte {
	return append(appendSize(b, kind, len(s)), s...)
}

func appendSize(b []byte, kind byte, n int) []byte {
	return binary.AppendUvarint(append(b, kind), uint64(n))
}

// contentOf is v as JSON. What JSON cannot say (NaN, infinity, years of five
// digits) makes it the JSON text of what Go prints, so that it still tells two
// values apart.
func contentOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(fmt.Sprintf("%v", v)) // a string can always be encoded
	}
	return b
}
