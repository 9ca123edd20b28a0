package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// ruleBlock is `on`, for blocks that declare requests.
func ruleBlock() *dsl.Block { return dsl.RuleBlock() }

// answerRule is one `on` block.
type answerRule struct {
	status              []dsl.StatusRange
	when, wait, message *code.JQ
	do                  request.Action
	retried             bool // only where no attempt follows
	where               string
	at                  hcl.Range
}

// judge makes a Judge of `on` blocks, the first that holds deciding; nil if there are none.
// v is what their jq sees beside the body and $response.
func judge(nodes []*dsl.Node, b *dsl.Bound, v view) (request.Judge, error) {
	if len(nodes) == 0 {
		return nil, nil
	}
	v.bound = b
	var rules []answerRule
	for _, n := range nodes {
		r := n.Read(b.Scope)
		rules = append(rules, answerRule{
			status: r.Statuses("status"), do: request.Action(n.Val("do").Word()), where: place(n.Range), at: n.Range,
			retried: r.Bool("retried", false),
			when:    n.Val("when").JQ(), wait: n.Val("wait").JQ(), message: n.Val("message").JQ(),
		})
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, a *request.Response) (request.Ruling, error) {
		s := judged{view: v}
		s.response = a
		for _, r := range rules {
			holds, err := r.holds(ctx, &s)
			if err != nil {
				return request.Ruling{}, err
			}
			if holds {
				b.Seen.Held(r.at)
				return r.ruling(ctx, &s), nil
			}
		}
		return request.Ruling{}, nil
	}, nil
}

// place is where a block or value begins: file:line:column.
func place(at hcl.Range) string { return code.Place(&at) }

// judged is an answer as rules see it, decoded once and only if one of them asks.
type judged struct {
	view
	decoded bool
	body    any
}

func (s *judged) first(ctx context.Context, q *code.JQ) (any, error) {
	if !s.decoded {
		var err error
		if s.body, err = plainBody(s.response); err != nil {
			return nil, err
		}
		s.decoded = true
	}
	return s.view.first(ctx, q, s.body)
}

// plainBody is the body for jq: decoded where it is JSON, else as text, null if blank.
func plainBody(a *request.Response) (any, error) {
	text := a.Body
	if text == nil {
		in, err := a.Open()
		if err != nil {
			return nil, err
		}
		defer in.Close()
		if text, err = io.ReadAll(in); err != nil {
			return nil, fmt.Errorf("the answer kept on disk cannot be read: %w", err)
		}
	}
	if v, err := code.Decode(text); err == nil {
		return v, nil
	}
	if strings.TrimSpace(string(text)) == "" {
		return nil, nil
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}

// holds tells whether r is for this answer. A rule without statuses leaves redirects
// alone, whose bodies are nobody's answer, and what got none.
func (r *answerRule) holds(ctx context.Context, s *judged) (bool, error) {
	status := s.response.Status
	switch {
	case r.retried && !s.response.Last:
		return false, nil
	case len(r.status) > 0:
		if !slices.ContainsFunc(r.status, func(of dsl.StatusRange) bool { return of.From <= status && status <= of.To }) {
			return false, nil
		}
	case status == 0 || redirected(s.response):
		return false, nil
	}
	if r.when == nil {
		return true, nil
	}
	out, err := s.first(ctx, r.when)
	return err == nil && out != nil && out != false, err
}

func redirected(a *request.Response) bool {
	return a.Status >= 300 && a.Status < 400 && a.Status != http.StatusNotModified && a.Header.Get("Location") != ""
}

func (r *answerRule) ruling(ctx context.Context, s *judged) request.Ruling {
	out := request.Ruling{Action: r.do, Where: r.where}
	var err error
	if out.Wait, err = s.wait(ctx, r.wait); err != nil {
		out.Warning = fmt.Sprintf("wait of the rule at %s ignored: %s", r.where, err)
	}
	if r.message == nil {
		return out
	}
	said, err := s.first(ctx, r.message)
	if err != nil {
		// It must not hide what the rule decides.
		out.Warning = strings.TrimPrefix(out.Warning+"; message ignored: "+err.Error(), "; ")
	}
	out.Message, _ = code.Text(said)
	return out
}

// wait is the time that q names, 0 if it names none.
func (s *judged) wait(ctx context.Context, q *code.JQ) (time.Duration, error) {
	if q == nil {
		return 0, nil
	}
	v, err := s.first(ctx, q)
	if err != nil || v == nil {
		return 0, err
	}
	text, _ := code.Text(v)
	return request.ParseWait(text, s.response.ServerTime())
}
