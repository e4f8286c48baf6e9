package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/vmtest"
)

// lacking is the name of the program that asks linger what it says where
// something is missing. It runs in guests of its own.
const lacking = "lacking"

// bare are the options of kernels whose guests have no modules: hz is one of
// those that x86 offers.
func bare(hz string, more ...string) []string {
	return append([]string{"HZ_" + hz}, more...)
}

// variants are the guests that lack something. Each boots in some ten seconds,
// and tests nothing else.
func variants() []vmtest.Variant {
	return []vmtest.Variant{
		{Name: "old", Series: "5.10", Lacks: []string{"tracing", "settings", "mptcp"}},
		{Name: "no-tcp-diag", Series: vmtest.Newest, Lacks: []string{"tcp_diag"}, Without: []string{"tcp_diag", "inet_diag"}},
		{Name: "locked-down", Series: "6.12", Lacks: []string{"confidentiality", "ipv6"}, Cmdline: "lockdown=confidentiality ipv6.disable=1"},
		{Name: "mptcp", Series: "6.1", Lacks: []string{"plain-listeners", "cgroup-v1"}},
		{Name: "cgroup-v1", Series: "6.1", Lacks: []string{"cgroup-v2"}, Cgroups: vmtest.CgroupsV1},
		{Name: "cgroup-mixed", Series: "6.18", Lacks: []string{"whole-cgroup-v2"}, Cgroups: vmtest.CgroupsMixed},
		{Name: "hz-100", Series: "5.10", Lacks: []string{"hz-250", "bpf", "cgroups"}, Recipe: &vmtest.Recipe{Source: "5.10", Options: bare("100")}},
		{Name: "hz-1000", Series: "6.1", Lacks: []string{"hz-250", "btf"}, Recipe: &vmtest.Recipe{
			Source: "6.1", Options: bare("1000", "BPF_SYSCALL", "CGROUPS", "CGROUP_PIDS", "CGROUP_FREEZER", "MPTCP"),
		}},
	}
}

// job is a guest to boot.
type job struct {
	machine  vmtest.Machine
	kernel   vmtest.Kernel
	programs []vmtest.Program
	variant  string // "" for an ordinary guest
}

// lackingJobs returns the guests that lack something, of the kernels of this
// run. One whose kernel cannot be had is told in skipped, with the reason.
func (o options) lackingJobs(ctx context.Context, cache *vmtest.Cache, guest, dir string, kernels []vmtest.Kernel) (jobs []job, skipped []string, err error) {
	if !o.wants(lacking) || o.realTime {
		return nil, nil, nil
	}
	program, err := o.buildLacking(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range variants() {
		at := slices.IndexFunc(kernels, func(k vmtest.Kernel) bool { return k.Series == v.Series })
		if at < 0 || o.variants != "" && !slices.Contains(strings.Split(o.variants, ","), v.Name) {
			continue
		}
		kernel := kernels[at]
		if v.Recipe != nil {
			var unavailable *vmtest.UnavailableError
			kernel, err = cache.Build(ctx, v.Name, *v.Recipe)
			switch {
			case errors.As(err, &unavailable):
				skipped = append(skipped, fmt.Sprintf("guest %s: %v", v.Name, err))
				continue
			case err != nil:
				return nil, nil, err
			}
		}
		p := program
		p.Env = []string{"LINGER_LACKS=" + strings.Join(v.Lacks, " ")}
		machine, kernel := v.Of(o.machine(guest, nil), kernel)
		kernel.Series = v.Name
		jobs = append(jobs, job{machine, kernel, []vmtest.Program{p}, v.Name})
	}
	return jobs, skipped, nil
}

// buildLacking builds the tests of package lacking, and linger for them.
func (o options) buildLacking(ctx context.Context, dir string) (vmtest.Program, error) {
	file, linger := filepath.Join(dir, lacking+".test"), filepath.Join(dir, "linger")
	if err := golang(ctx, "test", "-c", "-trimpath", "-ldflags=-s", "-o", file, "./internal/vmtest/lacking"); err != nil {
		return vmtest.Program{}, err
	}
	if err := golang(ctx, "build", "-trimpath", "-ldflags=-s", "-o", linger, "./cmd/linger"); err != nil {
		return vmtest.Program{}, err
	}
	return vmtest.Program{Name: lacking, File: file, Args: o.testArgs(), Tools: []string{linger}, Limit: inGuest}, nil
}
