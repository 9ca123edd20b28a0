package code

import (
	"slices"
	"strings"
	"time"
)

// Option changes how a program is compiled or bounded.
type Option func(*options)

type options struct {
	returns []Kind
	time    time.Duration
	outputs int
	shared  *Library
}

// Returns says which kinds an expr program may result in, null apart. What is
// certain to be another kind is a load error, the rest is checked at run time.
func Returns(kinds ...Kind) Option { return func(o *options) { o.returns = kinds } }

// Within bounds the time of one run of a jq program; 5 s if not given.
func Within(d time.Duration) Option { return func(o *options) { o.time = d } }

// AtMost bounds the outputs of one run of a jq program; 100,000 if not given.
func AtMost(outputs int) Option { return func(o *options) { o.outputs = outputs } }

// Sharing lets a jq program call the functions of l. A function that it defines itself hides
// one of l with the same name.
func Sharing(l *Library) Option { return func(o *options) { o.shared = l } }

func apply(opts []Option) options {
	o := options{time: 5 * time.Second, outputs: 100_000}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// allows tells whether a result of kind k is wanted. Any stands for null and for
// what is not known yet.
func (o options) allows(k Kind) bool {
	return k == Any || len(o.returns) == 0 || slices.Contains(o.returns, k)
}

func (o options) wanted() string {
	words := make([]string, len(o.returns))
	for i, k := range o.returns {
		words[i] = article(k.String())
	}
	return strings.Join(words, " or ")
}

func timeZero() time.Time { return time.Time{} }
