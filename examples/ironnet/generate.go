package ironnet

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// generator makes alert number i, oldest first, from the seed alone; every
// alert has its own random streams, so any of them can be made again by itself.
type generator struct {
	seed         int64
	n            int
	epoch, start int64 // microseconds: newest and oldest `updated`
}

func newGenerator(seed int64, n int, epoch time.Time, span time.Duration) generator {
	end := epoch.UnixMicro()
	return generator{seed: seed, n: n, epoch: end, start: end - span.Microseconds()}
}

// Streams of one alert. Searchable values and texts are apart, because the
// texts are made again, without the rest, at each reading.
const (
	streamRow uint64 = iota
	streamTexts
	streamUpdated
	streamEvents // + number of the event times streamStep
	streamEventIDs
)

// streamStep leaves room between the streams of an alert's events.
const streamStep = 8

func (g generator) rand(stream uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(g.seed), stream<<32|uint64(i)))
}

func (g generator) row(i int) row {
	r := g.rand(streamRow, i)
	out := row{id: randomUUID(r), kind: uint16(r.IntN(len(generatedKinds))), version: uint8(1 + r.IntN(3))}
	out.severity = severity(r)
	out.status, out.rating, out.expect = review(r)
	out.updated, out.digits[1] = g.updated(i)
	history(r, &out)
	return out
}

func randomUUID(r *rand.Rand) (id uuid) {
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	id.stamp()
	return id
}

// severity is mostly 500 and above, with the edges of common filters.
func severity(r *rand.Rand) int16 {
	switch p := r.IntN(100); {
	case p < 8:
		return int16(r.IntN(500))
	case p < 14:
		return []int16{0, 499, 500, 501, 999, 1000}[p-8]
	default:
		return int16(10 * (50 + r.IntN(51)))
	}
}

// review gives a status and a rating that an analyst in that state would give.
func review(r *rand.Rand) (status, rating, expect uint8) {
	switch p := r.IntN(100); {
	case p < 1:
		return statusNone, ratingNone, expNone
	case p < 64:
		return statusAwaiting, ratingUndecided, expUnknown
	case p < 74:
		return statusUnder, ratingUndecided, expUnknown
	case p < 84:
		return statusUnder, ratingSuspicious, expUnexpected
	case p < 90:
		return statusClosed, ratingBenign, expExpected
	case p < 93:
		return statusClosed, ratingWhitelisted, expExpected
	case p < 96:
		return statusClosed, ratingSuspicious, expUnexpected
	default:
		return statusClosed, ratingMalicious, expUnexpected
	}
}

// updated spreads the alerts evenly and lets some of them share an instant,
// because that is where connectors lose or repeat records: 4 around every 50th
// place (hence around page borders), 3 within one second but written
// differently, and 150 at once, more than a usual page, in every 5000.
func (g generator) updated(i int) (micro int64, digits uint8) {
	own := g.rand(streamUpdated, i)
	if i == g.n-1 {
		return g.epoch, fewestDigits(g.epoch)
	}
	first, digits := i, []uint8{0, 3, 6}[own.IntN(3)]
	precision := digits
	switch at, far := i%50, i%5000; {
	case far >= 700 && far < 850:
		first, precision = i-far+700, 0
	case at >= 20 && at < 23:
		first, precision = i-at+20, 0
	case i >= 48 && at >= 48, i >= 50 && at < 2:
		first, precision, digits = (i+2)/50*50-2, 3, max(digits, 3)
	}
	if first != i {
		own = g.rand(streamUpdated, first)
		own.IntN(3) // the draw that chose the digits
	}
	step := float64(g.epoch-g.start) / float64(g.n-1)
	micro = cut(g.start+int64(step*(float64(first)+own.Float64())), precision)
	if micro < g.start || micro > g.epoch {
		return g.start, fewestDigits(g.start)
	}
	return micro, digits
}

// history works back from `updated`:
// created <= first event created <= last event created <= updated.
func history(r *rand.Rand, out *row) {
	d := []uint8{0, 3, 3, 6}[r.IntN(4)]
	out.digits[0], out.digits[2], out.digits[3] = d, d, d
	life := int64(0)
	if r.IntN(4) > 0 {
		life = r.Int64N(int64(6*time.Hour) / 1000)
	}
	begin := out.updated - life
	first := begin + fraction(r, min(life, 2_000_000))
	last := first
	out.events = 1
	if life > 0 && r.IntN(2) == 0 {
		out.events += 1 + int32(r.IntN(8)*r.IntN(6))
		last = first + fraction(r, out.updated-first)
	}
	out.created, out.firstCreated, out.lastCreated = cut(begin, d), cut(first, d), cut(last, d)
	out.firstStart = out.firstCreated - r.Int64N(int64(48*time.Hour)/1000)
	out.lastEnd = max(out.firstStart, out.lastCreated-r.Int64N(int64(10*time.Minute)/1000))
}

// fraction picks from 0 to limit, both included.
func fraction(r *rand.Rand, limit int64) int64 { return r.Int64N(limit + 1) }

func (g generator) texts(i int, of *row) texts {
	k := generatedKinds[of.kind]
	r := g.rand(streamTexts, i)
	return texts{formats: k.formats, criteria: render(criteria(r, k.shape)), vueURL: alertURL(of.id)}
}
