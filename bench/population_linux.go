package main

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/observe/sysctl"
)

const (
	// Past half of the range toward one service connect() gets slow, so
	// there must be services enough for a million in the first halves.
	servicePorts = 40
	firstPort    = 900 // below the range, so that no client takes one
	makers       = 2
)

// populate leaves sockets in TIME_WAIT: the client closes first.
func populate(host *netlab.Host, sockets int, limit time.Duration) error {
	for key, value := range map[string]string{
		"net.ipv4.ip_local_port_range": "1024 65535",
		"net.ipv4.tcp_max_tw_buckets":  "4000000",
		"net.ipv4.tcp_tw_reuse":        "0",
	} {
		if err := host.Sysctl(key, value); err != nil {
			return err
		}
	}
	var made atomic.Int64
	deadline := time.Now().Add(limit)
	errs := make([]error, makers)
	var wg sync.WaitGroup
	for m := range makers {
		wg.Go(func() {
			errs[m] = host.Do(func() error { return makeSockets(m, &made, int64(sockets), deadline) })
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// makeSockets serves and calls on one thread: over loopback connect() ends
// the handshake before it returns.
func makeSockets(maker int, made *atomic.Int64, sockets int64, deadline time.Time) error {
	var listeners, ports [servicePorts / makers]int
	for i := range listeners {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		ports[i] = firstPort + maker*len(ports) + i
		if err := unix.Bind(fd, loopback(ports[i])); err != nil {
			return err
		}
		if err := unix.Listen(fd, 16); err != nil {
			return err
		}
		listeners[i] = fd
	}
	for n := 0; made.Add(1) <= sockets; n++ {
		if n%256 == 0 && time.Now().After(deadline) {
			return nil
		}
		i := n % len(listeners)
		if err := lingerOnce(listeners[i], ports[i]); err != nil {
			if errors.Is(err, unix.EADDRNOTAVAIL) {
				return nil // all ports to all services are spent
			}
			return err
		}
	}
	return nil
}

func lingerOnce(listener, port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, loopback(port)); err != nil {
		unix.Close(fd)
		return fmt.Errorf("connect: %w", err)
	}
	accepted, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		unix.Close(fd)
		return err
	}
	return errors.Join(unix.Close(fd), unix.Close(accepted))
}

func loopback(port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

// population asks the kernel's own counter.
func population(host *netlab.Host) int64 {
	var n int64
	_ = host.Do(func() error {
		counters, _ := sysctl.Counters("/proc")
		n = counters.Sockstat["TCP.tw"]
		return nil
	})
	return n
}
