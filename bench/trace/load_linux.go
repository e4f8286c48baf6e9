package main

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
)

// services bounds how many ports are taken toward one destination: past half
// of the range connect() itself gets slow.
const services = 20

// slice is how many connections are timed as one. The median over all slices
// is not moved by what else interrupts a virtual machine now and then.
const slice = 100

// load connects and closes in a namespace of its own, rate times a second, or
// as fast as it can if that is 0. before is
// called when all is ready, after right behind the last connection.
func load(connections, rate int, before, after func() error) (s sample, err error) {
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
		if err := pin(); err != nil {
			return err
		}
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
		for s.connections < connections {
			i := s.connections % services
			if err := once(listeners[i], 1100+i); err != nil {
				return err
			}
			s.connections++
			if rate > 0 {
				time.Sleep(time.Until(begin.Add(time.Second * time.Duration(s.connections) / time.Duration(rate))))
			}
			if s.connections%slice == 0 {
				now := threadTime()
				s.slices = append(s.slices, float64((now-used).Nanoseconds())/1000/slice)
				used = now
			}
		}
		s.elapsed = time.Since(begin)
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

// pin keeps the calling thread on the last processor that it may use: to move
// costs more than what is measured.
func pin() error {
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return fmt.Errorf("ask for the processors: %w", err)
	}
	last := 0
	for cpu := range 8 * int(unsafe.Sizeof(may)) {
		if may.IsSet(cpu) {
			last = cpu
		}
	}
	may.Zero()
	may.Set(last)
	if err := unix.SchedSetaffinity(0, &may); err != nil {
		return fmt.Errorf("stay on processor %d: %w", last, err)
	}
	return nil
}

// threadTime is the processor time of the calling thread.
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // cannot fail for the own thread
	return time.Duration(t.Nano())
}
