package main

import (
	"context"
	"fmt"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// doNothing hangs programs that only return on the hooks through which linger
// sees each connection, until it is interrupted. No tracer with these hooks
// can cost less.
func doNothing() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var links []link.Link
	for _, hook := range []string{"inet_sock_set_state", "timer_start", "tcp_destroy_sock"} {
		program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Name: "nothing", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: hook, License: "GPL",
			Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
		})
		if err != nil {
			return fmt.Errorf("load for %s: %w", hook, err)
		}
		l, err := link.AttachTracing(link.TracingOptions{Program: program})
		if err != nil {
			return fmt.Errorf("attach to %s: %w", hook, err)
		}
		links = append(links, l)
	}
	<-ctx.Done()
	runtime.KeepAlive(links)
	return nil
}
