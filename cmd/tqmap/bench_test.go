package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/runtime/state"
)

const (
	benchPages  = 20 // of pageSize records, in each round
	benchRounds = 15
	peakRecords = 100_000

	mappingSide = "mapping: decode, cut, map, hash"
	goSide      = "Go: decode, map"
)

// measured is what one side of a comparison costs, round by round.
type measured struct {
	name    string
	records int // in each round
	round   func() error
	seconds []float64 // of CPU
	allocs  uint64
	bytes   uint64
}

func (m *measured) run() error {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	from := cpuTime()
	if err := m.round(); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	m.seconds = append(m.seconds, (cpuTime() - from).Seconds())
	runtime.ReadMemStats(&after)
	m.allocs, m.bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return nil
}

func (m *measured) perSecond() float64 { return float64(m.records) / median(m.seconds) }

// ratio is how many times longer m takes than base: the median over rounds that ran
// side by side, and the quartiles.
func (m *measured) ratio(base *measured) (mid, low, high float64) {
	all := make([]float64, len(m.seconds))
	for i := range all {
		all[i] = m.seconds[i] / base.seconds[i]
	}
	slices.Sort(all)
	return median(all), all[len(all)/4], all[len(all)*3/4]
}

func median(in []float64) float64 {
	sorted := slices.Sorted(slices.Values(in))
	return sorted[len(sorted)/2]
}

// rounds runs the sides by turns, so that what disturbs the machine disturbs all of them.
func rounds(n int, sides ...*measured) error {
	for i := range n + 1 {
		for j := range sides {
			if err := sides[(i+j)%len(sides)].run(); err != nil {
				return err
			}
		}
		if i == 0 { // caches and pools are filled now
			for _, s := range sides {
				s.seconds = nil
			}
		}
	}
	return nil
}

// BenchmarkAgainstGo compares the built-in mapping with a program that somebody wrote
// for the same task, in one process and by turns. It prints a table and takes
// the time it takes, whatever -benchtime says: see `make bench`.
func BenchmarkAgainstGo(b *testing.B) {
	if b.N > 1 {
		b.Skip("measured in rounds of its own")
	}
	pages := alertPages(b, benchPages*pageSize)
	sameObjects(b, pages, 0, 1000)
	bound, err := boundIronnet(map[string]string{"severity_lower_bound": "0", "page_size": fmt.Sprint(pageSize)})
	if err != nil {
		b.Fatal(err)
	}
	sides := mappingSides(bound, pages)
	mapping, plain, hashed := sides[0], sides[1], sides[2]
	if err := rounds(benchRounds, sides...); err != nil {
		b.Fatal(err)
	}
	whole := wholeSides(b, bound, pages)
	for _, side := range whole {
		if err := rounds(3, side); err != nil {
			b.Fatal(err)
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nPER RECORD\tRECORDS/S\tTIMES GO\tMIDDLE HALF\tALLOCS\tBYTES\tPEAK MB (100,000)")
	peaks := benchPeaks(b)
	for _, s := range slices.Concat(sides, whole) {
		fmt.Fprintf(table, "%s\t%.0f\t%s\t%d\t%d\t%s\n", s.name, s.perSecond(), against(s, mapping, plain, hashed), s.allocs/uint64(s.records), s.bytes/uint64(s.records), peaks[s.name])
	}
	if err := table.Flush(); err != nil {
		b.Fatal(err)
	}
	times, _, _ := mapping.ratio(plain)
	b.ReportMetric(times, "times-go")
	b.ReportMetric(float64(mapping.allocs)/float64(mapping.records), "allocs/record")
}

// against shows how many times longer the mapping takes than s.
func against(s, mapping, plain, hashed *measured) string {
	if s != plain && s != hashed {
		return "\t"
	}
	mid, low, high := mapping.ratio(s)
	return fmt.Sprintf("%.2f\t%.2f-%.2f", mid, low, high)
}

// mappingSides decode a page, cut it into records and make objects of them.
func mappingSides(bound *dsl.Bound, pages [][]byte) []*measured {
	records := len(pages) * pageSize
	run := &engine.Run{Bound: bound, Log: slog.New(slog.DiscardHandler)}
	return []*measured{
		{name: mappingSide, records: records, round: func() error { return mapPages(run, pages, keepNone) }},
		{name: goSide, records: records, round: func() error {
			for _, p := range pages {
				if _, err := goPage(p, 0, 1000); err != nil {
					return err
				}
			}
			return nil
		}},
		{name: "Go: decode, map, hash", records: records, round: func() error {
			for _, p := range pages {
				if _, _, err := goPageHashed(p, 0, 1000); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

func keepNone(engine.Mapped) bool { return true }

// wholeSides are runs that do everything but HTTP, with the state in a file: the first,
// which creates all objects, and one that finds all of them unchanged.
func wholeSides(b *testing.B, bound *dsl.Bound, pages [][]byte) []*measured {
	platform := &acceptAll{}
	n := 0
	var dir string
	run := func() error {
		store, err := state.Open(context.Background(), dir)
		if err != nil {
			return err
		}
		defer store.Close()
		report := pageRun(bound, pages, store.Instance("bench"), platform).Report(context.Background(), []*dsl.Flow{bound.Flow("alerts")})
		if report.Outcome != engine.Ok || report.Flows[0].Fetched != len(pages)*pageSize {
			return fmt.Errorf("%+v", report.Flows[0])
		}
		return nil
	}
	first := func() error {
		n++
		dir = filepath.Join(b.TempDir(), fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		return run()
	}
	second := func() error {
		before := platform.writes
		if err := run(); err != nil || platform.writes == before {
			return err
		}
		return fmt.Errorf("%d objects were written again", platform.writes-before)
	}
	records := len(pages) * pageSize
	return []*measured{{name: "whole run, all new", records: records, round: first}, {name: "whole run, unchanged", records: records, round: second}}
}

// peakRuns is how many processes tell their peak: the collector of a busy machine lags.
const peakRuns = 3

// benchPeaks has processes of their own map peakRecords, page by page, and tell the most
// memory that they held: the median for each side, in MB.
func benchPeaks(b *testing.B) map[string]string {
	var input []byte
	for _, p := range alertPages(b, peakRecords) {
		input = append(append(input, bytes.TrimRight(p, "\n")...), '\n')
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	link := filepath.Join(b.TempDir(), "bench-peak")
	if err := os.Symlink(self, link); err != nil {
		b.Fatal(err)
	}
	told := map[string][]float64{}
	for range peakRuns {
		for name, side := range map[string]string{mappingSide: "mapping", goSide: "go"} {
			cmd := exec.Command(link, side)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
			out, err := cmd.Output()
			if err != nil {
				b.Fatal(err)
			}
			if mb, err := strconv.Atoi(strings.TrimSpace(string(out))); err == nil {
				told[name] = append(told[name], float64(mb))
			}
		}
	}
	out := map[string]string{}
	for name, all := range told {
		out[name] = fmt.Sprint(median(all))
	}
	return out
}

// benchPeak is such a process: a page on each line of its input.
func benchPeak() {
	limitMemory()
	bound, err := boundIronnet(map[string]string{"severity_lower_bound": "0"})
	run := &engine.Run{Bound: bound, Log: slog.New(slog.DiscardHandler)}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for err == nil {
		var page []byte
		if page, err = in.ReadBytes('\n'); err != nil {
			break
		}
		if os.Args[1] == "go" {
			_, err = goPage(page, 0, 1000)
		} else {
			err = mapPages(run, [][]byte{page}, keepNone)
		}
	}
	if err != io.EOF {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(peakMB())
	os.Exit(0)
}

// peakMB is the most memory that this process has held, "?" where the system does not tell.
func peakMB() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "?"
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kB int
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		return "?"
	}
	return fmt.Sprint(kB / 1024)
}
