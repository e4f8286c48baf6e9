package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/linger-dev/linger/internal/vmtest"
)

// exec runs one program on each kernel, with its output on ours: what "go test
// -exec" asks for. It finds the testdata of the folder in which go test runs
// it. Its failure is ours.
func (o options) exec(ctx context.Context, m vmtest.Machine, kernels []vmtest.Kernel, file string, args []string) error {
	program := vmtest.Program{Name: "program", File: file, Args: args, Data: testdata("."), Limit: inGuest}
	for _, k := range kernels {
		m.Each = func(e vmtest.Event) {
			switch e.Kind {
			case vmtest.Ready:
				progress(fmt.Sprintf("%s is ready", e.Data))
			case vmtest.Output:
				_, _ = os.Stdout.Write(e.Data)
			case vmtest.Errors, vmtest.Trouble:
				_, _ = os.Stderr.Write(e.Data)
			}
		}
		result, err := m.Run(ctx, k, []vmtest.Program{program})
		if err != nil {
			return err
		}
		if status := result.Programs[0].Status; status != 0 {
			return fmt.Errorf("%s on %s ended with status %d", filepath.Base(file), k.Release, status)
		}
	}
	return nil
}

// peers are the programs of the host with which tests compare and work.
func peers() []string { return []string{"ss", "cat", "curl", "setsid", "sh"} }

func (o options) machine(guest string, borrowed []string) vmtest.Machine {
	return vmtest.Machine{Guest: guest, Borrowed: borrowed, RealTime: o.realTime, Memory: o.memory, Limit: o.limit, Cmdline: o.cmdline}
}
