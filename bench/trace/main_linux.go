// Command trace measures what it costs to trace connections: linger beside no
// tracer and beside libbpf-tools' tcplife and tcpstates, in one run.
//
// One thread connects and closes over loopback in lock step, as fast as it can or
// at a rate, in a private network namespace made anew for each measurement, since many
// TIME_WAIT sockets slow down the next connections. The order of the contenders
// changes from round to round, and each is compared with "no tracer" of its own
// round. Added is the processor time of the load, in which BPF programs run
// (the median of slices of 100 connections), and all that of the tracer's own process,
// for each connection (both ends). The time a tracer takes to start is not in it.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 9, "rounds")
	connections := flag.Int("connections", 20_000, "how many each contender traces in a round")
	rate := flag.Int("rate", 0, "connections a second; 0 is as fast as they go, where a tracer that wakes for each event may lose some")
	nothing := flag.Bool("nothing", false, "be the contender whose programs do nothing")
	flag.Parse()
	work := func() error { return run(*rounds, *connections, *rate) }
	if *nothing {
		work = doNothing
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "trace:", err)
		os.Exit(1)
	}
}

// contender is a tracer, or none.
type contender struct {
	name   string
	script string // for sh; empty: nothing traces
	runs   []sample
	parts  []part // its programs
}

// sample is one measurement.
type sample struct {
	connections int
	elapsed     time.Duration
	slices      []float64     // processor time of the load, µs for each connection
	process     time.Duration // processor time of the tracer
	peakKB      int64
}

// cost is the processor time of one connection, µs.
func (s *sample) cost() float64 {
	return median(s.slices) + s.own()
}

// own is the part of it that the tracer's process takes.
func (s *sample) own() float64 {
	return float64(s.process.Nanoseconds()) / 1000 / float64(s.connections)
}

func run(rounds, connections, rate int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "linger-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	linger := filepath.Join(dir, "linger")
	build := exec.Command("go", "build", "-o", linger, "./cmd/linger")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build linger: %w", err)
	}
	all := contenders(self, linger, dir)
	for round := range rounds {
		for i := range all {
			c := all[(i+round)%len(all)]
			s, err := c.measure(connections, rate)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.runs = append(c.runs, s)
		}
	}
	for _, c := range all {
		if c.parts, err = c.programs(connections); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	report(all)
	return nil
}

// contenders lists who is there; "no tracer" comes first.
func contenders(self, linger, dir string) []*contender {
	all := []*contender{
		{name: "no tracer"},
		{name: "programs that do nothing", script: self + " --nothing"},
		{name: "linger, counting", script: linger + " trace --failures --netns all >/dev/null"},
		{name: "linger record", script: linger + " record --netns all --every 60s " + filepath.Join(dir, "rec")},
		{name: "linger trace, all lines", script: linger + " trace --netns all >/dev/null"},
	}
	for _, peer := range []string{"tcplife", "tcpstates"} {
		if _, err := exec.LookPath(peer); err != nil {
			fmt.Printf("%s is not here (Debian: apt install libbpf-tools)\n", peer)
			continue
		}
		// It needs tracefs: mounted for it alone.
		all = append(all, &contender{name: "libbpf-tools " + peer, script: "mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec " + peer + " >/dev/null"})
	}
	return all
}

func report(all []*contender) {
	base := all[0]
	fmt.Printf("\n%-26s %7s  %-34s %8s %8s %8s\n", "", "conn/s", "added µs per connection", "of it in", "peak MB", "times")
	fmt.Printf("%-26s %7s  %-34s %8s %8s %8s\n", "", "median", "median (lowest to highest)", "process", "", "tcplife")
	added := func(c *contender) (all, process []float64) {
		for i := range c.runs {
			all = append(all, c.runs[i].cost()-base.runs[i].cost())
			process = append(process, c.runs[i].own())
		}
		return all, process
	}
	var tcplife float64
	for _, c := range all {
		if c.name == "libbpf-tools tcplife" {
			sum, _ := added(c)
			tcplife = median(sum)
		}
	}
	for _, c := range all {
		var rates []float64
		var peak int64
		for _, s := range c.runs {
			rates = append(rates, float64(s.connections)/s.elapsed.Seconds())
			peak = max(peak, s.peakKB)
		}
		if c == base {
			var costs []float64
			for i := range c.runs {
				costs = append(costs, c.runs[i].cost())
			}
			fmt.Printf("%-26s %7.0f  costs %.1f µs (%.1f to %.1f)\n", c.name, median(rates), median(costs), slices.Min(costs), slices.Max(costs))
			continue
		}
		sum, process := added(c)
		times := "-"
		if m := median(sum); tcplife > 0 && m > 0 {
			times = fmt.Sprintf("1/%.1f", tcplife/m)
		}
		fmt.Printf("%-26s %7.0f  %-34s %8.2f %8.1f %8s\n", c.name, median(rates),
			fmt.Sprintf("%.2f (%.2f to %.2f)", median(sum), slices.Min(sum), slices.Max(sum)), median(process), float64(peak)/1024, times)
	}
	fmt.Printf("\n%-26s %-22s %10s %12s %12s\n", "programs", "", "ns per run", "runs/conn", "ns per conn")
	for _, c := range all {
		slices.SortFunc(c.parts, func(a, b part) int { return cmp.Or(cmp.Compare(b.nanos, a.nanos), cmp.Compare(a.name, b.name)) })
		for _, p := range c.parts {
			fmt.Printf("%-26s %-22s %10.0f %12.2f %12.0f\n", c.name, p.name, p.nanos/p.runs, p.runs/p.connections, p.nanos/p.connections)
		}
	}
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}
