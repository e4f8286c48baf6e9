package rawpeer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// Peer is a TCP end on a link of its own to a kernel.
type Peer struct {
	device   io.ReadWriteCloser
	options  Options
	capture  *Capture
	epoch    time.Time // the machine's times count from here
	arrivals chan arrival
	calls    chan func()
	done     chan struct{} // closed when no goroutine of the Peer runs any more
	closed   atomic.Bool
	counts   struct{ malformed, ignored, strangers, unsent atomic.Int64 }

	// The rest belongs to the goroutine of run.

	conns     map[tcp.FourTuple]*Conn
	listeners map[uint16]*Listener
	path      path
	agenda    agenda
	muted     bool
	clock     uint32 // offset of the clock of initial sequence numbers
	port      uint16 // chosen last
	slab      []byte // where packets to be sent are made
}

// Counts is what a Peer saw besides the packets that it kept.
type Counts struct {
	Malformed int64 // packets with a bad length, version or checksum, and fragments
	Ignored   int64 // packets without TCP, such as router solicitations
	Strangers int64 // TCP packets to an address that is not the peer's
	Unsent    int64 // packets that the device refused
}

// check finds what would make o useless.
func (o Options) check() error {
	if len(o.Kernel) == 0 || len(o.Addrs) == 0 {
		return errors.New("each end needs an address")
	}
	for _, a := range o.Addrs {
		inside := func(n netip.Prefix) bool { return n.Masked().Contains(a) && n.Addr() != a }
		if !slices.ContainsFunc(o.Kernel, inside) {
			return fmt.Errorf("%w: the kernel has no network with a place for %s", ErrNoAddress, a)
		}
	}
	return nil
}

// start makes a Peer that owns device, each Read and Write of which is one IP
// packet.
func start(device io.ReadWriteCloser, o Options) *Peer {
	if o.Random == nil {
		o.Random = rand.NewPCG(rand.Uint64(), rand.Uint64())
	}
	random := rand.New(o.Random)
	p := &Peer{
		device: device, options: o, capture: newCapture(o),
		epoch:    time.Now().Add(-time.Second), // 0 would be no deadline
		arrivals: make(chan arrival, backlog), calls: make(chan func()), done: make(chan struct{}),
		conns: map[tcp.FourTuple]*Conn{}, listeners: map[uint16]*Listener{},
		clock: random.Uint32(), port: firstPort + uint16(random.IntN(lastPort-firstPort+1)),
	}
	go p.read()
	go p.run()
	return p
}

// Close removes the link, and with it the device, and ends all connections
// without a segment. It waits until that is done. Everything captured stays.
func (p *Peer) Close() error {
	var err error
	if !p.closed.Swap(true) {
		err = p.device.Close()
	}
	<-p.done
	return err
}

// Capture returns what passed on the link.
func (p *Peer) Capture() *Capture { return p.capture }

// Counts returns what was seen besides the packets captured.
func (p *Peer) Counts() Counts {
	return Counts{
		Malformed: p.counts.malformed.Load(), Ignored: p.counts.ignored.Load(),
		Strangers: p.counts.strangers.Load(), Unsent: p.counts.unsent.Load(),
	}
}

// Mute makes the machine deaf and dumb, or lets it hear and speak again. What
// arrives is captured, but the machine does not get it; what it would send is
// gone, while its timers go on. Conn.Inject sends all the same.
func (p *Peer) Mute(muted bool) error {
	return p.call(func() { p.muted = muted })
}

// Disturb adds a rule, after those that there are. remove takes it back; it may
// be called at any time, also when the rule is exhausted.
func (p *Peer) Disturb(r Rule) (remove func(), err error) {
	var added *ruleState
	if err := p.call(func() { added = p.path.add(r) }); err != nil {
		return nil, err
	}
	return func() { _ = p.call(func() { p.path.remove(added) }) }, nil
}

// Population returns how many connections are in each state. Connections that
// have ended are not in it, nor are listeners.
func (p *Peer) Population() map[tcp.State]int {
	states := map[tcp.State]int{}
	p.look(func() {
		for _, c := range p.conns {
			states[c.machine.State]++
		}
	})
	return states
}

// call runs fn on the goroutine that owns everything, and waits for it.
func (p *Peer) call(fn func()) error {
	done := make(chan struct{})
	select {
	case p.calls <- func() { fn(); close(done) }:
		<-done
		return nil
	case <-p.done:
		return net.ErrClosed
	}
}

// look runs fn, which changes nothing, also when the Peer is closed.
func (p *Peer) look(fn func()) {
	if p.call(fn) != nil {
		fn()
	}
}

// await calls try on the goroutine that owns everything, whenever the bell
// rings, until it is done or fails.
func (p *Peer) await(ctx context.Context, b *bell, try func() (done bool, err error)) error {
	for {
		var done bool
		var err error
		var ring <-chan struct{}
		closed := p.call(func() {
			if done, err = try(); !done && err == nil {
				ring = b.wait()
			}
		})
		if closed != nil {
			return closed
		}
		if done || err != nil {
			return err
		}
		select {
		case <-ring:
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// bell wakes all who wait. It belongs to the goroutine of run.
type bell struct{ rung chan struct{} }

func (b *bell) wait() <-chan struct{} {
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) ring() {
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}
