package code

// measure is what is left of budget elements after v, or negative where v is
// larger, or has more than maxText bytes of text. Values that share parts, which
// programs can make, may be much larger written out than in memory.
func measure(v any, budget int) int {
	left, text := budget, maxText
	weigh(v, &left, &text)
	if text < 0 {
		return -1
	}
	return left
}

func weigh(v any, left, text *int) {
	if *left--; *left < 0 || *text < 0 {
		return
	}
	switch v := v.(type) {
	case string:
		*text -= len(v)
	case []int:
		*left -= len(v)
	case []string:
		*left -= len(v)
		for _, e := range v {
			*text -= len(e)
		}
	case []any:
		for _, e := range v {
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case map[string]any:
		for k, e := range v {
			*text -= len(k)
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case [][2]any:
		for _, pair := range v {
			weigh(pair[0], left, text)
			if weigh(pair[1], left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case map[any][]any:
		for _, e := range v {
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	}
}

// compactJSON is encodeJSON within maxText bytes.
func compactJSON(name string, v any) (string, error) {
	if measure(v, maxElements) < 0 {
		return "", textTooLong(name)
	}
	text, err := encodeJSON(Normalize(v))
	if err != nil {
		return "", faultf("%s: the value cannot be written as JSON", name)
	}
	if len(text) > maxText {
		return "", textTooLong(name)
	}
	return text, nil
}
