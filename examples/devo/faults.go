package devo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults of the collector, each for one connection.
const (
	FaultCertificate = "refuse-certificate" // the client's certificate is not accepted
	FaultTLS12       = "tls12"              // no TLS 1.3
	FaultClose       = "close"              // closed after N messages
	FaultReset       = "reset"              // closed after N messages, with RST
	FaultStall       = "stall"              // after N messages nothing is read any more
	FaultSlow        = "slow"               // only KB kilobytes a second are read
	FaultLate        = "late"               // reading begins after Delay
	FaultIdle        = "idle-close"         // closed when nothing came for Delay
	FaultNoEOF       = "no-eof"             // the end is read and never answered
	FaultEndLost     = "end-lost"           // the closing line gets lost on the way to Devo
	FaultSpeaks      = "speaks"             // it answers, as something that is no collector does
)

// Faults of the REST API, each for one call.
const (
	FaultStatus = "status"    // answered with Code
	FaultJob    = "job-fails" // the file is taken, and its job fails
	FaultNoJob  = "no-job"    // the answer names no job
	FaultStuck  = "job-stuck" // the job never ends
)

func faultKinds() []string {
	return []string{FaultCertificate, FaultTLS12, FaultClose, FaultReset, FaultStall, FaultSlow, FaultLate, FaultIdle, FaultNoEOF, FaultEndLost, FaultSpeaks,
		FaultStatus, FaultJob, FaultNoJob, FaultStuck}
}

func ofAPI(kind string) bool {
	return slices.Contains([]string{FaultStatus, FaultJob, FaultNoJob, FaultStuck}, kind)
}

// Forever as Fault.Times means until the faults are cleared.
const Forever = -1

// Fault is a misbehaviour waiting for its connections or calls.
type Fault struct {
	Kind string
	// N is how many messages of a connection come through before.
	N int
	// After lets so many connections or calls pass first, Times is how many it then hits; 0 means 1.
	After, Times int
	// KB is the pace of FaultSlow, 64 if zero.
	KB int
	// Delay is that of FaultLate (1 s if zero) and FaultIdle (30 s).
	Delay time.Duration
	// On is what the path of a call must end with, with a method before it where that matters:
	// "PUT:deploy-csv". Code is the status of FaultStatus, 500 if zero.
	On   string
	Code int
}

// ParseFault reads a kind and options, split by blanks: `n=100 after=1 times=forever kb=64 delay=2s
// on=PUT:deploy-csv code=503`.
func ParseFault(text string) (Fault, error) {
	words := strings.Fields(text)
	if len(words) == 0 || !slices.Contains(faultKinds(), words[0]) {
		return Fault{}, fmt.Errorf("fault %q: want one of %s", text, strings.Join(faultKinds(), ", "))
	}
	f := Fault{Kind: words[0]}
	for _, word := range words[1:] {
		if err := f.set(word); err != nil {
			return Fault{}, fmt.Errorf("fault option %q: %w", word, err)
		}
	}
	return f, nil
}

func (f *Fault) set(option string) (err error) {
	key, value, _ := strings.Cut(option, "=")
	switch key {
	case "n":
		f.N, err = strconv.Atoi(value)
	case "after":
		f.After, err = strconv.Atoi(value)
	case "times":
		f.Times = Forever
		if value != "forever" {
			f.Times, err = strconv.Atoi(value)
		}
	case "kb":
		f.KB, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "on":
		f.On = value
	case "code":
		f.Code, err = strconv.Atoi(value)
	default:
		err = errors.New("want n=, after=, times=, kb=, delay=, on= or code=")
	}
	return err
}

type faultQueue struct {
	mu   sync.Mutex
	list []*Fault
}

// Inject adds a fault. A connection meets every kind that waits for it, a call only the first one.
func (s *Simulator) Inject(f Fault) {
	setDefault(&f.Times, 1)
	setDefault(&f.KB, 64)
	setDefault(&f.Code, 500)
	if setDefault(&f.Delay, time.Second); f.Kind == FaultIdle && f.Delay == time.Second {
		f.Delay = 30 * time.Second
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults forgets all faults that still wait.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// take uses up the faults that match.
func (q *faultQueue) take(match func(*Fault) bool, most int) []Fault {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []Fault
	q.list = slices.DeleteFunc(q.list, func(f *Fault) bool {
		switch {
		case len(out) == most || !match(f):
			return false
		case f.After > 0:
			f.After--
			return false
		}
		out = append(out, *f)
		if f.Times > 0 {
			f.Times--
		}
		return f.Times == 0
	})
	return out
}

func (q *faultQueue) texts() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := []string{}
	for _, f := range q.list {
		out = append(out, strings.TrimSpace(f.Kind+" "+f.On))
	}
	return out
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}
