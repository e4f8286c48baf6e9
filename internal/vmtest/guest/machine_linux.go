package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/vmtest"
)

// mountAll mounts what an ordinary machine has. A kernel without one of these
// is a kernel that tests must cope with.
func mountAll(cgroups vmtest.Cgroups) {
	for _, m := range []struct{ kind, at string }{
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"devtmpfs", "/dev"},
		{"tmpfs", "/tmp"},
		{"tmpfs", "/run"},
		{"tracefs", "/sys/kernel/tracing"},
		{"bpf", "/sys/fs/bpf"},
		{"securityfs", "/sys/kernel/security"},
	} {
		_ = unix.Mount(m.kind, m.at, m.kind, 0, "")
	}
	mountCgroups(cgroups)
	_ = os.Chmod("/tmp", 0o1777)
	_ = os.Symlink("/proc/self/fd", "/dev/fd")
}

// mountCgroups mounts control groups as systemd does, or did.
func mountCgroups(layout vmtest.Cgroups) {
	const root = "/sys/fs/cgroup"
	if layout == vmtest.CgroupsV2 {
		_ = unix.Mount("cgroup2", root, "cgroup2", 0, "")
		return
	}
	_ = unix.Mount("tmpfs", root, "tmpfs", 0, "mode=755")
	for name, options := range map[string]string{"systemd": "none,name=systemd", "pids": "pids", "freezer": "freezer"} {
		_ = os.Mkdir(root+"/"+name, 0o755)
		_ = unix.Mount("cgroup", root+"/"+name, "cgroup", 0, options)
	}
	if layout == vmtest.CgroupsMixed {
		_ = os.Mkdir(root+"/unified", 0o755)
		_ = unix.Mount("cgroup2", root+"/unified", "cgroup2", 0, "")
	}
}

// openPort opens a serial port without any conversion of bytes.
func openPort(path string) (*os.File, error) {
	port, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("open port: %w", err)
	}
	mode, err := unix.IoctlGetTermios(int(port.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("set port: %w", err)
	}
	mode.Iflag, mode.Oflag, mode.Lflag = 0, 0, 0
	mode.Cflag = mode.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	if err := unix.IoctlSetTermios(int(port.Fd()), unix.TCSETS, mode); err != nil {
		return nil, fmt.Errorf("set port: %w", err)
	}
	return port, nil
}

func load(module string) error {
	file, err := os.Open(module)
	if err != nil {
		return fmt.Errorf("load module: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := unix.FinitModule(int(file.Fd()), "", 0); err != nil {
		return fmt.Errorf("load module %s: %w", module, err)
	}
	return nil
}

// loopbackUp brings lo up; the kernel gives it its addresses.
func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	defer func() { _ = unix.Close(s) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	return nil
}
