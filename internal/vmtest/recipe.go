package vmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Recipe is how to make a kernel that Debian does not have, of Debian's own
// source. All of Debian's kernels have BPF, BTF, control groups and a HZ of 250.
type Recipe struct {
	Source  string   // series, of a package linux-source-SERIES
	Options []string // of the kernel's configuration, without "CONFIG_", beside those that every guest needs
}

// needed are the options without which a guest does not boot, or there is
// nothing to look at. All others are off.
func needed() []string {
	return strings.Fields(`
		64BIT EXPERT MULTIUSER PRINTK BUG TTY SERIAL_8250 SERIAL_8250_CONSOLE BLK_DEV_INITRD BINFMT_ELF
		DEVTMPFS PROC_FS PROC_SYSCTL SYSFS SHMEM TMPFS FUTEX EPOLL EVENTFD SIGNALFD TIMERFD POSIX_TIMERS HIGH_RES_TIMERS
		NO_HZ_IDLE ADVISE_SYSCALLS MEMBARRIER FILE_LOCKING NAMESPACES NET_NS PID_NS USER_NS KALLSYMS UNWINDER_GUESS
		NET UNIX PACKET INET IPV6 SYN_COOKIES INET_DIAG INET_TCP_DIAG INET_DIAG_DESTROY NETDEVICES NET_CORE DUMMY VETH TUN`)
}

// Build returns the kernel of a recipe under a name of its own, and if the
// cache does not have it makes it, if it may: that takes minutes.
// *UnavailableError says that it may not, or that the source or a tool is missing.
func (c *Cache) Build(ctx context.Context, name string, r Recipe) (Kernel, error) {
	wanted, err := json.Marshal(r)
	if err != nil {
		return Kernel{}, err
	}
	made := filepath.Join(c.Dir, name, "recipe.json")
	if text, err := os.ReadFile(made); err == nil && string(text) == string(wanted) {
		if k, err := c.load(name); err == nil {
			return k, nil
		}
	}
	if !c.Make {
		return Kernel{}, &UnavailableError{errors.New("its kernel is in no package, and was not built before"), "make build-kernels, which takes a quarter of an hour"}
	}
	for _, tool := range []string{"make", "gcc", "flex", "bison", "bc", "xz"} {
		if _, err := exec.LookPath(tool); err != nil {
			return Kernel{}, &UnavailableError{err, "building a kernel needs on Debian: apt-get install make gcc libc6-dev flex bison bc xz-utils"}
		}
	}
	folder, err := os.MkdirTemp("", "linger-source-")
	if err != nil {
		return Kernel{}, fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	c.log("fetches the source of Linux %s", r.Source)
	source, err := fetchSource(ctx, folder, r.Source)
	if err != nil {
		return Kernel{}, &UnavailableError{fmt.Errorf("fetch the source of Linux %s: %w", r.Source, err), ""}
	}
	c.log("builds kernel %s", name)
	dir := filepath.Join(c.Dir, name)
	k, err := r.make(ctx, dir, source, filepath.Join(folder, "out"))
	if err != nil {
		return Kernel{}, fmt.Errorf("build kernel %s: %w", name, err)
	}
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return Kernel{}, err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "kernel.json"), text, 0o644), os.WriteFile(made, wanted, 0o644)); err != nil {
		return Kernel{}, fmt.Errorf("keep kernel: %w", err)
	}
	return c.load(name)
}

// fetchSource returns the folder of a kernel's source.
func fetchSource(ctx context.Context, folder, series string) (string, error) {
	a, err := newApt(ctx, filepath.Join(folder, "apt"))
	if err != nil {
		return "", err
	}
	updated := a.update(ctx)
	packages, err := a.download(ctx, folder, []string{"linux-source-" + series})
	if err != nil || len(packages) == 0 {
		return "", errors.Join(errors.New("the package of it cannot be had"), updated, err)
	}
	if _, err := run(ctx, "", nil, "dpkg-deb", "-x", packages[0], folder); err != nil {
		return "", err
	}
	archive := filepath.Join(folder, "usr/src", "linux-source-"+series+".tar.xz")
	if _, err := run(ctx, folder, nil, "tar", "-xJf", archive); err != nil {
		return "", err
	}
	return filepath.Join(folder, "linux-source-"+series), nil
}

// make compiles the kernel in out and puts it into dir.
func (r Recipe) make(ctx context.Context, dir, source, out string) (k Kernel, err error) {
	options := slices.Concat(needed(), r.Options)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(out, 0o755)); err != nil {
		return k, err
	}
	chosen := filepath.Join(out, "chosen")
	if err := os.WriteFile(chosen, []byte(fragment(options)), 0o644); err != nil {
		return k, err
	}
	if _, err := run(ctx, source, nil, "make", "-s", "O="+out, "KCONFIG_ALLCONFIG="+chosen, "allnoconfig"); err != nil {
		return k, err
	}
	config, err := os.ReadFile(filepath.Join(out, ".config"))
	if err != nil {
		return k, err
	}
	for _, o := range options {
		if !slices.Contains(strings.Split(string(config), "\n"), "CONFIG_"+o+"=y") {
			return k, fmt.Errorf("the configuration does not take %s", o)
		}
	}
	if _, err := run(ctx, source, nil, "make", "-s", fmt.Sprintf("-j%d", runtime.NumCPU()), "O="+out, "bzImage"); err != nil {
		return k, err
	}
	release, err := os.ReadFile(filepath.Join(out, "include/config/kernel.release"))
	if err != nil {
		return k, err
	}
	k.Release = strings.TrimSpace(string(release))
	return k, copyFile(filepath.Join(dir, "vmlinuz"), filepath.Join(out, "arch/x86/boot/bzImage"))
}

// fragment writes options as a fragment of a configuration.
func fragment(options []string) string {
	var text strings.Builder
	for _, o := range options {
		fmt.Fprintf(&text, "CONFIG_%s=y\n", o)
	}
	return text.String()
}
