package recording

import (
	"bytes"
	"encoding/json"

	"tqmap/dsl/prose"
)

// leaf is one value of a JSON document that is neither object nor list.
type leaf struct {
	// path are the keys above it, the nearest last; lists are not in it.
	path []string
	// text is a string decoded, or a number, true, false or null as it is written.
	text   string
	quoted bool
	key    bool // it is the key of a field itself
}

// rewriteJSON changes leaves of the JSON documents in src, and nothing else of it, neither
// white space nor the way a number is written. change answers the new text of a leaf, and
// whether it is a string. False: src is no sequence of JSON documents.
func rewriteJSON(src []byte, change func(leaf) (text string, quoted bool)) ([]byte, bool) {
	if !documents(src) {
		return nil, false
	}
	w := &rewriter{src: src, change: change}
	for w.at < len(w.src) {
		w.step()
	}
	return w.out.Bytes(), true
}

func documents(src []byte) bool {
	trimmed := bytes.TrimSpace(src)
	if len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' && trimmed[0] != '"' {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(src))
	for {
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return err.Error() == "EOF"
		}
	}
}

// rewriter walks text that is known to be JSON.
type rewriter struct {
	src    []byte
	at     int
	out    bytes.Buffer
	change func(leaf) (string, bool)
	stack  []level
}

type level struct {
	object  bool
	wantKey bool
	key     string
}

func (w *rewriter) step() {
	switch c := w.src[w.at]; c {
	case '{', '[':
		w.stack = append(w.stack, level{object: c == '{', wantKey: c == '{'})
		w.copy(1)
	case '}', ']':
		w.stack = w.stack[:max(len(w.stack)-1, 0)]
		w.copy(1)
	case ',':
		if top := w.top(); top != nil {
			top.wantKey = top.object
		}
		w.copy(1)
	case ' ', '\t', '\r', '\n', ':':
		w.copy(1)
	case '"':
		w.text()
	default:
		w.bare()
	}
}

func (w *rewriter) copy(n int) {
	w.out.Write(w.src[w.at : w.at+n])
	w.at += n
}

func (w *rewriter) top() *level {
	if len(w.stack) == 0 {
		return nil
	}
	return &w.stack[len(w.stack)-1]
}

func (w *rewriter) path() []string {
	var out []string
	for _, l := range w.stack {
		if l.object && !l.wantKey {
			out = append(out, l.key)
		}
	}
	return out
}

func (w *rewriter) text() {
	end := w.at + 1
	for end < len(w.src) && w.src[end] != '"' {
		if w.src[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end+1, len(w.src))
	raw := w.src[w.at:end]
	w.at = end
	var s string
	_ = json.Unmarshal(raw, &s) // it is valid
	top := w.top()
	isKey := top != nil && top.wantKey
	got, quoted := w.change(leaf{path: w.path(), text: s, quoted: true, key: isKey})
	if isKey {
		top.key, top.wantKey, quoted = s, false, true
	}
	w.put(raw, s, true, got, quoted)
}

func (w *rewriter) bare() {
	end := w.at
	for end < len(w.src) && !bytes.ContainsRune([]byte(" \t\r\n,:]}\"[{"), rune(w.src[end])) {
		end++
	}
	raw := w.src[w.at:end]
	w.at = end
	got, quoted := w.change(leaf{path: w.path(), text: string(raw)})
	w.put(raw, string(raw), false, got, quoted)
}

func (w *rewriter) put(raw []byte, was string, wasQuoted bool, got string, quoted bool) {
	switch {
	case got == was && quoted == wasQuoted:
		w.out.Write(raw)
	case quoted:
		w.out.Write(quote(got))
	default:
		w.out.WriteString(got)
	}
}

func quote(s string) []byte { return []byte(prose.JSON(s)) }
