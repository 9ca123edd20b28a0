package redact

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
)

// handler masks records before they are formatted.
type handler struct {
	redactor *Redactor
	below    slog.Handler
	// scopes are the open groups with their attributes, outermost first. They
	// are kept here and not given to below, which would format them at once,
	// with the secrets that are added later.
	scopes []scope
}

type scope struct {
	group string // "" for the outermost
	attrs []slog.Attr
}

// Handler returns a handler that masks message, keys and values of each record
// and passes it to h. A value that is not text and holds a secret becomes text.
func (r *Redactor) Handler(h slog.Handler) slog.Handler {
	return &handler{redactor: r, below: h, scopes: []scope{{}}}
}

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.below.Enabled(ctx, level)
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{h.redactor, h.below, append(slices.Clip(h.scopes), scope{group: name})}
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	scopes := slices.Clone(h.scopes)
	last := &scopes[len(scopes)-1]
	last.attrs = slices.Concat(last.attrs, attrs)
	return &handler{h.redactor, h.below, scopes}
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	for _, s := range slices.Backward(h.scopes) {
		attrs = slices.Concat(s.attrs, attrs)
		if s.group != "" {
			attrs = []slog.Attr{{Key: s.group, Value: slog.GroupValue(attrs...)}}
		}
	}
	masked := slog.NewRecord(r.Time, r.Level, h.redactor.String(r.Message), r.PC)
	masked.AddAttrs(h.redactor.attrs(attrs)...)
	return h.below.Handle(ctx, masked)
}

func (r *Redactor) attrs(attrs []slog.Attr) []slog.Attr {
	if r.current() == nil {
		return attrs
	}
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = slog.Attr{Key: r.String(a.Key), Value: r.value(a.Value.Resolve())}
	}
	return masked
}

func (r *Redactor) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindGroup:
		return slog.GroupValue(r.attrs(v.Group())...)
	case slog.KindAny:
		for _, text := range texts(v.Any()) {
			if masked := r.String(text); masked != text {
				return slog.StringValue(masked)
			}
		}
	default:
		if text := v.String(); r.String(text) != text {
			return slog.StringValue(r.String(text))
		}
	}
	return v
}

// texts returns what handlers make of a value: slog's own write JSON, or what
// package fmt prints; they differ in what they follow.
func texts(v any) []string {
	if b, ok := v.([]byte); ok {
		return []string{string(b)}
	}
	all := []string{fmt.Sprintf("%+v", v)}
	if text, err := json.Marshal(v); err == nil {
		all = append(all, string(text))
	}
	return all
}
