package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// serverLimit is what a server tells of the requests that it still allows.
type serverLimit struct {
	remaining, reset *code.JQ
	floor            int
	view             view
	warn             func(error)
}

// openServerLimit reads a server_limit block; nil for none.
func openServerLimit(n *dsl.Node, b *dsl.Bound, log *slog.Logger) (*serverLimit, error) {
	if n == nil {
		return nil, nil
	}
	r := n.Read(b.Scope)
	var once sync.Once
	return &serverLimit{
		remaining: n.Val("remaining").JQ(), reset: n.Val("reset").JQ(), floor: r.Count("floor", 0, 0), view: view{bound: b},
		warn: func(err error) {
			once.Do(func() {
				log.Warn(fmt.Sprintf("server_limit at %s ignored where it cannot be read: %s", place(n.Range), err))
			})
		},
	}, r.Err()
}

// budget is a Config.Budget. What cannot be read counts as not said.
func (l *serverLimit) budget(a *request.Response) (remaining int, reset time.Duration, ok bool) {
	s := judged{view: l.view, decoded: a.Body == nil} // what is kept on disk stays there
	s.response = a
	left, err := s.first(context.Background(), l.remaining)
	if err != nil || left == nil {
		return l.absent(err)
	}
	if remaining, err = count(left); err != nil {
		return l.absent(fmt.Errorf("remaining: %w", err))
	}
	if remaining > l.floor {
		return remaining, 0, true
	}
	if reset, err = s.wait(context.Background(), l.reset); err != nil {
		return l.absent(fmt.Errorf("reset: %w", err))
	}
	return remaining, reset, true
}

func (l *serverLimit) absent(err error) (int, time.Duration, bool) {
	if err != nil {
		l.warn(err)
	}
	return 0, 0, false
}

// count reads a number of requests, as a number or as text.
func count(v any) (int, error) {
	text, _ := code.Text(v)
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("a %T that is no number of requests", v)
	}
	return int(max(min(f, math.MaxInt32), math.MinInt32)), nil
}
