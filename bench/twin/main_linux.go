// Command twin measures the simulated kernel against the same rules written the
// plain way (internal/twin/plain: a timer for each connection in a
// container/heap, a look at each port), in one run.
//
// Times are those of the processor, not of the wall: the machine may be shared.
// Both sides are first run side by side and must choose the same ports.
package main

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/plain"
)

func main() {
	only := flag.Int("only", -1, "number of the one work to do, from 0")
	alone := flag.Bool("alone", false, "leave out the plain twin")
	hosts := flag.Int("hosts", 0, "also run so many hosts of 100,000 connections each, all kept in memory")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many of them at once")
	flag.Parse()
	if err := run(*hosts, *workers, *only, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "twin:", err)
		os.Exit(1)
	}
}

// work is a host and what it has to do.
type work struct {
	name    string
	rate    int64
	reuse   string
	groups  int
	warm    time.Duration // before it is measured
	twins   time.Duration // measured of the twin
	plains  time.Duration // and of the plain one, which takes longer
	poisson bool
	hold    time.Duration
}

// works are chosen so that neither side takes more than some seconds for each.
// What the plain one has to be warm for is the population, which all reach in
// 62 s, and the full range, after 15 s.
func works() []work {
	const minute, hour = time.Minute, time.Hour
	return []work{
		{name: "quiet: 100/s to one destination", rate: 100, reuse: "0", groups: 1, warm: 2 * minute, twins: 50 * hour, plains: hour},
		{name: "half: 300/s, beyond the cliff", rate: 300, reuse: "0", groups: 1, warm: 2 * minute, twins: 20 * hour, plains: 2 * minute},
		{name: "nearly full: 459/s, no reuse", rate: 459, reuse: "0", groups: 1, warm: 2 * minute, twins: 10 * hour, plains: minute},
		{name: "full: 2,000/s, no reuse", rate: 2000, reuse: "0", groups: 1, warm: 16 * time.Second, twins: 4 * hour, plains: 20 * time.Second},
		{name: "reuse: 28,000/s to one destination", rate: 28000, reuse: "1", groups: 1, warm: 5 * time.Second, twins: hour, plains: 5 * time.Second},
		{name: "28,000/s to 140 destinations, no reuse", rate: 28000, reuse: "0", groups: 140, warm: 65 * time.Second, twins: hour / 4, plains: 5 * time.Second},
		{name: "at random (Poisson), held for 1 s: 200/s", rate: 200, reuse: "0", groups: 1, warm: 2 * minute, twins: 20 * hour, plains: hour / 4, poisson: true, hold: time.Second},
	}
}

func run(hosts, workers, only int, alone bool) error {
	if err := compare(); err != nil {
		return err
	}
	fmt.Printf("%-42s %12s %9s %12s %9s %7s\n", "", "twin M/s", "ns each", "plain M/s", "ns each", "ratio")
	for i, w := range works() {
		if only >= 0 && i != only {
			continue
		}
		fast, allocs, bytes, err := w.twin()
		if err != nil {
			return err
		}
		plain := fmt.Sprintf("%12s %9s %7s", "-", "-", "-")
		if !alone {
			slow := w.baseline()
			plain = fmt.Sprintf("%12.3f %9.0f %7.0f", 1e3/slow, slow, slow/fast)
		}
		fmt.Printf("%-42s %12.1f %9.1f %s   %.6f allocations each, %.1f bytes per TIME_WAIT\n", w.name, 1e3/fast, fast, plain, allocs, bytes)
	}
	if hosts > 0 {
		return fleet(hosts, workers)
	}
	return nil
}

func (w *work) host(seed uint64) (*twin.Host, *twin.Driver, error) {
	h, err := twin.New(twin.Options{Seed: seed})
	if err != nil {
		return nil, nil, err
	}
	if err := h.Set("net.ipv4.tcp_tw_reuse", w.reuse); err != nil {
		return nil, nil, err
	}
	if err := h.Set("net.ipv4.tcp_max_tw_buckets", "-1"); err != nil {
		return nil, nil, err
	}
	l := twin.Traffic{Rate: w.rate, Poisson: w.poisson, Hold: w.hold}
	for i := range w.groups {
		l.Groups = append(l.Groups, h.Outbound(netip.MustParseAddr("10.0.0.1"), netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), uint16(80+i))))
	}
	return h, h.Drive(l), nil
}

// twin returns the ns of processor time for a connection, how often it
// allocated, and the memory of a mini-socket with all that belongs to it.
func (w *work) twin() (ns, allocs, bytes float64, err error) {
	before := heapInUse()
	h, d, err := w.host(1)
	if err != nil {
		return 0, 0, 0, err
	}
	d.Run(w.warm)
	bytes = float64(heapInUse()-before) / float64(h.Minis())
	var from, to runtime.MemStats
	tried, start := d.Tried, processorTime()
	runtime.ReadMemStats(&from)
	d.Run(w.warm + w.twins)
	runtime.ReadMemStats(&to)
	n := float64(d.Tried - tried)
	return float64(processorTime()-start) / n, float64(to.Mallocs-from.Mallocs) / n, bytes, nil
}

// baseline is twin for the plain twin. It has no driver: its loop is here.
func (w *work) baseline() float64 {
	h := plain.New("6.18", 250, 1)
	h.Limit = -1
	h.Reuse = int64(w.reuse[0] - '0')
	for range w.groups {
		h.Group(false)
	}
	type held struct {
		group int
		port  uint16
		until time.Duration
	}
	var open []held
	tried, opened := 0, int64(0)
	until := func(end time.Duration) {
		for {
			t := time.Duration(opened) * time.Second / time.Duration(w.rate)
			if t >= end {
				return
			}
			opened++
			for len(open) > 0 && open[0].until <= t {
				h.Advance(open[0].until)
				h.Close(open[0].group, open[0].port, twin.ByUs, 0)
				open = open[1:]
			}
			h.Advance(t)
			group := tried % w.groups
			port, _, _ := h.Connect(group, evidence.PortRange{})
			tried++
			if port != 0 && w.hold > 0 {
				open = append(open, held{group, port, t + w.hold})
			} else if port != 0 {
				h.Close(group, port, twin.ByUs, 0)
			}
		}
	}
	until(w.warm)
	before, start := tried, processorTime()
	until(w.warm + w.plains)
	return float64(processorTime()-start) / float64(tried-before)
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// compare drives both side by side and fails if they differ in a port.
func compare() error {
	for _, reuse := range []int64{0, 1} {
		fast, err := twin.New(twin.Options{Seed: 7})
		if err != nil {
			return err
		}
		if err := fast.Set("net.ipv4.tcp_tw_reuse", fmt.Sprint(reuse)); err != nil {
			return err
		}
		slow := plain.New("6.18", 250, 7)
		slow.Reuse = reuse
		id, group := fast.Outbound(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddrPort("10.0.0.2:80")), slow.Group(false)
		for i := range 100_000 {
			t := time.Duration(i) * time.Second / 600
			fast.Advance(t)
			slow.Advance(t)
			a, err := fast.Connect(id, twin.Dial{})
			port, visited, _ := slow.Connect(group, evidence.PortRange{})
			if a.Port != port || a.Visited != visited {
				return fmt.Errorf("connection %d: port %d after %d, and plain: %d after %d", i, a.Port, a.Visited, port, visited)
			}
			if err != nil {
				continue
			}
			if err := fast.Close(a.Conn, twin.ByUs); err != nil {
				return err
			}
			slow.Close(group, port, twin.ByUs, 0)
		}
	}
	return nil
}
