// Command run builds the tests that need a kernel, runs them on Debian's kernels
// in QEMU, and says what happened on each. It is started in the root of the
// repository, and ends with 1 if anything failed, and with 77 if nothing could
// be run.
//
// With arguments it runs these instead, a static program and what it is given:
//
//	go test -exec 'go run github.com/linger-dev/linger/internal/vmtest/run -kernels 6.1' ./internal/netlab
//
// (with CGO_ENABLED=0) tries one package on one kernel.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/vmtest"
)

const (
	exitFailed  = 1
	exitSkipped = 77
)

// options are the flags.
type options struct {
	series   string
	programs string
	cache    string
	out      string
	table    string
	memory   string
	cmdline  string
	test     string
	variants string
	update   bool
	compile  bool
	realTime bool
	verbose  bool
	long     bool
	parallel int
	limit    time.Duration
}

func main() {
	o := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := o.run(ctx)
	stop()
	var unavailable *vmtest.UnavailableError
	switch {
	case errors.As(err, &unavailable):
		fmt.Fprintf(os.Stderr, "skipped: no test ran on another kernel: %v\n", err)
		os.Exit(exitSkipped)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
}

func flags() (o options) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // no home: nothing better is left
	}
	flag.StringVar(&o.series, "kernels", "5.10,6.1,6.12,6.18,newest", "series of Debian's kernels")
	flag.StringVar(&o.programs, "programs", "", "run only these, separated by commas: as the report calls them")
	flag.StringVar(&o.cache, "cache", filepath.Join(cache, "linger-kernels"), "where kernels are kept between runs")
	flag.StringVar(&o.out, "out", "", "folder for what the programs wrote and for consoles")
	flag.StringVar(&o.table, "table", "", "write a page that compares the kernels whose results are in the folder of -out")
	flag.StringVar(&o.memory, "memory", "2G", "of a guest")
	flag.StringVar(&o.cmdline, "append", "", "more of the guest kernels' command line")
	flag.StringVar(&o.test, "test", "^TestKernel", "run only tests that match, as -test.run does; the others need no kernel")
	flag.StringVar(&o.variants, "guests", "", "of the guests that lack something, boot only these, separated by commas")
	flag.BoolVar(&o.update, "update", false, "look for newer kernels than those in the cache")
	flag.BoolVar(&o.compile, "build", false, "build the kernels that are in no package, if the cache lacks them")
	flag.BoolVar(&o.realTime, "real", false, "two processors in real time, instead of one that skips idle time")
	flag.BoolVar(&o.verbose, "v", false, "show what the programs write")
	flag.BoolVar(&o.long, "long", false, "all cases of tests that otherwise take a sample, and all mutants in each guest")
	flag.IntVar(&o.parallel, "machines", 2, "guests at a time")
	flag.DurationVar(&o.limit, "limit", 15*time.Minute, "for each guest, by the clock on the wall")
	flag.Parse()
	return o
}

// run fetches, builds, boots and reports.
func (o options) run(ctx context.Context) error {
	if err := vmtest.Available(); err != nil {
		return err
	}
	cache := vmtest.Cache{Dir: o.cache, Update: o.update, Make: o.compile, Log: progress}
	kernels, err := cache.Kernels(ctx, strings.Split(o.series, ","))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "linger-guest-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	guest, err := buildGuest(ctx, dir)
	if err != nil {
		return err
	}
	borrowed, err := vmtest.Borrow(ctx, peers()...)
	if err != nil {
		return err
	}
	machine := o.machine(guest, borrowed)
	if flag.NArg() > 0 {
		return o.exec(ctx, machine, kernels, flag.Arg(0), flag.Args()[1:])
	}
	progress("builds the programs of the guests")
	programs, err := o.build(ctx, dir)
	if err != nil {
		return err
	}
	var jobs []job
	for i, k := range kernels {
		share, err := o.share(programs, i, len(kernels))
		if err != nil {
			return err
		}
		if len(share) > 0 {
			jobs = append(jobs, job{machine: machine, kernel: k, programs: share})
		}
	}
	more, skipped, err := o.lackingJobs(ctx, &cache, guest, dir, kernels)
	if err != nil {
		return err
	}
	if jobs = append(jobs, more...); len(jobs) == 0 {
		return fmt.Errorf("no program is named %s, or none of it runs on these kernels", o.programs)
	}
	return o.boot(ctx, jobs, skipped)
}

func progress(text string) { fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.TimeOnly), text) }
