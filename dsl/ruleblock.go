package dsl

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// RuleBlock describes `on`: what to do about an answer. It may stand wherever requests
// are declared; the first rule that holds decides.
func RuleBlock() *Block {
	return &Block{
		Type: "on", Summary: "What to do about an answer; the first rule that holds decides, else the default table. What `auth` asks to sign in, for a session or a token, goes by no rule: one that skipped it would leave a run without credentials.",
		Example: `on {
  status = [200]
  when   = jq(".error.code == \"busy\"")
  do     = wait
  wait   = jq(".error.retry_after")
}`,
		Attrs: []Attr{
			{Name: "status", Type: cty.List(cty.String), Summary: "The statuses it is for, e.g. [404], [\"4xx\"] or [\"500-503\"], and \"lost\" for a request that was sent and got no whole answer: too late, broken off or too long; unset: any but redirects."},
			{Name: "when", Holds: JQ, Summary: "A condition on the body: JSON decoded, other text as a string, null where there is none. $response has status, headers and url."},
			{Name: "retried", Type: cty.Bool, Default: "false", Summary: "Only for the last attempt: before it the default table decides, which may ask again. For \"lost\" it always is the last."},
			{Name: "do", Holds: Keyword, Required: true, Summary: "ok, skip, retry, wait, reauth, split, stop, reset or fail."},
			{Name: "wait", Holds: JQ, Summary: "How long to wait, for do = retry or wait: seconds, a duration or a moment. Unset or null: Retry-After, else back off."},
			{Name: "message", Holds: JQ, Summary: "What to say about it; unset: the server's own words."},
		},
		Check: checkRule,
	}
}

// RuleAction is a word that `do` takes, and what it does.
type RuleAction struct{ Word, Means string }

// RuleActionTable explains every action.
func RuleActionTable() []RuleAction {
	return []RuleAction{
		{"ok", "It is a good answer: it is read like any other. Also for what means that there is nothing."},
		{"skip", "Leave it out and count it. Pages behind it are not asked for, and the cursor stays before it."},
		{"retry", "Ask again, after `wait` or backing off. A request with once = true fails instead."},
		{"wait", "The same for a server that did nothing yet, even with once = true."},
		{"reauth", "Sign in anew and ask once more."},
		{"split", "Ask for half of the window, or of the batch, at a time, down to the window's `smallest`."},
		{"stop", "End the flow here, without failure. The next run goes on from here."},
		{"reset", "Forget the flow's token and cursor, and read from the start in the same run."},
		{"fail", "End the flow with the server's words. The next run tries again."},
	}
}

// RuleActions are the words that `do` takes.
func RuleActions() []string {
	var out []string
	for _, a := range RuleActionTable() {
		out = append(out, a.Word)
	}
	return out
}

func checkRule(r *Reading) {
	r.Statuses("status")
	if !r.Has("status") && !r.Has("when") {
		r.Fail("", "Missing attribute", "A rule says what it is for: give it status, when or both.")
	}
	do := r.n.Val("do")
	if do == nil {
		return
	}
	switch word := do.Word(); {
	case word == "":
		r.Fail("do", "Unknown action", "\"do\" takes one bare word, such as do = skip.%s", code.Suggest("", RuleActions()))
	case !slices.Contains(RuleActions(), word):
		r.Fail("do", "Unknown action", "There is no action %q.%s", word, code.Suggest(word, RuleActions()))
	case (r.Bool("retried", false) || slices.Contains(r.Strings("status"), Lost)) && slices.Contains([]string{"ok", "retry", "wait", "reauth"}, word):
		r.Fail("do", "Without effect", "After the last attempt there is nothing more to ask for: do takes skip, split, stop, reset or fail there, not %s.", word)
	case r.Has("wait") && word != "retry" && word != "wait":
		r.Fail("wait", "Without effect", "Only do = retry and do = wait wait; this rule says %s.", word)
	}
}

// rules reports rules that an earlier one leaves nothing for.
func (c *checker) rules(all []*Node) {
	taken := map[int]*Node{}
	for _, n := range all {
		free := func(status int) bool { return taken[status] == nil }
		mine := statusesOf(c.d.static(n, c.m.staticScope()))
		if len(mine) > 0 && !slices.ContainsFunc(mine, free) {
			first := taken[mine[0]]
			c.d.errorf(n.Range, "Never reached", "The rule in line %d decides about all of these statuses before this one; put this one first, or give that one a condition.", first.Range.Start.Line)
		}
		if n.Val("when") != nil || n.Val("retried") != nil {
			continue
		}
		for _, status := range mine {
			if free(status) {
				taken[status] = n
			}
		}
	}
}

// statusesOf lists the statuses that a rule is for, none where it names none.
func statusesOf(r *Reading) []int {
	var out []int
	for _, s := range r.Statuses("status") {
		for status := s.From; status <= s.To; status++ {
			out = append(out, status)
		}
	}
	return out
}
