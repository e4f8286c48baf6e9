package sysctl

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
)

// inside runs fn on a thread in a fresh network namespace. The thread is
// discarded afterwards, and the namespace with it.
func inside(t *testing.T, fn func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		fn()
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot make a network namespace: %v", err)
	}
}

func set(t *testing.T, path, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/"+path, []byte(value), 0); err != nil {
		t.Error(err)
	}
}

func TestKernelSettingsAreThoseOfTheCallingThread(t *testing.T) {
	t.Parallel()
	outside, _ := Read("/proc")
	inside(t, func() {
		set(t, "ipv4/ip_local_port_range", "50000 50101")
		set(t, "ipv4/tcp_tw_reuse", "1")
		set(t, "core/somaxconn", "77")
		got, gaps := Read("/proc")
		if len(gaps) != 0 {
			t.Errorf("gaps = %v", gaps)
		}
		if r, ok := got.PortRange(); !ok || r != (evidence.PortRange{Low: 50000, High: 50101}) {
			t.Errorf("range = %v", r)
		}
		if !got.TWReuse.Is(1) || !got.Somaxconn.Is(77) {
			t.Errorf("tw_reuse %v, somaxconn %v", got.TWReuse, got.Somaxconn)
		}
		if got.MaxOrphans.State != evidence.Absent {
			t.Errorf("tcp_max_orphans is %v, but it is host-wide", got.MaxOrphans)
		}
	})
	again, _ := Read("/proc")
	if again.Somaxconn != outside.Somaxconn || again.PortLow != outside.PortLow {
		t.Error("the settings outside have changed")
	}
}

func TestKernelCountersAreThoseOfTheCallingThread(t *testing.T) {
	t.Parallel()
	inside(t, func() {
		before, gaps := Counters("/proc")
		if len(gaps) != 0 {
			t.Errorf("gaps = %v", gaps)
		}
		for _, name := range append(tcpNames(), "TW", "ListenDrops", "TCPAbortOnData") {
			if v, has := before.TCP[name]; !has || v != 0 {
				t.Errorf("%s = %d (there: %v) in a fresh namespace, want 0", name, v, has)
			}
		}
		l, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(l)
		if err := unix.Listen(l, 1); err != nil {
			t.Error(err)
		}
		after, _ := Counters("/proc")
		if after.Sockstat["TCP.inuse"] != 1 {
			t.Errorf("TCP.inuse = %d with one listener", after.Sockstat["TCP.inuse"])
		}
		leaderIsElsewhere(t, l)
	})
}

// leaderIsElsewhere shows why thread-self is read: /proc/net follows the first
// thread even when another one opens it. It also shows that /proc/sys, which
// has no such directory per thread, does not.
func leaderIsElsewhere(t *testing.T, listener int) {
	if unix.Gettid() == os.Getpid() {
		return // this thread is the first
	}
	set(t, "ipv4/tcp_fin_timeout", "61")
	if s, _ := Read("/proc"); !s.FinTimeout.Is(61) {
		t.Errorf("tcp_fin_timeout = %v, was set to 61 in this namespace", s.FinTimeout)
	}
	var socket unix.Stat_t
	mine, err1 := os.ReadFile("/proc/thread-self/net/tcp")
	leaders, err2 := os.ReadFile("/proc/net/tcp")
	if err := errors.Join(err1, err2, unix.Fstat(listener, &socket)); err != nil {
		t.Error(err)
	}
	inode := []byte(fmt.Sprintf(" %d ", socket.Ino))
	if !bytes.Contains(mine, inode) {
		t.Error("/proc/thread-self/net does not show the calling thread's namespace")
	}
	if bytes.Contains(leaders, inode) {
		t.Error("/proc/net shows the calling thread's namespace; the documentation of this package is wrong")
	}
}

// A list longer than the buffers that programs usually read with.
func TestKernelALongListOfReservedPortsIsReadWhole(t *testing.T) {
	t.Parallel()
	inside(t, func() {
		var want evidence.PortSet
		for p := uint16(2); p < 65000; p += 3 {
			want.Add(p)
			want.Add(p + 1)
		}
		parts := strings.SplitAfter(want.String(), ",")
		file, err := os.OpenFile("/proc/sys/net/ipv4/ip_local_reserved_ports", os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		for len(parts) > 0 { // the kernel takes less than a page at a time
			n := min(len(parts), 300)
			text := strings.TrimSuffix(strings.Join(parts[:n], ""), ",")
			if _, err := file.WriteString(text); err != nil {
				t.Error(err)
				return
			}
			parts = parts[n:]
		}
		got, gaps := Read("/proc")
		if len(gaps) != 0 || got.Reserved.String() != want.String() {
			t.Errorf("%d ports read, want %d; gaps %v", got.Reserved.Len(), want.Len(), gaps)
		}
	})
}

func TestKernelHZIsPlausible(t *testing.T) {
	if hz := HZ(); hz == 0 {
		t.Error("HZ cannot be told on this kernel")
	}
	for ns, want := range map[int64]int{4000000: 250, 10000000: 100, 1000000: 1000, 3333333: 300, 976563: 1024, 1: 0, 0: 0, 999999999: 0} {
		if got := hzOf(ns); got != want {
			t.Errorf("a tick of %d ns is HZ %d, want %d", ns, got, want)
		}
	}
}
