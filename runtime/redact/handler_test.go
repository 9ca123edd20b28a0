package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"
)

type login struct {
	User     string
	Password *string
}

type valuer string

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("inner", string(v))) }

type textual string

func (x textual) MarshalText() ([]byte, error) { return []byte("text:" + string(x)), nil }

func TestHandlerMasks(t *testing.T) {
	secret := "hunter\"2"
	for name, log := range map[string]func(*slog.Logger){
		"message":     func(l *slog.Logger) { l.Info("is " + secret) },
		"key":         func(l *slog.Logger) { l.Info("x", secret, 1) },
		"string":      func(l *slog.Logger) { l.Info("x", "k", secret) },
		"error":       func(l *slog.Logger) { l.Info("x", "err", fmt.Errorf("login: %w", errors.New(secret))) },
		"group":       func(l *slog.Logger) { l.Info("x", slog.Group("g", slog.Group("h", "k", secret))) },
		"valuer":      func(l *slog.Logger) { l.Info("x", "k", valuer(secret)) },
		"bytes":       func(l *slog.Logger) { l.Info("x", "k", []byte(secret)) },
		"struct":      func(l *slog.Logger) { l.Info("x", "k", struct{ A string }{secret}) },
		"pointer":     func(l *slog.Logger) { l.Info("x", "k", []*login{{User: "u", Password: &secret}}) },
		"map":         func(l *slog.Logger) { l.Info("x", "k", map[string][]string{"a": {secret}}) },
		"marshaler":   func(l *slog.Logger) { l.Info("x", "k", textual(secret)) },
		"raw JSON":    func(l *slog.Logger) { l.Info("x", "k", json.RawMessage(mustJSON(secret))) },
		"With":        func(l *slog.Logger) { l.With("k", secret).Info("x") },
		"WithGroup":   func(l *slog.Logger) { l.WithGroup("g").With("k", secret).WithGroup("h").Info("x", "k", 1) },
		"basic auth":  func(l *slog.Logger) { l.Info("x", "header", "Basic "+encodings["base64 after u"](secret)) },
		"deep escape": func(l *slog.Logger) { l.Info("x", "body", mustJSON(mustJSON(secret))) },
	} {
		for _, format := range []string{"text", "json"} {
			t.Run(name+" as "+format, func(t *testing.T) {
				var out bytes.Buffer
				below := slog.Handler(slog.NewTextHandler(&out, nil))
				if format == "json" {
					below = slog.NewJSONHandler(&out, nil)
				}
				log(slog.New(with(secret).Handler(below)))
				if got := out.String(); !strings.Contains(got, Mask) || strings.Contains(got, "hunter") {
					t.Errorf("got %q", got)
				}
			})
		}
	}
}

func TestHandlerMasksNumbers(t *testing.T) {
	var out bytes.Buffer
	l := slog.New(with("123456", "1m0s").Handler(slog.NewTextHandler(&out, nil)))
	l.Info("x", "pin", 123456, "other", 7, "wait", time.Minute)
	if got := out.String(); !strings.Contains(got, "pin=*** other=7 wait=***") {
		t.Errorf("got %q", got)
	}
}

func TestHandlerLeavesTheRestAlone(t *testing.T) {
	var plain, masked bytes.Buffer
	noTime := &slog.HandlerOptions{AddSource: true, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, l := range []*slog.Logger{
		slog.New(slog.NewJSONHandler(&plain, noTime)),
		slog.New(with("hunter2!").Handler(slog.NewJSONHandler(&masked, noTime))),
	} {
		l.With("a", 1.5).WithGroup("g").With("b", true).WithGroup("").With().
			Warn("m", "c", []string{"x"}, "d", map[string]int{"y": 1}, slog.Group("", "e", nil), slog.Group("f"))
	}
	if plain.String() != masked.String() {
		t.Errorf("got  %s\nwant %s", masked.String(), plain.String())
	}
}

func TestHandlerMasksSecretsAddedLater(t *testing.T) {
	var out bytes.Buffer
	r := New()
	l := slog.New(r.Handler(slog.NewTextHandler(&out, nil))).With("token", "hunter2!")
	r.Add("hunter2!")
	l.Info("x")
	if got := out.String(); !strings.Contains(got, "token=***") {
		t.Errorf("got %q", got)
	}
}

func TestHandlerLoggersDoNotShareAttributes(t *testing.T) {
	var out bytes.Buffer
	parent := slog.New(with("hunter2!").Handler(slog.NewTextHandler(&out, nil))).With("a", 1)
	one, two := parent.With("b", 1).WithGroup("g"), parent.With("c", 1).WithGroup("h")
	one.With("d", 1).Info("x")
	two.With("e", 1).Info("x")
	for _, want := range []string{"a=1 b=1 g.d=1\n", "a=1 c=1 h.e=1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}

func TestHandlerIsAProperHandler(t *testing.T) {
	for name, r := range map[string]*Redactor{"no secrets": New(), "secrets": with("hunter2!")} {
		var out bytes.Buffer
		slogtest.Run(t, func(*testing.T) slog.Handler {
			out.Reset()
			return r.Handler(slog.NewJSONHandler(&out, nil))
		}, func(t *testing.T) map[string]any {
			got := make(map[string]any)
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return got
		})
	}
}
