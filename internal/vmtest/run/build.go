package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/vmtest"
)

// playedApart are the tests that play the whole catalogue: the programs claims
// and mutants do that, and tell more.
const playedApart = "^TestKernelEvery(ClaimIsProved|MutantIsRefuted)$"

// packages are those whose kernel tests run in guests. What needs no kernel,
// such as internal/tcp, would only cost time.
func packages() []string {
	return []string{
		"internal/portspace", "internal/netlab", "internal/netlab/capture", "internal/netlab/rawpeer",
		"internal/workload", "internal/observe/sockdiag", "internal/observe/tracer", "internal/observe/binders", "internal/observe",
		"internal/journal", "internal/lint", "internal/lab", "internal/evidence", "internal/forecast", "internal/netns",
		"internal/observe/sysctl", "internal/remedy", "internal/twin/play", "internal/twin/kerneltest", "internal/cli", "pool",
	}
}

// plays is how many claims are played at once: with more on so slow a machine
// each step comes late, and claims about moments fail for that. Waiting costs
// nothing where the clock counts instructions.
const plays = "4"

// The programs that play all claims, and the change beside each that makes it
// false.
const (
	catalogue = "claims"
	mutants   = "mutants"
)

// prober is the name of the program that tells what a kernel has.
const prober = "probe"

// inGuest is how long a program may take by the guest's clock; that of a guest
// that counts instructions is slower than the wall's while it works, and much
// faster while it sleeps.
const inGuest = 15 * time.Minute

// buildGuest builds the first process of guests.
func buildGuest(ctx context.Context, dir string) (string, error) {
	guest := filepath.Join(dir, "guest")
	return guest, golang(ctx, "build", "-trimpath", "-ldflags=-s", "-o", guest, "github.com/linger-dev/linger/internal/vmtest/guest")
}

// build builds the programs that run in guests: without cgo, so that they need
// no library there.
func (o options) build(ctx context.Context, dir string) (programs []vmtest.Program, err error) {
	if o.wants(prober) {
		file := filepath.Join(dir, prober)
		if err := golang(ctx, "build", "-trimpath", "-ldflags=-s", "-o", file, "./internal/vmtest/probe"); err != nil {
			return nil, err
		}
		programs = append(programs, vmtest.Program{Name: prober, File: file, Limit: inGuest})
	}
	for _, p := range packages() {
		name := strings.ReplaceAll(strings.TrimPrefix(p, "internal/"), "/", "-")
		if !o.wants(name) {
			continue
		}
		file := filepath.Join(dir, name+".test")
		if err := golang(ctx, "test", "-c", "-trimpath", "-ldflags=-s", "-o", file, "./"+p); err != nil {
			return nil, err
		}
		programs = append(programs, vmtest.Program{
			Name: name, File: file, Args: o.testArgs(), Data: testdata(p), Limit: inGuest,
		})
	}
	played, err := o.buildPlayed(ctx, dir)
	if err != nil {
		return nil, err
	}
	return append(programs, played...), nil
}

// buildPlayed builds linger, if claims or mutants shall be played.
func (o options) buildPlayed(ctx context.Context, dir string) (programs []vmtest.Program, err error) {
	linger := filepath.Join(dir, "linger")
	for _, name := range []string{catalogue, mutants} {
		if !o.wants(name) {
			continue
		}
		args := []string{"lab", "run", "--all", "--json", "--parallel=" + plays}
		if name == mutants {
			args = append(args, "--mutants")
		}
		programs = append(programs, vmtest.Program{Name: name, File: linger, Args: args, Limit: inGuest})
	}
	if len(programs) == 0 {
		return nil, nil
	}
	return programs, golang(ctx, "build", "-trimpath", "-ldflags=-s", "-o", linger, "./cmd/linger")
}

// wants reports whether a program shall run.
func (o options) wants(name string) bool {
	return o.programs == "" || slices.Contains(strings.Split(o.programs, ","), name)
}

// share gives one of several guests its part of the programs: of the mutants,
// which take as long as the claims, each is played in one guest; not those
// that take a processor or the machine for themselves, which are half of it.
func (o options) share(programs []vmtest.Program, guest, guests int) ([]vmtest.Program, error) {
	if o.long || slices.Contains(strings.Split(o.programs, ","), mutants) {
		return programs, nil
	}
	light, err := lightClaims()
	if err != nil {
		return nil, err
	}
	programs = slices.Clone(programs)
	for i, p := range programs {
		if p.Name == mutants {
			programs[i].Args = append(slices.DeleteFunc(slices.Clone(p.Args), isAll), every(guests, guest, light)...)
		}
	}
	return programs, nil
}

// lightClaims returns the names of those that are played side by side.
func lightClaims() (names []string, err error) {
	all, err := claims.All()
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	for _, f := range all {
		if !f.Heavy && !f.Alone {
			names = append(names, f.Name)
		}
	}
	return names, nil
}

func isAll(arg string) bool { return arg == "--all" }

// every returns the first name and each nth after it.
func every(n, first int, names []string) (some []string) {
	for i := first; i < len(names); i += n {
		some = append(some, names[i])
	}
	return some
}

// testArgs are the arguments of a test program. On so slow a machine a sample must
// do of what has thousands of cases.
func (o options) testArgs() []string {
	args := []string{"-test.v", "-test.count=1", "-test.timeout=" + inGuest.String(), "-test.skip=" + playedApart}
	if !o.long {
		args = append(args, "-test.short")
	}
	return append(args, "-test.run="+o.test)
}

// testdata returns a package's folder of that name, if it has one.
func testdata(pkg string) string {
	dir := filepath.Join(pkg, "testdata")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

func golang(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
