package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/linger-dev/linger/internal/vmtest"
)

// boot runs the programs of each guest, a few guests at a time, and reports in
// the order of jobs.
func (o options) boot(ctx context.Context, jobs []job, skipped []string) error {
	reports := make([]report, len(jobs))
	slots := make(chan struct{}, max(1, o.parallel))
	var running sync.WaitGroup
	for i, j := range jobs {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			progress(strings.TrimSpace("boots " + j.kernel.Release + " " + j.variant))
			j.machine.Each = func(e vmtest.Event) { o.show(j.kernel, e) }
			result, err := j.machine.Run(ctx, j.kernel, j.programs)
			reports[i] = judge(result, err)
			if err := o.keep(result, j.variant); err != nil {
				reports[i].wrong("%v", err)
			}
		})
	}
	running.Wait()
	if o.table != "" {
		if err := table(o.table, o.out); err != nil {
			return err
		}
	}
	failed := 0
	for _, r := range reports {
		fmt.Print(r.text())
		if r.failures > 0 {
			failed++
		}
	}
	for _, s := range skipped {
		fmt.Printf("\nNOT TESTED: %s\n", s)
	}
	if failed > 0 {
		return fmt.Errorf("failures on %d of %d guests", failed, len(jobs))
	}
	return nil
}

// show tells on standard error what a guest does.
func (o options) show(k vmtest.Kernel, e vmtest.Event) {
	switch e.Kind {
	case vmtest.Ready:
		progress(fmt.Sprintf("%s is ready: %s", k.Series, e.Data))
	case vmtest.Exit:
		progress(fmt.Sprintf("%s %s ended with %d after %v", k.Series, e.Program, e.Status, e.Took.Round(1e7)))
	case vmtest.Trouble:
		progress(fmt.Sprintf("%s trouble: %s", k.Series, e.Data))
	case vmtest.Output, vmtest.Errors:
		if o.verbose {
			fmt.Fprintf(os.Stderr, "%s", e.Data)
		}
	}
}

// keep writes what programs wrote into files, if that is wanted.
func (o options) keep(r vmtest.Result, variant string) error {
	if o.out == "" {
		return nil
	}
	dir := filepath.Join(o.out, r.Kernel.Release)
	if r.RealTime {
		dir += "-real"
	}
	if variant != "" {
		dir = filepath.Join(o.out, lacking, variant)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep results: %w", err)
	}
	files := map[string][]byte{"console": []byte(r.Console), "version": []byte(r.Version)}
	for _, p := range r.Programs {
		files[p.Name+".out"], files[p.Name+".err"] = p.Output, p.Errors
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			return fmt.Errorf("keep results: %w", err)
		}
	}
	return nil
}
