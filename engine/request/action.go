package request

import (
	"context"
	"net/http"
	"time"
)

// Action is what the chain does about an answer.
type Action string

// The actions, as mappings name them.
const (
	Accept Action = "ok"     // hand it over, whatever its status
	Skip   Action = "skip"   // nothing to be had here, which is fine: a RuledError
	Retry  Action = "retry"  // ask again later; not for Request.Once, as the server may have acted
	Wait   Action = "wait"   // the same where the server did not act, so even for Request.Once
	Reauth Action = "reauth" // fresh credentials and one replay, else Fail
	Split  Action = "split"  // ask for less at once: a RuledError
	Stop   Action = "stop"   // there is no more to be had: a RuledError
	Reset  Action = "reset"  // begin again at the start: a RuledError
	Fail   Action = "fail"   // report it: a StatusError
)

// Ruling is what rules decide about an answer; the zero Ruling leaves it to the
// default table.
type Ruling struct {
	Action  Action
	Wait    time.Duration // Retry, Wait: how long; 0: Retry-After, else back-off
	Message string        // the author's or the server's words
	Where   string        // file:line:column of the rule
	Warning string        // what is wrong with the rule or the answer, for the log
}

// Judge looks at an answer of any status; called in the goroutine of Do. It sees
// redirects before they are followed, and a Response without status where a request was sent
// for the last time and no whole answer came.
type Judge func(ctx context.Context, a *Response) (Ruling, error)

// Row is a line of the default table: what is done about the statuses From..To.
type Row struct {
	From, To int
	Action   Action
	Means    string
}

// defaults is the status table: the first row that holds the status decides, and a
// status in none fails.
var defaults = [...]Row{
	{200, 299, Accept, "an answer"},
	{300, 399, Fail, "a redirect that cannot be followed, or no answer"},
	{http.StatusUnauthorized, http.StatusUnauthorized, Reauth, "sign in again and repeat once"},
	{http.StatusRequestTimeout, http.StatusRequestTimeout, Retry, "the server waited too long for the request"},
	{http.StatusTooManyRequests, http.StatusTooManyRequests, Wait, "wait as long as Retry-After says, else back off"},
	{400, 499, Fail, "the request can never work"},
	{http.StatusServiceUnavailable, http.StatusServiceUnavailable, Wait, "wait as long as Retry-After says, else back off"},
	{500, 599, Retry, "the server failed; back off"},
}

// Defaults is what is done about an answer that no rule speaks of: the first row that
// holds its status decides, and a status in none fails.
func Defaults() []Row { return append([]Row(nil), defaults[:]...) }

func verdict(status int) Action {
	for _, row := range defaults {
		if row.From <= status && status <= row.To {
			return row.Action
		}
	}
	return Fail
}

// judge is the ruling on a, by rule where one speaks of it. The answer of a body that
// could not be kept whole is not shown to rules.
func (k *call) judge(ctx context.Context, a *answer) error {
	if a.cut {
		a.ruling = Ruling{Action: verdict(a.Status)}
		return nil
	}
	a.Last = k.req.Once || k.retries >= k.cfg.Retries
	ruling, err := k.rule(ctx, a.Response)
	if err != nil {
		return err
	}
	if a.ruled = ruling.Action != ""; !a.ruled {
		ruling = Ruling{Action: verdict(a.Status)}
	}
	a.ruling = ruling
	return nil
}

// rule is what the first Judge with an opinion says, the zero Ruling if none has one.
func (k *call) rule(ctx context.Context, a *Response) (Ruling, error) {
	for _, judge := range []Judge{k.req.Judge, k.cfg.Judge} {
		if judge == nil {
			continue
		}
		ruling, err := judge(ctx, a)
		if err != nil {
			return Ruling{}, err
		}
		if ruling.Warning != "" {
			k.cfg.Log.WarnContext(ctx, ruling.Warning, "client", k.cfg.Name)
		}
		if ruling.Action != "" {
			return ruling, nil
		}
	}
	return Ruling{}, nil
}

// judged is whether rules may want the body of a refusal.
func (k *call) judged() bool { return k.req.Judge != nil || k.cfg.Judge != nil }
