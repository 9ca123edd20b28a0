package request

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lateError is the cause of a context that a Config.Deadline has ended.
type lateError time.Duration

func (e lateError) Error() string {
	return fmt.Sprintf("no answer within the deadline of %s", time.Duration(e))
}

func (lateError) Timeout() bool { return true }

// isLate tells a context that a deadline of a Config ended, this one's or that of the
// request it is made for.
func isLate(ctx context.Context) (lateError, bool) {
	late, is := context.Cause(ctx).(lateError)
	return late, is
}

// within bounds ctx by Config.Deadline.
func (k *call) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if k.cfg.Deadline <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, k.cfg.Deadline, lateError(k.cfg.Deadline))
}

// beyond is whether a wait of d would end after the deadline.
func (k *call) beyond(d time.Duration) bool {
	return k.cfg.Deadline > 0 && d >= k.cfg.Deadline-k.elapsed()
}

// late is the error of a wait that is not begun, as it would end after the deadline.
func (k *call) late(why string, d time.Duration) *TransportError {
	e := k.overdue(nil)
	e.Err, e.Hint = errors.New(why), k.tooLong("that is "+rounded(d).String()+" away")
	return e
}

// overdue is the error of a request that took longer than the deadline.
func (k *call) overdue(err error) *TransportError {
	return &TransportError{
		Client: k.cfg.Name, Method: k.req.Method, URL: bare(k.at.url), Attempts: k.attempts, Elapsed: k.elapsed(),
		Err: err, Hint: "run again later",
		Sent: k.reached, final: true,
	}
}

func (k *call) tooLong(what string) string {
	return fmt.Sprintf("%s, past the deadline of %s for one request: run again later", what, k.cfg.Deadline)
}

func (k *call) elapsed() time.Duration { return k.cfg.Now().Sub(k.start) }

// sleep waits for d, or until ctx ends.
func (k *call) sleep(ctx context.Context, d time.Duration) error {
	err := k.cfg.Sleep(ctx, d)
	if ctx.Err() != nil {
		return k.stopped(ctx)
	}
	return err
}

// sleep is the Config.Sleep of real runs.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
