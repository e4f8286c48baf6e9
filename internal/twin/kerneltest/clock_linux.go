package kerneltest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sysctl"
)

// monotonic reads CLOCK_MONOTONIC, which is also what jiffies follow.
func monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // it cannot fail for this clock
	return time.Duration(t.Nano())
}

// sleepUntil keeps the thread, so that it need not be scheduled twice.
func sleepUntil(at time.Duration) {
	t := unix.NsecToTimespec(int64(at))
	for at > monotonic() {
		if err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &t, nil); err == nil {
			return
		}
	}
}

// hasten lets the calling thread run before others when its time has come, and
// returns what undoes it. Operations take microseconds, so that costs nobody
// much; without the right to it they are just later.
func hasten() func() {
	thread := unix.Gettid()
	if unix.Setpriority(unix.PRIO_PROCESS, thread, -20) != nil {
		return func() {}
	}
	return func() { _ = unix.Setpriority(unix.PRIO_PROCESS, thread, 0) }
}

// Machine is the kernel that cases are carried out on.
type Machine struct {
	clock  Clock
	origin time.Duration // when jiffy 0 was on the monotonic clock
	// building is held while namespaces are made: the kernel makes all others wait
	// for that, also those that are in the middle of a case.
	building chan struct{}
}

// OpenMachine finds out what must be known of the kernel's time.
func OpenMachine() (*Machine, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return nil, fmt.Errorf("ask for the kernel's release: %w", err)
	}
	m := &Machine{clock: Clock{Release: evidence.Kernel(unix.ByteSliceToString(u.Release[:])), HZ: sysctl.HZ(), Phase: -1}, building: make(chan struct{}, 1)}
	if m.clock.HZ == 0 {
		return nil, errors.New("this kernel does not tell its HZ")
	}
	return m, m.readTicks(time.Second / time.Duration(m.clock.HZ))
}

// Clock returns the kernel's release and HZ.
func (m *Machine) Clock() Clock { return m.clock }

// room returns how many descriptors cases may have open.
func (m *Machine) room() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1000
	}
	return int(min(limit.Cur, 1<<20)) * 4 / 5
}

// readTicks finds the origin by readings of /proc/timer_list, which has a time
// and a jiffy. A jiffy may be counted late, but never early, so of all that the
// readings say the earliest origin is the best. Who may not read it does without.
func (m *Machine) readTicks(tick time.Duration) error {
	const readings = 25
	for i := range readings {
		text, err := os.ReadFile("/proc/timer_list")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		now, jiffies, ok := parseTimerList(text)
		if !ok {
			return nil
		}
		if origin := now - time.Duration(jiffies)*tick; i == 0 || origin < m.origin {
			m.origin = origin
		}
		m.clock.Phase = 0
		time.Sleep(tick * 8 / 7) // another part of the tick each time
	}
	return nil
}

// at returns the clock with the phase that a time on the monotonic clock has.
func (m *Machine) at(t time.Duration) Clock {
	c := m.clock
	if c.Phase >= 0 {
		grain := c.Grain(evidence.TimeWaitLen)
		c.Phase = ((t-m.origin)%grain + grain) % grain
	}
	return c
}

func parseTimerList(text []byte) (now time.Duration, jiffies int64, ok bool) {
	number := func(before string) (int64, bool) {
		i := bytes.Index(text, []byte(before))
		if i < 0 {
			return 0, false
		}
		rest := text[i+len(before):]
		end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			return 0, false
		}
		n, err := strconv.ParseInt(string(rest[:end]), 10, 64)
		return n, err == nil
	}
	ns, ok1 := number("\nnow at ")
	jiffies, ok2 := number("\njiffies: ")
	return time.Duration(ns), jiffies, ok1 && ok2
}
