package rawpeer

import (
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// defaultPackets is how many packets a Capture keeps unless told otherwise.
const defaultPackets = 20_000

// Capture holds the packets of a link in the order in which they were sent. It
// is safe for concurrent use.
type Capture struct {
	limit int
	watch func(Captured)

	// mu guards what follows; nothing is called under it.
	mu      sync.Mutex
	packets []Captured
	dropped int
	more    chan struct{} // closed when a packet comes
}

func newCapture(o Options) *Capture {
	limit := o.Packets
	if limit == 0 {
		limit = defaultPackets
	}
	return &Capture{limit: limit, watch: o.Watch, more: make(chan struct{})}
}

// Len returns how many packets are kept.
func (c *Capture) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.packets)
}

// Dropped returns how many more there were than are kept.
func (c *Capture) Dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

// Since returns copies of the kept packets from number n on, counted from 0,
// and a channel that is closed when another comes.
func (c *Capture) Since(n int) ([]Captured, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = min(max(n, 0), len(c.packets))
	return append([]Captured(nil), c.packets[n:]...), c.more
}

// Passages returns the packets for a timeline that began at start. kernel and
// raw are the names of the hosts.
func (c *Capture) Passages(start time.Time, kernel, raw string) []evidence.Passage {
	packets, _ := c.Since(0)
	var numbers evidence.Relative
	out := make([]evidence.Passage, 0, len(packets))
	for _, p := range packets {
		seq, ack := numbers.Of(p.Tuple, p.Segment.Flags, p.Segment.Seq, p.Segment.Ack)
		e := evidence.Passage{
			At: p.At.Sub(start), From: kernel, To: raw, Tuple: p.Tuple,
			Flags: p.Segment.Flags, Seq: seq, Ack: ack, Len: len(p.Segment.Data), Fate: p.Fate, ByHand: p.ByHand,
		}
		if p.From == Raw {
			e.From, e.To = raw, kernel
		}
		if !p.Until.IsZero() {
			e.Until = p.Until.Sub(start)
		}
		out = append(out, e)
	}
	return out
}

// add keeps p and returns its number, or -1 if there are too many already.
func (c *Capture) add(p Captured) int {
	n := c.keep(p)
	if c.watch != nil {
		c.watch(p)
	}
	return n
}

func (c *Capture) keep(p Captured) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.packets) >= c.limit {
		c.dropped++
		return -1
	}
	c.packets = append(c.packets, p)
	close(c.more)
	c.more = make(chan struct{})
	return len(c.packets) - 1
}

// arrived completes packet n, which may be -1.
func (c *Capture) arrived(n int, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n >= 0 {
		c.packets[n].Until = at
	}
}

// stepped says what the machine did with packet n, which may be -1.
func (c *Capture) stepped(n int, before, after tcp.State, rule string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n >= 0 {
		c.packets[n].Before, c.packets[n].After, c.packets[n].Rule = before, after, rule
	}
}
