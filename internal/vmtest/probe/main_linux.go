// Command probe prints what a kernel has of what linger reads: a line of JSON
// for each setting, counter and ability. Package vmtest's program makes a table
// of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/observe/tracer"
)

// fact is something that a kernel has; Value is empty where having it is all.
type fact struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Loses string `json:"loses,omitempty"` // what nobody learns without it
}

func main() {
	traced, err := hooks()
	out := json.NewEncoder(os.Stdout)
	for _, f := range slices.Concat(settings(), counters(), abilities(), traced) {
		err = errors.Join(err, out.Encode(f))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// hooks are those that the tracer can attach here; none where it says that it
// cannot trace at all.
func hooks() (all []fact, err error) {
	t, err := tracer.Open(tracer.Options{})
	if no := new(tracer.UnavailableError); errors.As(err, &no) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	seen, err := t.Coverage()
	if err != nil {
		return nil, err
	}
	for _, h := range seen.Hooks {
		if h.Attached {
			all = append(all, fact{Kind: "hook", Name: h.Name + ", from " + h.Kernel, Loses: h.Loses})
		}
	}
	return all, nil
}

// settings are those of TCP and of ports, with the values of a new machine.
func settings() (all []fact) {
	for _, pattern := range []string{"tcp_*", "ip_local_*", "ip_autobind_reuse"} {
		files, _ := filepath.Glob("/proc/sys/net/ipv4/" + pattern) // the pattern is good
		for _, file := range files {
			value, err := os.ReadFile(file)
			if err != nil {
				continue // some can only be written
			}
			name := "net.ipv4." + filepath.Base(file)
			all = append(all, fact{Kind: "setting", Name: name, Value: strings.Join(strings.Fields(string(value)), " ")})
		}
	}
	return all
}

// counters are the names in the first line of TcpExt.
func counters() (all []fact) {
	text, _ := os.ReadFile("/proc/net/netstat")
	names, _, _ := strings.Cut(string(text), "\n")
	for _, name := range strings.Fields(strings.TrimPrefix(names, "TcpExt:")) {
		all = append(all, fact{Kind: "counter", Name: name})
	}
	return all
}

// portRange is IP_LOCAL_PORT_RANGE of linux/in.h.
const portRange = 51

func abilities() (all []fact) {
	have := func(name string, is bool) {
		if is {
			all = append(all, fact{Kind: "ability", Name: name})
		}
	}
	exists := func(path string) bool { _, err := os.Stat(path); return err == nil }
	have("BTF of the kernel", exists("/sys/kernel/btf/vmlinux"))
	have("tracepoint inet_sock_set_state", exists("/sys/kernel/tracing/events/sock/inet_sock_set_state"))
	have("tracepoint tcp_send_reset", exists("/sys/kernel/tracing/events/tcp/tcp_send_reset"))
	have("cgroup v2", exists("/sys/fs/cgroup/cgroup.controllers"))
	have("option IP_LOCAL_PORT_RANGE", option(unix.IPPROTO_TCP, unix.IPPROTO_IP, portRange))
	have("option IP_BIND_ADDRESS_NO_PORT", option(unix.IPPROTO_TCP, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT))
	have("SOCK_DESTROY of a TIME_WAIT", canDestroy())
	have("MPTCP", option(unix.IPPROTO_MPTCP, unix.SOL_SOCKET, unix.SO_TYPE))
	return all
}

// option reports whether sockets of a protocol can be made and have an option.
func option(protocol, level, name int) bool {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(s) }()
	_, err = unix.GetsockoptInt(s, level, name)
	return !errors.Is(err, unix.ENOPROTOOPT)
}
