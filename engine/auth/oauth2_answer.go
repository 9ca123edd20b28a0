package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// tokenAnswer is what a token endpoint answers (RFC 6749, 5.1).
type tokenAnswer struct {
	access, refresh, kind string
	life                  time.Duration // 0: not said
}

func (o *OAuth2) read(text []byte) (tokenAnswer, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var fields map[string]any
	if !json.Valid(text) || d.Decode(&fields) != nil {
		return tokenAnswer{}, errors.New("the answer is no JSON object")
	}
	a := tokenAnswer{kind: "Bearer"}
	var ok bool
	a.refresh, _ = o.field(fields, "refresh_token").(string)
	if a.access, ok = o.field(fields, "access_token").(string); !ok {
		return a, fmt.Errorf("it has no text %s%s", o.answerName("access_token"), complaint(fields))
	}
	// "bearer" is common in answers, and rare in what servers understand.
	if kind, _ := o.field(fields, "token_type").(string); kind != "" && !strings.EqualFold(kind, "bearer") {
		a.kind = kind
	}
	end := o.field(fields, "expires_in")
	if a.life, ok = lifetime(end); !ok {
		o.cfg.Log.Warn("the token's end is not understood, so it is kept until it is refused", "field", o.answerName("expires_in"), "kind", fmt.Sprintf("%T", end))
	}
	return a, nil
}

// complaint is the error code of servers that refuse with 200.
func complaint(fields map[string]any) string {
	code, _ := fields["error"].(string)
	if code == "" {
		return ""
	}
	return fmt.Sprintf(", but the error %.60q", code)
}

func (o *OAuth2) answerName(name string) string {
	if own := o.cfg.Answer[name]; own != "" {
		return own
	}
	return name
}

func (o *OAuth2) field(fields map[string]any, name string) any {
	var v any = fields
	for step := range strings.SplitSeq(o.answerName(name), ".") {
		object, _ := v.(map[string]any)
		v = object[step]
	}
	return v
}

// lifetime reads a number of seconds, as number or text; 0 if there is none. False means
// that it is something else.
func lifetime(v any) (time.Duration, bool) {
	var text string
	switch v := v.(type) {
	case nil:
		return 0, true
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	default:
		return 0, false
	}
	if text == "" {
		return 0, true
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if math.IsNaN(seconds) || err != nil && !errors.Is(err, strconv.ErrRange) || seconds < 0 {
		return 0, false
	}
	return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second)), true
}
