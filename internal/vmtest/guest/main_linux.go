// Command guest is the first process of a guest of package vmtest: it prepares
// the machine, loads modules, runs the programs of its plan in order, tells
// what happens on the second serial port, and switches the machine off. If it
// dies the kernel panics, and the host misses its last event.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/vmtest"
)

func main() {
	plan, broken := readPlan() // the kernel has unpacked it
	mountAll(plan.Cgroups)
	// The kernel's own 4096 are too few for tests that fill a range of ports.
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 16, Max: 1 << 20})
	port, err := openPort("/dev/ttyS1")
	if err != nil {
		fmt.Println(err)
		powerOff()
	}
	t := &teller{port: port}
	t.trouble(broken)
	for _, module := range plan.Modules {
		t.trouble(load(module))
	}
	t.trouble(loopbackUp())
	t.tell(vmtest.Event{Kind: vmtest.Ready, Data: version()})
	for _, p := range plan.Programs {
		t.run(p)
	}
	t.tell(vmtest.Event{Kind: vmtest.End})
	t.drain()
	powerOff()
}

func readPlan() (plan vmtest.Plan, err error) {
	text, err := os.ReadFile(vmtest.PlanPath)
	if err != nil {
		return plan, fmt.Errorf("read plan: %w", err)
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return plan, fmt.Errorf("read plan: %w", err)
	}
	return plan, nil
}

// version tells what runs: the package's version is only in uname -v.
func version() []byte {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil
	}
	return []byte(unix.ByteSliceToString(name.Release[:]) + " " + unix.ByteSliceToString(name.Version[:]))
}

// powerOff restarts the machine, at which QEMU ends: a kernel without ACPI could
// not switch it off.
func powerOff() {
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
}
