package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
)

// services bounds how many ports are taken toward one destination: past half
// of the range connect() itself gets slow.
const services = 20

// load connects and closes for some time in a namespace of its own, rate times
// a second, or as fast as it can if that is 0. before is
// called when all is ready, after right behind the last connection.
func load(length time.Duration, rate int, before, after func() error) (s sample, err error) {
	world, err := netlab.New()
	if err != nil {
		return s, err
	}
	defer world.Close()
	host, err := world.Host("bench")
	if err != nil {
		return s, err
	}
	if err := host.Sysctl("net.ipv4.ip_local_port_range", "2048 65535"); err != nil {
		return s, err
	}
	// Do runs on a thread of its own, whose processor time is the load's.
	err = host.Do(func() error {
		var listeners [services]int
		for i := range listeners {
			if listeners[i], err = listen(1100 + i); err != nil {
				return err
			}
			defer unix.Close(listeners[i])
		}
		if err := before(); err != nil {
			return err
		}
		begin, used := time.Now(), threadTime()
		for time.Since(begin) < length {
			i := s.connections % services
			if err := once(listeners[i], 1100+i); err != nil {
				return err
			}
			s.connections++
			if rate > 0 {
				time.Sleep(time.Until(begin.Add(time.Second * time.Duration(s.connections) / time.Duration(rate))))
			}
		}
		s.elapsed, s.load = time.Since(begin), threadTime()-used
		return after()
	})
	return s, err
}

func listen(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, loopback(port)); err != nil {
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, unix.Listen(fd, 16)
}

func once(listener, port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, loopback(port)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	accepted, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	defer unix.Close(accepted) // after the client's end: the client keeps the TIME_WAIT
	return unix.Shutdown(fd, unix.SHUT_WR)
}

func loopback(port int) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

// threadTime is the processor time of the calling thread.
func threadTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &u) // cannot fail for the own thread
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
