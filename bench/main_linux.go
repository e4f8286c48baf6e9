// Command bench runs linger and its peers side by side over the same sockets
// in one run, and prints ratios: machines differ and are noisy, ratios less so.
//
// It makes the sockets itself, in a private network namespace: pairs of
// threads connect over loopback to forty ports and close from the client's
// side first, as fast as they can, for at most --fill seconds or until
// --sockets are in TIME_WAIT. What was made in the first second is gone after
// 60: the rounds must fit into what remains, and end early if they do not.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tally"
)

func main() {
	sockets := flag.Int("sockets", 1_000_000, "TIME_WAIT sockets to make, at most")
	fill := flag.Duration("fill", 35*time.Second, "time for making them, at most")
	runs := flag.Int("runs", 5, "rounds, at most")
	flag.Parse()
	if err := run(*sockets, *fill, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(sockets int, fill time.Duration, runs int) error {
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
	world, err := netlab.New()
	if err != nil {
		return err
	}
	defer world.Close()
	host, err := world.Host("bench")
	if err != nil {
		return err
	}
	start := time.Now()
	if err := populate(host, sockets, fill); err != nil {
		return fmt.Errorf("make sockets: %w", err)
	}
	fmt.Printf("population: %d TIME_WAIT in %d groups, made in %.1f s\n\n", population(host), servicePorts, time.Since(start).Seconds())
	return compare(host, linger, runs, start.Add(58*time.Second))
}

// contender is one way to count the sockets of the host by state.
type contender struct {
	name string
	run  func() (peakKB int64, err error)
	took []float64
	peak int64
}

func compare(host *netlab.Host, linger string, runs int, until time.Time) error {
	contenders := []*contender{
		{name: "linger states", run: command(host, linger, "states")},
		{name: "ss -tan | awk", run: shell(host, "ss", "-tan")},
		{name: "netstat -ant | awk", run: shell(host, "netstat", "-ant")},
		{name: "receive and throw away", run: inProcess(host, drain)},
		{name: "receive and tally", run: inProcess(host, fold)},
	}
	var longest time.Duration
	for round := range runs {
		if round > 0 && time.Until(until) < longest {
			break
		}
		start := time.Now()
		for _, c := range contenders {
			begin := time.Now()
			peak, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.took = append(c.took, time.Since(begin).Seconds())
			c.peak = max(c.peak, peak)
		}
		longest = max(longest, time.Since(start))
	}
	report(contenders)
	return agree(host, linger)
}

// agree checks that what was so fast was also right: no socket may have been
// lost between two processes, two walks and two threads.
func agree(host *netlab.Host, linger string) error {
	var out bytes.Buffer
	cmd := exec.Command(linger, "states")
	cmd.Stdout = &out
	before := population(host)
	p, err := host.Start(cmd)
	if err != nil {
		return err
	}
	if err := p.Wait(); err != nil {
		return err
	}
	after := population(host)
	var said int64
	for line := range strings.Lines(out.String()) {
		if rest, ok := strings.CutPrefix(line, "TIME_WAIT"); ok {
			digits := strings.ReplaceAll(strings.Fields(rest)[0], ",", "")
			if said, err = strconv.ParseInt(digits, 10, 64); err != nil {
				return err
			}
		}
	}
	fmt.Printf("\nTIME_WAIT at the end: linger says %d, the kernel's counter %d before and %d after\n", said, before, after)
	if said > before || said < after {
		return errors.New("linger and the kernel's counter disagree")
	}
	return nil
}

func report(contenders []*contender) {
	fmt.Printf("%-24s %10s %10s %10s %9s  %s\n", "", "min s", "median s", "max s", "peak MB", "times linger states")
	for _, c := range contenders {
		ratios := make([]float64, len(c.took))
		for i := range c.took {
			ratios[i] = c.took[i] / contenders[0].took[i]
		}
		peak := "-"
		if c.peak > 0 {
			peak = fmt.Sprintf("%.1f", float64(c.peak)/1024)
		}
		fmt.Printf("%-24s %10.4f %10.4f %10.4f %9s  %.2f\n", c.name, slices.Min(c.took), median(c.took), slices.Max(c.took), peak, median(ratios))
	}
	raw, folded := contenders[3], contenders[4]
	ratios := make([]float64, len(raw.took))
	for i := range ratios {
		ratios[i] = folded.took[i] / raw.took[i]
	}
	fmt.Printf("\ntally / throw away: %.2f (median of %d rounds)\n", median(ratios), len(ratios))
}

func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}

func command(host *netlab.Host, name string, args ...string) func() (int64, error) {
	return func() (int64, error) {
		cmd := exec.Command(name, args...)
		p, err := host.Start(cmd)
		if err != nil {
			return 0, err
		}
		if err := p.Wait(); err != nil {
			return 0, err
		}
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss, nil
	}
}

// shell counts states the way people do. Its peak is that of the shell's
// largest child, which wait(2) folds into the shell's own figure.
func shell(host *netlab.Host, tool, flags string) func() (int64, error) {
	if _, err := exec.LookPath(tool); err != nil {
		return func() (int64, error) { return 0, err }
	}
	column := "$1"
	if tool == "netstat" {
		column = "$NF"
	}
	return command(host, "sh", "-c", fmt.Sprintf("%s %s | awk '{n[%s]++} END {for (s in n) print s, n[s]}' >/dev/null", tool, flags, column))
}

func inProcess(host *netlab.Host, fn func(*sockdiag.Client) error) func() (int64, error) {
	return func() (int64, error) {
		var c *sockdiag.Client
		err := host.Do(func() (err error) {
			c, err = sockdiag.Open()
			return err
		})
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return 0, fn(c)
	}
}

var everything = sockdiag.Request{States: 0xffe}

func drain(c *sockdiag.Client) error {
	_, err := c.Drain(context.Background(), everything)
	return err
}

func fold(c *sockdiag.Client) error {
	f := tally.New(tally.Options{Settings: &evidence.Settings{TWReuse: evidence.IntOf(2)}})
	_, err := c.Dump(context.Background(), everything, func(s *evidence.Socket) error {
		f.Add(s)
		return nil
	}, f.Reset)
	return err
}
