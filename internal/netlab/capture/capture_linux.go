package capture

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/netlab"
)

// buffer is how many bytes the kernel may hold for a capture. It reckons each
// packet with all of its memory, so this is some thousand packets.
const buffer = 8 << 20

// Capture is a running capture. It is safe for concurrent use. Stop must be
// called: its socket keeps the namespace alive.
type Capture struct {
	host  string
	most  int
	file  *os.File
	ended chan struct{} // closed when the goroutine that reads has ended

	// mu guards what follows and reading from the socket. It is never held while
	// waiting for packets.
	mu      sync.Mutex
	result  Result // its Packets only grow: a prefix may be given away
	err     error  // of reading, the first
	stopped bool
	names   map[int]string // of interfaces, by index
	space   [SnapLen]byte
	control [256]byte
}

// Start captures the TCP segments that pass the interfaces of h from now on. A
// segment on the loopback interface, which passes twice, is captured once, on
// its way out. Other packets are refused by a filter in the kernel. Start takes
// some milliseconds: it waits until the kernel takes the times of packets.
func Start(h *netlab.Host, o Options) (*Capture, error) {
	c := &Capture{host: h.Name(), most: o.Most, ended: make(chan struct{}), names: map[int]string{}}
	if c.most <= 0 {
		c.most = DefaultMost
	}
	err := h.Do(func() error {
		fd, err := open(o.Interfaces)
		if err != nil {
			return err
		}
		c.file = os.NewFile(uintptr(fd), "capture")
		return awaitStamps()
	})
	if err != nil {
		if c.file != nil {
			_ = c.file.Close()
		}
		return nil, fmt.Errorf("capture on %s: %w", h.Name(), err)
	}
	raw, err := c.file.SyscallConn()
	if err != nil {
		_ = c.file.Close()
		return nil, fmt.Errorf("capture on %s: %w", h.Name(), err)
	}
	go c.follow(raw)
	return c, nil
}

// follow reads until the deadline that Stop sets.
func (c *Capture) follow(raw syscall.RawConn) {
	defer close(c.ended)
	// Read comes back only with an error, and Stop asks for what was read.
	_ = raw.Read(func(fd uintptr) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.drain(int(fd))
		return c.err != nil
	})
}

// Seen returns what was captured until now, including everything that passed
// before the call. The packets are shared with the capture; do not change them.
func (c *Capture) Seen() (Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.look()
}

// look reads what the kernel holds.
func (c *Capture) look() (Result, error) {
	if !c.stopped && c.err == nil {
		raw, err := c.file.SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) {
				c.drain(int(fd))
				c.countMissed(int(fd))
			})
		}
		if err != nil && c.err == nil {
			c.err = fmt.Errorf("capture on %s: %w", c.host, err)
		}
	}
	r := c.result
	r.Packets = r.Packets[:len(r.Packets):len(r.Packets)]
	return r, c.err
}

// Stop ends the capture and returns what it saw. A second Stop returns the
// same.
func (c *Capture) Stop() (Result, error) {
	_ = c.file.SetReadDeadline(time.Unix(1, 0)) // fails only when stopped already
	<-c.ended
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.look()
	if !c.stopped {
		c.stopped = true
		_ = c.file.Close()
	}
	return r, err
}

// countMissed adds up what the kernel forgets as it tells it.
func (c *Capture) countMissed(fd int) {
	stats, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("capture on %s: count missed packets: %w", c.host, err))
		return
	}
	c.result.Missed += int(stats.Drops)
}
